/** How good yes/no answers are: a probability at or above the threshold says yes. */

export interface ConfusionMatrix {
  readonly truePositives: number
  readonly falsePositives: number
  readonly trueNegatives: number
  readonly falseNegatives: number
}

/** Counts the four outcomes. Labels are 0 or 1. */
export function confusionMatrix(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  threshold = 0.5,
): ConfusionMatrix {
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < labels.length; i++)
    counts[2 * labels[i]! + (probabilities[i]! >= threshold ? 1 : 0)]!++
  const [trueNegatives, falsePositives, falseNegatives, truePositives] = counts
  return {
    truePositives: truePositives!,
    falsePositives: falsePositives!,
    trueNegatives: trueNegatives!,
    falseNegatives: falseNegatives!,
  }
}

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0)

export interface DecisionScores {
  readonly accuracy: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
  /** Matthews correlation coefficient, in [-1, 1]. */
  readonly mcc: number
  readonly balancedAccuracy: number
}

/** The usual ratios of a confusion matrix; 0 where a denominator is 0. */
export function decisionScores(matrix: ConfusionMatrix): DecisionScores {
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = matrix
  const spread = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn)
  return {
    accuracy: share(tp + tn, tp + fp + tn + fn),
    precision: share(tp, tp + fp),
    recall: share(tp, tp + fn),
    f1: share(2 * tp, 2 * tp + fp + fn),
    mcc: share(tp * tn - fp * fn, spread),
    balancedAccuracy: (share(tp, tp + fn) + share(tn, tn + fp)) / 2,
  }
}
