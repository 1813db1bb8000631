/** The cluster on disk: where it lies, how it is made, where its socket is. */
import { randomBytes } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { SetupError } from '../../platform/index.ts'
import { canEnter, type Account } from './account.ts'
import { SYSTEM_FOLDER, type Binaries } from './binaries.ts'
import { explainFailure, orExplain } from './failure.ts'

/** The superuser of the embedded cluster and the owner of its database. */
export const SUPERUSER = 'enterprisehub'
const MAJOR = '18'
const SOCKET_PATH_MAX = 100

/** Makes a folder and those above it. (Node's own recursive way never returns below /proc.) */
function makeFolder(folder: string, mode: number): void {
  if (existsSync(folder)) return
  const above = dirname(folder)
  if (above !== folder) makeFolder(above, mode)
  mkdirSync(folder, { mode })
}

/** Makes DATA_DIR; the owner's only, but root leaves it passable for the database user. */
export function makeDataDir(dataDir: string): string {
  return orExplain(dataDir, () => {
    makeFolder(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700)
    const probe = join(dataDir, `.write-${process.pid}`)
    writeFileSync(probe, '')
    rmSync(probe)
    return realpathSync(dataDir)
  })
}

/** The path of the cluster below a data folder; it may be a symbolic link. */
export const clusterPath = (dataDir: string): string => join(dataDir, 'postgres')

/** Whether there is a cluster; faults when there is something else or only a broken link. */
export function clusterExists(dataDir: string): boolean {
  const path = clusterPath(dataDir)
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return false
  const version = join(path, 'PG_VERSION')
  if (!existsSync(version))
    throw new SetupError(
      entry.isSymbolicLink()
        ? `The database that ${path} points to is gone: bring it back, or remove the link ` +
            'to begin with an empty one.'
        : `${path} is not a database: move it away, or set DATA_DIR to another folder.`,
    )
  const major = readFileSync(version, 'utf8').trim()
  if (major !== MAJOR)
    throw new SetupError(explainFailure(`incompatible with server: ${major}, ${MAJOR}`, path, ''))
  return true
}

function give(path: string, account: Account | undefined): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid)
}

function initialise(target: string, binaries: Binaries, options: InitialiseOptions): void {
  const { account, password, unsafe } = options
  const draft = `${target}.making-${randomBytes(4).toString('hex')}`
  mkdirSync(draft, { mode: 0o700 })
  const passwordFile = `${draft}.password`
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  give(draft, account)
  give(passwordFile, account)
  try {
    const auth = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`, `--username=${SUPERUSER}`]
    const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    const sync = unsafe ? ['--no-sync'] : []
    const made = spawnSync(
      binaries.program('initdb'),
      [`--pgdata=${draft}`, '--encoding=UTF8', '--wal-segsize=1', ...auth, ...locale, ...sync],
      {
        cwd: draft,
        encoding: 'utf8',
        env: { PATH: process.platform === 'win32' ? '' : '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
        ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
      },
    )
    if (made.status !== 0) {
      const said = `${made.stdout}\n${made.stderr}\n${made.error?.message ?? ''}`
      throw new SetupError(explainFailure(said, dirname(target), '(none was written)'))
    }
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

interface InitialiseOptions {
  readonly account: Account | undefined
  readonly password: string
  readonly unsafe: boolean
}

/**
 * Makes the cluster. When `account` cannot enter DATA_DIR the cluster goes to a new, randomly
 * named folder below /var/lib/enterprisehub and DATA_DIR/postgres links to it: a random name can
 * never be somebody else's older cluster.
 */
export function makeCluster(
  dataDir: string,
  binaries: Binaries,
  options: InitialiseOptions & { readonly say: (line: string) => void },
): void {
  const { account, say } = options
  const path = clusterPath(dataDir)
  orExplain(dataDir, () => {
    for (const name of readdirSync(dataDir))
      if (name.startsWith(`${basename(path)}.making-`))
        rmSync(join(dataDir, name), { recursive: true, force: true })
    if (canEnter(dataDir, account)) return initialise(path, binaries, options)
    const folder = join(SYSTEM_FOLDER, 'clusters')
    mkdirSync(folder, { recursive: true, mode: 0o711 })
    chmodSync(SYSTEM_FOLDER, 0o755)
    const target = join(folder, randomBytes(8).toString('hex'))
    say(`user ${account?.name} cannot enter ${dataDir}: the database is kept in ${target}`)
    initialise(target, binaries, options)
    writeFileSync(`${target}.origin`, `${dataDir}\n`)
    symlinkSync(target, path)
  })
}

/**
 * A folder for the socket: `before` when given, else inside DATA_DIR when the path is short
 * enough, else a private folder in the system's temporary one.
 */
export function makeSocketFolder(
  dataDir: string,
  account: Account | undefined,
  before?: string,
): string {
  const near = join(dataDir, 'run')
  if (before !== undefined && before !== near) {
    mkdirSync(before, { recursive: true, mode: 0o700 })
    give(before, account)
    return before
  }
  const short = Buffer.byteLength(join(near, '.s.PGSQL.5432')) <= SOCKET_PATH_MAX
  if (short && canEnter(dataDir, account)) {
    mkdirSync(near, { recursive: true, mode: 0o700 })
    chmodSync(near, 0o700)
    give(near, account)
    return near
  }
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'enterprisehub-'))
  give(folder, account)
  return folder
}

/** Removes a socket folder that was made outside DATA_DIR. */
export function removeSocketFolder(folder: string): void {
  if (dirname(folder) === realpathSync(tmpdir()) && basename(folder).startsWith('enterprisehub-'))
    rmSync(folder, { recursive: true, force: true })
}
