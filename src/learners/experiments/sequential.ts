/**
 * Always-valid inference: the mixture sequential probability ratio test (Robbins 1970; Johari,
 * Pekelis and Walsh, "Always Valid Inference", Operations Research 70, 2022). The interval may be
 * looked at after every observation and the error is still at most alpha over the experiment.
 */

/**
 * Sufficient statistics of one arm: for a rate, mean = successes / n, variance = mean (1 -
 * mean).
 */
export interface ArmSummary {
  readonly n: number
  readonly mean: number
  /** Population variance of one observation. */
  readonly variance: number
}

export interface SequentialResult {
  /** Treatment mean minus control mean. */
  readonly difference: number
  /** Confidence sequence at 1 - alpha; infinite while an arm has under two observations. */
  readonly interval: readonly [number, number]
  /** Always-valid p-value: keep the smallest seen so far. */
  readonly p: number
}

export interface SequentialOptions {
  /** Error over the whole experiment. Default 0.05. */
  readonly alpha?: number
  /**
   * Standard deviation of the normal mixture over effects, in units of the outcome: about the size
   * of effect that is hoped for. Validity does not depend on it, speed does.
   */
  readonly tau: number
}

/** Summary of 0/1 outcomes. */
export function rateSummary(successes: number, n: number): ArmSummary {
  if (!(n >= 0) || !(successes >= 0) || successes > n)
    throw new RangeError(`${successes} successes in ${n} is impossible`)
  const mean = n === 0 ? 0 : successes / n
  return { n, mean, variance: mean * (1 - mean) }
}

/**
 * mSPRT of the difference of two means. With V = var_a/n_a + var_b/n_b and d the difference,
 *
 *   Lambda = sqrt(V / (V + tau^2)) exp(d^2 tau^2 / (2 V (V + tau^2))),   p = min(1, 1/Lambda),
 *   interval: d +- sqrt( V (V + tau^2)/tau^2 * ln((V + tau^2) / (alpha^2 V)) ).
 *
 * Normal approximation of the means: not for fewer than about 20 conversions an arm.
 */
export function sequentialTest(
  control: ArmSummary,
  treatment: ArmSummary,
  options: SequentialOptions,
): SequentialResult {
  const { alpha = 0.05, tau } = options
  if (!(tau > 0)) throw new RangeError(`tau must be positive, got ${tau}`)
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha must be in (0, 1), got ${alpha}`)
  const difference = treatment.mean - control.mean
  const v = control.variance / control.n + treatment.variance / treatment.n
  if (!(control.n >= 2 && treatment.n >= 2 && v > 0))
    return { difference, interval: [-Infinity, Infinity], p: 1 }
  const t = tau * tau
  const logLambda = 0.5 * Math.log(v / (v + t)) + (difference * difference * t) / (2 * v * (v + t))
  const margin = Math.sqrt(((v * (v + t)) / t) * Math.log((v + t) / (alpha * alpha * v)))
  return {
    difference,
    interval: [difference - margin, difference + margin],
    p: Math.min(1, Math.exp(-logLambda)),
  }
}
