/** Reading the state: every feature's value as of a moment. */
import { BEHAVIOR_FEATURES } from './behavior-features.ts'
import { LEAD_CATEGORIES } from './categorical-features.ts'
import {
  completeness,
  CONTEXTUAL_FEATURES,
  dataCompleteness,
  hasEnough,
} from './contextual-features.ts'
import type { CategoricalFeature, FeatureDeclaration, NumericFeature } from './declaration.ts'
import { DOMINANT_EMOTION, EMOTIONAL_FEATURES } from './emotional-features.ts'
import { PROPERTY_FEATURES } from './property-features.ts'
import { SESSION_FEATURES } from './session-features.ts'
import type { LeadState } from './state.ts'
import { TIME_FEATURES } from './time-features.ts'

/** All categorical features, in the order of `FeatureVector.categorical`. */
export const CATEGORICAL_FEATURES: readonly CategoricalFeature[] = [
  ...LEAD_CATEGORIES,
  DOMINANT_EMOTION,
]

const MEASURED: readonly NumericFeature[] = [
  ...PROPERTY_FEATURES,
  ...BEHAVIOR_FEATURES,
  ...SESSION_FEATURES,
  ...TIME_FEATURES,
  ...EMOTIONAL_FEATURES,
  ...CONTEXTUAL_FEATURES,
]

/** All numeric features, in the order of `FeatureVector.numeric`. */
export const NUMERIC_FEATURES: readonly NumericFeature[] = [
  ...MEASURED,
  dataCompleteness([...MEASURED, ...CATEGORICAL_FEATURES]),
]

/** Every feature, declared once. */
export const FEATURES: readonly FeatureDeclaration[] = [
  ...NUMERIC_FEATURES,
  ...CATEGORICAL_FEATURES,
]

export interface FeatureVector {
  /** The moment the values are for, milliseconds since the epoch. */
  readonly asOf: number
  /** Highest log position the values know of; -1 without entries. */
  readonly knownPosition: number
  /** One per NUMERIC_FEATURES; NaN means "not enough data" and nothing else. */
  readonly numeric: Float64Array
  /** One per CATEGORICAL_FEATURES; null means "not enough data". */
  readonly categorical: readonly (string | null)[]
}

/** One group's extractor: the values of `features` as of `asOf`. Changes nothing. */
export interface FeatureExtractor {
  readonly features: readonly NumericFeature[]
  extract: (state: LeadState, asOf: number) => Float64Array
}

function extractorOf(features: readonly NumericFeature[]): FeatureExtractor {
  return {
    features,
    extract(state, asOf) {
      const values = new Float64Array(features.length)
      extractInto(values, features, state, asOf)
      return values
    },
  }
}

export const PropertyFeatureExtractor = extractorOf(PROPERTY_FEATURES)
export const BehaviorFeatureExtractor = extractorOf(BEHAVIOR_FEATURES)
export const SessionFeatureExtractor = extractorOf(SESSION_FEATURES)
export const TimeFeatureExtractor = extractorOf(TIME_FEATURES)
export const EmotionalFeatureExtractor = extractorOf(EMOTIONAL_FEATURES)
export const ContextualFeatureExtractor = extractorOf(
  NUMERIC_FEATURES.filter((feature) => feature.group === 'contextual'),
)

function extractInto(
  values: Float64Array,
  features: readonly NumericFeature[],
  state: LeadState,
  asOf: number,
): void {
  for (let i = 0; i < features.length; i++) {
    const feature = features[i]!
    values[i] = hasEnough(feature, state, asOf) ? feature.value(state, asOf) : Number.NaN
  }
}

/**
 * Every feature of one lead as of `asOf` (milliseconds since the epoch, not before the entries
 * folded). Changes nothing: the state may be read at any number of moments.
 */
export function extractFeatures(state: LeadState, asOf: number): FeatureVector {
  const numeric = new Float64Array(MEASURED.length + 1)
  const categorical: (string | null)[] = []
  let known = 0
  for (let i = 0; i < MEASURED.length; i++) {
    const feature = MEASURED[i]!
    if (hasEnough(feature, state, asOf)) {
      known++
      numeric[i] = feature.value(state, asOf)
    } else numeric[i] = Number.NaN
  }
  for (const feature of CATEGORICAL_FEATURES)
    if (hasEnough(feature, state, asOf)) {
      known++
      categorical.push(feature.level(state, asOf))
    } else categorical.push(null)
  // data_completeness, the last, would count them all once more.
  numeric[MEASURED.length] = completeness(known, FEATURES.length - 1)
  return { asOf, knownPosition: state.knownPosition, numeric, categorical }
}
