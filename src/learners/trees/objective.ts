/**
 * Losses of gradient boosting: first and second derivatives by margin, the best constant to start
 * from, the mean loss, and the way from margins to answers.
 *
 * References: Friedman 2001 (gradient boosting; K-class logistic loss), Chen and Guestrin 2016
 * (second-order statistics), Ke et al. 2017 (leaf renewal for quantile loss).
 */
import { AppError } from '../../core/index.ts'
import { exponential } from './exponential.ts'
import { lambdaRank, ndcgLoss } from './lambdarank.ts'
import type { Objective, ObjectiveName, ObjectiveSpec, Target } from './target.ts'

/** Hessians are never below this, so that a saturated row still counts as a row. */
const TINY = 1e-16

export function createObjective(spec: ObjectiveSpec, target: Target): Objective {
  if (spec.name === 'softmax') return softmax(spec, target)
  if (spec.name === 'lambdarank') return lambdaRank(target)
  return singleOutput(spec, target)
}

/** Derivatives of the losses with one margin f and a label y per row. */
function singleOutput(spec: ObjectiveSpec, target: Target): Objective {
  let margins = new Float64Array(0)
  return {
    start: () => [startMargin(spec, target)],
    prepare: (m) => void (margins = m as Float64Array<ArrayBuffer>),
    gradients(_, from, to, out) {
      if (spec.name === 'logistic') logisticGradients(target, margins, from, to, out)
      else if (spec.name === 'poisson') poissonGradients(target, margins, from, to, out)
      else residualGradients(spec, target, margins, from, to, out)
    },
  }
}

/** Log loss: g = p - y, h = p (1 - p) with p = 1 / (1 + e^-f). */
function logisticGradients(
  { labels, weights }: Target,
  margins: Float64Array,
  from: number,
  to: number,
  out: Float32Array,
): void {
  for (let row = from; row < to; row++) {
    const p = 1 / (1 + exponential(-margins[row]!))
    const w = weights ? weights[row]! : 1
    const h = p * (1 - p)
    out[2 * row] = (h > TINY ? h : TINY) * w
    out[2 * row + 1] = (p - labels[row]!) * w
  }
}

/** Poisson deviance: g = e^f - y, h = e^f; e^f is kept within float32. */
function poissonGradients(
  { labels, weights }: Target,
  margins: Float64Array,
  from: number,
  to: number,
  out: Float32Array,
): void {
  for (let row = from; row < to; row++) {
    const rate = exponential(Math.min(margins[row]!, 60))
    const w = weights ? weights[row]! : 1
    out[2 * row] = Math.max(rate, TINY) * w
    out[2 * row + 1] = (rate - labels[row]!) * w
  }
}

/** Squared error: g = f - y; pinball loss: g = 1[y < f] - q. h = 1 for both. */
function residualGradients(
  { name, quantile }: ObjectiveSpec,
  { labels, weights }: Target,
  margins: Float64Array,
  from: number,
  to: number,
  out: Float32Array,
): void {
  for (let row = from; row < to; row++) {
    const residual = margins[row]! - labels[row]!
    const w = weights ? weights[row]! : 1
    out[2 * row] = w
    out[2 * row + 1] = (name === 'squared' ? residual : (residual > 0 ? 1 : 0) - quantile) * w
  }
}

function weightedMean({ labels, weights }: Target): { mean: number; total: number } {
  let sum = 0
  let total = 0
  for (let i = 0; i < labels.length; i++) {
    const w = weights ? weights[i]! : 1
    sum += w * labels[i]!
    total += w
  }
  return { mean: total > 0 ? sum / total : 0, total }
}

/** A share that keeps half a row's distance from 0 and 1, so that its logit is finite. */
const inside = (share: number, total: number): number =>
  Math.min(Math.max(share, 0.5 / (total + 1)), 1 - 0.5 / (total + 1))

function startMargin(spec: ObjectiveSpec, target: Target): number {
  const { mean, total } = weightedMean(target)
  if (spec.name === 'logistic') {
    const p = inside(mean, total)
    return Math.log(p / (1 - p))
  }
  if (spec.name === 'poisson') return Math.log(Math.max(mean, 0.5 / (total + 1)))
  if (spec.name === 'quantile')
    return weightedQuantile(target.labels, target.weights, spec.quantile)
  return mean
}

/** The smallest value whose cumulative weight reaches the share `quantile` of the total. */
export function weightedQuantile(
  values: Float64Array,
  weights: Float64Array | undefined,
  quantile: number,
): number {
  if (values.length === 0) return 0
  if (!weights) {
    const sorted = values.slice().sort()
    const rank = Math.ceil(quantile * sorted.length) - 1
    return sorted[Math.max(0, rank)]!
  }
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!)
  let total = 0
  for (const w of weights) total += w
  let sum = 0
  for (const i of order) {
    sum += weights[i]!
    if (sum >= quantile * total) return values[i]!
  }
  return values[order[order.length - 1]!]!
}

