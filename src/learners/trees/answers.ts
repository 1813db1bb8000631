/** The best split of a node as numbers in the arena, for the member that asked. */
import type { Best } from './split.ts'

export const ANSWER_NUMBERS = 16

/** `best`, or that there is none. */
export function writeAnswer(best: Best | null, answer: Float64Array): void {
  if (!best) {
    answer[1] = -1
    return
  }
  const { score, feature, threshold, missingLeft, leftG, leftH, gain, set } = best
  answer.set([score, feature, threshold, missingLeft ? 1 : 0, leftG, leftH, gain, set ? 1 : 0])
  if (set) answer.set(set, 8)
}

/** The best of several answers about one node; on equal scores the first. */
export function readAnswers(answers: readonly Float64Array[]): Best | null {
  let best: Float64Array | undefined
  for (const answer of answers)
    if (answer[1]! >= 0 && !(best && best[0]! >= answer[0]!)) best = answer
  if (!best) return null
  return {
    score: best[0]!,
    feature: best[1]!,
    threshold: best[2]!,
    missingLeft: best[3] === 1,
    leftG: best[4]!,
    leftH: best[5]!,
    gain: best[6]!,
    set: best[7] === 1 ? Uint32Array.from(best.subarray(8, 16)) : null,
  }
}
