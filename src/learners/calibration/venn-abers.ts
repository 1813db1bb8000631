/**
 * Inductive Venn-Abers predictors (Vovk, Petej, Fedorova 2015): a pair of probabilities, one of
 * which is perfectly calibrated for exchangeable rows whatever the model. Their distance says how
 * little the calibration rows know about that score.
 */
import { AppError } from '../../core/index.ts'
import { groupScores, poolAdjacent, type ScoreGroups } from './isotonic.ts'

export interface VennAbersAnswer {
  /** Probability of 1 had the row the label 0, and had it the label 1; low <= high. */
  readonly low: number
  readonly high: number
  /** high / (1 - low + high): the merged probability of least regret in log loss. */
  readonly probability: number
}

export interface VennAbers {
  answer(score: number): VennAbersAnswer
}

/** Isotonic value at `score` after one more row of that score and label is added. */
function withRow({ score, weight, mean }: ScoreGroups, at: number, label: number): number {
  let place = score.findIndex((s) => s >= at)
  if (place < 0) place = score.length
  const same = score[place] === at
  const tail = same ? place + 1 : place
  const w = same ? weight[place]! + 1 : 1
  const m = same ? (mean[place]! * weight[place]! + label) / w : label
  const join = (all: Float64Array, own: number): Float64Array => {
    const out = new Float64Array(place + 1 + all.length - tail)
    out.set(all.subarray(0, place))
    out[place] = own
    out.set(all.subarray(tail), place + 1)
    return out
  }
  return poolAdjacent(join(mean, m), join(weight, w))[place]!
}

/**
 * Learns from scores (any scale) and labels of rows the model did not train on. An answer costs
 * O(distinct calibration scores).
 */
export function fitVennAbers(scores: ArrayLike<number>, labels: ArrayLike<number>): VennAbers {
  if (scores.length === 0 || scores.length !== labels.length)
    throw new AppError('invalid-request', 'Venn-Abers needs rows, with one label per score')
  const groups = groupScores(scores, labels)
  return {
    answer(score) {
      const low = withRow(groups, score, 0)
      const high = withRow(groups, score, 1)
      return { low, high, probability: high / (1 - low + high) }
    },
  }
}
