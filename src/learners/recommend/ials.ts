/**
 * iALS: matrix factorisation of what was taken and, weakly, of everything that was not. Minimises
 *
 *   sum_(u,i) taken v_ui (1 - w_u.h_i)^2 + a0 sum_u sum_i (w_u.h_i)^2
 *     + lambda (sum_u (n_u + a0 I) |w_u|^2 + sum_i (n_i + a0 U) |h_i|^2)
 *
 * by exact alternating least squares (Hu, Koren and Volinsky, ICDM 2008) with the regularisation by
 * frequency of Rendle, Krichene, Zhang and Koren ("Revisiting the performance of iALS on item
 * recommendation benchmarks", RecSys 2022). n are sums of v, U users, I items.
 *
 * Each half step first turns the factors into the axes of their Gram matrix, a0 H^T H + lambda I
 * becomes diagonal, and a row of n entries is solved in the smaller of n and d dimensions.
 */
import {
  RIDGE_COLUMNS_MAX,
  columnGram,
  multiplyTransposed,
  ridgeRow,
  seededRandom,
  symmetricEigen,
  transposeSparse,
  type SparseMatrix,
} from '../../math/index.ts'
import { checkRange, step, type Recommender, type TrainingControl } from './recommender.ts'

export interface IalsOptions {
  /** Dimensions, 1 ... 512. */
  readonly factors: number
  /** a0, the weight of what was not taken, above 0 ... 10. */
  readonly unobserved: number
  /** lambda, above 0 ... 10. */
  readonly regularisation: number
  /** Full passes over users and items, 1 ... 1000. */
  readonly epochs: number
  /** 1: the values of the matrix are the importances v; 0: every v is 1. */
  readonly weighted: number
  readonly seed: number
}

export const IALS_DEFAULTS: IalsOptions = {
  factors: 64,
  unobserved: 0.1,
  regularisation: 0.003,
  epochs: 12,
  weighted: 0,
  seed: 0,
}

export interface IalsState {
  readonly kind: 'als'
  readonly version: 1
  readonly items: number
  readonly options: IalsOptions
  /** items x factors, in the axes of its own Gram matrix. */
  readonly factors: Float32Array
  /** The diagonal of that Gram matrix. */
  readonly spectrum: Float64Array
}

interface Side {
  readonly factors: Float32Array
  readonly spectrum: Float64Array
}

/** The same factors (rows x d) in the axes where their Gram matrix is diagonal. */
function toOwnAxes(factors: Float32Array, rows: number, d: number): Side {
  const { values, vectors } = symmetricEigen(columnGram(factors, rows, d), d)
  return {
    factors: multiplyTransposed(factors, Float32Array.from(vectors), [rows, d, d]),
    spectrum: values.map((value) => Math.max(0, value)),
  }
}

/** Writes 1 / sqrt(a0 spectrum + lambda (n + a0 size)): the prior deviation of each coordinate. */
function priorScale(
  out: Float32Array,
  { unobserved, regularisation }: IalsOptions,
  { spectrum }: Side,
  taken: number,
  size: number,
): void {
  const ridge = regularisation * (taken + unobserved * size)
  for (let k = 0; k < out.length; k++) out[k] = 1 / Math.sqrt(unobserved * spectrum[k]! + ridge)
}

/** Solves rows `from` to `to` of `m` against the factors of its columns, into `out`. */
function solveRows(
  m: SparseMatrix,
  range: readonly [from: number, to: number],
  options: IalsOptions,
  columns: Side,
  size: number,
  out: Float32Array,
): void {
  const d = options.factors
  const scale = new Float32Array(d)
  for (let row = range[0]; row < range[1]; row++) {
    const from = m.offsets[row]!
    let to = m.offsets[row + 1]!
    while (to > from && m.indices[to - 1]! >= size) to--
    let taken = options.weighted === 0 ? to - from : 0
    if (options.weighted !== 0) for (let e = from; e < to; e++) taken += m.values[e]!
    priorScale(scale, options, columns, taken, size)
    const weights = options.weighted === 0 ? undefined : m.values
    const rows = { indices: m.indices, from, to, weights }
    ridgeRow(columns.factors, rows, scale, out, (row - range[0]) * d)
  }
}

/**
 * Trains on `taken` (people x items; values are positive importances, used when `weighted`).
 * Deterministic given the seed. Memory: about 8 (people + items) x factors bytes.
 */
export function trainIals(
  taken: SparseMatrix,
  given: Partial<IalsOptions> = {},
  control: TrainingControl = {},
): IalsState {
  const options = { ...IALS_DEFAULTS, ...given }
  checkRange('factors', options.factors, 1, RIDGE_COLUMNS_MAX)
  checkRange('unobserved', options.unobserved, 1e-9, 10)
  checkRange('regularisation', options.regularisation, 1e-9, 10)
  checkRange('epochs', options.epochs, 1, 1000)
  const { rows: users, cols: items } = taken
  const d = options.factors
  const byItem = transposeSparse(taken)
  const random = seededRandom(options.seed)
  const spread = 0.1 / Math.sqrt(d)
  const start = Float32Array.from({ length: items * d }, () => random.normal() * spread)
  const userFactors = new Float32Array(users * d)
  const itemFactors = new Float32Array(items * d)
  let itemSide = toOwnAxes(start, items, d)
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    solveRows(taken, [0, users], options, itemSide, items, userFactors)
    const userSide = toOwnAxes(userFactors, users, d)
    step(control, (epoch + 0.5) / options.epochs)
    solveRows(byItem, [0, items], options, userSide, users, itemFactors)
    itemSide = toOwnAxes(itemFactors, items, d)
    step(control, (epoch + 1) / options.epochs)
  }
  return { kind: 'als', version: 1, items, options, ...itemSide }
}

/**
 * The factors of rows `from` to `to` of `histories`, (to - from) x factors: each person folded in
 * by one exact ridge regression on the factors of what they took: O(items taken x factors^2 +
 * factors^3) each. docs/CLAIMS.md has the time.
 */
export function foldIn(
  state: IalsState,
  histories: SparseMatrix,
  from: number,
  to: number,
): Float32Array {
  const people = new Float32Array((to - from) * state.options.factors)
  solveRows(histories, [from, to], state.options, state, state.items, people)
  return people
}

export function ialsRecommender(state: IalsState): Recommender {
  const { items, options } = state
  return {
    items,
    score(histories, from, to, out) {
      const people = foldIn(state, histories, from, to)
      multiplyTransposed(people, state.factors, [to - from, items, options.factors], out)
    },
  }
}
