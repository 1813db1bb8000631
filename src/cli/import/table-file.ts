/** Reads a delimited file whole, with the line of every row; rows that fit the header only. */
import { buildRawTable, type RawTable } from '../../learners/index.ts'
import { readDelimited } from '../../platform/index.ts'
import type { Rejection } from './rejections.ts'

export interface TableFile {
  readonly table: RawTable
  /** Line of the file where each row of the table begins (the header is line 1). */
  readonly lines: readonly number[]
  readonly rejected: readonly Rejection[]
}

const linesIn = (cells: readonly string[]): number =>
  1 + cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0)

/** @throws SetupError when the file cannot be read or is not a table. */
export async function readTableFile(path: string): Promise<TableFile> {
  const file = await readDelimited(path)
  const builder = buildRawTable(file.header)
  const lines: number[] = []
  const rejected: Rejection[] = []
  let line = 1 + linesIn(file.header)
  for await (const row of file.rows) {
    if (row.length === file.header.length) {
      builder.add(row)
      lines.push(line)
    } else
      rejected.push({
        line,
        reason: `${row.length} cells where the header has ${file.header.length}`,
        raw: row,
      })
    line += linesIn(row)
  }
  return { table: builder.finish(), lines, rejected }
}
