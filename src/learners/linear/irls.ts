/**
 * Logistic regression with few columns by iteratively reweighted least squares (Newton steps on the
 * log-likelihood), for calibration maps and stacking.
 */

/** Stable 1 / (1 + exp(-x)). */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x))
  const e = Math.exp(x)
  return e / (1 + e)
}

/** ln(p / (1 - p)) with p kept `margin` away from 0 and 1. */
export function logit(p: number, margin = 1e-12): number {
  const inside = Math.min(1 - margin, Math.max(margin, p))
  return Math.log(inside / (1 - inside))
}

/** Solves the symmetric positive definite system `a x = b` by Cholesky factors; `a` is n x n. */
export function solvePositive(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length
  const l = Float64Array.from(a)
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = l[i * n + j]!
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!
      l[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / l[j * n + j]!
    }
  }
  const x = Float64Array.from(b)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= l[i * n + k]! * x[k]!
    x[i]! /= l[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= l[k * n + i]! * x[k]!
    x[i]! /= l[i * n + i]!
  }
  return x
}

export interface IrlsOptions {
  readonly weights?: ArrayLike<number> | undefined
  /** L2 penalty l2/2 |w|^2 beside the summed loss; the intercept (last) is free. Default 0. */
  readonly l2?: number
  /** Where the penalty pulls the coefficients to, one per column. Default 0. */
  readonly towards?: readonly number[] | undefined
}

/**
 * Coefficients of the columns and, last, the intercept. Labels in [0, 1]. Converges in few steps;
 * with separable data and no penalty it stops after 100 steps at large finite coefficients.
 */
export function irls(
  columns: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  options: IrlsOptions = {},
): Float64Array {
  const { weights, l2 = 0, towards = columns.map(() => 0) } = options
  let w = Float64Array.of(...towards, 0)
  let loss = penalised(columns, labels, w, weights, l2, towards)
  for (let step = 0; step < 100; step++) {
    const { gradient, hessian } = derivatives(columns, labels, w, weights, l2, towards)
    const move = solvePositive(hessian, gradient)
    let next = w
    let better = loss
    for (let scale = 1; scale > 1e-6; scale /= 2) {
      next = w.map((v, j) => v - scale * move[j]!)
      better = penalised(columns, labels, next, weights, l2, towards)
      if (better <= loss) break
    }
    if (!(better <= loss)) break
    const gain = loss - better
    w = next
    loss = better
    if (gain <= 1e-14 * (1 + Math.abs(loss))) break
  }
  return w
}

/** Linear answer of row `i` for coefficients with the intercept last. */
function marginOf(columns: readonly ArrayLike<number>[], w: Float64Array, i: number): number {
  let z = w[columns.length]!
  for (let j = 0; j < columns.length; j++) z += w[j]! * columns[j]![i]!
  return z
}

function penalised(
  columns: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  w: Float64Array,
  weights: ArrayLike<number> | undefined,
  l2: number,
  towards: readonly number[],
): number {
  let loss = 0
  for (let j = 0; j < columns.length; j++) loss += (l2 / 2) * (w[j]! - towards[j]!) ** 2
  for (let i = 0; i < labels.length; i++) {
    const z = marginOf(columns, w, i)
    const softplus = Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))
    loss += (weights ? weights[i]! : 1) * (softplus - labels[i]! * z)
  }
  return loss
}

function derivatives(
  columns: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  w: Float64Array,
  weights: ArrayLike<number> | undefined,
  l2: number,
  towards: readonly number[],
) {
  const n = w.length
  const gradient = new Float64Array(n)
  const hessian = new Float64Array(n * n)
  const row = new Float64Array(n).fill(1)
  for (let i = 0; i < labels.length; i++) {
    for (let j = 0; j < columns.length; j++) row[j] = columns[j]![i]!
    const p = sigmoid(marginOf(columns, w, i))
    const weight = weights ? weights[i]! : 1
    const g = weight * (p - labels[i]!)
    const h = weight * p * (1 - p)
    for (let j = 0; j < n; j++) {
      gradient[j]! += g * row[j]!
      for (let k = 0; k <= j; k++) hessian[j * n + k]! += h * row[j]! * row[k]!
    }
  }
  for (let j = 0; j < n; j++) {
    const free = j === n - 1
    if (!free) gradient[j]! += l2 * (w[j]! - towards[j]!)
    hessian[j * n + j]! += (free ? 0 : l2) + 1e-9
    for (let k = 0; k < j; k++) hessian[k * n + j] = hessian[j * n + k]!
  }
  return { gradient, hessian }
}
