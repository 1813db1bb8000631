/**
 * ADWIN, adaptive windowing: Bifet and Gavalda, "Learning from Time-Changing Data with Adaptive
 * Windowing" (SDM 2007), the ADWIN2 algorithm.
 *
 * The window is an exponential histogram: level i holds at most M buckets of 2^i values each, every
 * bucket reduced to its total and its sum of squared deviations. When a level has M+1, its two
 * oldest merge into one of the next level. So n values take O(M log(n/M)) memory and an insertion
 * amortised O(1). A test compares both sides of every bucket border; the window is cut where
 *
 *   |mean0 - mean1| > sqrt(2/m * variance * ln(2/d')) + 2/(3m) * ln(2/d')       (theorem 3.2)
 *
 * with m the harmonic mean 1/(1/n0 + 1/n1), variance that of the window, d' = delta / ln(n).
 * The oldest bucket is dropped until no border is cut.
 *
 * What it cannot see: a difference of means below roughly sqrt(2/m variance ln(2/d')).
 * docs/CLAIMS.md has the share found and the delay by size of change.
 */
import { requireBetween, requireFinite, type DriftDetector } from './detector.ts'

export interface AdwinOptions {
  /** Confidence parameter in (0, 1): bound on false alarms at one test. Default 0.002. */
  readonly delta?: number
  /** Test only every `clock`-th value. Default 32, as in MOA; 1 tests always and alarms sooner. */
  readonly clock?: number
  /** No test before the window is longer than this. Default 10. */
  readonly windowMin?: number
  /** Borders with fewer values on a side are not tested. Default 5. */
  readonly sideMin?: number
  /** Buckets a level, M. Default 5. */
  readonly buckets?: number
}

export interface AdwinState {
  readonly kind: 'adwin'
  readonly version: 1
  readonly options: Required<AdwinOptions>
  readonly seen: number
  /** Sum, and sum of squared deviations, of the whole window. */
  readonly total: number
  readonly deviation: number
  /** Buckets from level 0 up, oldest first within a level: [totals, squared deviations]. */
  readonly levels: readonly (readonly [readonly number[], readonly number[]])[]
}

export interface Adwin extends DriftDetector<AdwinState> {
  /** Values in the window. */
  readonly width: number
  /** Mean of the window; 0 while empty. */
  readonly mean: number
  /** Population variance of the window. */
  readonly variance: number
}

interface Histogram {
  /** Levels in use. */
  depth: number
  /** Buckets held at each level. */
  counts: Int32Array
  totals: Float64Array
  deviations: Float64Array
  width: number
  total: number
  deviation: number
}

// 2^52 values are more than a number can count; no stream gets here.
const LEVELS = 52

function emptyHistogram(row: number): Histogram {
  return {
    depth: 1,
    counts: new Int32Array(LEVELS),
    totals: new Float64Array(LEVELS * row),
    deviations: new Float64Array(LEVELS * row),
    width: 0,
    total: 0,
    deviation: 0,
  }
}

/** Adds one value as the newest bucket of size one, then merges full levels upwards. */
function insert(h: Histogram, value: number, buckets: number): void {
  const row = buckets + 1
  if (h.width > 0) {
    const difference = value - h.total / h.width
    h.deviation += (difference * difference * h.width) / (h.width + 1)
  }
  h.totals[h.counts[0]!] = value
  h.deviations[h.counts[0]!] = 0
  h.counts[0]! += 1
  h.width += 1
  h.total += value
  for (let level = 0, size = 1; h.counts[level]! > buckets; level++, size *= 2) {
    const at = level * row
    const first = h.totals[at]!
    const second = h.totals[at + 1]!
    const difference = (first - second) / size
    const to = at + row + h.counts[level + 1]!
    h.totals[to] = first + second
    h.deviations[to] =
      h.deviations[at]! + h.deviations[at + 1]! + (difference * difference * size) / 2
    h.counts[level + 1]! += 1
    if (level + 2 > h.depth) h.depth = level + 2
    shift(h, at, h.counts[level]!, 2)
    h.counts[level]! -= 2
  }
}

/** Drops the `by` oldest of a level that starts at `at`. */
function shift(h: Histogram, at: number, count: number, by: number): void {
  for (let i = at; i < at + count - by; i++) {
    h.totals[i] = h.totals[i + by]!
    h.deviations[i] = h.deviations[i + by]!
  }
}

