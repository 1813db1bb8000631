/** How well scores order positives above negatives. Labels are 0 or 1; one score per label. */

/** Row numbers by falling score. */
function byFallingScore(scores: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i)
  return order.sort((a, b) => scores[b]! - scores[a]!)
}

/** Calls `visit` once per distinct score, highest first, with the positives and rows that tie. */
function eachTie(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  visit: (positives: number, rows: number) => void,
): void {
  const order = byFallingScore(scores)
  let i = 0
  while (i < order.length) {
    const score = scores[order[i]!]!
    const from = i
    let positives = 0
    for (; i < order.length && scores[order[i]!] === score; i++) positives += labels[order[i]!]!
    visit(positives, i - from)
  }
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting half
 * (Mann-Whitney U / (P N)). NaN when one class is absent. O(n log n).
 */
export function rocAuc(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  let positives = 0
  let negatives = 0
  let wins = 0
  eachTie(labels, scores, (hits, rows) => {
    const misses = rows - hits
    wins += misses * (positives + hits / 2)
    positives += hits
    negatives += misses
  })
  return wins / (positives * negatives)
}

/**
 * Average precision, the step-wise area under the precision-recall curve: the sum over thresholds
 * of (recall - previous recall) * precision. NaN without positives. O(n log n).
 */
export function averagePrecision(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  let positives = 0
  let seen = 0
  let area = 0
  eachTie(labels, scores, (hits, rows) => {
    positives += hits
    seen += rows
    area += (hits * positives) / seen
  })
  return area / positives
}
