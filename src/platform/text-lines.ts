/** The lines of a text file, gzipped or not, as a stream: memory does not grow with the file. */
import { bytesOf, isGzip, plainWords, type OnOpen } from './delimited-file.ts'
import { SetupError } from './setup-error.ts'

const LINE_BYTES_MAX = 1_048_576

export interface TextLine {
  /** From 1. */
  readonly line: number
  /** Null for a line that is too long or no UTF-8. */
  readonly text: string | null
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function textOf(parts: readonly Buffer[]): string | null {
  try {
    return utf8.decode(Buffer.concat(parts)).replace(/\r$/, '')
  } catch {
    return null
  }
}

/** @throws SetupError when the file cannot be read, or is damaged: after the lines before that. */
export async function* readTextLines(path: string, onOpen?: OnOpen): AsyncGenerator<TextLine> {
  let parts: Buffer[] = []
  let held = 0
  let line = 0
  const take = (): TextLine => {
    const text = held > LINE_BYTES_MAX ? null : textOf(parts)
    parts = []
    held = 0
    return { line: ++line, text }
  }
  const keep = (part: Buffer): void => {
    held += part.length
    if (held <= LINE_BYTES_MAX) parts.push(part)
    else parts = []
  }
  try {
    const bytes = bytesOf(path, await isGzip(path), onOpen)
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      let from = 0
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        keep(chunk.subarray(from, at))
        from = at + 1
        yield take()
      }
      keep(chunk.subarray(from))
    }
  } catch (error) {
    throw plainWords(path, error)
  }
  if (held > 0) yield take()
  if (line === 0) throw new SetupError(`${path}: the file is empty`)
}
