/**
 * Selective prediction (El-Yaniv and Wiener 2010): answer only where the model is confident enough.
 * Confidence is the probability of the predicted class, max(p, 1 - p).
 */
import { confusionMatrix, decisionScores } from './decisions.ts'

export interface SelectiveScores {
  /** The gate, in [0.5, 1]. */
  readonly confidence: number
  /** Share of the rows that pass the gate, in [0, 1]. */
  readonly coverage: number
  /** Among those; NaN when none passes. */
  readonly accuracy: number
  /** What always answering the commoner class would reach on the same rows. */
  readonly baseRateAccuracy: number
  /** Of the positives, among the rows that pass. */
  readonly precision: number
  readonly recall: number
}

/** Scores of the rows with confidence at or above the gate. Labels are 0 or 1. */
export function selectiveScores(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  confidence: number,
): SelectiveScores {
  const passed: number[] = []
  for (let i = 0; i < labels.length; i++)
    if (Math.max(probabilities[i]!, 1 - probabilities[i]!) >= confidence) passed.push(i)
  const kept = passed.map((i) => labels[i]!)
  const matrix = confusionMatrix(
    kept,
    passed.map((i) => probabilities[i]!),
  )
  const positives = kept.reduce((sum, label) => sum + label, 0)
  const { accuracy, precision, recall } = decisionScores(matrix)
  const some = passed.length > 0
  return {
    confidence,
    coverage: passed.length / labels.length,
    accuracy: some ? accuracy : Number.NaN,
    baseRateAccuracy: some ? Math.max(positives, kept.length - positives) / kept.length : NaN,
    precision,
    recall,
  }
}

/** Coverage against accuracy, one point per gate. */
export function selectiveCurve(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  gates: readonly number[] = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99],
): SelectiveScores[] {
  return gates.map((gate) => selectiveScores(labels, probabilities, gate))
}
