/** postmaster.pid: who serves this cluster, and whether that process is really still it. */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { processAlive, processStart } from '../../platform/index.ts'

export interface PostmasterFile {
  readonly pid: number
  /** Seconds since the epoch. */
  readonly startedAt: number
  readonly port: number
  /** Folder of the Unix socket; empty on Windows. */
  readonly socketFolder: string
  readonly state: string
}

/**
 * The pid file of a cluster, or undefined when there is none (or it is half written).
 * Reference: PostgreSQL, src/include/utils/pidfile.h, LOCK_FILE_LINE_*.
 */
export function readPostmasterFile(cluster: string): PostmasterFile | undefined {
  let lines: string[]
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return undefined
  }
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  return {
    pid,
    startedAt: Number(lines[2] ?? 0),
    port: Number(lines[3] ?? 0),
    socketFolder: (lines[4] ?? '').trim(),
    state: (lines[7] ?? '').trim(),
  }
}

const folderOf = (pid: number | string): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

/** Whether the process named in the file is the server of this cluster, not a later namesake. */
export function servesCluster(file: PostmasterFile, cluster: string): boolean {
  if (!processAlive(file.pid)) return false
  if (process.platform === 'linux') return folderOf(file.pid) === realpathSync(cluster)
  if (process.platform === 'win32') {
    const list = spawnSync('tasklist', ['/FI', `PID eq ${file.pid}`, '/NH'], { encoding: 'utf8' })
    return /^postgres/im.test(list.stdout)
  }
  // The file tells when the server wrote it, a moment after the process began.
  const began = Date.parse(`${processStart(file.pid)} UTC`) / 1000
  return Math.abs(began - file.startedAt) < 10
}

/** Whether the program file of a process was replaced or removed since it began (Linux only). */
export function programReplaced(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`).endsWith(' (deleted)')
  } catch {
    return false
  }
}

/** Processes that work in the cluster: backends that outlive a killed server (Linux only). */
export function processesIn(cluster: string): number[] {
  if (process.platform !== 'linux') return []
  const folder = realpathSync(cluster)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && folderOf(name) === folder)
    .map(Number)
}