function dropOldest(h: Histogram, buckets: number): void {
  const level = h.depth - 1
  const size = 2 ** level
  const at = level * (buckets + 1)
  const total = h.totals[at]!
  h.width -= size
  h.total -= total
  if (h.width > 0) {
    const difference = total / size - h.total / h.width
    const between = (size * h.width * difference * difference) / (size + h.width)
    h.deviation = Math.max(0, h.deviation - h.deviations[at]! - between)
  } else h.deviation = 0
  shift(h, at, h.counts[level]!, 1)
  h.counts[level]! -= 1
  while (h.depth > 1 && h.counts[h.depth - 1] === 0) h.depth -= 1
}

/** Rounding of a difference of two products, relative to their sizes, taken wide. */
const ROUNDING = 1e-12

/**
 * Whether any bucket border separates two significantly different means (theorem 3.2). With t of n0
 * values summed before the border and T of all n, the gap of the means is |t n - T n0| / (n0 n1):
 * nearly every border is passed over by comparing that numerator with what the bound is at least,
 * without a division or a root. What is left is decided by the bound as it is written.
 */
function hasCut(h: Histogram, options: Required<AdwinOptions>): boolean {
  const row = options.buckets + 1
  const { width: n, total, totals, counts } = h
  const { sideMin } = options
  const trim = sideMin - 1
  const log = Math.log((2 * Math.log(n)) / options.delta)
  const spread = 2 * (h.deviation / n) * log
  const linear = (2 / 3) * log
  const least = linear * n
  const leastSquare = spread * n
  let n0 = 0
  let total0 = 0
  let size = 2 ** (h.depth - 1)
  for (let level = h.depth - 1; level >= 0; level--, size /= 2) {
    const at = level * row
    const end = at + counts[level]!
    for (let i = at; i < end; i++) {
      n0 += size
      total0 += totals[i]!
      const n1 = n - n0
      const first = total0 * n
      const second = total * n0
      const gap = Math.abs(first - second) + ROUNDING * (Math.abs(first) + Math.abs(second))
      if (gap < least || gap * gap < leastSquare * n0 * n1) continue
      if (n1 < sideMin || n1 === 0) return false
      if (n0 < sideMin) continue
      const inverse = 1 / (n0 - trim) + 1 / (n1 - trim)
      const difference = Math.abs(total0 / n0 - (total - total0) / n1)
      if (difference > Math.sqrt(spread * inverse) + linear * inverse) return true
    }
  }
  return false
}

function buildAdwin(options: Required<AdwinOptions>, h: Histogram, seenBefore: number): Adwin {
  const row = options.buckets + 1
  let seen = seenBefore
  return {
    update(value) {
      requireFinite(value, 'ADWIN')
      insert(h, value, options.buckets)
      seen += 1
      if (seen % options.clock !== 0 || h.width <= options.windowMin || h.width < 2) return 'stable'
      let changed = false
      while (h.width > 1 && hasCut(h, options)) {
        changed = true
        dropOldest(h, options.buckets)
      }
      return changed ? 'drift' : 'stable'
    },
    toState: () => ({
      kind: 'adwin',
      version: 1,
      options,
      seen,
      total: h.total,
      deviation: h.deviation,
      levels: Array.from({ length: h.depth }, (_, level) => {
        const from = level * row
        const to = from + h.counts[level]!
        return [[...h.totals.slice(from, to)], [...h.deviations.slice(from, to)]] as const
      }),
    }),
    get width() {
      return h.width
    },
    get mean() {
      return h.width === 0 ? 0 : h.total / h.width
    },
    get variance() {
      return h.width === 0 ? 0 : h.deviation / h.width
    },
  }
}

/** A new ADWIN. Cost: amortised O(1) a value plus O(M log n) at each clock tick. */
export function createAdwin(options: AdwinOptions = {}): Adwin {
  const { delta = 0.002, clock = 32, windowMin = 10, sideMin = 5, buckets = 5 } = options
  requireBetween('delta', delta, 0, 1)
  for (const [name, value] of Object.entries({ clock, sideMin, buckets }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${name} must be an integer of at least 1, got ${value}`)
  const all = { delta, clock, windowMin, sideMin, buckets }
  return buildAdwin(all, emptyHistogram(buckets + 1), 0)
}

/** The ADWIN that `toState` described. */
export function adwinFromState(state: AdwinState): Adwin {
  const row = state.options.buckets + 1
  const h = emptyHistogram(row)
  h.depth = state.levels.length
  h.total = state.total
  h.deviation = state.deviation
  state.levels.forEach(([totals, deviations], level) => {
    h.counts[level] = totals.length
    h.width += totals.length * 2 ** level
    h.totals.set(totals, level * row)
    h.deviations.set(deviations, level * row)
  })
  return buildAdwin(state.options, h, state.seen)
}
