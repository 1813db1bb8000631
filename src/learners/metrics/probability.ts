/** How good probabilities are as probabilities. Labels are 0 or 1. */

/** Probabilities are kept this far from 0 and 1 before a logarithm is taken. */
const CLIP = 2 ** -52

/** Mean negative log-likelihood in nats. NaN for no rows. */
export function logLoss(labels: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < labels.length; i++) {
    const p = Math.min(1 - CLIP, Math.max(CLIP, probabilities[i]!))
    sum -= labels[i] === 1 ? Math.log(p) : Math.log1p(-p)
  }
  return sum / labels.length
}

/** Mean squared difference of probability and label (Brier 1950). NaN for no rows. */
export function brierScore(labels: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < labels.length; i++) sum += (probabilities[i]! - labels[i]!) ** 2
  return sum / labels.length
}

/** Rows whose probability lies in one of the equal-width bins. */
export interface ReliabilityBin {
  readonly rows: number
  readonly meanProbability: number
  readonly positiveShare: number
}

/** The non-empty ones of `bins` equal-width bins over [0, 1], in rising order. */
export function reliability(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  bins = 15,
): ReliabilityBin[] {
  const rows = new Float64Array(bins)
  const sums = new Float64Array(bins)
  const hits = new Float64Array(bins)
  for (let i = 0; i < labels.length; i++) {
    const p = probabilities[i]!
    const bin = Math.min(bins - 1, Math.floor(p * bins))
    rows[bin]!++
    sums[bin]! += p
    hits[bin]! += labels[i]!
  }
  return Array.from(rows, (n, b) => ({
    rows: n,
    meanProbability: sums[b]! / n,
    positiveShare: hits[b]! / n,
  })).filter((bin) => bin.rows > 0)
}

/**
 * Expected calibration error: over equal-width bins of the probability of 1, the row-weighted mean
 * of |mean probability - share of positives| (Naeini et al. 2015). NaN for no rows.
 */
export function calibrationError(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  bins = 15,
): number {
  const gaps = reliability(labels, probabilities, bins).map(
    (bin) => bin.rows * Math.abs(bin.meanProbability - bin.positiveShare),
  )
  return gaps.reduce((sum, gap) => sum + gap, 0) / labels.length
}
