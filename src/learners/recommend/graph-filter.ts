/**
 * Closed-form graph filter (Shen et al., "How powerful is graph convolution for recommendation?",
 * CIKM 2021, GF-CF). With the normalised interactions N = D_u^-a R D_i^-b (a = b = 1/2 there) and
 * the top right singular vectors V of N, a history x (a row) gets the scores
 *
 *   x N^T N + weight * x D_i^-1/2 V V^T D_i^1/2
 *
 * a linear filter over the item graph plus an ideal low-pass filter. No training by gradient.
 */
import {
  columnCounts,
  mapSparse,
  multiplyTransposed,
  transposeSparse,
  truncatedSvd,
  type SparseMatrix,
} from '../../math/index.ts'
import {
  checkRange,
  eachEntry,
  step,
  type Recommender,
  type TrainingControl,
} from './recommender.ts'

export interface GraphFilterOptions {
  /** Width of the low-pass filter, 1 ... 512. */
  readonly rank: number
  /** Weight of the low-pass filter, 0 ... 100. */
  readonly lowPass: number
  /** Exponent a of the people's degrees, 0 ... 1. */
  readonly userExponent: number
  /** Exponent b of the items' degrees, 0 ... 1. */
  readonly itemExponent: number
  readonly seed: number
}

export const GRAPH_FILTER_DEFAULTS: GraphFilterOptions = {
  rank: 256,
  lowPass: 0.3,
  userExponent: 0.5,
  itemExponent: 0.5,
  seed: 0,
}

export interface GraphFilterState {
  readonly kind: 'gfcf'
  readonly version: 1
  readonly items: number
  readonly options: GraphFilterOptions
  /** The interactions, people x items; N[u, i] = userScale[u] itemScale[i]. */
  readonly offsets: Int32Array
  readonly indices: Int32Array
  readonly userScale: Float32Array
  readonly itemScale: Float32Array
  /** items x rank: D_i^-1/2 V and D_i^1/2 V. */
  readonly inward: Float32Array
  readonly outward: Float32Array
}

const power = (count: number, exponent: number): number => (count === 0 ? 0 : count ** -exponent)

/** Only the places of `taken` count, not its values. Seeded; about a second per million entries. */
export function trainGraphFilter(
  taken: SparseMatrix,
  given: Partial<GraphFilterOptions> = {},
  control: TrainingControl = {},
): GraphFilterState {
  const options = { ...GRAPH_FILTER_DEFAULTS, ...given }
  checkRange('rank', options.rank, 1, 512)
  checkRange('lowPass', options.lowPass, 0, 100)
  checkRange('userExponent', options.userExponent, 0, 1)
  checkRange('itemExponent', options.itemExponent, 0, 1)
  const { rows, cols: items, offsets, indices } = taken
  const itemCounts = columnCounts(taken)
  const itemScale = Float32Array.from(itemCounts, (count) => power(count, options.itemExponent))
  const userScale = Float32Array.from({ length: rows }, (_, u) =>
    power(offsets[u + 1]! - offsets[u]!, options.userExponent),
  )
  const normalised = mapSparse(taken, (u, i) => userScale[u]! * itemScale[i]!)
  step(control, 0.1)
  const { right } =
    options.lowPass === 0
      ? { right: new Float32Array(0) }
      : truncatedSvd(normalised, options.rank, { seed: options.seed })
  step(control, 1)
  const rank = right.length / Math.max(1, items)
  const inward = right.slice()
  const outward = right.slice()
  for (let i = 0; i < items; i++) {
    const root = Math.sqrt(itemCounts[i]!)
    for (let k = i * rank; k < (i + 1) * rank; k++) {
      inward[k] = root === 0 ? 0 : inward[k]! / root
      outward[k] = outward[k]! * root
    }
  }
  const base = { kind: 'gfcf', version: 1, items, options } as const
  return { ...base, offsets, indices, userScale, itemScale, inward, outward }
}

/** The linear filter of one history at a time, in two sparse steps through the people. */
function linearFilter(state: GraphFilterState): Recommender['score'] {
  const { items, offsets, indices, userScale, itemScale } = state
  const rows = userScale.length
  const values = new Float32Array(indices.length)
  const byItem = transposeSparse({ rows, cols: items, offsets, indices, values })
  const reached = new Int32Array(rows)
  const strength = new Float64Array(rows)
  const squared = userScale.map((scale) => scale * scale)
  return (histories, from, to, out) => {
    for (let row = from; row < to; row++) {
      let count = 0
      eachEntry(histories, [row, row + 1], items, (item) => {
        const scale = itemScale[item]!
        for (let e = byItem.offsets[item]!; e < byItem.offsets[item + 1]!; e++) {
          const user = byItem.indices[e]!
          if (strength[user] === 0) reached[count++] = user
          strength[user] = strength[user]! + scale
        }
      })
      const start = (row - from) * items
      for (let n = 0; n < count; n++) {
        const user = reached[n]!
        const value = strength[user]! * squared[user]!
        strength[user] = 0
        for (let e = offsets[user]!; e < offsets[user + 1]!; e++) {
          const at = start + indices[e]!
          out[at] = out[at]! + value
        }
      }
      for (let i = 0; i < items; i++) out[start + i] = out[start + i]! * itemScale[i]!
    }
  }
}

export function graphFilterRecommender(state: GraphFilterState): Recommender {
  const { items, options, inward, outward } = state
  const rank = inward.length / Math.max(1, items)
  const addLinear = linearFilter(state)
  return {
    items,
    score(histories, from, to, out) {
      const used = out.subarray(0, (to - from) * items)
      used.fill(0)
      addLinear(histories, from, to, used)
      if (options.lowPass === 0) return
      const narrow = new Float32Array((to - from) * rank)
      eachEntry(histories, [from, to], items, (item, _value, row) => {
        const at = (row - from) * rank
        for (let k = 0; k < rank; k++)
          narrow[at + k] = narrow[at + k]! + options.lowPass * inward[item * rank + k]!
      })
      const smooth = multiplyTransposed(narrow, outward, [to - from, items, rank])
      for (let k = 0; k < used.length; k++) used[k] = used[k]! + smooth[k]!
    },
  }
}
