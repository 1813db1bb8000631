/**
 * Logistic regression with an L2 penalty, on standardised numbers and one-hot categories. The
 * objective is that of scikit-learn's `LogisticRegression(C)`:
 * C * sum of log losses + 1/2 |w|^2, the intercept unpenalised.
 */
import { AppError } from '../../core/index.ts'
import {
  checkAborted,
  checkBinary,
  checkModelState,
  type BatchModel,
  type TrainingOptions,
} from '../batch-model.ts'
import type { Frame } from '../frame.ts'
import { designRows, fitDesign, type Design, type DesignedRows } from './design.ts'
import { sigmoid } from './irls.ts'
import { minimise } from './lbfgs.ts'

export interface LogisticOptions extends TrainingOptions {
  /** Inverse strength of the penalty, above 0. Default 1. */
  readonly c?: number
  /** A level with fewer training rows is rare. Default 5. */
  readonly minCategoryRows?: number
}

/** Plain JSON; version 1. */
export interface LogisticState {
  readonly kind: 'logistic'
  readonly version: 1
  readonly design: Design
  /** One per position of the design, then the intercept. */
  readonly coefficients: readonly number[]
}

export interface LogisticModel extends BatchModel {
  /** Log odds, one per row. */
  predictMargin(frame: Frame): Float64Array
  /**
   * Shares of the log odds, rows x `columnNames`: coefficient times distance from the mean. Exact
   * Shapley values for independent columns. base + sum of shares = margin.
   */
  explain(frame: Frame): { readonly base: number; readonly shares: Float64Array }
  /** Source columns, sorted by name. */
  readonly columnNames: readonly string[]
  toState(): LogisticState
}

/**
 * Trains on `frame` (not changed) and labels 0 or 1. Deterministic. Memory: rows x columns numbers.
 *
 * @throws AppError `invalid-request` for labels, weights or options out of range; an error of name
 * `AbortError` once `options.signal.aborted`.
 */
export function trainLogistic(
  frame: Frame,
  labels: ArrayLike<number>,
  options: LogisticOptions = {},
): LogisticModel {
  const { weights, c = 1, signal, onProgress } = options
  checkBinary(frame, labels, weights)
  if (!(c > 0)) throw new AppError('invalid-request', `c must be above 0: ${c}`)
  const design = fitDesign(frame, options)
  const rows = designRows(design, frame)
  const width = design.mean.length
  const l2 = 1 / c
  const iterations = 300
  const coefficients = minimise(
    (w, gradient) => lossAndGradient(design, rows, labels, weights, l2, w, gradient),
    new Float64Array(width + 1),
    {
      iterations,
      tolerance: 1e-4,
      onIteration: (done) => {
        checkAborted(signal)
        onProgress?.(done / iterations)
      },
    },
  )
  checkAborted(signal)
  onProgress?.(1)
  return logisticModel({ kind: 'logistic', version: 1, design, coefficients: [...coefficients] })
}

/** Coefficients per raw unit of the sparse slots, and the constant their centring adds. */
function unstandardise(design: Design, w: ArrayLike<number>) {
  const width = design.mean.length
  const slope = new Float64Array(width)
  let offset = w[width]!
  design.columns.forEach((plan, column) => {
    const first = design.first[column]!
    if (plan.kind === 'numeric') {
      slope[first] = w[first]!
      return
    }
    for (let k = first; k < first + plan.slots; k++) {
      slope[k] = w[k]! / design.sd[k]!
      offset -= slope[k]! * design.mean[k]!
    }
  })
  return { slope, offset }
}

function marginsOf(design: Design, rows: DesignedRows, w: ArrayLike<number>): Float64Array {
  const { slope, offset } = unstandardise(design, w)
  const numeric = rows.numberAt.length
  const { categories, numbers, active, numberAt } = rows
  const margins = new Float64Array(rows.rows).fill(offset)
  for (let i = 0; i < rows.rows; i++) {
    let z = margins[i]!
    for (let j = 0; j < numeric; j++) z += slope[numberAt[j]!]! * numbers[i * numeric + j]!
    for (let j = 0; j < categories; j++) z += slope[active[i * categories + j]!]!
    margins[i] = z
  }
  return margins
}

function lossAndGradient(
  design: Design,
  rows: DesignedRows,
  labels: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  l2: number,
  w: Float64Array,
  gradient: Float64Array,
): number {
  const width = design.mean.length
  const margins = marginsOf(design, rows, w)
  const { numbers, numberAt, active, categories } = rows
  const numeric = numberAt.length
  gradient.fill(0)
  let loss = 0
  for (let i = 0; i < rows.rows; i++) {
    const weight = weights ? weights[i]! : 1
    const z = margins[i]!
    loss += weight * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - labels[i]! * z)
    const g = weight * (sigmoid(z) - labels[i]!)
    gradient[width]! += g
    for (let j = 0; j < numeric; j++) gradient[numberAt[j]!]! += g * numbers[i * numeric + j]!
    for (let j = 0; j < categories; j++) gradient[active[i * categories + j]!]! += g
  }
  const total = gradient[width]!
  design.columns.forEach((plan, column) => {
    if (plan.kind === 'numeric') return
    const first = design.first[column]!
    for (let k = first; k < first + plan.slots; k++)
      gradient[k] = (gradient[k]! - design.mean[k]! * total) / design.sd[k]!
  })
  for (let k = 0; k < width; k++) {
    loss += (l2 / 2) * w[k]! ** 2
    gradient[k]! += l2 * w[k]!
  }
  return loss
}

/** Sums, per source column, of coefficient times standardised value. */
function sharesOf(design: Design, rows: DesignedRows, w: ArrayLike<number>): Float64Array {
  const { slope } = unstandardise(design, w)
  const columns = design.columns.length
  const shares = new Float64Array(rows.rows * columns)
  let n = 0
  let c = 0
  design.columns.forEach((plan, column) => {
    const first = design.first[column]!
    if (plan.kind === 'numeric') {
      for (let i = 0; i < rows.rows; i++)
        shares[i * columns + column] = slope[first]! * rows.numbers[i * rows.numberAt.length + n]!
      n++
      return
    }
    let centre = 0
    for (let k = first; k < first + plan.slots; k++) centre += slope[k]! * design.mean[k]!
    for (let i = 0; i < rows.rows; i++)
      shares[i * columns + column] = slope[rows.active[i * rows.categories + c]!]! - centre
    c++
  })
  return shares
}

function logisticModel(state: LogisticState): LogisticModel {
  const { design, coefficients } = state
  const predictMargin = (frame: Frame): Float64Array =>
    marginsOf(design, designRows(design, frame), coefficients)
  return {
    predictMargin,
    predict: (frame) => predictMargin(frame).map(sigmoid),
    columnNames: design.columns.map((plan) => plan.name),
    explain: (frame) => ({
      base: coefficients[design.mean.length]!,
      shares: sharesOf(design, designRows(design, frame), coefficients),
    }),
    toState: () => state,
  }
}

/** The model of a state made by `toState`; predicts equally. */
export function logisticFromState(state: LogisticState): LogisticModel {
  checkModelState(state, 'logistic')
  return logisticModel(state)
}
