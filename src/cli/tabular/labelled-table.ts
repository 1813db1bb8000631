/** Turns the label column of a table into 0 and 1. */
import {
  dropColumns,
  levelCounts,
  parseNumber,
  takeRawRows,
  type RawColumn,
  type RawTable,
} from '../../learners/index.ts'
import { SetupError } from '../../platform/index.ts'

export interface LabelledTable {
  /** Without the label column, and without rows that have no label. */
  readonly table: RawTable
  readonly labels: Float64Array
  /** Row of the file (0-based, header not counted) of each row kept. */
  readonly fileRows: Int32Array
}

/** The name in the file that matches `wanted`, if need be without regard to case and spaces. */
export function findColumn(table: RawTable, wanted: string, path: string): RawColumn {
  const plain = (name: string): string => name.trim().toLowerCase()
  const found =
    table.columns.find((column) => column.name === wanted) ??
    table.columns.find((column) => plain(column.name) === plain(wanted))
  if (found) return found
  const names = table.columns.map((column) => column.name)
  const shown = names.slice(0, 30).join(', ') + (names.length > 30 ? ', …' : '')
  throw new SetupError(`${path} has no column "${wanted}". Its columns are: ${shown}`)
}

const YES = [
  '1',
  'yes',
  'true',
  'y',
  't',
  'positive',
  'pos',
  'won',
  'converted',
  'churned',
  '1.0',
].concat(['ja', 'oui', 'si', 'sí', 'sim'])
const NO = ['0', 'no', 'false', 'n', 'f', 'negative', 'neg', 'lost', 'none', '0.0', '-1'].concat([
  'nein',
  'non',
  'nee',
  'não',
])

/** A label with more values than these, all numbers, is an amount and not a kind. */
const MOST_LABELS = 20

/** Which value of the label counts as positive; said by the caller, or plain from the values. */
export function positiveValue(label: RawColumn, given: string | undefined): string {
  const counts = levelCounts(label)
  const values = label.levels.filter((_, code) => counts[code]! > 0)
  const shown = values.slice(0, 8).join(', ') + (values.length > 8 ? ', …' : '')
  if (given !== undefined) {
    const found = values.find((v) => v === given) ?? values.find((v) => sameValue(v, given))
    if (found !== undefined) return found
    throw new SetupError(`"${given}" does not occur in the label "${label.name}" (${shown})`)
  }
  if (label.codes.length === 0) throw new SetupError('The file has a header but no rows')
  if (values.length === 0) throw new SetupError(`The label "${label.name}" is empty`)
  if (values.length === 1)
    throw new SetupError(
      `The label "${label.name}" has one value only (${shown}): there is nothing to tell apart`,
    )
  if (values.length > MOST_LABELS && values.every((v) => !Number.isNaN(parseNumber(v))))
    throw new SetupError(
      `The label "${label.name}" is a number with ${values.length} values, and only yes or no ` +
        'can be predicted: add a column that says, for instance, whether it is above a limit',
    )
  if (values.length > 2)
    throw new SetupError(
      `The label "${label.name}" has ${values.length} values (${shown}). ` +
        'Name the one to predict against all others with --positive VALUE',
    )
  const rank = (value: string): number => (saysYes(value) ? 2 : saysNo(value) ? 0 : 1)
  const [first, second] = values as [string, string]
  if (rank(first) !== rank(second)) return rank(first) > rank(second) ? first : second
  const numeric = values.every((v) => Number.isFinite(Number(v)))
  const ordered = numeric ? Number(first) < Number(second) : first < second
  return ordered ? second : first
}

const sameValue = (a: string, b: string): boolean =>
  a.toLowerCase() === b.trim().toLowerCase() ||
  (Number.isFinite(Number(a)) && Number(a) === Number(b))

/** Whether a value plainly means yes. */
export const saysYes = (value: string): boolean => YES.includes(value.toLowerCase())

/** Whether a value plainly means no. */
export const saysNo = (value: string): boolean => NO.includes(value.toLowerCase())

/** Whether a value of the label is the one that counts as positive. */
export const isPositive = (value: string, positive: string): boolean =>
  value === positive || sameValue(value, positive)

/** Splits the label off. Values other than `positive` count as 0. */
export function labelled(table: RawTable, label: RawColumn, positive: string): LabelledTable {
  const kept: number[] = []
  label.codes.forEach((code, row) => {
    if (code >= 0) kept.push(row)
  })
  const positives = label.levels.map((level) => isPositive(level, positive))
  return {
    table: takeRawRows(dropColumns(table, [label.name]), kept),
    labels: Float64Array.from(kept, (row) => (positives[label.codes[row]!] ? 1 : 0)),
    fileRows: Int32Array.from(kept),
  }
}
