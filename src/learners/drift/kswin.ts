/**
 * KSWIN: Raab, Heusinger and Schleif, "Reactive Soft Prototype Computing for Concept Drift Streams"
 * (Neurocomputing 416, 2020). A sliding window; the newest part is compared with as many values
 * drawn at random from the older part by a Kolmogorov-Smirnov test. Sees changes of shape, not only
 * of the mean. Every row is a test at level alpha, so about alpha false alarms a row are expected.
 */
import { counterSubset } from '../../math/index.ts'
import { requireBetween, requireFinite, type DriftDetector } from './detector.ts'
import { ksPValue, ksStatistic } from './two-samples.ts'

export interface KswinOptions {
  /** Level of each test, in (0, 1). Default 0.0001. */
  readonly alpha?: number
  /** Values in the window. Default 300. */
  readonly windowSize?: number
  /** Newest values compared with as many older ones. Default 100. */
  readonly recentSize?: number
  /** Seed of the draws. Default 0. */
  readonly seed?: number
}

export interface KswinState {
  readonly kind: 'kswin'
  readonly version: 1
  readonly options: Required<KswinOptions>
  readonly seen: number
  /** Oldest first. */
  readonly window: readonly number[]
}

/** A new KSWIN. Cost: O(recentSize log recentSize) a value once the window is full. */
export function createKswin(options: KswinOptions = {}): DriftDetector<KswinState> {
  const { alpha = 0.0001, windowSize = 300, recentSize = 100, seed = 0 } = options
  requireBetween('alpha', alpha, 0, 1)
  if (!(recentSize >= 2) || !(windowSize >= 2 * recentSize))
    throw new RangeError('windowSize must be at least twice recentSize, recentSize at least 2')
  const all = { alpha, windowSize, recentSize, seed }
  return kswinFromState({ kind: 'kswin', version: 1, options: all, seen: 0, window: [] })
}

export function kswinFromState(state: KswinState): DriftDetector<KswinState> {
  const { alpha, windowSize, recentSize, seed } = state.options
  let seen = state.seen
  let window = [...state.window]
  return {
    update(value) {
      requireFinite(value, 'KSWIN')
      seen += 1
      window.push(value)
      if (window.length > windowSize) window.shift()
      if (window.length < windowSize) return 'stable'
      const older = windowSize - recentSize
      const recent = Float64Array.from(window.slice(older)).sort()
      const drawn = counterSubset(older, recentSize, seed, seen)
      const reference = Float64Array.from(drawn, (i) => window[i]!).sort()
      const p = ksPValue(ksStatistic(reference, recent), recentSize, recentSize)
      if (p >= alpha) return 'stable'
      window = window.slice(older)
      return 'drift'
    },
    toState: () => ({ ...state, seen, window: [...window] }),
  }
}