/**
 * K-class logistic loss (Friedman 2001, section 4.6): g = p_k - 1[y = k] and h = K/(K-1) p_k
 * (1 - p_k), the factor correcting for the redundant class.
 */
function softmax(spec: ObjectiveSpec, { labels, weights }: Target): Objective {
  const K = spec.outputs
  const rows = labels.length
  const probability = new Float32Array(rows * K)
  const factor = K / Math.max(1, K - 1)
  return {
    start() {
      const counts = new Float64Array(K)
      let total = 0
      for (let i = 0; i < rows; i++) {
        const w = weights ? weights[i]! : 1
        counts[labels[i]!] = counts[labels[i]!]! + w
        total += w
      }
      return Array.from(counts, (c) => Math.log(inside(total > 0 ? c / total : 0.5, total)))
    },
    prepare(margins) {
      const row = new Float64Array(K)
      for (let i = 0; i < rows; i++) {
        for (let k = 0; k < K; k++) row[k] = margins[i * K + k]!
        toProbabilities(row, 0, K)
        probability.set(row, i * K)
      }
    },
    gradients(output, from, to, out) {
      for (let i = from; i < to; i++) {
        const p = probability[i * K + output]!
        const w = weights ? weights[i]! : 1
        out[2 * i] = Math.max(factor * p * (1 - p), TINY) * w
        out[2 * i + 1] = (p - (labels[i] === output ? 1 : 0)) * w
      }
    },
  }
}

function toProbabilities(m: Float64Array, at: number, K: number): void {
  let top = -Infinity
  for (let k = 0; k < K; k++) top = Math.max(top, m[at + k]!)
  let sum = 0
  for (let k = 0; k < K; k++) sum += m[at + k] = Math.exp(m[at + k]! - top)
  for (let k = 0; k < K; k++) m[at + k]! /= sum
}

/** Turns margins into answers, in place: probabilities, means, rates; ranking scores stay. */
export function respond(spec: ObjectiveSpec, margins: Float64Array): Float64Array {
  if (spec.name === 'softmax')
    for (let at = 0; at < margins.length; at += spec.outputs)
      toProbabilities(margins, at, spec.outputs)
  else if (spec.name === 'logistic')
    for (let i = 0; i < margins.length; i++) margins[i] = 1 / (1 + Math.exp(-margins[i]!))
  else if (spec.name === 'poisson')
    for (let i = 0; i < margins.length; i++) margins[i] = Math.exp(margins[i]!)
  return margins
}

/** log(1 + exp(x)) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

function rowLoss(spec: ObjectiveSpec, margins: Float64Array, i: number, y: number): number {
  const f = margins[i * spec.outputs]!
  switch (spec.name) {
    case 'logistic':
      return softplus(f) - y * f
    case 'squared':
      return (f - y) ** 2
    case 'poisson':
      return Math.exp(f) - y * f
    case 'quantile':
      return (y - f) * (spec.quantile - (y < f ? 1 : 0))
    default: {
      const row = margins.subarray(i * spec.outputs, (i + 1) * spec.outputs)
      const top = row.reduce((a, b) => Math.max(a, b), -Infinity)
      let sum = 0
      for (const m of row) sum += Math.exp(m - top)
      return top + Math.log(sum) - row[y]!
    }
  }
}

/**
 * Weighted mean loss of margins: log loss, squared error, Poisson deviance up to a constant,
 * pinball loss; for LambdaRank 1 - NDCG, each query counting once.
 */
export function meanLoss(spec: ObjectiveSpec, target: Target, margins: Float64Array): number {
  if (spec.name === 'lambdarank') return ndcgLoss(target, margins)
  const { labels, weights } = target
  let sum = 0
  let total = 0
  for (let i = 0; i < labels.length; i++) {
    const w = weights ? weights[i]! : 1
    if (w === 0) continue
    sum += w * rowLoss(spec, margins, i, labels[i]!)
    total += w
  }
  return total > 0 ? sum / total : 0
}

/** Refuses labels that the objective cannot learn from, naming the first wrong one. */
export function checkLabels(spec: ObjectiveSpec, labels: Float64Array): void {
  const wanted: Record<ObjectiveName, [string, (y: number) => boolean]> = {
    logistic: ['from 0 to 1', (y) => y >= 0 && y <= 1],
    squared: ['finite, within 1e30', (y) => Math.abs(y) <= 1e30],
    quantile: ['finite, within 1e30', (y) => Math.abs(y) <= 1e30],
    poisson: ['from 0 to 1e30', (y) => y >= 0 && y <= 1e30],
    softmax: [
      `an integer from 0 to ${spec.outputs - 1}`,
      (y) => Number.isInteger(y) && y >= 0 && y < spec.outputs,
    ],
    lambdarank: ['an integer from 0 to 30', (y) => Number.isInteger(y) && y >= 0 && y <= 30],
  }
  const [text, right] = wanted[spec.name]
  const wrong = labels.findIndex((y) => !right(y))
  if (wrong >= 0)
    throw new AppError(
      'invalid-request',
      `Label ${labels[wrong]} of row ${wrong} must be ${text} for ${spec.name}`,
    )
}
