/**
 * Reading interaction files: who took what, one row each. Rows that cannot be used are counted and
 * named, never guessed at.
 */
import { open } from 'node:fs/promises'
import { Readable, pipeline } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { isUtf8 } from 'node:buffer'
import { parse } from 'csv-parse'
import { bytesOf, SetupError } from '../../platform/index.ts'

export interface InteractionColumns {
  readonly user: string
  readonly item: string
  readonly value?: string | undefined
  readonly time?: string | undefined
  /** The file has no header: columns are named 1, 2, 3 ... */
  readonly numbered: boolean
}

export interface Rejected {
  readonly line: number
  readonly reason: string
}

/** Equal lengths; `values` and `times` (ms since 1970) only when their columns were named. */
export interface InteractionRows {
  readonly users: readonly string[]
  readonly items: readonly string[]
  readonly values?: readonly number[]
  readonly times?: readonly number[]
  readonly rejected: number
  /** The first few of them. */
  readonly examples: readonly Rejected[]
}

const SNIFF_BYTES = 65_536
const EXAMPLES_MAX = 5
const DELIMITERS = ['\t', '::', ',', ';', '|', ' ']

/** A named column is not in the file. */
export class UnknownColumnError extends Error {}

interface Format {
  readonly gzip: boolean
  readonly encoding: string
  readonly delimiter: string
}

async function sniff(path: string): Promise<Format> {
  const file = await open(path).catch((cause: unknown) => {
    throw new SetupError(`cannot read ${path}: check the path`, { cause })
  })
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    const raw = buffer.subarray(0, bytesRead)
    const gzip = raw[0] === 0x1f && raw[1] === 0x8b
    const head = gzip ? gunzipSync(raw, { finishFlush: 2 }) : raw
    const encoding = encodingOf(head)
    const text = new TextDecoder(encoding).decode(head)
    if (text.includes('\0')) throw new Error('it has zero bytes')
    return { gzip, encoding, delimiter: delimiterOf(text) }
  } catch (cause) {
    throw new SetupError(`cannot read ${path}: it is not a text file (or .gz of one)`, { cause })
  } finally {
    await file.close()
  }
}

function encodingOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  // The cut may fall inside a character: up to three bytes may be missing.
  const whole = [0, 1, 2, 3].some((cut) => isUtf8(head.subarray(0, head.length - cut)))
  return whole ? 'utf-8' : 'windows-1252'
}

/** The candidate that stands equally often, at least once, in the first lines. */
function delimiterOf(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  const first = lines.slice(0, Math.max(1, Math.min(20, lines.length - 1)))
  const agreeing = DELIMITERS.map((delimiter) => {
    const counts = first.map((line) => line.split(delimiter).length - 1)
    const usual = counts[0] ?? 0
    return { delimiter, share: usual === 0 ? 0 : counts.filter((n) => n === usual).length }
  })
  const best = agreeing.reduce((a, b) => (b.share > a.share ? b : a))
  return best.share === 0 ? ',' : best.delimiter
}

const parseTime = (text: string): number => {
  const number = Number(text)
  if (text === '' || Number.isNaN(number)) return Date.parse(text)
  // Seconds until the year 5138, else milliseconds.
  return Math.abs(number) < 1e11 ? number * 1000 : number
}

interface Places {
  readonly user: number
  readonly item: number
  readonly value: number
  readonly time: number
}

function findColumns(header: readonly string[], wanted: InteractionColumns, path: string): Places {
  const place = (name: string | undefined): number => {
    if (name === undefined) return -1
    const at = wanted.numbered ? Number(name) - 1 : header.indexOf(name)
    if (Number.isInteger(at) && at >= 0 && at < header.length) return at
    const has = wanted.numbered ? `columns 1 to ${header.length}` : header.join(', ')
    throw new UnknownColumnError(`there is no column "${name}" in ${path}; it has: ${has}`)
  }
  return {
    user: place(wanted.user),
    item: place(wanted.item),
    value: place(wanted.value),
    time: place(wanted.time),
  }
}

interface Usable {
  readonly user: string
  readonly item: string
  readonly value: number
  readonly time: number
}

/** The row's fields, or why it cannot be used. */
function readRow(record: readonly string[], places: Places): Usable | string {
  const user = record[places.user]?.trim() ?? ''
  const item = record[places.item]?.trim() ?? ''
  if (user === '') return 'no user'
  if (item === '') return 'no item'
  const valueText = record[places.value]?.trim() ?? ''
  const value = places.value < 0 ? 1 : valueText === '' ? NaN : Number(valueText)
  if (!Number.isFinite(value)) return `the value "${valueText}" is not a number`
  const timeText = record[places.time]?.trim() ?? ''
  const time = places.time < 0 ? 0 : parseTime(timeText)
  if (!Number.isFinite(time)) return `the time "${timeText}" is not a date or epoch time`
  return { user, item, value, time }
}

async function* decoded(source: AsyncIterable<unknown>, encoding: string): AsyncIterable<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of source) yield decoder.decode(chunk as Buffer, { stream: true })
  yield decoder.decode()
}

/**
 * Reads a CSV or TSV file (also .gz; delimiter and encoding are recognised). Throws SetupError when
 * it cannot be read and UnknownColumnError when a named column is missing.
 */
export async function readInteractions(
  path: string,
  wanted: InteractionColumns,
): Promise<InteractionRows> {
  try {
    return await readRows(path, wanted)
  } catch (error) {
    if (error instanceof UnknownColumnError || error instanceof SetupError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new SetupError(`cannot read ${path}: ${reason}`, { cause: error })
  }
}

async function readRows(path: string, wanted: InteractionColumns): Promise<InteractionRows> {
  const { gzip, encoding, delimiter } = await sniff(path)
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    info: true,
  })
  const users: string[] = []
  const items: string[] = []
  const values: number[] = []
  const times: number[] = []
  const examples: Rejected[] = []
  let rejected = 0
  let places: Places | undefined
  const text = Readable.from(decoded(bytesOf(path, gzip), encoding))
  // A failure upstream destroys the parser, so that the loop below throws it.
  const records = pipeline(text, parser, () => undefined) as AsyncIterable<{
    record: string[]
    info: { lines: number }
  }>
  for await (const { record, info } of records) {
    if (places === undefined) {
      places = findColumns(
        record.map((name) => name.trim()),
        wanted,
        path,
      )
      if (!wanted.numbered) continue
    }
    const row = readRow(record, places)
    if (typeof row === 'string') {
      if (++rejected <= EXAMPLES_MAX) examples.push({ line: info.lines, reason: row })
      continue
    }
    users.push(row.user)
    items.push(row.item)
    if (wanted.value !== undefined) values.push(row.value)
    if (wanted.time !== undefined) times.push(row.time)
  }
  if (places === undefined) throw new SetupError(`${path} is empty`)
  const optional = {
    ...(wanted.value === undefined ? {} : { values }),
    ...(wanted.time === undefined ? {} : { times }),
  }
  return { users, items, ...optional, rejected, examples }
}
