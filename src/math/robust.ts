/** Statistics that one wild value cannot move. */

/** The median of the first `n` numbers of `values`, which are reordered. NaN when `n` is 0. */
export function medianInPlace(values: Float64Array, n: number = values.length): number {
  if (n === 0) return Number.NaN
  const middle = n >> 1
  if (n > SHORT) select(values, n, middle)
  else insertionSort(values, n)
  if (n % 2 === 1) return values[middle]!
  let below = values[0]!
  for (let i = 1; i < middle; i++) if (values[i]! > below) below = values[i]!
  return (below + values[middle]!) / 2
}

/** Up to so many numbers sorting them all is quicker. */
const SHORT = 16

/** Quickselect (Hoare, CACM 4, 1961): number `k` in order at its place, smaller ones before it. */
function select(values: Float64Array, n: number, k: number): void {
  let low = 0
  let high = n - 1
  while (low < high) {
    const pivot = values[(low + high) >> 1]!
    let i = low
    let j = high
    while (i <= j) {
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
      if (i > j) break
      const swapped = values[i]!
      values[i++] = values[j]!
      values[j--] = swapped
    }
    if (k <= j) high = j
    else if (k >= i) low = i
    else return
  }
}

function insertionSort(values: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) {
    const value = values[i]!
    let j = i - 1
    while (j >= 0 && values[j]! > value) {
      values[j + 1] = values[j]!
      j--
    }
    values[j + 1] = value
  }
}

/** Slopes of the pairs at hand; kept, since this is asked for with every event. */
let slopes = new Float64Array(128)

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
  const pairs = (n * (n - 1)) / 2
  if (pairs > slopes.length) slopes = new Float64Array(2 * pairs)
  let count = 0
  for (let i = 1; i < n; i++) {
    const xi = x[i]!
    const yi = y[i]!
    for (let j = 0; j < i; j++) {
      const run = xi - x[j]!
      if (run !== 0) slopes[count++] = (yi - y[j]!) / run
    }
  }
  return medianInPlace(slopes, count)
}
