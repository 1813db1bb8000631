/** Turns what PostgreSQL or the file system said into one line that says what to do. */
import { statfsSync } from 'node:fs'
import { SetupError } from '../../platform/index.ts'

function freeMegabytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return Math.floor((bavail * bsize) / 1e6)
  } catch {
    return 0
  }
}

/** One line for a full disk. */
export const diskFull = (folder: string): string =>
  `The disk holding ${folder} is full (${freeMegabytes(folder)} MB free): free ` +
  'some space or set DATA_DIR to another disk; what was acknowledged is kept.'

/** One line for a fault PostgreSQL wrote to its log. */
export function explainFailure(said: string, folder: string, logPath: string): string {
  if (/No space left on device|ENOSPC|EDQUOT|Disk quota exceeded/.test(said))
    return diskFull(folder)
  if (/Read-only file system|EROFS/.test(said))
    return `${folder} is on a read-only file system: set DATA_DIR to a folder that can be written.`
  if (/ENOENT|ENOTDIR|EEXIST/.test(said))
    return `${folder} cannot be made: set DATA_DIR to a folder that can be written.`
  if (/Permission denied|EACCES|EPERM/.test(said))
    return (
      `The database may not write in ${folder}: give its user the folder, or set ` +
      'DATA_DIR to another one.'
    )
  if (/incompatible with server|not compatible with this version/.test(said))
    return (
      `The database in ${folder} was made by another major version of PostgreSQL: run ` +
      '"enterprisehub backup" with the old release and "enterprisehub restore" with ' +
      'this one.'
    )
  if (/Cannot allocate memory|could not map anonymous shared memory/.test(said))
    return (
      'There is too little memory for the database (it takes 160 MB): free some, or ' +
      'set DATABASE_URL to another server.'
    )
  const fatal = said.split('\n').filter((line) => /FATAL|PANIC|error:/.test(line))
  return (
    'The embedded database did not start ' +
    `(${(fatal.at(-1) ?? 'no reason given').trim()}); its log is ${logPath}.`
  )
}

/** Runs file-system work and turns its faults into a SetupError. */
export function orExplain<T>(folder: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (/^(ENOSPC|EDQUOT|EROFS|EACCES|EPERM|ENOENT|ENOTDIR|EEXIST)$/.test(code))
      throw new SetupError(explainFailure(`${code} ${message}`, folder, ''), { cause: error })
    throw error
  }
}
