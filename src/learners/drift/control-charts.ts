/**
 * Detectors that keep a few running numbers: Page-Hinkley, DDM, EDDM. Each is O(1) in time and
 * memory. They see what ADWIN sees, sooner when the change is sharp and their thresholds fit the
 * stream, later or never when it is slow; ADWIN is the default because its threshold is a
 * probability, not a number in the stream's own units.
 */
import { requireFinite, type DriftDetector, type DriftStatus } from './detector.ts'

export interface PageHinkleyOptions {
  /** Change of the mean that is tolerated, in units of the stream. Default 0.005. */
  readonly tolerance?: number
  /** Alarm when the cumulated excess passes this, in units of the stream. Default 50. */
  readonly threshold?: number
  /** Values before the first alarm. Default 30. */
  readonly rowsMin?: number
  /** Which way the mean must move. Default 'up': errors getting worse. */
  readonly direction?: 'up' | 'down' | 'both'
}

export interface PageHinkleyState {
  readonly kind: 'page-hinkley'
  readonly version: 1
  readonly options: Required<PageHinkleyOptions>
  readonly running: {
    readonly n: number
    readonly mean: number
    /** Cumulated deviations and the extreme each has reached. */
    readonly up: number
    readonly upMin: number
    readonly down: number
    readonly downMax: number
  }
}

const PAGE_HINKLEY_START = { n: 0, mean: 0, up: 0, upMin: 0, down: 0, downMax: 0 }

/**
 * Page-Hinkley test (Page, Biometrika 41, 1954; Hinkley 1971). With the running mean m_t,
 * U_t = sum (x_i - m_i - tolerance) and an alarm when U_t - min U > threshold (up); likewise down.
 */
export function createPageHinkley(
  options: PageHinkleyOptions = {},
): DriftDetector<PageHinkleyState> {
  const { tolerance = 0.005, threshold = 50, rowsMin = 30, direction = 'up' } = options
  const state = { tolerance, threshold, rowsMin, direction }
  return pageHinkleyFromState({
    kind: 'page-hinkley',
    version: 1,
    options: state,
    running: PAGE_HINKLEY_START,
  })
}

export function pageHinkleyFromState(state: PageHinkleyState): DriftDetector<PageHinkleyState> {
  const { tolerance, threshold, rowsMin, direction } = state.options
  let r = { ...state.running }
  return {
    update(value) {
      requireFinite(value, 'Page-Hinkley')
      r.n += 1
      r.mean += (value - r.mean) / r.n
      r.up += value - r.mean - tolerance
      r.upMin = Math.min(r.upMin, r.up)
      r.down += value - r.mean + tolerance
      r.downMax = Math.max(r.downMax, r.down)
      if (r.n < rowsMin) return 'stable'
      const up = direction !== 'down' && r.up - r.upMin > threshold
      const down = direction !== 'up' && r.downMax - r.down > threshold
      if (!up && !down) return 'stable'
      r = { ...PAGE_HINKLEY_START }
      return 'drift'
    },
    toState: () => ({ ...state, running: { ...r } }),
  }
}

function requireBit(value: number, detector: string): void {
  if (value !== 0 && value !== 1)
    throw new RangeError(`${detector} needs errors of 0 or 1, got ${value}`)
}

export interface DdmOptions {
  /** Warning at p + s > p_min + warning * s_min. Default 2. */
  readonly warning?: number
  /** Drift at p + s > p_min + drift * s_min. Default 3. */
  readonly drift?: number
  /** Rows before the first alarm. Default 30. */
  readonly rowsMin?: number
}

export interface DdmState {
  readonly kind: 'ddm'
  readonly version: 1
  readonly options: Required<DdmOptions>
  readonly running: {
    readonly n: number
    readonly rate: number
    /** Lowest p + s seen, with its p and s; null until there are enough rows. */
    readonly lowest: { readonly rate: number; readonly deviation: number } | null
  }
}

