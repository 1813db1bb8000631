/**
 * Keeps the embedded server running for the life of the product: finds or makes the cluster,
 * adopts a server orphaned by a killed product, restarts one that died, stops it at the end.
 *
 * States: starting → serving → (server died) restarting → serving … → stopping → stopped.
 */
import { realpathSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  folderHolder,
  keepSecret,
  lockFolder,
  readSecret,
  SetupError,
  systemClock,
  type FolderLock,
  type Logger,
} from '../../platform/index.ts'
import { serverAccount } from './account.ts'
import { findBinaries } from './binaries.ts'
import { clusterExists, clusterPath, makeCluster, makeDataDir, SUPERUSER } from './cluster.ts'
import { readPostmasterFile, servesCluster } from './postmaster-file.ts'
import {
  adoptPostmaster,
  startPostmaster,
  stopPostmaster,
  type Place,
  type Postmaster,
} from './postmaster.ts'

const PASSWORD = 'postgres-password'
const RETRY_MS = [100, 300, 1_000, 2_000, 5_000]

export interface EmbeddedConnection {
  /** Folder of the Unix socket, or the loopback address. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

export interface Embedded {
  readonly connection: EmbeddedConnection
  /** The server's process number. */
  readonly pid: () => number
  readonly stop: () => Promise<void>
}

export interface EmbeddedOptions {
  readonly dataDir: string
  readonly log: Logger
  /** Tests only: no flush to disk. */
  readonly unsafe?: boolean
  /**
   * false: when another living process of the product already runs the server, use it and leave
   * it alone (commands beside a running `serve`). true: refuse then.
   */
  readonly exclusive: boolean
}

function connect(
  server: { port: number; socketFolder: string },
  password: string,
): EmbeddedConnection {
  const host = server.socketFolder === '' ? '127.0.0.1' : server.socketFolder
  return { host, port: server.port, user: SUPERUSER, password }
}

const occupied = (pid: number, dataDir: string): SetupError =>
  new SetupError(
    `Another EnterpriseHub (process ${pid}) is using ${dataDir}: stop it, or set ` +
      'DATA_DIR to another folder.',
  )

/** The server that another process of the product runs. */
async function attach(dataDir: string, holder: number): Promise<Embedded> {
  const end = systemClock.monotonic() + 60_000
  while (systemClock.monotonic() < end && folderHolder(dataDir) !== undefined) {
    const file = readPostmasterFile(clusterPath(dataDir))
    const password = readSecret(dataDir, PASSWORD)
    if (file?.state === 'ready' && password && servesCluster(file, clusterPath(dataDir)))
      return {
        connection: connect(file, password),
        pid: () => file.pid,
        stop: () => Promise.resolve(),
      }
    await sleep(50)
  }
  throw occupied(holder, dataDir)
}

function prepare(dataDir: string, options: EmbeddedOptions): { place: Place; password: string } {
  const { log, unsafe = false } = options
  const say = (line: string): void => log.info(line)
  const path = clusterPath(dataDir)
  const account = serverAccount(path)
  const exists = clusterExists(dataDir)
  if (exists && readSecret(dataDir, PASSWORD) === undefined)
    throw new SetupError(
      `${dataDir}/secrets/${PASSWORD} is missing: restore it from your backup; without ` +
        'it the database cannot be opened.',
    )
  const password = keepSecret(dataDir, PASSWORD)
  const binaries = findBinaries(dataDir, account, say)
  if (!exists) {
    say('creating the embedded database')
    makeCluster(dataDir, binaries, { account, password, unsafe, say })
  }
  return {
    place: { dataDir, cluster: realpathSync(path), binaries, account, unsafe, log },
    password,
  }
}

/** Keeps `current` alive until told to stop. */
function supervise(
  place: Place,
  first: Postmaster,
  password: string,
  locks: FolderLock[],
): Embedded {
  const { log } = place
  let server = first
  let stopping = false
  const wake = new AbortController()

  async function restart(): Promise<void> {
    for (let attempt = 0; !stopping; attempt++)
      try {
        server = await startPostmaster(place, server)
        log.info({ pid: server.pid }, 'the database runs again')
        return
      } catch (error) {
        log.error((error as Error).message)
        const pause = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]!
        await sleep(pause, undefined, { signal: wake.signal, ref: false }).catch(() => undefined)
      }
  }
  async function keep(): Promise<void> {
    while (!stopping) {
      await server.ended
      if (stopping) return
      log.warn({ pid: server.pid }, 'the database process died; starting it again')
      await restart()
    }
  }
  const keeping = keep()

  return {
    connection: connect(first, password),
    pid: () => server.pid,
    stop: async () => {
      if (stopping) return keeping
      stopping = true
      wake.abort()
      await stopPostmaster(place, server)
      await keeping
      for (const lock of locks) lock.release()
    },
  }
}

/**
 * Starts (or adopts) the embedded server of a data folder.
 * @throws SetupError saying in one line what is in the way and what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = makeDataDir(options.dataDir)
  const locks: FolderLock[] = []
  const take = (folder: string): number | undefined => {
    const lock = lockFolder(folder)
    if (typeof lock === 'number') return lock
    locks.push(lock)
    return undefined
  }
  const holder = take(dataDir)
  if (holder !== undefined) {
    if (options.exclusive) throw occupied(holder, dataDir)
    return attach(dataDir, holder)
  }
  try {
    const { place, password } = prepare(dataDir, options)
    // A copied DATA_DIR may link to the same cluster.
    const sharer = take(place.cluster)
    if (sharer !== undefined) throw occupied(sharer, place.cluster)
    const server = (await adoptPostmaster(place)) ?? (await startPostmaster(place))
    return supervise(place, server, password, locks)
  } catch (error) {
    for (const lock of locks) lock.release()
    throw error
  }
}
