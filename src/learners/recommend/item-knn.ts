/**
 * Item-based nearest neighbours (Sarwar et al., WWW 2001): cosine of the sets of people with
 * shrinkage, |A and B| / (sqrt(|A| |B|) + shrink), the best `neighbours` kept for each item to be
 * recommended; a score is the sum of similarities to the history.
 */
import { columnCounts, transposeSparse, type SparseMatrix } from '../../math/index.ts'
import {
  checkRange,
  eachEntry,
  step,
  type Recommender,
  type TrainingControl,
} from './recommender.ts'

export interface ItemKnnOptions {
  /** 1 or more. */
  readonly neighbours: number
  /** 0 or more; damps similarities that rest on few people. */
  readonly shrink: number
}

export const ITEM_KNN_DEFAULTS: ItemKnnOptions = { neighbours: 200, shrink: 10 }

export interface ItemKnnState {
  readonly kind: 'item-knn'
  readonly version: 1
  readonly items: number
  readonly options: ItemKnnOptions
  /** Row h lists the items that have h among their neighbours, with the similarities. */
  readonly offsets: Int32Array
  readonly indices: Int32Array
  readonly values: Float32Array
}

/** Only the places of `taken` count. Memory: 8 bytes x items x neighbours. */
export function trainItemKnn(
  taken: SparseMatrix,
  given: Partial<ItemKnnOptions> = {},
  control: TrainingControl = {},
): ItemKnnState {
  const options = { ...ITEM_KNN_DEFAULTS, ...given }
  checkRange('neighbours', options.neighbours, 1, 1e6)
  checkRange('shrink', options.shrink, 0, 1e9)
  const items = taken.cols
  const byItem = transposeSparse(taken)
  const roots = Float64Array.from(columnCounts(taken), Math.sqrt)
  const together = new Int32Array(items)
  const touched = new Int32Array(items)
  const similarity = new Float32Array(items)
  const offsets = new Int32Array(items + 1)
  const rows: { indices: Int32Array; values: Float32Array }[] = []
  for (let target = 0; target < items; target++) {
    const count = countTogether(taken, byItem, target, together, touched)
    for (let n = 0; n < count; n++) {
      const other = touched[n]!
      similarity[other] = together[other]! / (roots[target]! * roots[other]! + options.shrink)
      together[other] = 0
    }
    const kept = strongest(touched.subarray(0, count), similarity, options.neighbours)
    rows.push({ indices: kept, values: Float32Array.from(kept, (other) => similarity[other]!) })
    offsets[target + 1] = offsets[target]! + kept.length
    if (target % 1024 === 0) step(control, target / items)
  }
  const indices = new Int32Array(offsets[items]!)
  const values = new Float32Array(indices.length)
  rows.forEach((row, target) => {
    indices.set(row.indices, offsets[target])
    values.set(row.values, offsets[target])
  })
  const bySource = transposeSparse({ rows: items, cols: items, offsets, indices, values })
  return { kind: 'item-knn', version: 1, items, options, ...bySourceArrays(bySource) }
}

const bySourceArrays = ({ offsets, indices, values }: SparseMatrix) => ({
  offsets,
  indices,
  values,
})

/** Counts people shared with `target` into `together`; lists the other items in `touched`. */
function countTogether(
  taken: SparseMatrix,
  byItem: SparseMatrix,
  target: number,
  together: Int32Array,
  touched: Int32Array,
): number {
  let count = 0
  for (let e = byItem.offsets[target]!; e < byItem.offsets[target + 1]!; e++) {
    const user = byItem.indices[e]!
    for (let f = taken.offsets[user]!; f < taken.offsets[user + 1]!; f++) {
      const other = taken.indices[f]!
      if (other === target) continue
      if (together[other] === 0) touched[count++] = other
      together[other] = together[other]! + 1
    }
  }
  return count
}

/** The `limit` candidates with the highest value; equal ones by item number. */
function strongest(candidates: Int32Array, value: Float32Array, limit: number): Int32Array {
  if (candidates.length <= limit) return candidates.slice()
  const byValue = (a: number, b: number) => value[b]! - value[a]! || a - b
  const threshold = Float32Array.from(candidates, (item) => value[item]!).sort()[
    candidates.length - limit
  ]!
  const above = candidates.filter((item) => value[item]! > threshold)
  const equal = candidates.filter((item) => value[item] === threshold).sort(byValue)
  const kept = new Int32Array(limit)
  kept.set(above)
  kept.set(equal.subarray(0, limit - above.length), above.length)
  return kept
}

export function itemKnnRecommender(state: ItemKnnState): Recommender {
  const { items, offsets, indices, values } = state
  return {
    items,
    score(histories, from, to, out) {
      out.fill(0, 0, (to - from) * items)
      eachEntry(histories, [from, to], items, (item, _value, row) => {
        const start = (row - from) * items
        for (let e = offsets[item]!; e < offsets[item + 1]!; e++) {
          const at = start + indices[e]!
          out[at] = out[at]! + values[e]!
        }
      })
    },
  }
}
