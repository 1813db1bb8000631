/**
 * Online logistic regression (softmax with class 0 as the reference, so two classes are ordinary
 * logistic regression). Three ways to take a gradient step g on a coordinate w:
 *
 * - `sgd`: w -= rate g
 * - `adagrad`: n += g^2; w -= rate g / (sqrt(n) + 1e-8) (Duchi, Hazan and Singer, JMLR 12, 2011)
 * - `ftrl`: FTRL-Proximal (McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD
 *   2013, Algorithm 1): sigma = (sqrt(n + g^2) - sqrt(n)) / alpha; z += g - sigma w; n += g^2;
 *   w = 0 if |z| <= l1 else -(z - sign(z) l1) / ((beta + sqrt(n)) / alpha + l2), alpha = rate.
 *
 * Features are standardised with their running mean and population deviation, this row included
 * (prediction includes it too, without remembering it). A missing value counts as the mean.
 * On a stream that changes, `sgd` keeps adapting; `adagrad` and `ftrl` slow down by design.
 */
import {
  argmax,
  createFeatureIndex,
  requireLabel,
  type OnlineClassifier,
} from './online-classifier.ts'

export type OnlineOptimizer = 'sgd' | 'adagrad' | 'ftrl'

export interface OnlineLogisticOptions {
  /** Default 'ftrl'. */
  readonly optimizer?: OnlineOptimizer
  /** Learning rate (alpha of FTRL). Default 0.1. */
  readonly rate?: number
  /** FTRL only. Default 1. */
  readonly beta?: number
  /** L1 penalty, FTRL only; makes weights exactly zero. Default 0. */
  readonly l1?: number
  /** L2 penalty. Default 0. */
  readonly l2?: number
  /** Standardise features by their running moments. Default true. */
  readonly standardize?: boolean
}

export interface OnlineLogisticState {
  readonly kind: 'online-logistic'
  readonly version: 1
  readonly options: Required<OnlineLogisticOptions>
  readonly names: readonly string[]
  /** Running weight, mean and squared deviations of each feature, three numbers each. */
  readonly moments: readonly number[]
  /** By class from 1 up: w, n, z of the bias, then of each feature. */
  readonly classes: readonly (readonly number[])[]
}

interface Model {
  readonly options: Required<OnlineLogisticOptions>
  moments: Float64Array
  readonly classes: Float64Array[]
}

function grown(numbers: Float64Array, length: number): Float64Array {
  if (numbers.length >= length) return numbers
  const wider = new Float64Array(length)
  wider.set(numbers)
  return wider
}

/** Standardised values as if this row were already in the moments; 0 where missing. */
function standardized({ options, moments }: Model, values: Float64Array, weight: number) {
  const result = new Float64Array(values.length)
  for (let j = 0; j < values.length; j++) {
    const value = values[j]!
    if (Number.isNaN(value)) continue
    if (!options.standardize) {
      result[j] = value
      continue
    }
    const before = moments[3 * j] ?? 0
    const total = before + weight
    const mean = moments[3 * j + 1] ?? 0
    const difference = value - mean
    const next = mean + (difference * weight) / total
    const squares = (moments[3 * j + 2] ?? 0) + weight * difference * (value - next)
    result[j] = squares > 0 ? (value - next) / Math.sqrt(squares / total) : 0
  }
  return result
}

function remember(moments: Float64Array, values: Float64Array, weight: number): void {
  for (let j = 0; j < values.length; j++) {
    const value = values[j]!
    if (Number.isNaN(value)) continue
    const at = 3 * j
    moments[at]! += weight
    const difference = value - moments[at + 1]!
    moments[at + 1]! += (difference * weight) / moments[at]!
    moments[at + 2]! += weight * difference * (value - moments[at + 1]!)
  }
}

