/**
 * Online Gaussian naive Bayes. Each class keeps mean and variance of every feature by Welford's
 * method (Technometrics 4, 1962; weighted: West, CACM 22, 1979). A missing value is left out of
 * sums and of the likelihood. Never forgets: after a change use it under a drift detector.
 */
import {
  argmax,
  createFeatureIndex,
  requireLabel,
  type OnlineClassifier,
} from './online-classifier.ts'

/** Added to every variance, so that a constant feature does not divide by zero. */
const VARIANCE_FLOOR = 1e-9
const LOG_TWO_PI = Math.log(2 * Math.PI)

/** Weight, mean and sum of squared deviations of one feature in one class, three numbers each. */
type ClassMoments = Float64Array<ArrayBuffer>

export interface NaiveBayesState {
  readonly kind: 'online-naive-bayes'
  readonly version: 1
  readonly names: readonly string[]
  readonly weights: readonly number[]
  /** By class, then weight, mean, squared deviations of each feature. */
  readonly moments: readonly (readonly number[])[]
}

/** ln N(value; mean, variance) of one feature. */
function logDensity(moments: ClassMoments, feature: number, value: number): number {
  const weight = moments[3 * feature]!
  if (weight === 0) return 0
  const variance = moments[3 * feature + 2]! / weight + VARIANCE_FLOOR
  const difference = value - moments[3 * feature + 1]!
  return -0.5 * (LOG_TWO_PI + Math.log(variance) + (difference * difference) / variance)
}

function addMoment(moments: ClassMoments, feature: number, value: number, weight: number): void {
  const at = 3 * feature
  const total = moments[at]! + weight
  const difference = value - moments[at + 1]!
  const step = (difference * weight) / total
  moments[at] = total
  moments[at + 1]! += step
  moments[at + 2]! += weight * difference * (value - moments[at + 1]!)
}

function widened(moments: ClassMoments, features: number): ClassMoments {
  if (moments.length >= 3 * features) return moments
  const wider = new Float64Array(3 * features)
  wider.set(moments)
  return wider
}

/** exp of the logs, scaled so that the largest is 1 before normalising. */
function softmax(logs: Float64Array): Float64Array {
  const largest = Math.max(...logs)
  const shares = logs.map((value) => Math.exp(value - largest))
  const sum = shares.reduce((a, b) => a + b, 0)
  return shares.map((share) => share / sum)
}

export function createNaiveBayes(): OnlineClassifier<NaiveBayesState> {
  const kind = 'online-naive-bayes'
  return naiveBayesFromState({ kind, version: 1, names: [], weights: [0, 0], moments: [[], []] })
}

export function naiveBayesFromState(state: NaiveBayesState): OnlineClassifier<NaiveBayesState> {
  const index = createFeatureIndex(state.names)
  const weights = [...state.weights]
  const moments = state.moments.map((numbers) => Float64Array.from(numbers))
  const predictProbaOne: OnlineClassifier['predictProbaOne'] = (row) => {
    const values = index.read(row)
    const total = weights.reduce((a, b) => a + b, 0)
    if (total === 0) return new Float64Array(weights.length).fill(1 / weights.length)
    const logs = Float64Array.from(weights, (weight, k) => {
      if (weight === 0) return -Infinity
      let sum = Math.log(weight / total)
      const own = moments[k]!
      for (let j = 0; j < values.length && 3 * j < own.length; j++)
        if (!Number.isNaN(values[j]!)) sum += logDensity(own, j, values[j]!)
      return sum
    })
    return softmax(logs)
  }
  return {
    learnOne(row, label, weight = 1) {
      requireLabel(label, weight)
      const values = index.readAndGrow(row)
      while (weights.length <= label) {
        weights.push(0)
        moments.push(new Float64Array(0))
      }
      weights[label]! += weight
      const own = widened(moments[label]!, values.length)
      moments[label] = own
      for (let j = 0; j < values.length; j++)
        if (!Number.isNaN(values[j]!)) addMoment(own, j, values[j]!, weight)
    },
    predictProbaOne,
    predictOne: (row) => argmax(predictProbaOne(row)),
    toState: () => ({
      kind: 'online-naive-bayes',
      version: 1,
      names: [...index.names],
      weights: [...weights],
      moments: moments.map((numbers) => [...numbers]),
    }),
  }
}
