/** Holding out part of everybody's interactions, to choose or to judge a recommender. */
import { seededRandom, type SparseMatrix } from '../../math/index.ts'

export interface Holdout {
  readonly train: SparseMatrix
  readonly held: SparseMatrix
  /** The times of the entries of `train`, when times were given. */
  readonly trainTimes: Float64Array | undefined
}

/**
 * Splits each row with at least two entries: `share` of them (at least one, never all) are held
 * out. With `times`, one per entry of `taken`, the latest ones; else chosen by the seeded draw.
 */
export function holdOut(
  taken: SparseMatrix,
  share: number,
  { seed = 0, times }: { seed?: number; times?: Float64Array | undefined } = {},
): Holdout {
  if (!(share > 0 && share < 1)) throw new RangeError(`share must lie in 0 ... 1, not ${share}`)
  const random = seededRandom(seed)
  const held = new Uint8Array(taken.indices.length)
  for (let row = 0; row < taken.rows; row++) {
    const from = taken.offsets[row]!
    const size = taken.offsets[row + 1]! - from
    if (size < 2) continue
    const count = Math.min(size - 1, Math.max(1, Math.round(size * share)))
    const draw = Float64Array.from({ length: size }, random.next)
    const order = Array.from({ length: size }, (_, n) => n)
    const latest = (a: number, b: number): number =>
      times === undefined ? 0 : times[from + b]! - times[from + a]!
    order.sort((a, b) => latest(a, b) || draw[a]! - draw[b]!)
    for (const n of order.slice(0, count)) held[from + n] = 1
  }
  return {
    train: keepEntries(taken, held, 0),
    held: keepEntries(taken, held, 1),
    trainTimes: times?.filter((_, e) => held[e] === 0),
  }
}

function keepEntries(m: SparseMatrix, mark: Uint8Array, wanted: 0 | 1): SparseMatrix {
  const offsets = new Int32Array(m.rows + 1)
  const keep = (_: number, e: number): boolean => mark[e] === wanted
  for (let row = 0; row < m.rows; row++) {
    let count = 0
    for (let e = m.offsets[row]!; e < m.offsets[row + 1]!; e++) if (mark[e] === wanted) count++
    offsets[row + 1] = offsets[row]! + count
  }
  return { ...m, offsets, indices: m.indices.filter(keep), values: m.values.filter(keep) }
}
