/** From rows of names to matrices of people and items. */
import { sparseFromEntries, type SparseMatrix } from '../../math/index.ts'
import type { InteractionRows } from './interactions.ts'

export interface InteractionSet {
  /** People x items; values are importances. People of the test file alone have empty rows. */
  readonly taken: SparseMatrix
  /** Time of each entry of `taken`, when known. */
  readonly times: Float64Array | undefined
  /** People x (items, then items of the test file alone). */
  readonly relevant: SparseMatrix | undefined
  /** People and items of the training file. */
  readonly users: number
  readonly items: number
  /** Rows that repeat a pair of person and item. */
  readonly duplicates: number
  /** People and items that stand in the test file only. */
  readonly coldUsers: number
  readonly coldItems: number
}

function numberNames(names: readonly string[], known = new Map<string, number>()): Int32Array {
  return Int32Array.from(names, (name) => {
    const number = known.get(name) ?? known.size
    known.set(name, number)
    return number
  })
}

/** Items from the most to the least taken, so that equal scores rank by popularity. */
function popularFirst(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  const order = [...counts].sort((a, b) => b[1] - a[1])
  return new Map(order.map(([item], number) => [item, number]))
}

/** 1 + ln(1 + value / median): counts and durations have long tails. All 1 without values. */
function importances(values: readonly number[] | undefined): Float32Array | undefined {
  if (values === undefined || values.length === 0) return undefined
  const median = Float64Array.from(values).sort()[values.length >> 1]!
  return Float32Array.from(values, (value) => 1 + Math.log1p(value / median))
}

/** The rows whose value is above 0 and at least `valueMin`. */
export function positiveRows(rows: InteractionRows, valueMin: number): InteractionRows {
  const { values, times } = rows
  if (values === undefined) return rows
  const keep = (_: unknown, n: number): boolean => values[n]! > 0 && values[n]! >= valueMin
  return {
    ...rows,
    users: rows.users.filter(keep),
    items: rows.items.filter(keep),
    values: values.filter(keep),
    ...(times === undefined ? {} : { times: times.filter(keep) }),
  }
}

export function interactionSet(
  train: InteractionRows,
  test: InteractionRows | undefined,
): InteractionSet {
  const userNumbers = new Map<string, number>()
  const itemNumbers = popularFirst(train.items)
  const row = numberNames(train.users, userNumbers)
  const col = numberNames(train.items, itemNumbers)
  const [users, items] = [userNumbers.size, itemNumbers.size]
  const testRow = numberNames(test?.users ?? [], userNumbers)
  const testCol = numberNames(test?.items ?? [], itemNumbers)
  const people = userNumbers.size
  const taken = sparseFromEntries(people, items, row, col, importances(train.values))
  return {
    taken,
    times: train.times && latestTimes(taken, row, col, train.times),
    relevant: test && sparseFromEntries(people, itemNumbers.size, testRow, testCol),
    users,
    items,
    duplicates: train.users.length - taken.indices.length,
    coldUsers: people - users,
    coldItems: itemNumbers.size - items,
  }
}

/** The latest time of each entry. */
function latestTimes(
  taken: SparseMatrix,
  row: Int32Array,
  col: Int32Array,
  times: readonly number[],
): Float64Array {
  const order = sparseFromEntries(taken.rows, taken.cols, row, col, ranksOf(times))
  const sorted = Float64Array.from(times).sort()
  return Float64Array.from(order.values, (rank) => sorted[rank]!)
}

/** Ranks fit a float32 up to 16 million rows; times in milliseconds do not. */
function ranksOf(times: readonly number[]): Float64Array {
  const order = Float64Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b)
  const ranks = new Float64Array(times.length)
  order.forEach((n, rank) => (ranks[n] = rank))
  return ranks
}
