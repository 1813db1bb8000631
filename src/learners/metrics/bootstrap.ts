/** Bootstrap intervals (Efron 1979): how far a figure would move on other rows of the same kind. */
import { AppError } from '../../core/index.ts'
import { seededRandom } from '../../math/index.ts'

export interface BootstrapOptions {
  /** Resamples. Default 1,000. */
  readonly draws?: number
  /** Share of resamples inside the interval, in (0, 1). Default 0.95. */
  readonly level?: number
  /** Group of each row (for instance its lead): groups are drawn whole. Default: rows alone. */
  readonly clusters?: ArrayLike<number>
  readonly seed?: number
}

/** Percentile interval; `mean` and `sd` are of the resamples. */
export interface Interval {
  readonly low: number
  readonly high: number
  readonly mean: number
  readonly sd: number
}

/** The value below which share `q` of ascending `sorted` lies, by linear interpolation. */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(sorted.length - 1, below + 1)
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!)
}

/**
 * Percentile bootstrap of `statistic`, called with the drawn row numbers. Draws on which it is not
 * a number (for instance an AUC without positives) are left out; NaN when all are.
 *
 * @throws AppError `invalid-request` for no rows or options out of range.
 */
export function bootstrapInterval(
  rows: number,
  statistic: (drawn: Int32Array) => number,
  options: BootstrapOptions = {},
): Interval {
  const { draws = 1000, level = 0.95, clusters, seed = 0 } = options
  if (!(rows > 0 && draws >= 2 && level > 0 && level < 1))
    throw new AppError('invalid-request', 'A bootstrap needs rows, 2 draws and a level in (0, 1)')
  const random = seededRandom(seed).fork('bootstrap')
  const groups = groupRows(rows, clusters)
  const found: number[] = []
  for (let draw = 0; draw < draws; draw++) {
    const value = statistic(drawRows(rows, groups, random))
    if (Number.isFinite(value)) found.push(value)
  }
  const sorted = Float64Array.from(found).sort()
  const mean = sorted.reduce((sum, v) => sum + v, 0) / sorted.length
  const squares = sorted.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return {
    low: sorted.length > 0 ? quantileOf(sorted, (1 - level) / 2) : Number.NaN,
    high: sorted.length > 0 ? quantileOf(sorted, (1 + level) / 2) : Number.NaN,
    mean,
    sd: Math.sqrt(squares / Math.max(1, sorted.length - 1)),
  }
}

function groupRows(rows: number, clusters: ArrayLike<number> | undefined) {
  if (!clusters) return undefined
  const members = new Map<number, number[]>()
  for (let i = 0; i < rows; i++) {
    const found = members.get(clusters[i]!)
    if (found) found.push(i)
    else members.set(clusters[i]!, [i])
  }
  return [...members.values()]
}

function drawRows(
  rows: number,
  groups: readonly (readonly number[])[] | undefined,
  random: { int: (bound: number) => number },
): Int32Array {
  if (!groups) return Int32Array.from({ length: rows }, () => random.int(rows))
  return Int32Array.from(groups.flatMap(() => groups[random.int(groups.length)]!))
}
