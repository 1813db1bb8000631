/**
 * EASE: the linear item-to-item model with a zero diagonal in closed form (Steck, "Embarrassingly
 * shallow autoencoders for sparse data", WWW 2019). With X the interactions,
 *
 *   P = (X^T X + lambda I)^-1,  B = I - P diag(1 / diag P),  scores = x B
 *
 * Where there are fewer people than items the same B follows from K = X X^T + lambda I, of people
 * only: P = (I - X^T K^-1 X) / lambda (Woodbury), and P is never formed.
 */
import {
  invertPositiveDefinite,
  multiplyTransposed,
  transposeSparse,
  type SparseMatrix,
} from '../../math/index.ts'
import {
  checkRange,
  eachEntry,
  step,
  type Recommender,
  type TrainingControl,
} from './recommender.ts'

export interface EaseOptions {
  /** lambda, above 0. */
  readonly regularisation: number
}

export const EASE_DEFAULTS: EaseOptions = { regularisation: 100 }

/** The smaller of people and items may be at most this many: memory 4 n^2 bytes, time n^3. */
export const EASE_SIZE_MAX = 12_000

interface EaseBase {
  readonly kind: 'ease'
  readonly version: 1
  readonly items: number
  readonly options: EaseOptions
}

/** items x items weights. */
interface EasePrimal extends EaseBase {
  readonly form: 'items'
  /** B, row-major: from the item of the row to the item of the column. */
  readonly weights: Float32Array
}

interface EaseDual extends EaseBase {
  readonly form: 'people'
  /** The interactions by rows (people). */
  readonly offsets: Int32Array
  readonly indices: Int32Array
  /** K^-1, people x people. */
  readonly inverse: Float32Array
  /** 1 / (lambda P_ii) of each item. */
  readonly diagonal: Float32Array
}

export type EaseState = EasePrimal | EaseDual

/**
 * Only the places of `taken` count. Throws RangeError when both people and items are more than
 * EASE_SIZE_MAX.
 */
export function trainEase(
  taken: SparseMatrix,
  given: Partial<EaseOptions> = {},
  control: TrainingControl = {},
): EaseState {
  const options = { ...EASE_DEFAULTS, ...given }
  checkRange('regularisation', options.regularisation, 1e-6, 1e9)
  const { rows, cols: items } = taken
  if (Math.min(rows, items) > EASE_SIZE_MAX)
    throw new RangeError(
      `EASE takes at most ${EASE_SIZE_MAX} people or items, not ${rows} x ${items}: ` +
        'use gfcf or als',
    )
  const base = { kind: 'ease', version: 1, items, options } as const
  step(control, 0)
  const state = rows < items ? dual(taken, base) : primal(taken, base)
  step(control, 1)
  return state
}

/** (m m^T + lambda I)^-1 of the binary matrix m, rows x rows. */
function ridgeInverse(m: SparseMatrix, lambda: number): Float32Array {
  const n = m.rows
  const gram = new Float32Array(n * n)
  const byColumn = transposeSparse(m)
  for (let c = 0; c < m.cols; c++)
    for (let e = byColumn.offsets[c]!; e < byColumn.offsets[c + 1]!; e++) {
      const start = byColumn.indices[e]! * n
      for (let f = byColumn.offsets[c]!; f <= e; f++) {
        const at = start + byColumn.indices[f]!
        gram[at] = gram[at]! + 1
      }
    }
  for (let i = 0; i < n; i++) gram[i * n + i] = gram[i * n + i]! + lambda
  return invertPositiveDefinite(gram, n)
}

function primal(taken: SparseMatrix, base: EaseBase): EasePrimal {
  const { items } = base
  const weights = ridgeInverse(transposeSparse(taken), base.options.regularisation)
  const pivots = Float32Array.from({ length: items }, (_, i) => weights[i * items + i]!)
  for (let i = 0; i < items; i++) {
    for (let j = 0; j < items; j++) weights[i * items + j] = -weights[i * items + j]! / pivots[j]!
    weights[i * items + i] = 0
  }
  return { ...base, form: 'items', weights }
}

function dual(taken: SparseMatrix, base: EaseBase): EaseDual {
  const inverse = ridgeInverse(taken, base.options.regularisation)
  const byItem = transposeSparse(taken)
  const diagonal = Float32Array.from({ length: base.items }, (_, i) => {
    const people = byItem.indices.subarray(byItem.offsets[i], byItem.offsets[i + 1])
    let explained = 0
    for (const u of people) for (const v of people) explained += inverse[u * taken.rows + v]!
    return 1 / (1 - explained)
  })
  const { offsets, indices } = taken
  return { ...base, form: 'people', offsets, indices, inverse, diagonal }
}

export function easeRecommender(state: EaseState): Recommender {
  return state.form === 'items' ? primalRecommender(state) : dualRecommender(state)
}

function primalRecommender({ items, weights }: EasePrimal): Recommender {
  return {
    items,
    score(histories, from, to, out) {
      out.fill(0, 0, (to - from) * items)
      eachEntry(histories, [from, to], items, (item, _value, row) => {
        const start = (row - from) * items
        const source = item * items
        for (let i = 0; i < items; i++) out[start + i] = out[start + i]! + weights[source + i]!
      })
    },
  }
}

/**
 * A history x (1 in its items): lambda x P = x - ((x X^T) K^-1) X, and
 * (x B)_i = x_i - (lambda x P)_i / (lambda P_ii).
 */
function dualRecommender(state: EaseDual): Recommender {
  const { items, offsets, indices, inverse, diagonal } = state
  const people = offsets.length - 1
  const values = new Float32Array(indices.length)
  const byItem = transposeSparse({ rows: people, cols: items, offsets, indices, values })
  return {
    items,
    score(histories, from, to, out) {
      const size = to - from
      const shared = new Float32Array(size * people)
      eachEntry(histories, [from, to], items, (item, _value, row) => {
        for (let e = byItem.offsets[item]!; e < byItem.offsets[item + 1]!; e++) {
          const at = (row - from) * people + byItem.indices[e]!
          shared[at] = shared[at]! + 1
        }
      })
      const pull = multiplyTransposed(shared, inverse, [size, people, people])
      out.fill(0, 0, size * items)
      for (let row = 0; row < size; row++) {
        const start = row * items
        for (let u = 0; u < people; u++) {
          const value = pull[row * people + u]!
          if (value === 0) continue
          for (let e = offsets[u]!; e < offsets[u + 1]!; e++) {
            const at = start + indices[e]!
            out[at] = out[at]! + value
          }
        }
        for (let i = 0; i < items; i++) out[start + i] = out[start + i]! * diagonal[i]!
      }
      eachEntry(histories, [from, to], items, (item, _value, row) => {
        const at = (row - from) * items + item
        out[at] = 1 + out[at]! - diagonal[item]!
      })
    },
  }
}
