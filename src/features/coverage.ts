/** How complete and how fresh features are over many leads. */
import { medianInPlace } from '../math/index.ts'
import type { Known } from './evidence.ts'
import { extractFeatures, FEATURES, NUMERIC_FEATURES } from './vector.ts'

/** Of one feature, over the leads that were noted. */
export interface FeatureCoverage {
  readonly name: string
  /** Leads that have a value: enough evidence for it. */
  readonly known: number
  /** Median age of the newest evidence, seconds, over leads with any; null: none has. */
  readonly freshnessSeconds: number | null
}

export interface Coverage {
  readonly leads: number
  /** Leads of which anything was recorded, and the median age of the last of it, seconds. */
  readonly withEvents: number
  readonly freshnessSeconds: number | null
  /** In the order of FEATURES. */
  readonly features: readonly FeatureCoverage[]
}

export interface CoverageCount {
  /** Counts a lead as of `asOf`, milliseconds since the epoch. */
  readonly note: (known: Known, asOf: number) => void
  readonly finish: () => Coverage
}

const medianOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : medianInPlace(Float64Array.from(values))

/** Notes leads one by one; memory grows by one number per lead and feature. */
export function countCoverage(): CoverageCount {
  let leads = 0
  const last: number[] = []
  const known = new Uint32Array(FEATURES.length)
  const ages = FEATURES.map((): number[] => [])
  return {
    note({ state, evidenceAt }, asOf) {
      leads++
      if (state.entries > 0) last.push(Math.max(0, asOf - state.cursorTime) / 1_000)
      const { numeric, categorical } = extractFeatures(state, asOf)
      for (let i = 0; i < FEATURES.length; i++) {
        const hasValue =
          i < NUMERIC_FEATURES.length
            ? !Number.isNaN(numeric[i])
            : categorical[i - NUMERIC_FEATURES.length] !== null
        if (hasValue) known[i] = known[i]! + 1
        const at = evidenceAt[i]!
        if (!Number.isNaN(at)) ages[i]!.push(Math.max(0, asOf - at) / 1_000)
      }
    },
    finish: () => ({
      leads,
      withEvents: last.length,
      freshnessSeconds: medianOf(last),
      features: FEATURES.map(({ name }, i) => ({
        name,
        known: known[i]!,
        freshnessSeconds: medianOf(ages[i]!),
      })),
    }),
  }
}
