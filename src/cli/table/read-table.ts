/**
 * A delimited file as columns with types: comma, semicolon, tab or bar; gzip; UTF-8, UTF-16 or
 * Windows-1252. Only the empty cell (and the usual spellings of "not available") is missing.
 */
import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import type { Column } from '../../learners/index.ts'
import { SetupError } from '../../platform/index.ts'

export interface TextTable {
  readonly names: readonly string[]
  /** cells[row][column], trimmed; '' is missing. */
  readonly cells: readonly (readonly string[])[]
}

const DELIMITERS = [',', ';', '\t', '|']
const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?'])

function decode(raw: Buffer): string {
  const bytes = raw[0] === 0x1f && raw[1] === 0x8b ? gunzipSync(raw) : raw
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return new TextDecoder(isUtf8(bytes) ? 'utf-8' : 'windows-1252').decode(bytes)
}

/** The delimiter that is most frequent in the first line, outside quotes. */
function delimiterOf(text: string): string {
  const line = text
    .slice(0, 100_000)
    .split(/\r?\n/, 1)[0]!
    .replace(/"[^"]*"/g, '')
  const count = (delimiter: string) => line.split(delimiter).length
  return DELIMITERS.reduce((best, next) => (count(next) > count(best) ? next : best))
}

/** Names made unique and never empty: the second `x` is `x.2`, an empty one `column 3`. */
function uniqueNames(header: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return header.map((cell, at) => {
    const name = cell === '' ? `column ${at + 1}` : cell
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return times === 1 ? name : `${name}.${times}`
  })
}

/**
 * Reads a file with a header line. Short rows are filled with missing cells.
 * @throws SetupError when the file cannot be read, is not a table or has no rows.
 */
export async function readTable(path: string): Promise<TextTable> {
  const raw = await readFile(path).catch((cause: unknown) => {
    throw new SetupError(`cannot read ${path}: check that the file exists`, { cause })
  })
  let records: string[][]
  try {
    const text = decode(raw)
    records = parse(text, {
      delimiter: delimiterOf(text),
      bom: true,
      trim: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    })
  } catch (cause) {
    throw new SetupError(`${path} is not a readable CSV file: ${String(cause)}`, { cause })
  }
  const [header, ...rows] = records
  if (header === undefined) throw new SetupError(`${path} is empty`)
  if (rows.length === 0) throw new SetupError(`${path} has a header but no rows`)
  const names = uniqueNames(header)
  const cells = rows.map((row) =>
    names.map((_, j) => {
      const cell = row[j] ?? ''
      return MISSING.has(cell.toLowerCase()) ? '' : cell
    }),
  )
  return { names, cells }
}

/** Whether every present cell of a column is a finite number (and at least one is present). */
export function isNumeric(table: TextTable, column: number): boolean {
  let present = 0
  for (const row of table.cells) {
    if (row[column] === '') continue
    if (!Number.isFinite(Number(row[column]))) return false
    present += 1
  }
  return present > 0
}

/** A column as a learner takes it; `numeric` says how to read it. */
export function toColumn(table: TextTable, at: number, numeric: boolean): Column {
  const name = table.names[at]!
  if (numeric) {
    const values = Float64Array.from(table.cells, (row) => (row[at] ? Number(row[at]) : NaN))
    return { kind: 'numeric', name, values }
  }
  const codeOf = new Map<string, number>()
  const codes = Int32Array.from(table.cells, (row) => {
    const cell = row[at]!
    if (cell === '') return -1
    if (!codeOf.has(cell)) codeOf.set(cell, codeOf.size)
    return codeOf.get(cell)!
  })
  return { kind: 'categorical', name, codes, levels: [...codeOf.keys()] }
}
