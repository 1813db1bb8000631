/** Reads a table whole, with the line of every row: a delimited file, or JSON lines. */
import { buildRawTable, type RawTable } from '../../learners/index.ts'
import { readDelimited, readTextLines, SetupError } from '../../platform/index.ts'
import type { Rejection } from './rejections.ts'

export interface TableFile {
  readonly table: RawTable
  /** Line of the file where each row of the table begins (a header is line 1). */
  readonly lines: readonly number[]
  readonly rejected: readonly Rejection[]
}

const COLUMNS_MAX = 2_000

/** Whether the first line that says anything is an object. */
async function isJsonLines(path: string): Promise<boolean> {
  for await (const { text } of readTextLines(path)) {
    if (text?.trim() === '') continue
    return text !== null && objectOf(text) !== undefined
  }
  return false
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** A value as a cell: texts as they are, what holds others as JSON. */
function cellOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function readJsonLines(path: string): Promise<TableFile> {
  const rows: Record<string, unknown>[] = []
  const lines: number[] = []
  const rejected: Rejection[] = []
  const names = new Set<string>()
  for await (const { line, text } of readTextLines(path)) {
    if (text?.trim() === '') continue
    const row = text === null ? undefined : objectOf(text)
    if (row === undefined) {
      rejected.push({ line, reason: 'no JSON object of up to 1 MB', raw: text?.slice(0, 2_000) })
      continue
    }
    Object.keys(row).forEach((name) => names.add(name))
    if (names.size > COLUMNS_MAX)
      throw new SetupError(`${path}: more than ${COLUMNS_MAX} different names by line ${line}`)
    rows.push(row)
    lines.push(line)
  }
  const header = [...names]
  const builder = buildRawTable(header)
  for (const row of rows) builder.add(header.map((name) => cellOf(row[name])))
  return { table: builder.finish(), lines, rejected }
}

/** @throws SetupError when the file cannot be read or is not a table. */
export async function readTableFile(path: string): Promise<TableFile> {
  if (await isJsonLines(path)) return readJsonLines(path)
  const file = await readDelimited(path)
  const builder = buildRawTable(file.header)
  const lines: number[] = []
  const rejected: Rejection[] = []
  for await (const { line, cells } of file.numbered) {
    if (cells.length === file.header.length) {
      builder.add(cells)
      lines.push(line)
    } else
      rejected.push({
        line,
        reason: `${cells.length} cells where the header has ${file.header.length}`,
        raw: cells,
      })
  }
  return { table: builder.finish(), lines, rejected }
}
