/** Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny, Elkan 2002). */

/** Points of a rising line, interpolated between and constant beyond. Ascending `x`. */
export interface Isotonic {
  readonly x: Float64Array
  readonly y: Float64Array
}

/** Distinct ascending scores with the weight and mean label of the rows that share each. */
export interface ScoreGroups {
  readonly score: Float64Array
  readonly weight: Float64Array
  readonly mean: Float64Array
}

/** Groups rows by score. O(n log n). */
export function groupScores(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): ScoreGroups {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[a]! - scores[b]!,
  )
  const score: number[] = []
  const weight: number[] = []
  const sum: number[] = []
  for (const row of order) {
    const w = weights ? weights[row]! : 1
    if (w <= 0) continue
    if (score.length === 0 || score.at(-1) !== scores[row]) {
      score.push(scores[row]!)
      weight.push(0)
      sum.push(0)
    }
    weight[weight.length - 1]! += w
    sum[sum.length - 1]! += w * labels[row]!
  }
  return {
    score: Float64Array.from(score),
    weight: Float64Array.from(weight),
    mean: Float64Array.from(sum, (s, i) => s / weight[i]!),
  }
}

/** The rising sequence nearest to `mean` in weighted squares. O(n). */
export function poolAdjacent(mean: Float64Array, weight: Float64Array): Float64Array {
  const value: number[] = []
  const mass: number[] = []
  const size: number[] = []
  for (let i = 0; i < mean.length; i++) {
    let v = mean[i]!
    let m = weight[i]!
    let n = 1
    while (value.length > 0 && value.at(-1) >= v) {
      const before = mass.pop()!
      v = (v * m + value.pop()! * before) / (m + before)
      m += before
      n += size.pop()!
    }
    value.push(v)
    mass.push(m)
    size.push(n)
  }
  const fitted = new Float64Array(mean.length)
  let at = 0
  value.forEach((v, block) => {
    fitted.fill(v, at, at + size[block]!)
    at += size[block]!
  })
  return fitted
}

/**
 * Fits labels in [0, 1] as a rising function of the score. Weights are at least 0. Overfits below a
 * few hundred rows: use Platt or beta calibration there.
 */
export function fitIsotonic(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): Isotonic {
  const { score, weight, mean } = groupScores(scores, labels, weights)
  const fitted = poolAdjacent(mean, weight)
  // Inner points of a flat stretch add nothing to the line.
  const kept = Array.from(score.keys()).filter(
    (i) =>
      i === 0 ||
      i === score.length - 1 ||
      fitted[i] !== fitted[i - 1] ||
      fitted[i] !== fitted[i + 1],
  )
  return {
    x: Float64Array.from(kept, (i) => score[i]!),
    y: Float64Array.from(kept, (i) => Math.min(1, Math.max(0, fitted[i]!))),
  }
}

/** The line at `score`. */
export function isotonicAt({ x, y }: Isotonic, score: number): number {
  let low = 0
  let high = x.length - 1
  if (high < 0) return Number.NaN
  if (score <= x[0]!) return y[0]!
  if (score >= x[high]!) return y[high]!
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (x[middle]! <= score) low = middle
    else high = middle
  }
  return y[low]! + ((score - x[low]!) / (x[high]! - x[low]!)) * (y[high]! - y[low]!)
}
