/**
 * How large the expected calibration error is by chance alone (consistency resampling, Bröcker and
 * Smith 2007): few rows never match their probabilities exactly, however honest these are.
 */
import { seededRandom } from '../../math/index.ts'
import { quantileOf } from './bootstrap.ts'

export interface CalibrationNoise {
  /** Half of the perfectly calibrated models with these probabilities show less than this. */
  readonly median: number
  /** 95 of 100 of them show less than this. */
  readonly high: number
}

const MOST_DRAWS = 1000
const LEAST_DRAWS = 100
/** Random numbers drawn, at most, where that leaves `LEAST_DRAWS`. */
const BUDGET = 5_000_000

/**
 * The distribution of `calibrationError` when each label is drawn with just the probability given:
 * 1,000 times, less often for more than 5,000 rows. NaN for no rows.
 */
export function calibrationNoise(
  probabilities: ArrayLike<number>,
  { bins = 15, seed = 0 }: { readonly bins?: number; readonly seed?: number } = {},
): CalibrationNoise {
  const n = probabilities.length
  const draws = Math.max(LEAST_DRAWS, Math.min(MOST_DRAWS, Math.floor(BUDGET / Math.max(1, n))))
  const bin = Uint8Array.from(probabilities, (p) => Math.min(bins - 1, Math.floor(p * bins)))
  const random = seededRandom(seed).fork('calibration noise')
  const gaps = new Float64Array(bins)
  const found = Float64Array.from({ length: draws }, () => {
    gaps.fill(0)
    for (let i = 0; i < n; i++) {
      const p = probabilities[i]!
      gaps[bin[i]!]! += p - (random.next() < p ? 1 : 0)
    }
    return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / n
  }).sort()
  return { median: quantileOf(found, 0.5), high: quantileOf(found, 0.95) }
}
