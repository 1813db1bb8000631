/**
 * What every recommender of items is: a function of what somebody has already taken. People are
 * histories (rows of a sparse matrix, columns are items), so that somebody new is scored the same
 * way and as fast as somebody seen in training.
 */
import type { Progress } from '../../core/index.ts'
import type { SparseMatrix } from '../../math/index.ts'

export interface Recommender {
  /** The number of items it can rank; columns of a history from this number on are ignored. */
  readonly items: number
  /**
   * Writes the scores of rows `from` to `to` of `histories` into `out`, (to - from) x items,
   * row-major; higher is better and only the order within a row means something. The items of the
   * history itself get scores too: mask them (see `topItems`). An empty history gets equal scores.
   */
  readonly score: (histories: SparseMatrix, from: number, to: number, out: Float32Array) => void
}

/** What a long training takes besides its data. */
export interface TrainingControl {
  readonly progress?: Progress | undefined
  /** Aborting makes the training throw the signal's reason at its next step. */
  readonly signal?: AbortSignal | undefined
}

/** Reports `fraction` and throws when the training was aborted. */
export function step({ progress, signal }: TrainingControl, fraction: number, note?: string): void {
  progress?.(fraction, note)
  signal?.throwIfAborted()
}

/** Throws RangeError unless `value` is a number in [min, max]. */
export function checkRange(name: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max))
    throw new RangeError(`${name} must lie in ${min} ... ${max}, not ${value}`)
}

/** Calls `visit(item, value, row)` for the entries of rows `from` to `to` among `items`. */
export function eachEntry(
  histories: SparseMatrix,
  range: readonly [from: number, to: number],
  items: number,
  visit: (item: number, value: number, row: number) => void,
): void {
  for (let row = range[0]; row < range[1]; row++)
    for (let e = histories.offsets[row]!; e < histories.offsets[row + 1]!; e++)
      if (histories.indices[e]! < items) visit(histories.indices[e]!, histories.values[e]!, row)
}
