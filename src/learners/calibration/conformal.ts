/**
 * Split conformal prediction (Vovk et al. 2005; Angelopoulos and Bates 2023): intervals and label
 * sets that hold the truth with the stated probability on exchangeable rows, whatever the model.
 */
import { AppError } from '../../core/index.ts'

/**
 * The ceil((n + 1) level)-th smallest of n non-conformity scores; Infinity when n is too small for
 * the level. `level` in (0, 1) is the wanted coverage.
 */
export function conformalQuantile(scores: ArrayLike<number>, level: number): number {
  if (!(level > 0 && level < 1))
    throw new AppError('invalid-request', `Coverage must lie between 0 and 1: ${level}`)
  const sorted = Float64Array.from(scores).sort()
  const rank = Math.ceil((sorted.length + 1) * level)
  return rank > sorted.length ? Infinity : sorted[rank - 1]!
}

/**
 * Half the width of an interval around a prediction that covers the truth with probability `level`:
 * the conformal quantile of absolute residuals of rows the model did not train on.
 */
export function conformalRadius(
  predictions: ArrayLike<number>,
  truths: ArrayLike<number>,
  level: number,
): number {
  return conformalQuantile(
    Float64Array.from(predictions, (value, i) => Math.abs(value - truths[i]!)),
    level,
  )
}

/** Which of the two labels cannot be excluded; both, or rarely none, are honest answers. */
export type LabelSet = readonly (0 | 1)[]

/**
 * Label sets that hold the true label with probability `level` in each class separately
 * (class-conditional, Vovk 2012), from probabilities of 1 and labels of held-out rows.
 */
export function fitLabelSets(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  level: number,
): (probability: number) => LabelSet {
  const scores: [number[], number[]] = [[], []]
  for (let i = 0; i < labels.length; i++) {
    const p = probabilities[i]!
    if (labels[i] === 1) scores[1].push(1 - p)
    else scores[0].push(p)
  }
  const limits = scores.map((list) => conformalQuantile(list, level))
  return (p) => ([0, 1] as const).filter((label) => (label === 1 ? 1 - p : p) <= limits[label]!)
}
