/** What a feature is: one declaration from which serving, training, help texts and docs follow. */
import type { LeadState } from './state.ts'

export type FeatureGroup =
  'property' | 'behavior' | 'session' | 'time' | 'categorical' | 'emotional' | 'contextual'

/** How much of the past counts: half-lives for decay, length for sliding windows. */
export type FeatureWindow = 'lifetime' | 'decay_7d' | 'decay_30d' | 'sliding_30d' | 'recent'

interface Declaration {
  readonly name: string
  readonly group: FeatureGroup
  readonly unit: string
  /** Plain-language name on screens. */
  readonly label: string
  /**
   * What it says about the lead, for an agent; `{value}` stands for the value in words, with its
   * unit where that is a share or a time, and `{home|homes}` for what is counted by it.
   */
  readonly sentence: string
  /** How it is computed, with the source of a formula. */
  readonly how: string
  readonly window: FeatureWindow
  /** Below this much evidence there is no value ("not enough data"). */
  readonly minimum: number
  /** What the evidence counts, in the plural. */
  readonly evidenceOf: string
  /** Parts of the state (and other features) it depends on. */
  readonly reads: readonly string[]
  /** How much evidence the state holds; compared with `minimum`. */
  readonly evidence: (state: LeadState, asOf: number) => number
  /** Where `evidence` has a ceiling: a count that still rises with each piece of it. */
  readonly pieces?: (state: LeadState) => number
}

export interface NumericFeature extends Declaration {
  readonly type: 'number'
  /** Smallest and largest possible value; every value is inside. */
  readonly range: readonly [number, number]
  /** The value as of `asOf` (milliseconds since the epoch); NaN when it is not defined. */
  readonly value: (state: LeadState, asOf: number) => number
}

export interface CategoricalFeature extends Declaration {
  readonly type: 'category'
  /** All levels, or empty when they are found in the data. */
  readonly levels: readonly string[]
  readonly level: (state: LeadState, asOf: number) => string | null
}

export type FeatureDeclaration = NumericFeature | CategoricalFeature

export const UNBOUNDED = Number.MAX_SAFE_INTEGER
