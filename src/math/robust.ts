/** Statistics that one wild value cannot move. */

/** The median of the first `n` numbers of `values`, which are reordered. NaN when `n` is 0. */
export function medianInPlace(values: Float64Array, n: number = values.length): number {
  if (n === 0) return Number.NaN
  const part = n === values.length ? values : values.subarray(0, n)
  if (n > 32) part.sort()
  else insertionSort(part)
  const middle = n >> 1
  return n % 2 === 1 ? part[middle]! : (part[middle - 1]! + part[middle]!) / 2
}

// Typed-array sort has a fixed cost of about a microsecond; the windows here are short.
function insertionSort(values: Float64Array): void {
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!
    let j = i - 1
    while (j >= 0 && values[j]! > value) {
      values[j + 1] = values[j]!
      j--
    }
    values[j + 1] = value
  }
}

/**
 * Theil-Sen slope: the median of the slopes of all pairs (Sen, "Estimates of the regression
 * coefficient based on Kendall's tau", JASA 63, 1968). Breakdown point 29 %. Pairs with equal x
 * are left out. NaN when no pair is left. O(n^2): keep `n` small.
 */
export function theilSenSlope(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  n: number = x.length,
): number {
  const slopes = new Float64Array((n * (n - 1)) / 2)
  let count = 0
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++) {
      const run = x[i]! - x[j]!
      if (run !== 0) slopes[count++] = (y[i]! - y[j]!) / run
    }
  return medianInPlace(slopes, count)
}