/** Softmax over 0 for the reference class and the linear scores of the others. */
function probabilities({ classes }: Model, x: Float64Array): Float64Array {
  const scores = new Float64Array(classes.length + 1)
  let largest = 0
  for (let k = 0; k < classes.length; k++) {
    const own = classes[k]!
    let score = own[0]!
    for (let j = 0; j < x.length && 3 * (j + 1) < own.length; j++)
      if (x[j] !== 0) score += own[3 * (j + 1)]! * x[j]!
    scores[k + 1] = score
    if (score > largest) largest = score
  }
  let sum = 0
  for (let k = 0; k < scores.length; k++) {
    scores[k] = Math.exp(scores[k]! - largest)
    sum += scores[k]!
  }
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum
  return scores
}

/** One coordinate: `at` is the position of w; n and z follow it. The bias is not penalised. */
function step(own: Float64Array, at: number, gradient: number, model: Model): void {
  const { optimizer, rate, beta, l1, l2 } = model.options
  const penalised = at > 0
  if (optimizer === 'ftrl') {
    const n = own[at + 1]! + gradient * gradient
    const sigma = (Math.sqrt(n) - Math.sqrt(own[at + 1]!)) / rate
    const z = own[at + 2]! + gradient - sigma * own[at]!
    const shrink = penalised ? l1 : 0
    own[at + 1] = n
    own[at + 2] = z
    const scale = (beta + Math.sqrt(n)) / rate + (penalised ? l2 : 0)
    own[at] = Math.abs(z) <= shrink ? 0 : -(z - Math.sign(z) * shrink) / scale
    return
  }
  const g = gradient + (penalised ? l2 * own[at]! : 0)
  if (optimizer === 'adagrad') {
    own[at + 1]! += g * g
    own[at]! -= (rate * g) / (Math.sqrt(own[at + 1]!) + 1e-8)
  } else own[at]! -= rate * g
}

export function createOnlineLogistic(
  options: OnlineLogisticOptions = {},
): OnlineClassifier<OnlineLogisticState> {
  const { optimizer = 'ftrl', rate = 0.1, beta = 1, l1 = 0, l2 = 0, standardize = true } = options
  if (!(rate > 0)) throw new RangeError(`rate must be positive, got ${rate}`)
  if (!(l1 >= 0) || !(l2 >= 0) || !(beta >= 0))
    throw new RangeError('l1, l2 and beta must not be negative')
  if (l1 > 0 && optimizer !== 'ftrl') throw new RangeError('l1 needs the optimizer ftrl')
  return onlineLogisticFromState({
    kind: 'online-logistic',
    version: 1,
    options: { optimizer, rate, beta, l1, l2, standardize },
    names: [],
    moments: [],
    classes: [[0, 0, 0]],
  })
}

export function onlineLogisticFromState(
  state: OnlineLogisticState,
): OnlineClassifier<OnlineLogisticState> {
  const index = createFeatureIndex(state.names)
  const model: Model = {
    options: state.options,
    moments: Float64Array.from(state.moments),
    classes: state.classes.map((numbers) => Float64Array.from(numbers)),
  }
  const predictProbaOne: OnlineClassifier['predictProbaOne'] = (row) =>
    probabilities(model, standardized(model, index.read(row), 1))
  return {
    learnOne(row, label, weight = 1) {
      requireLabel(label, weight)
      const values = index.readAndGrow(row)
      model.moments = grown(model.moments, 3 * values.length)
      while (model.classes.length < label) model.classes.push(new Float64Array(3))
      const x = standardized(model, values, weight)
      remember(model.moments, values, weight)
      const p = probabilities(model, x)
      for (let k = 0; k < model.classes.length; k++) {
        const own = grown(model.classes[k]!, 3 * (x.length + 1))
        model.classes[k] = own
        const error = weight * (p[k + 1]! - (label === k + 1 ? 1 : 0))
        step(own, 0, error, model)
        for (let j = 0; j < x.length; j++)
          if (x[j] !== 0) step(own, 3 * (j + 1), error * x[j]!, model)
      }
    },
    predictProbaOne,
    predictOne: (row) => argmax(predictProbaOne(row)),
    toState: () => ({
      kind: 'online-logistic',
      version: 1,
      options: state.options,
      names: [...index.names],
      moments: [...model.moments],
      classes: model.classes.map((numbers) => [...numbers]),
    }),
  }
}
