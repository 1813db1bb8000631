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

/** @throws SetupError when the file cannot be read or is not a table. */
export async function readTableFile(path: string): Promise<TableFile> {
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
