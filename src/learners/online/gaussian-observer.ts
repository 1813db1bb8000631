/**
 * What a Hoeffding tree's leaf remembers of one numeric feature: per class a Gaussian (weight,
 * mean, squared deviations) and the range, from which it estimates how the classes would part at
 * a split (Pfahringer, Holmes and Kirkby, "Handling Numeric Attributes in Hoeffding Trees", 2008).
 */
import { normalCdf } from '../../math/index.ts'

/** Per class: weight, mean, squared deviations. */
const FIELDS = 3
/** Split points tried, evenly spaced between the smallest and largest value seen. */
const SPLIT_POINTS = 10

export interface GaussianObserver {
  min: number
  max: number
  /** FIELDS numbers a class. */
  classes: Float64Array
}

export interface SplitCandidate {
  readonly feature: number
  readonly threshold: number
  /** Information gain, in bits. */
  readonly merit: number
  /** Class weights of rows with value <= threshold, and of the rest. */
  readonly left: Float64Array
  readonly right: Float64Array
}

export function createObserver(): GaussianObserver {
  return { min: Infinity, max: -Infinity, classes: new Float64Array(2 * FIELDS) }
}

export function observe(o: GaussianObserver, value: number, label: number, weight: number): void {
  const at = label * FIELDS
  if (at >= o.classes.length) {
    const wider = new Float64Array(at + FIELDS)
    wider.set(o.classes)
    o.classes = wider
  }
  if (value < o.min) o.min = value
  if (value > o.max) o.max = value
  const before = o.classes[at]!
  const total = before + weight
  const difference = value - o.classes[at + 1]!
  o.classes[at] = total
  o.classes[at + 1]! += (difference * weight) / total
  // This form cannot round below zero, which a later square root would not survive.
  o.classes[at + 2]! += ((weight * before) / total) * difference * difference
}

/** ln density of `value` in `label`; 0 (says nothing) where the class was never seen. */
export function logDensity(o: GaussianObserver, value: number, label: number): number {
  const at = label * FIELDS
  if (at >= o.classes.length || o.classes[at]! <= 0) return 0
  const weight = o.classes[at]!
  const variance = o.classes[at + 2]! / weight + 1e-9
  const difference = value - o.classes[at + 1]!
  return -0.5 * (Math.log(2 * Math.PI * variance) + (difference * difference) / variance)
}

/** Entropy of class weights, in bits. */
export function entropy(weights: ArrayLike<number>): number {
  let total = 0
  let sum = 0
  for (let k = 0; k < weights.length; k++) {
    const weight = weights[k]!
    if (weight <= 0) continue
    total += weight
    sum += weight * Math.log2(weight)
  }
  return total > 0 ? Math.max(0, Math.log2(total) - sum / total) : 0
}

function massAtMost(o: GaussianObserver, label: number, threshold: number): number {
  const weight = o.classes[label * FIELDS]!
  if (weight <= 0) return 0
  const mean = o.classes[label * FIELDS + 1]!
  const deviation = Math.sqrt(o.classes[label * FIELDS + 2]! / weight)
  if (deviation === 0) return mean <= threshold ? weight : 0
  return weight * normalCdf((threshold - mean) / deviation)
}

/**
 * The best split of this feature, or null when all values were equal. Written without inner
 * allocations: a forest with a short grace spends most of its time here.
 */
export function bestSplit(o: GaussianObserver, feature: number): SplitCandidate | null {
  if (!(o.max > o.min)) return null
  const classes = o.classes.length / FIELDS
  const all = new Float64Array(classes)
  for (let k = 0; k < classes; k++) all[k] = o.classes[k * FIELDS]!
  const before = entropy(all)
  const left = new Float64Array(classes)
  const right = new Float64Array(classes)
  let merit = -Infinity
  let threshold = NaN
  for (let s = 1; s <= SPLIT_POINTS; s++) {
    const point = o.min + ((o.max - o.min) * s) / (SPLIT_POINTS + 1)
    let leftTotal = 0
    let rightTotal = 0
    for (let k = 0; k < classes; k++) {
      left[k] = massAtMost(o, k, point)
      right[k] = all[k]! - left[k]!
      leftTotal += left[k]!
      rightTotal += right[k]!
    }
    const after =
      (leftTotal * entropy(left) + rightTotal * entropy(right)) / (leftTotal + rightTotal)
    if (before - after > merit) {
      merit = before - after
      threshold = point
    }
  }
  for (let k = 0; k < classes; k++) {
    left[k] = massAtMost(o, k, threshold)
    right[k] = all[k]! - left[k]!
  }
  return { feature, threshold, merit, left, right }
}
