/** What a model's columns are worth: by the gain of their splits, and by shuffling them. */
import { seededRandom } from '../../math/index.ts'
import { takeRows, type Frame } from '../frame.ts'
import type { Binner } from './binner.ts'
import type { TreeEnsemble } from './ensemble.ts'

export interface Importance {
  readonly column: string
  readonly importance: number
}

const sorted = (list: Importance[]): Importance[] =>
  list.sort((a, b) => b.importance - a.importance || (a.column < b.column ? -1 : 1))

/**
 * Share of the total loss reduction that the splits on each column brought (Friedman 2001, section
 * 8.1), largest first; sums to 1 unless there are no splits. Favours columns with many values.
 */
export function gainImportance(model: { binner: Binner; ensemble: TreeEnsemble }): Importance[] {
  const { ensemble, binner } = model
  const sums = new Float64Array(binner.columns.length)
  let total = 0
  ensemble.feature.forEach((f, node) => {
    if (f < 0) return
    sums[f]! += ensemble.gain[node]!
    total += ensemble.gain[node]!
  })
  return sorted(
    binner.columns.map(({ name: column }, f) => ({
      column,
      importance: total > 0 ? sums[f]! / total : 0,
    })),
  )
}

/**
 * How much worse `loss` (lower is better) becomes when one column's values are shuffled among the
 * rows (Breiman 2001, section 10), mean of `repeats` seeded shuffles, largest first. Use rows that
 * the model was not trained on. O(columns * repeats * prediction).
 */
export function permutationImportance(
  model: { predict: (frame: Frame) => Float64Array; binner: Binner },
  frame: Frame,
  loss: (answers: Float64Array) => number,
  options: { readonly repeats?: number; readonly seed?: number } = {},
): Importance[] {
  const { repeats = 3, seed = 0 } = options
  const known = new Set(model.binner.columns.map((c) => c.name))
  const before = loss(model.predict(frame))
  const list = frame.columns
    .filter((column) => known.has(column.name))
    .map((column): Importance => {
      const random = seededRandom(seed).fork(column.name)
      let sum = 0
      for (let repeat = 0; repeat < repeats; repeat++) {
        const order = Int32Array.from({ length: frame.rows }, (_, i) => i)
        for (let i = order.length - 1; i > 0; i--) {
          const j = random.int(i + 1)
          const kept = order[i]!
          order[i] = order[j]!
          order[j] = kept
        }
        const [shuffled] = takeRows({ rows: frame.rows, columns: [column] }, order).columns
        const columns = frame.columns.map((c) => (c === column ? shuffled! : c))
        sum += loss(model.predict({ rows: frame.rows, columns })) - before
      }
      return { column: column.name, importance: sum / repeats }
    })
  return sorted(list)
}
