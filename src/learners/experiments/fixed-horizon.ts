/**
 * The other tools of an experiment: size before the start, sample-ratio check, variance reduction
 * by a covariate (CUPED), and the Bayesian reading beside the frequentist one.
 */
import {
  chiSquareSf,
  incompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
} from '../../math/index.ts'

export interface PowerOptions {
  /** Two-sided error of the first kind. Default 0.05. */
  readonly alpha?: number
  /** Chance of finding the effect when it is there. Default 0.8. */
  readonly power?: number
}

/**
 * Units needed in each of two equal arms to tell rate `base` from `base + lift` (normal
 * approximation with unpooled variance; Fleiss, Levin and Paik 2003, equation 4.14 uncorrected).
 */
export function sampleSizeForRates(base: number, lift: number, options: PowerOptions = {}): number {
  const { alpha = 0.05, power = 0.8 } = options
  const other = base + lift
  if (!(base > 0 && base < 1 && other > 0 && other < 1) || lift === 0)
    throw new RangeError(`rates must be in (0, 1) and differ: ${base} and ${other}`)
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power)
  const variance = base * (1 - base) + other * (1 - other)
  return Math.ceil((z * z * variance) / (lift * lift))
}

/** Power of that test with `perArm` units in each arm. */
export function powerForRates(base: number, lift: number, perArm: number, alpha = 0.05): number {
  const other = base + lift
  const deviation = Math.sqrt((base * (1 - base) + other * (1 - other)) / perArm)
  const critical = normalQuantile(1 - alpha / 2)
  const shift = Math.abs(lift) / deviation
  return normalCdf(shift - critical) + normalCdf(-shift - critical)
}

/**
 * Sample-ratio check: chi-square of the units counted in each arm against the shares planned. A p
 * below 0.001 means that assignment or logging is broken and the result must not be read (Fabijan
 * et al., KDD 2019).
 */
export function sampleRatioTest(
  counts: readonly number[],
  shares: readonly number[] = counts.map(() => 1),
): { readonly statistic: number; readonly p: number } {
  const total = counts.reduce((a, b) => a + b, 0)
  const whole = shares.reduce((a, b) => a + b, 0)
  if (counts.length !== shares.length || counts.length < 2)
    throw new RangeError('give the counts and shares of at least two arms')
  if (!(total > 0) || shares.some((share) => !(share > 0)))
    throw new RangeError('counts must not all be zero, shares must be positive')
  const statistic = counts.reduce((sum, count, k) => {
    const expected = (total * shares[k]!) / whole
    return sum + (count - expected) ** 2 / expected
  }, 0)
  return { statistic, p: chiSquareSf(statistic, counts.length - 1) }
}

/**
 * CUPED: Deng, Xu, Kohavi and Walker (WSDM 2013). Returns outcome - theta (covariate - its mean),
 * theta = cov / var over all units of both arms. The covariate must be from before the experiment.
 * The variance falls by the factor 1 - correlation^2; the expected difference stays.
 */
export function cuped(
  outcome: ArrayLike<number>,
  covariate: ArrayLike<number>,
): { readonly adjusted: Float64Array; readonly theta: number; readonly correlation: number } {
  const n = outcome.length
  if (n !== covariate.length || n < 2)
    throw new RangeError('CUPED needs an outcome and a covariate for each of at least two units')
  let meanY = 0
  let meanX = 0
  for (let i = 0; i < n; i++) {
    meanY += outcome[i]! / n
    meanX += covariate[i]! / n
  }
  let xx = 0
  let xy = 0
  let yy = 0
  for (let i = 0; i < n; i++) {
    const x = covariate[i]! - meanX
    const y = outcome[i]! - meanY
    xx += x * x
    xy += x * y
    yy += y * y
  }
  const theta = xx > 0 ? xy / xx : 0
  const adjusted = Float64Array.from(outcome, (y, i) => y - theta * (covariate[i]! - meanX))
  return { adjusted, theta, correlation: xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0 }
}

/** Beta(a, b) belief about a rate: a = 1 + successes, b = 1 + failures from a uniform prior. */
export interface BetaBelief {
  readonly a: number
  readonly b: number
}

/**
 * P(rate of `second` > rate of `first`) for independent beta beliefs: the integral of
 * f_second(x) F_first(x) by the midpoint rule over ten deviations around the mean of `second`.
 */
export function probabilityBetter(first: BetaBelief, second: BetaBelief): number {
  const { a, b } = second
  const mean = a / (a + b)
  const deviation = Math.sqrt((mean * (1 - mean)) / (a + b + 1))
  const low = Math.max(0, mean - 10 * deviation)
  const high = Math.min(1, mean + 10 * deviation)
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b)
  const steps = 2000
  let area = 0
  let mass = 0
  for (let i = 0; i <= steps; i++) {
    // Midpoints: at the ends a density may be infinite.
    const x = low + ((high - low) * (i + 0.5)) / (steps + 1)
    const density = Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta)
    mass += density
    area += density * incompleteBeta(first.a, first.b, x).lower
  }
  return Math.min(1, area / mass)
}
