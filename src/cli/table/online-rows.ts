/** Text cells as rows for an online learner, decided cell by cell: a stream has no second look. */
import type { OnlineRow } from '../../learners/index.ts'
import type { TextTable } from './read-table.ts'

/** Levels of a text column that get a feature of their own; later ones share one. */
const LEVELS_MAX = 30

/** With fewer rows, different texts in all of them may be chance. */
const IDENTIFIER_ROWS_MIN = 20

export interface OnlineExample {
  readonly row: OnlineRow
  readonly label: number
}

/** Columns of text that differs in every row: ids and names, nothing to learn from. */
function identifierColumns({ names, cells }: TextTable, labelAt: number): number[] {
  return [...names.keys()].filter((j) => {
    if (j === labelAt) return false
    const present = cells.map((row) => row[j]!).filter((cell) => cell !== '')
    const text = present.every((cell) => numberOf(cell) === null)
    return text && present.length > IDENTIFIER_ROWS_MIN && new Set(present).size === present.length
  })
}

/**
 * Numbers become features of their own name. Text becomes one 0/1 feature a level
 * ("city=Austin"), levels in order of appearance; a row sees only levels that came before it or
 * with it. Dates become days since 1970. Classes are numbered: 0 and 1 stand for themselves
 * when those are the labels,
 * otherwise in order of appearance. Rows without a label are left out, and so are columns of text
 * that differs in every row, which are named in `dropped`.
 */
export function onlineExamples(
  table: TextTable,
  labelAt: number,
): { examples: OnlineExample[]; classes: string[]; dropped: string[] } {
  const labels = new Set(table.cells.map((row) => row[labelAt]!).filter((cell) => cell !== ''))
  const binary = [...labels].every((label) => label === '0' || label === '1')
  const classes = binary ? ['0', '1'] : [...labels]
  const codeOf = new Map(classes.map((label, code) => [label, code]))
  const identifiers = new Set(identifierColumns(table, labelAt))
  const levels = table.names.map(() => new Set<string>())
  const examples = table.cells.flatMap((cells): OnlineExample[] => {
    if (cells[labelAt] === '') return []
    const row: Record<string, number> = {}
    cells.forEach((cell, j) => {
      if (j === labelAt || identifiers.has(j)) return
      const value = cell === '' ? NaN : numberOf(cell)
      if (value !== null) row[table.names[j]!] = value
      else addLevel(row, table.names[j]!, cell, levels[j]!)
    })
    return [{ row, label: codeOf.get(cells[labelAt]!)! }]
  })
  return { examples, classes, dropped: [...identifiers].map((j) => table.names[j]!) }
}

const DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/
const DAY_MS = 86_400_000

/** A finite number, a date as days since 1970, or null for other text. */
function numberOf(cell: string): number | null {
  const value = Number(cell)
  if (Number.isFinite(value)) return value
  const time = DATE.test(cell) ? Date.parse(cell) : NaN
  return Number.isNaN(time) ? null : time / DAY_MS
}

function addLevel(row: Record<string, number>, name: string, cell: string, seen: Set<string>) {
  if (seen.size < LEVELS_MAX) seen.add(cell)
  for (const level of seen) row[`${name}=${level}`] = level === cell ? 1 : 0
  if (!seen.has(cell)) row[`${name}=(other)`] = 1
}
