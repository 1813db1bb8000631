/** One run of the server process: start, adopt, watch, stop. */
import { spawn, type ChildProcess } from 'node:child_process'
import {
  chownSync,
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processAlive, SetupError, systemClock, type Logger } from '../../platform/index.ts'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { makeSocketFolder, removeSocketFolder } from './cluster.ts'
import { explainFailure, orExplain } from './failure.ts'
import {
  processesIn,
  programReplaced,
  readPostmasterFile,
  servesCluster,
  type PostmasterFile,
} from './postmaster-file.ts'
import { serverSettings } from './server-settings.ts'

/** Crash recovery replays at most max_wal_size; a slow disk may take its time. */
const READY_MS = 300_000
const STOP_MS = 30_000
const LINGER_MS = 3_000
/** The log is begun anew at a start when it is longer. */
const LOG_BYTES = 10e6

export interface Place {
  readonly dataDir: string
  /** The cluster, links resolved. */
  readonly cluster: string
  readonly binaries: Binaries
  readonly account: Account | undefined
  readonly unsafe: boolean
  readonly log: Logger
}

export interface Postmaster extends PostmasterFile {
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>
}

const logPath = ({ dataDir }: Place): string => join(dataDir, 'postgresql.log')

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 5432
}

async function untilGone(pid: number, limitMs: number): Promise<boolean> {
  const end = systemClock.monotonic() + limitMs
  while (processAlive(pid)) {
    if (systemClock.monotonic() > end) return false
    await sleep(20)
  }
  return true
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Stops a server: sessions are cut, everything is written; harder means after 30 seconds. */
export async function stopPostmaster(
  place: Place,
  { pid, socketFolder }: PostmasterFile,
): Promise<void> {
  if (process.platform === 'win32') {
    const stop = ['stop', '-D', place.cluster, '-m', 'fast', '-w']
    await new Promise((resolve) =>
      spawn(place.binaries.program('pg_ctl'), stop, { stdio: 'ignore' }).once('exit', resolve),
    )
  } else {
    signal(pid, 'SIGINT')
    if (!(await untilGone(pid, STOP_MS))) signal(pid, 'SIGQUIT')
    if (!(await untilGone(pid, STOP_MS))) signal(pid, 'SIGKILL')
  }
  removeSocketFolder(socketFolder)
}

/** Backends of a killed server hold its shared memory until they notice; then they are killed. */
async function clearRemains(place: Place): Promise<void> {
  const file = readPostmasterFile(place.cluster)
  const end = systemClock.monotonic() + LINGER_MS
  for (let left = processesIn(place.cluster); left.length > 0; left = processesIn(place.cluster)) {
    if (systemClock.monotonic() > end) for (const pid of left) signal(pid, 'SIGKILL')
    await sleep(20)
  }
  // PostgreSQL itself would refuse when another process has since got the number in these.
  rmSync(join(place.cluster, 'postmaster.pid'), { force: true })
  if (file === undefined || file.socketFolder === '') return
  for (const name of [`.s.PGSQL.${file.port}`, `.s.PGSQL.${file.port}.lock`])
    rmSync(join(file.socketFolder, name), { force: true })
  removeSocketFolder(file.socketFolder)
}

async function untilReady(
  place: Place,
  pid: number,
  child?: ChildProcess,
): Promise<PostmasterFile> {
  const end = systemClock.monotonic() + READY_MS
  const failed = (): boolean =>
    child === undefined ? !processAlive(pid) : child.exitCode !== null || child.signalCode !== null
  for (;;) {
    const file = readPostmasterFile(place.cluster)
    if (file?.pid === pid && file.state === 'ready') return file
    if (failed()) throw new Error('the server ended')
    if (systemClock.monotonic() > end) {
      signal(pid, 'SIGQUIT')
      throw new Error('the server did not get ready in time')
    }
    await sleep(10)
  }
}

function watch(pid: number, child?: ChildProcess): Promise<void> {
  if (child !== undefined)
    return new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve()
      else child.once('exit', () => resolve())
    })
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (processAlive(pid)) return
      clearInterval(timer)
      resolve()
    }, 250)
  })
}

/** The running server of the cluster, if a living one is found and its programs still exist. */
export async function adoptPostmaster(place: Place): Promise<Postmaster | undefined> {
  const file = readPostmasterFile(place.cluster)
  if (file === undefined || !servesCluster(file, place.cluster)) return undefined
  if (file.state === 'stopping' || programReplaced(file.pid)) {
    await stopPostmaster(place, file)
    return undefined
  }
  try {
    const ready = await untilReady(place, file.pid)
    return { ...ready, ended: watch(file.pid) }
  } catch {
    await stopPostmaster(place, file)
    return undefined
  }
}

/**
 * Starts the server in a session of its own, so that Ctrl-C on the terminal reaches only the
 * product, which stops the database last. `endpoint`: where it was reached before.
 * @throws SetupError with what PostgreSQL said.
 */
export async function startPostmaster(
  place: Place,
  endpoint?: Pick<PostmasterFile, 'socketFolder' | 'port'>,
): Promise<Postmaster> {
  await clearRemains(place)
  const settingsPath = await writeSettings(place, endpoint)
  const large = (statSync(logPath(place), { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES
  const output = orExplain(place.dataDir, () => openSync(logPath(place), large ? 'w' : 'a', 0o600))
  const before = statSync(logPath(place)).size
  try {
    const child = await launch(place, settingsPath, output)
    const ended = watch(child.pid!, child)
    return { ...(await untilReady(place, child.pid!, child)), ended }
  } catch (error) {
    const said = readFileSync(logPath(place)).subarray(before).toString('utf8')
    const reason = `${said}\n${(error as Error).message}`
    throw new SetupError(explainFailure(reason, place.cluster, logPath(place)), { cause: error })
  } finally {
    closeSync(output)
  }
}

async function writeSettings(
  { dataDir, cluster, account, unsafe }: Place,
  endpoint?: Pick<PostmasterFile, 'socketFolder' | 'port'>,
): Promise<string> {
  const unix = process.platform !== 'win32'
  const port = endpoint?.port ?? (unix ? 5432 : await freePort())
  const path = join(cluster, 'enterprisehub.conf')
  orExplain(dataDir, () => {
    const socketFolder = unix
      ? makeSocketFolder(dataDir, account, endpoint?.socketFolder)
      : undefined
    writeFileSync(path, serverSettings({ socketFolder, port, unsafe }), { mode: 0o600 })
    if (account !== undefined) chownSync(path, account.uid, account.gid)
  })
  return path
}

async function launch(place: Place, settingsPath: string, output: number): Promise<ChildProcess> {
  const { cluster, binaries, account } = place
  const child = spawn(
    binaries.program('postgres'),
    ['-D', cluster, '-c', `config_file=${settingsPath}`],
    {
      cwd: cluster,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output, output],
      env: { PATH: process.platform === 'win32' ? '' : '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    },
  )
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', resolve)
  })
  return child
}
