/** How good probabilities are on rows the model never saw. */
import {
  averagePrecision,
  bootstrapInterval,
  brierScore,
  calibrationError,
  confusionMatrix,
  decisionScores,
  logLoss,
  reliability,
  rocAuc,
} from '../learners/index.ts'

/** Labels 0 or 1, one probability and one lead per row. */
export interface Judged {
  readonly labels: ArrayLike<number>
  readonly probabilities: ArrayLike<number>
  readonly groups: ArrayLike<number>
}

/** Accuracy where the model is sure, never without how often that is. */
export interface AtConfidence {
  readonly confidence: number
  /** Share of rows that reach the confidence. */
  readonly coverage: number
  /** Null when none do. */
  readonly accuracy: number | null
  /** Accuracy of saying "no" to everybody among the same rows. */
  readonly baseRateAccuracy: number | null
  /** Among those the model says "yes" to with that confidence. */
  readonly predictedBuyers: number
  readonly precision: number | null
  readonly recall: number
}

export interface Evaluation {
  readonly rows: number
  readonly leads: number
  readonly positives: number
  readonly rate: number
  /** Null when only one class is there. */
  readonly rocAuc: number | null
  /** 95 %, leads resampled whole. */
  readonly rocAucInterval: readonly [number, number] | null
  readonly prAuc: number | null
  readonly logLoss: number
  readonly brier: number
  readonly ece: number
  readonly calibration: readonly {
    readonly predicted: number
    readonly observed: number
    readonly rows: number
  }[]
  readonly atConfidence: AtConfidence
}

const CONFIDENCE = 0.85
const DRAWS = 200

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

function atConfidence({ labels, probabilities }: Judged, confidence: number): AtConfidence {
  const sure: number[] = []
  for (let i = 0; i < labels.length; i++)
    if (Math.max(probabilities[i]!, 1 - probabilities[i]!) >= confidence) sure.push(i)
  const y = sure.map((i) => labels[i]!)
  const p = sure.map((i) => probabilities[i]!)
  const matrix = confusionMatrix(y, p)
  const { accuracy, precision } = decisionScores(matrix)
  const positives = Array.from(labels).reduce((sum, label) => sum + label, 0)
  const buyers = matrix.truePositives + matrix.falsePositives
  return {
    confidence,
    coverage: labels.length > 0 ? sure.length / labels.length : 0,
    accuracy: sure.length > 0 ? accuracy : null,
    baseRateAccuracy:
      sure.length > 0 ? (matrix.trueNegatives + matrix.falsePositives) / sure.length : null,
    predictedBuyers: buyers,
    precision: buyers > 0 ? precision : null,
    recall: positives > 0 ? matrix.truePositives / positives : 0,
  }
}

/** Every measure of one set of answers. @throws AppError `invalid-request` without rows. */
export function evaluate(judged: Judged, seed = 0): Evaluation {
  const { labels, probabilities, groups } = judged
  const rows = labels.length
  const interval = bootstrapInterval(
    rows,
    (drawn) =>
      rocAuc(
        drawn.map((i) => labels[i]!),
        Float64Array.from(drawn, (i) => probabilities[i]!),
      ),
    { draws: DRAWS, clusters: groups, seed },
  )
  const positives = Array.from(labels).reduce((sum, label) => sum + label, 0)
  return {
    rows,
    leads: new Set(Array.from(groups)).size,
    positives,
    rate: positives / rows,
    rocAuc: finite(rocAuc(labels, probabilities)),
    rocAucInterval: Number.isFinite(interval.low) ? [interval.low, interval.high] : null,
    prAuc: finite(averagePrecision(labels, probabilities)),
    logLoss: logLoss(labels, probabilities),
    brier: brierScore(labels, probabilities),
    ece: calibrationError(labels, probabilities),
    calibration: reliability(labels, probabilities).map((bin) => ({
      predicted: bin.meanProbability,
      observed: bin.positiveShare,
      rows: bin.rows,
    })),
    atConfidence: atConfidence(judged, CONFIDENCE),
  }
}
