/**
 * Delimited text files (CSV, TSV, semicolons) as people have them: gzipped or not, in UTF-8, UTF-16
 * or Latin-1, with or without a byte order mark. Read as a stream: memory does not grow with rows.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import { SetupError } from './setup-error.ts'

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

export interface DelimitedFile {
  /** The cells of the first row. */
  readonly header: readonly string[]
  readonly encoding: Encoding
  readonly delimiter: string
  /** The rows after the header; may be iterated once. Short and long rows come as they are. */
  readonly rows: AsyncIterable<readonly string[]>
  /** The same rows with the line of the file where each begins; instead of `rows`. */
  readonly numbered: AsyncIterable<NumberedRow>
}

export interface NumberedRow {
  /** From 1; the header is on line 1, or below empty lines. */
  readonly line: number
  readonly cells: readonly string[]
}

/** What csv-parse gives with `info`; its line is the last of the record. */
interface ParsedRecord {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

const breaksIn = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0)

const DELIMITERS = [',', '\t', ';', '|'] as const
const SAMPLE_CHARACTERS = 65_536
const MOST_CELL_CHARACTERS = 1_000_000

export async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

interface OtherFormat {
  /** First bytes, in hexadecimal. */
  readonly starts: string
  /** What names of packed files hold. */
  readonly holds?: RegExp
  readonly says: string
}

/** What people take for a table, and what to do with it; the first that fits. */
const OTHER_FORMATS: readonly OtherFormat[] = [
  {
    starts: '504b0304',
    holds: /\[Content_Types\]\.xml|xl\//,
    says: 'is an Excel workbook, whatever its name says: open it and save it as "CSV UTF-8"',
  },
  { starts: '504b0304', holds: /opendocument/, says: 'is a spreadsheet: save it as CSV' },
  { starts: '504b0304', says: 'is a ZIP archive: unpack it and take the file inside' },
  {
    starts: 'd0cf11e0a1b11ae1',
    says: 'is an old Excel workbook, whatever its name says: open it and save it as "CSV UTF-8"',
  },
  { starts: '255044462d', says: 'is a PDF: export the table as CSV' },
]
const WEB_PAGE = /^\s*<(?:!doctype html|html)/i
const FIRST_BYTES = 4_096

/** @throws SetupError that says what to do when it is a well-known file of another kind. */
async function refuseOtherFormats(path: string, gzip: boolean): Promise<void> {
  let start = Buffer.alloc(0)
  for await (const chunk of bytesOf(path, gzip) as AsyncIterable<Buffer>) {
    start = Buffer.concat([start, chunk])
    if (start.length >= FIRST_BYTES) break
  }
  const text = start.toString('latin1', 0, FIRST_BYTES)
  const found = OTHER_FORMATS.find(
    ({ starts, holds }) =>
      start.subarray(0, starts.length / 2).toString('hex') === starts &&
      (holds === undefined || holds.test(text)),
  )
  if (found !== undefined) throw new SetupError(`${path}: the file ${found.says}`)
  if (WEB_PAGE.test(start.toString('utf8', 0, FIRST_BYTES).replace('\ufeff', '')))
    throw new SetupError(
      `${path}: the file is a web page, perhaps that of a sign-in: download the export itself`,
    )
}

/** Told of every stream that is opened on the file, so that a caller sees how far it is read. */
export type OnOpen = (stream: { readonly bytesRead: number }) => void

/** The bytes of a file, unpacked; to be iterated at once: its errors are thrown there. */
export function bytesOf(path: string, gzip: boolean, onOpen?: OnOpen): Readable {
  const file = createReadStream(path)
  onOpen?.(file)
  if (!gzip) return file
  const plain = createGunzip()
  file.on('error', (error) => plain.destroy(error))
  return file.pipe(plain)
}

/** A byte order mark decides; else zeros at every other byte; else whether all is valid UTF-8. */
async function detectEncoding(path: string, gzip: boolean): Promise<Encoding> {
  const strict = new TextDecoder('utf-8', { fatal: true })
  let first = true
  for await (const chunk of bytesOf(path, gzip) as AsyncIterable<Buffer>) {
    if (first) {
      first = false
      const wide = wideEncoding(chunk)
      if (wide) return wide
    }
    try {
      strict.decode(chunk, { stream: true })
    } catch {
      return 'windows-1252'
    }
  }
  return 'utf-8'
}

