/** One running product per folder: a lock file that a dead or renumbered process does not hold. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { processAlive, processStart } from './process-identity.ts'

export interface FolderLock {
  readonly release: () => void
}

interface Holder {
  readonly pid: number
  readonly start: string
}

function readHolder(path: string): Holder | undefined {
  try {
    const [pid, start = ''] = readFileSync(path, 'utf8').trim().split('\n')
    return { pid: Number(pid), start }
  } catch {
    return undefined
  }
}

const holds = ({ pid, start }: Holder): boolean =>
  processAlive(pid) && (start === '' || start === processStart(pid))

/** The number of the living process that holds the folder, or undefined. */
export function folderHolder(folder: string): number | undefined {
  const holder = readHolder(join(folder, 'enterprisehub.lock'))
  return holder !== undefined && holds(holder) ? holder.pid : undefined
}

/** Takes the folder, or returns the number of the living process that holds it. */
export function lockFolder(folder: string): FolderLock | number {
  const path = join(folder, 'enterprisehub.lock')
  const draft = `${path}.${process.pid}`
  const own = `${process.pid}\n${processStart(process.pid)}\n`
  writeFileSync(draft, own, { mode: 0o644 })
  try {
    for (;;) {
      try {
        linkSync(draft, path)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = readHolder(path)
      if (holder !== undefined && holds(holder)) return holder.pid
      // Renaming lets exactly one of several finders remove the stale file.
      const grave = `${path}.stale.${process.pid}`
      try {
        renameSync(path, grave)
      } catch {
        continue
      }
      const buried = readHolder(grave)
      if (buried !== undefined && holds(buried)) renameSync(grave, path)
      else rmSync(grave, { force: true })
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return {
    release: () => {
      if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true })
    },
  }
}
