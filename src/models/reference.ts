/** The frozen reference population: what a probability's percentile, the score, is taken among. */

/** Log odds at the shares 0, 1/1000, … 1 of the reference population, ascending. */
export type ReferenceQuantiles = Float64Array

const STEPS = 1_000

/** Quantiles of at least one value (order statistics at the nearest rank). */
export function referenceQuantiles(values: Float64Array): ReferenceQuantiles {
  const sorted = values.toSorted()
  return Float64Array.from(
    { length: STEPS + 1 },
    (_, i) => sorted[Math.round((i / STEPS) * (sorted.length - 1))]!,
  )
}

/** How many quantiles lie below `value`, or at or below it. */
function countBelow(quantiles: ReferenceQuantiles, value: number, orEqual: boolean): number {
  let low = 0
  let high = quantiles.length
  while (low < high) {
    const middle = (low + high) >> 1
    const q = quantiles[middle]!
    if (q < value || (orEqual && q === value)) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The percentile of log odds in the reference population: 0 to 100, rising with `margin`; ties
 * stand in the middle of their place (the mid-rank). Resolution 0.1.
 */
export function percentileOf(quantiles: ReferenceQuantiles, margin: number): number {
  const below = countBelow(quantiles, margin, false)
  const atMost = countBelow(quantiles, margin, true)
  const share = (below + atMost) / 2 / quantiles.length
  return Math.round(share * 1_000) / 10
}
