/**
 * Population stability index: how far the shares of two samples over the same bins are apart,
 * PSI = sum (q_b - p_b) ln(q_b / p_b), the symmetrised Kullback-Leibler divergence (Jeffreys).
 */

/**
 * PSI of two rows of counts over the same bins. Half a count is added to each bin, so an empty bin
 * gives a large but finite answer. 0 when either row is empty.
 */
export function populationStabilityIndex(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): number {
  if (reference.length !== current.length)
    throw new RangeError(`PSI: ${reference.length} and ${current.length} bins`)
  const bins = reference.length
  let n = 0
  let m = 0
  for (let b = 0; b < bins; b++) {
    n += reference[b]!
    m += current[b]!
  }
  if (n === 0 || m === 0) return 0
  let sum = 0
  for (let b = 0; b < bins; b++) {
    const p = (reference[b]! + 0.5) / (n + bins / 2)
    const q = (current[b]! + 0.5) / (m + bins / 2)
    sum += (q - p) * Math.log(q / p)
  }
  return sum
}

/**
 * What PSI is expected to be when nothing has changed, (bins - 1)(1/n + 1/m): under no change PSI
 * is near a chi-square of bins - 1 degrees times (1/n + 1/m) (Yurdakul 2018, theorem 3.2). A PSI
 * under twice this says nothing.
 */
export function psiNoise(bins: number, n: number, m: number): number {
  return n > 0 && m > 0 ? (bins - 1) * (1 / n + 1 / m) : Infinity
}

/**
 * Inner edges of at most `bins` bins with equal shares of the numbers in `values` (NaN left out),
 * ascending and distinct. A value v falls in the first bin whose edge is >= v.
 */
export function quantileEdges(values: ArrayLike<number>, bins: number): Float64Array {
  const present = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort()
  const edges: number[] = []
  for (let b = 1; b < bins && present.length > 0; b++) {
    const edge = present[Math.ceil((b * present.length) / bins) - 1]!
    if (edge !== edges.at(-1) && edge < present.at(-1)) edges.push(edge)
  }
  return Float64Array.from(edges)
}

/** Counts of `values` in the bins of `edges`, then one last count of the missing (NaN). */
export function binCounts(values: ArrayLike<number>, edges: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length + 2)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (Number.isNaN(value)) {
      counts[edges.length + 1]! += 1
      continue
    }
    let low = 0
    let high = edges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (value <= edges[middle]!) high = middle
      else low = middle + 1
    }
    counts[low]! += 1
  }
  return counts
}
