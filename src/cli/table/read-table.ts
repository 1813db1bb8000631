/** A delimited file as rows of trimmed texts, and its columns as learners take them. */
import type { Column } from '../../learners/index.ts'
import { SetupError } from '../../platform/index.ts'
import { readRawTable } from './read-raw-table.ts'

export interface TextTable {
  readonly names: readonly string[]
  /** cells[row][column], trimmed; '' is missing. */
  readonly cells: readonly (readonly string[])[]
}

/**
 * Reads a file with a header line. Short rows are filled with missing cells.
 * @throws SetupError when the file cannot be read, is not a table or has no rows.
 */
export async function readTable(path: string): Promise<TextTable> {
  const { rows, columns } = await readRawTable(path)
  if (rows === 0) throw new SetupError(`${path} has a header but no rows`)
  const cells = Array.from({ length: rows }, (_, row) =>
    columns.map(({ codes, levels }) => (codes[row]! < 0 ? '' : levels[codes[row]!]!)),
  )
  return { names: columns.map(({ name }) => name), cells }
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
