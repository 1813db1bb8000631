/**
 * Confidence-based performance estimation (CBPE): what accuracy, precision, recall and AUC must be
 * if the probabilities are calibrated, before any label has arrived (Kull and Flach 2014 for the
 * expected confusion matrix; named CBPE by the NannyML project). It cannot see concept drift: when
 * the meaning of the features changes, the probabilities are wrong and so is the estimate.
 */
import { normalQuantile } from '../../math/index.ts'

export interface EstimatedPerformance {
  readonly rows: number
  /** Expected confusion matrix, in rows. */
  readonly truePositives: number
  readonly falsePositives: number
  readonly trueNegatives: number
  readonly falseNegatives: number
  readonly accuracy: number
  /** 95 % sampling interval of the accuracy that will be observed on these rows. */
  readonly accuracyInterval: readonly [number, number]
  /** 0 when nothing is predicted positive. */
  readonly precision: number
  readonly recall: number
  readonly f1: number
  /** null when all probabilities are 0 or all are 1. */
  readonly rocAuc: number | null
}

const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)

/**
 * Expected AUC: over all pairs, the chance that row i is positive and row j negative, counted when
 * p_i > p_j and half for ties, over the expected number of such pairs.
 */
function expectedAuc(probabilities: ArrayLike<number>): number | null {
  const p = Float64Array.from(probabilities).sort()
  let negativesBelow = 0
  let wins = 0
  let positives = 0
  let negatives = 0
  let self = 0
  for (let i = 0; i < p.length;) {
    let j = i
    let tiePositive = 0
    let tieNegative = 0
    let tieSelf = 0
    for (; j < p.length && p[j] === p[i]; j++) {
      tiePositive += p[j]!
      tieNegative += 1 - p[j]!
      tieSelf += p[j]! * (1 - p[j]!)
    }
    wins += tiePositive * negativesBelow + (tiePositive * tieNegative - tieSelf) / 2
    negativesBelow += tieNegative
    positives += tiePositive
    negatives += tieNegative
    self += tieSelf
    i = j
  }
  // A row is never paired with itself.
  const pairs = positives * negatives - self
  return pairs > 0 ? Math.min(1, wins / pairs) : null
}

/**
 * Expected performance of the classifier that says positive at `p >= threshold`.
 * @param probabilities calibrated P(y = 1), each in [0, 1]
 * @throws RangeError when empty or outside [0, 1].
 */
export function estimatePerformance(
  probabilities: ArrayLike<number>,
  threshold = 0.5,
): EstimatedPerformance {
  const rows = probabilities.length
  if (rows === 0) throw new RangeError('estimatePerformance needs at least one probability')
  let truePositives = 0
  let falsePositives = 0
  let trueNegatives = 0
  let falseNegatives = 0
  let variance = 0
  for (let i = 0; i < rows; i++) {
    const p = probabilities[i]!
    if (!(p >= 0 && p <= 1)) throw new RangeError(`not a probability at row ${i}: ${p}`)
    if (p >= threshold) {
      truePositives += p
      falsePositives += 1 - p
    } else {
      falseNegatives += p
      trueNegatives += 1 - p
    }
    variance += p * (1 - p)
  }
  const accuracy = (truePositives + trueNegatives) / rows
  const margin = (normalQuantile(0.975) * Math.sqrt(variance)) / rows
  return {
    rows,
    truePositives,
    falsePositives,
    trueNegatives,
    falseNegatives,
    accuracy,
    accuracyInterval: [Math.max(0, accuracy - margin), Math.min(1, accuracy + margin)],
    precision: ratio(truePositives, truePositives + falsePositives),
    recall: ratio(truePositives, truePositives + falseNegatives),
    f1: ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
    rocAuc: expectedAuc(probabilities),
  }
}
