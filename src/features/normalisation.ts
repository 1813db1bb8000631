/** Putting features on one scale, with numbers learned from training data and kept by the model. */
import { medianInPlace } from '../math/index.ts'

/** min-max to [0, 1]; z-score (mean 0, deviation 1); robust (median 0, interquartile range 1). */
export type NormalisationKind = 'min-max' | 'z-score' | 'robust'

/** Plain data: it is stored with the model as it is. */
export interface Normalisation {
  readonly kind: NormalisationKind
  /** Subtracted from column i. */
  readonly centers: readonly number[]
  /** Column i is divided by it; 1 for a column that does not vary. */
  readonly scales: readonly number[]
}

/**
 * Learns a normalisation from `rows` (each of the same length; NaN is missing and does not count).
 * A column without any value gets center 0 and scale 1. Throws a RangeError without rows.
 */
export function fitNormalisation(
  rows: readonly ArrayLike<number>[],
  kind: NormalisationKind,
): Normalisation {
  const width = rows[0]?.length
  if (width === undefined) throw new RangeError('a normalisation needs at least one row')
  const centers: number[] = []
  const scales: number[] = []
  for (let column = 0; column < width; column++) {
    const values = new Float64Array(rows.length)
    let n = 0
    for (const row of rows) if (Number.isFinite(row[column])) values[n++] = row[column]!
    const { center, scale } = n === 0 ? { center: 0, scale: 1 } : FIT[kind](values.subarray(0, n))
    centers.push(center)
    scales.push(scale > 0 ? scale : 1)
  }
  return { kind, centers, scales }
}

const FIT: Record<NormalisationKind, (values: Float64Array) => { center: number; scale: number }> =
  {
    'min-max': (values) => {
      let low = Infinity
      let high = -Infinity
      for (const value of values) {
        low = Math.min(low, value)
        high = Math.max(high, value)
      }
      return { center: low, scale: high - low }
    },
    'z-score': (values) => {
      let mean = 0
      for (const value of values) mean += value / values.length
      let variance = 0
      for (const value of values) variance += (value - mean) ** 2 / values.length
      return { center: mean, scale: Math.sqrt(variance) }
    },
    robust: (values) => {
      const center = medianInPlace(values)
      values.sort()
      return { center, scale: quantile(values, 0.75) - quantile(values, 0.25) }
    },
  }

/** Linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996). */
function quantile(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!)
}

/**
 * `values` on the learned scale, as a new array; NaN stays NaN. min-max is cut to [0, 1] for values
 * outside the training range. Throws a RangeError when the lengths differ.
 */
export function applyNormalisation(fit: Normalisation, values: ArrayLike<number>): Float64Array {
  if (values.length !== fit.centers.length)
    throw new RangeError(`expected ${fit.centers.length} values, got ${values.length}`)
  const scaled = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = (values[i]! - fit.centers[i]!) / fit.scales[i]!
    scaled[i] = fit.kind === 'min-max' ? Math.min(1, Math.max(0, value)) : value
  }
  return scaled
}