function wideEncoding(start: Buffer): Encoding | undefined {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  const sample = start.subarray(0, 512)
  if (sample.length < 4) return undefined
  const zeros = [0, 0]
  sample.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]!++
  })
  if (zeros[1]! > 0.6 * (sample.length / 2) && zeros[0] === 0) return 'utf-16le'
  if (zeros[0]! > 0.6 * (sample.length / 2) && zeros[1] === 0) return 'utf-16be'
  return undefined
}

async function* textOf(
  path: string,
  gzip: boolean,
  encoding: Encoding,
  onOpen?: OnOpen,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of bytesOf(path, gzip, onOpen) as AsyncIterable<Buffer>)
    yield decoder.decode(chunk, { stream: true })
  yield decoder.decode()
}

/** The delimiter that cuts the first lines into the same, greatest number of cells. */
export function sniffDelimiter(sample: string): string {
  const unquoted = sample.replace(/"(?:[^"]|"")*"/g, 'x')
  const lines = unquoted.split(/\r\n|\n|\r/).filter((line) => line !== '')
  // The sample may end in the middle of a line.
  const cut = sample.length >= SAMPLE_CHARACTERS ? 1 : 0
  const whole = lines.slice(0, Math.max(1, Math.min(50, lines.length - cut)))
  let best = { delimiter: ',', score: 0 }
  for (const delimiter of DELIMITERS) {
    const cuts = whole.map((line) => line.split(delimiter).length - 1)
    const usual = cuts[0]!
    const agreeing = cuts.filter((n) => n === usual).length / cuts.length
    // Agreement between lines first: prose has commas too, but not the same number in every line.
    const score = usual > 0 ? agreeing * 1000 + Math.min(usual, 900) : 0
    if (score > best.score) best = { delimiter, score }
  }
  return best.delimiter
}

/** The first characters of `text` and all of it again. */
async function peek(text: AsyncGenerator<string>) {
  let sample = ''
  for (let next = await text.next(); ; next = await text.next()) {
    if (next.done) break
    sample += next.value
    if (sample.length >= SAMPLE_CHARACTERS) break
  }
  async function* all(): AsyncGenerator<string> {
    yield sample
    yield* text
  }
  return { sample, all: all() }
}

export function plainWords(path: string, error: unknown): unknown {
  if (error instanceof CsvError) return new SetupError(`${path}: ${error.message}`)
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const said: Record<string, string> = {
    ENOENT: 'no such file',
    EISDIR: 'is a folder, not a file',
    EACCES: 'may not be read',
    Z_DATA_ERROR: 'is damaged (gzip)',
    Z_BUF_ERROR: 'ends too early (gzip)',
  }
  return said[code] ? new SetupError(`${path}: ${said[code]}`) : error
}

/**
 * Opens a delimited file, given or sniffed delimiter.
 *
 * @throws SetupError when the file cannot be read, is empty or is not a table.
 */
export async function readDelimited(path: string, onOpen?: OnOpen): Promise<DelimitedFile> {
  try {
    const gzip = await isGzip(path)
    await refuseOtherFormats(path, gzip)
    const encoding = await detectEncoding(path, gzip)
    const { sample, all } = await peek(textOf(path, gzip, encoding, onOpen))
    if (sample.trim() === '') throw new SetupError(`${path}: the file is empty: export it again`)
    if (sample.includes('\u0000'))
      throw new SetupError(`${path}: not a text file: save the table as CSV`)
    const delimiter = sniffDelimiter(sample)
    const parser = parse({
      delimiter,
      bom: true,
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: MOST_CELL_CHARACTERS * 4,
    })
    // A failure upstream destroys the parser, whose reader is told of it.
    pipeline(Readable.from(all), parser, () => undefined)
    const records = (parser as AsyncIterable<ParsedRecord>)[Symbol.asyncIterator]()
    const head = await records.next()
    if (head.done) throw new SetupError(`${path}: the file has no header`)
    const numbered = rest(path, records)
    return { header: head.value.record, encoding, delimiter, rows: cellsOf(numbered), numbered }
  } catch (error) {
    throw plainWords(path, error)
  }
}

async function* rest(
  path: string,
  records: AsyncIterator<ParsedRecord>,
): AsyncGenerator<NumberedRow> {
  try {
    for (let next = await records.next(); !next.done; next = await records.next()) {
      const { record, info } = next.value
      yield { line: info.lines - breaksIn(record), cells: record }
    }
  } catch (error) {
    throw plainWords(path, error)
  }
}

async function* cellsOf(rows: AsyncIterable<NumberedRow>): AsyncGenerator<readonly string[]> {
  for await (const { cells } of rows) yield cells
}
