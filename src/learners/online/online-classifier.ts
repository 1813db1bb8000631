/**
 * The contract of every online classifier, and the feature index they share.
 *
 * A row is a plain record of numbers by name; a name that is absent, or NaN, is missing. New names
 * may appear at any time and old ones may go. Classes are the integers 0, 1, 2, …, also new ones at
 * any time. `predict…` changes nothing; only `learnOne` does.
 */

/** Feature values by name; absent or NaN is missing. */
export type OnlineRow = Readonly<Record<string, number>>

export interface OnlineClassifier<State = unknown> {
  /**
   * Takes one labelled row.
   * @param label class as an integer from 0 to 999
   * @param weight how many rows this one stands for; positive. Default 1.
   * @throws RangeError on a bad label, weight or an infinite value.
   */
  learnOne: (row: OnlineRow, label: number, weight?: number) => void
  /** The most probable class; the lowest among equals; 0 before anything is learnt. */
  predictOne: (row: OnlineRow) => number
  /**
   * Probabilities of the classes seen so far, at least two numbers (classes 0 and 1), in [0, 1],
   * summing to 1.
   */
  predictProbaOne: (row: OnlineRow) => Float64Array
  /** Plain JSON; the matching `…FromState` continues exactly where this stopped. */
  toState: () => State
}

/** More classes than this are a sign of an id column taken for a label. */
const CLASSES_MAX = 1000

export function requireLabel(label: number, weight: number): void {
  if (!Number.isInteger(label) || label < 0 || label >= CLASSES_MAX)
    throw new RangeError(`a label must be an integer from 0 to ${CLASSES_MAX - 1}, got ${label}`)
  if (!(weight > 0) || weight === Infinity)
    throw new RangeError(`a weight must be positive and finite, got ${weight}`)
}

/** The position of the largest number; the first among equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k
  return best
}

/** Scales `values` to sum 1 in place; equal shares when their sum is zero or not finite. */
export function normalise(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  let sum = 0
  for (const value of values) sum += value
  const usable = sum > 0 && sum < Infinity
  for (let k = 0; k < values.length; k++) values[k] = usable ? values[k]! / sum : 1 / values.length
  return values
}

/** Gives every feature name a fixed position, so that learners work on dense numbers. */
export interface FeatureIndex {
  readonly names: readonly string[]
  /** Known features of the row; NaN where missing. New names are left out. */
  read: (row: OnlineRow) => Float64Array
  /** The same after giving new names a position, in alphabetical order within one row. */
  readAndGrow: (row: OnlineRow) => Float64Array
}

export function createFeatureIndex(known: readonly string[] = []): FeatureIndex {
  const names = [...known]
  const positions = new Map(names.map((name, position) => [name, position]))
  const read = (row: OnlineRow): Float64Array => {
    const values = new Float64Array(names.length).fill(NaN)
    for (const name in row) {
      const value = row[name]!
      if (value === Infinity || value === -Infinity)
        throw new RangeError(`feature ${name} is infinite; leave it out when it is unknown`)
      const position = positions.get(name)
      if (position !== undefined) values[position] = value
    }
    return values
  }
  return {
    names,
    read,
    readAndGrow(row) {
      const values = read(row)
      // The order of the keys in a row must not matter, hence the sorting.
      const fresh = Object.keys(row).filter((name) => !positions.has(name))
      if (fresh.length === 0) return values
      for (const name of fresh.sort()) {
        positions.set(name, names.length)
        names.push(name)
      }
      return read(row)
    },
  }
}
