/**
 * Whom the embedded server runs as. PostgreSQL refuses to run as root, so root hands it to a
 * system user; everybody else runs it as themselves.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { SetupError } from '../../platform/index.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

function accounts(): Account[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [name, , uid, gid] = line.split(':')
      return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
    })
}

const byName = (name: string): Account | undefined => accounts().find((a) => a.name === name)

function createAccount(): Account | undefined {
  const home = ['--home-dir', '/var/lib/enterprisehub', '--shell', '/usr/sbin/nologin']
  const made = spawnSync('useradd', ['--system', '--no-create-home', ...home, 'enterprisehub'])
  if (made.status !== 0) spawnSync('adduser', ['-S', '-D', '-H', 'enterprisehub'])
  return byName('enterprisehub')
}

/**
 * The account for the server, or undefined when it runs as the present user. An existing cluster
 * keeps its owner.
 */
export function serverAccount(cluster: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const owner = statSync(cluster, { throwIfNoEntry: false })
  if (owner !== undefined && owner.uid !== 0) {
    const known = accounts().find((account) => account.uid === owner.uid)
    return known ?? { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  }
  const account =
    byName('enterprisehub') ?? createAccount() ?? byName('postgres') ?? byName('nobody')
  if (account === undefined)
    throw new SetupError(
      'PostgreSQL refuses to run as root and no system user could be made: create one ' +
        'with "useradd --system enterprisehub", or start as another user.',
    )
  return account
}

/** Whether `account` may pass through every folder down to and including `path`. */
export function canEnter(path: string, account: Account | undefined): boolean {
  if (account === undefined) return true
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