/**
 * Drift Detection Method: Gama, Medas, Castillo and Rodrigues, "Learning with Drift Detection"
 * (SBIA 2004). Takes 0/1 errors; p is their rate, s = sqrt(p (1 - p) / n). A run without any error
 * has s = 0, so the lowest point is kept only from the first error on.
 */
export function createDdm(options: DdmOptions = {}): DriftDetector<DdmState> {
  const { warning = 2, drift = 3, rowsMin = 30 } = options
  return ddmFromState({
    kind: 'ddm',
    version: 1,
    options: { warning, drift, rowsMin },
    running: { n: 0, rate: 0, lowest: null },
  })
}

export function ddmFromState(state: DdmState): DriftDetector<DdmState> {
  const { warning, drift, rowsMin } = state.options
  let { n, rate, lowest } = state.running
  return {
    update(error): DriftStatus {
      requireBit(error, 'DDM')
      n += 1
      rate += (error - rate) / n
      const deviation = Math.sqrt((rate * (1 - rate)) / n)
      if (n < rowsMin || deviation === 0) return 'stable'
      const level = rate + deviation
      if (lowest === null || level <= lowest.rate + lowest.deviation) lowest = { rate, deviation }
      if (level > lowest.rate + drift * lowest.deviation) {
        n = 0
        rate = 0
        lowest = null
        return 'drift'
      }
      return level > lowest.rate + warning * lowest.deviation ? 'warning' : 'stable'
    },
    toState: () => ({ ...state, running: { n, rate, lowest } }),
  }
}

export interface EddmOptions {
  /** Warning when the ratio falls below this. Default 0.95. */
  readonly warning?: number
  /** Drift when the ratio falls below this. Default 0.9. */
  readonly drift?: number
  /** Errors before the first alarm. Default 30. */
  readonly errorsMin?: number
}

export interface EddmState {
  readonly kind: 'eddm'
  readonly version: 1
  readonly options: Required<EddmOptions>
  readonly running: {
    readonly row: number
    readonly lastErrorRow: number
    readonly errors: number
    readonly mean: number
    readonly deviations: number
    readonly highest: number
  }
}

const EDDM_START = { row: 0, lastErrorRow: 0, errors: 0, mean: 0, deviations: 0, highest: 0 }

/**
 * Early Drift Detection Method: Baena-Garcia et al., "Early Drift Detection Method" (2006). Watches
 * the distance between errors: ratio (p' + 2 s') / max(p' + 2 s'). Good at gradual change; on noisy
 * streams it alarms easily, because the maximum only grows.
 */
export function createEddm(options: EddmOptions = {}): DriftDetector<EddmState> {
  const { warning = 0.95, drift = 0.9, errorsMin = 30 } = options
  return eddmFromState({
    kind: 'eddm',
    version: 1,
    options: { warning, drift, errorsMin },
    running: EDDM_START,
  })
}

export function eddmFromState(state: EddmState): DriftDetector<EddmState> {
  const { warning, drift, errorsMin } = state.options
  let r = { ...state.running }
  return {
    update(error): DriftStatus {
      requireBit(error, 'EDDM')
      r.row += 1
      if (error === 0) return 'stable'
      const distance = r.row - r.lastErrorRow
      r.lastErrorRow = r.row
      r.errors += 1
      const before = r.mean
      r.mean += (distance - r.mean) / r.errors
      r.deviations += (distance - before) * (distance - r.mean)
      if (r.errors < errorsMin) return 'stable'
      const level = r.mean + 2 * Math.sqrt(r.deviations / r.errors)
      if (level >= r.highest) {
        r.highest = level
        return 'stable'
      }
      const ratio = level / r.highest
      if (ratio < drift) {
        r = { ...EDDM_START }
        return 'drift'
      }
      return ratio < warning ? 'warning' : 'stable'
    },
    toState: () => ({ ...state, running: { ...r } }),
  }
}
