/** Rows that could not be taken in, kept beside the file they came from. */
import { rm, writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'

export interface Rejection {
  /** Line of the file, from 1. */
  readonly line: number
  readonly reason: string
  /** The cells as they were read. */
  readonly raw: readonly string[]
}

/**
 * Writes `FILE.rejected.jsonl` (into the working directory when the file's own may not be written),
 * or removes an old one when nothing was rejected; its path.
 */
export async function writeRejections(
  file: string,
  rejected: readonly Rejection[],
): Promise<string | null> {
  const beside = `${file}.rejected.jsonl`
  if (rejected.length === 0) {
    await rm(beside, { force: true }).catch(() => undefined)
    return null
  }
  const lines = rejected.map(({ line, reason, raw }) => JSON.stringify({ line, reason, raw }))
  const text = `${lines.join('\n')}\n`
  try {
    await writeFile(beside, text)
    return beside
  } catch (error) {
    if (!/^(EACCES|EROFS|EPERM)$/.test((error as NodeJS.ErrnoException).code ?? '')) throw error
    const here = resolve(basename(beside))
    await writeFile(here, text)
    return here
  }
}
