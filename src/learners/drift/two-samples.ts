/**
 * Do two samples come from one distribution? Kolmogorov-Smirnov for numbers, chi-square for
 * categories, and the Benjamini-Hochberg correction when many columns are asked at once.
 */
import { chiSquareSf, kolmogorovSf } from '../../math/index.ts'

export interface TestResult {
  readonly statistic: number
  readonly p: number
}

/** Above this product of sizes the exact p-value costs more than it gains. */
const EXACT_CELLS_MAX = 10_000

const sorted = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort()

/** Largest distance between the empirical distribution functions of two ascending samples. */
export function ksStatistic(a: Float64Array, b: Float64Array): number {
  let i = 0
  let j = 0
  let largest = 0
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!)
    while (i < a.length && a[i]! <= value) i += 1
    while (j < b.length && b[j]! <= value) j += 1
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length))
  }
  return largest
}

/**
 * P(D >= d) by counting lattice paths that leave the band (Hodges 1958, section 2). Row by row it
 * keeps, for each lattice point, the share of the paths to it that stay inside.
 */
function ksExactP(d: number, n: number, m: number): number {
  const outside = d - 1e-12
  const share = new Float64Array(m + 1)
  for (let i = 0; i <= n; i++)
    for (let j = 0; j <= m; j++) {
      if (Math.abs(i / n - j / m) >= outside && !(i === 0 && j === 0)) share[j] = 0
      else if (i === 0) share[j] = j === 0 ? 1 : share[j - 1]!
      // Of the paths to (i, j), i/(i+j) come from (i-1, j) and j/(i+j) from (i, j-1).
      else if (j > 0) share[j] = (share[j]! * i + share[j - 1]! * j) / (i + j)
    }
  return Math.min(1, Math.max(0, 1 - share[m]!))
}

/**
 * Two-sample Kolmogorov-Smirnov test, two-sided. NaN is left out. Exact p-value when the product of
 * the sizes is at most 10,000, else the limiting distribution with Stephens' correction of the
 * effective size (J. R. Stat. Soc. B 32, 1970). With ties the p-value is conservative.
 * @throws RangeError when a sample is empty.
 */
export function ksTest(first: ArrayLike<number>, second: ArrayLike<number>): TestResult {
  const a = sorted(first)
  const b = sorted(second)
  if (a.length === 0 || b.length === 0)
    throw new RangeError('ksTest needs at least one number in each sample')
  const statistic = ksStatistic(a, b)
  return { statistic, p: ksPValue(statistic, a.length, b.length) }
}

/** The p-value of a Kolmogorov-Smirnov statistic of samples with n and m values. */
export function ksPValue(statistic: number, n: number, m: number): number {
  if (n * m <= EXACT_CELLS_MAX) return ksExactP(statistic, n, m)
  const root = Math.sqrt((n * m) / (n + m))
  return kolmogorovSf((root + 0.12 + 0.11 / root) * statistic)
}

/**
 * Pearson's chi-square test that two rows of counts have the same shares. Categories seen in
 * neither are left out. Expected counts below 5 make the p-value approximate.
 * @throws RangeError when the lengths differ or a row has no counts.
 */
export function chiSquareTest(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): TestResult & { readonly degrees: number } {
  if (first.length !== second.length)
    throw new RangeError(`chiSquareTest: ${first.length} and ${second.length} categories`)
  let n = 0
  let m = 0
  for (let k = 0; k < first.length; k++) {
    n += first[k]!
    m += second[k]!
  }
  if (!(n > 0) || !(m > 0)) throw new RangeError('chiSquareTest needs counts in both rows')
  let statistic = 0
  let categories = 0
  for (let k = 0; k < first.length; k++) {
    const both = first[k]! + second[k]!
    if (both === 0) continue
    categories += 1
    const expectedA = (both * n) / (n + m)
    const expectedB = (both * m) / (n + m)
    statistic +=
      (first[k]! - expectedA) ** 2 / expectedA + (second[k]! - expectedB) ** 2 / expectedB
  }
  const degrees = categories - 1
  return { statistic, degrees, p: degrees === 0 ? 1 : chiSquareSf(statistic, degrees) }
}

/**
 * Benjamini-Hochberg adjusted p-values, in the order given: reject those at or below q to keep the
 * expected share of false discoveries at most q (J. R. Stat. Soc. B 57, 1995).
 */
export function benjaminiHochberg(pValues: ArrayLike<number>): Float64Array {
  const count = pValues.length
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  order.sort((a, b) => pValues[a]! - pValues[b]!)
  const adjusted = new Float64Array(count)
  let smallest = 1
  for (let rank = count; rank >= 1; rank--) {
    const at = order[rank - 1]!
    smallest = Math.min(smallest, pValues[at]! * (count / rank))
    adjusted[at] = smallest
  }
  return adjusted
}
