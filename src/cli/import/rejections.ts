/** What could not be taken in, kept beside the file it came from, line by line. */
import { open, rm, type FileHandle } from 'node:fs/promises'
import { basename, resolve } from 'node:path'

export interface Rejection {
  /** Line of the file, from 1. */
  readonly line: number
  readonly reason: string
  /** As it was read. */
  readonly raw: unknown
}

export interface Rejections {
  readonly add: (rejection: Rejection) => void
  /** Writes what waits. */
  readonly flush: () => Promise<void>
  /** Writes the rest; the path of the file, or null when nothing was rejected. */
  readonly close: () => Promise<string | null>
}

/** Into the working directory when the file's own folder may not be written. */
async function openBeside(file: string, flags: 'a' | 'w') {
  const beside = `${file}.rejected.jsonl`
  try {
    return { path: beside, handle: await open(beside, flags) }
  } catch (error) {
    if (!/^(EACCES|EROFS|EPERM)$/.test((error as NodeJS.ErrnoException).code ?? '')) throw error
    const path = resolve(basename(beside))
    return { path, handle: await open(path, flags) }
  }
}

/**
 * `FILE.rejected.jsonl`, made at the first rejection; one of an earlier import is replaced, or
 * removed when nothing is rejected now, unless this import goes on with that one.
 */
export function openRejections(
  file: string,
  { append, dryRun }: { readonly append: boolean; readonly dryRun: boolean },
): Rejections {
  let waiting: Rejection[] = []
  let opened: { readonly path: string; readonly handle: FileHandle } | undefined
  const flush = async (): Promise<void> => {
    if (waiting.length === 0 || dryRun) return
    const lines = waiting.map(({ line, reason, raw }) => JSON.stringify({ line, reason, raw }))
    waiting = []
    opened ??= await openBeside(file, append ? 'a' : 'w')
    await opened.handle.write(`${lines.join('\n')}\n`)
  }
  return {
    add: (rejection) => {
      if (!dryRun) waiting.push(rejection)
    },
    flush,
    async close() {
      await flush()
      if (opened === undefined && !append && !dryRun)
        await rm(`${file}.rejected.jsonl`, { force: true }).catch(() => undefined)
      await opened?.handle.close()
      return opened?.path ?? null
    },
  }
}

/** All at once. */
export async function writeRejections(
  file: string,
  rejected: readonly Rejection[],
): Promise<string | null> {
  const rejections = openRejections(file, { append: false, dryRun: false })
  rejected.forEach(rejections.add)
  return rejections.close()
}
