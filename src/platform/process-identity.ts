/** Tells a living process from another one that got the same number later. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Whether a process of this number exists (also when it belongs to another user). */
export function processAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // A zombie has ended; only its parent has not noticed yet.
  return processState(pid) !== 'Z'
}

function procStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command, in parentheses, may itself hold spaces and parentheses.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

function processState(pid: number): string | undefined {
  return process.platform === 'linux' ? procStat(pid)?.[0] : undefined
}

/**
 * A text that differs between two processes with the same number: the start time, as the system
 * tells it. Empty when the process does not exist or the system does not say.
 */
export function processStart(pid: number): string {
  if (process.platform === 'linux') return procStat(pid)?.[19] ?? ''
  if (process.platform === 'win32') return ''
  const told = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/bin:/usr/bin' },
  })
  return told.stdout?.trim() ?? ''
}
