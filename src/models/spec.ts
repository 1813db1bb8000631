/** What a model predicts and from what: declared once, read by training, serving and docs. */
import type { AttributeDeclaration } from '../core/index.ts'
import { FEATURES } from '../features/index.ts'

/** The kinds of models the product knows. */
export type ModelName =
  | 'lead_scoring'
  | 'churn'
  | 'engagement'
  | 'property_matching'
  | 'personalization'
  | 'contact_timing'
  | 'channel'
  | 'journey'

export interface ModelSpec {
  readonly name: ModelName
  /** What a label of 1 says, in words. */
  readonly label: string
  /** The label looks this many days ahead. */
  readonly horizonDays: number
  /** Names from the features' catalogue. */
  readonly features: readonly string[]
  /** Own events of a lead below which no score is claimed; 0 for a model of attributes alone. */
  readonly minimumEvents: number
}

/**
 * Counts which features have a value, those of texts among them: through it a model could tell who
 * writes in a language the analyser does not know.
 */
const LANGUAGE_PROXY = 'data_completeness'

/** DECISIONS "Features": fewer events claim no behavioral score. */
const MINIMUM_EVENTS = 5

/** The calibrated chance of an offer or a purchase within the horizon. */
export const leadScoring: ModelSpec = {
  name: 'lead_scoring',
  label: 'an offer or a purchase',
  horizonDays: 90,
  features: FEATURES.map((feature) => feature.name).filter((name) => name !== LANGUAGE_PROXY),
  minimumEvents: MINIMUM_EVENTS,
}

/**
 * The same question of leads that were imported with attributes and a label without a date: nothing
 * but attributes to go by, and no minimum of events. Its horizon is the workspace's by convention.
 */
export const leadScoringOfAttributes: ModelSpec = {
  ...leadScoring,
  label: 'a conversion, whenever it came',
  features: [],
  minimumEvents: 0,
}

/** Why an attribute may not be an input of any model; null when it may. */
export function refusalOf({ policy, knownAt }: AttributeDeclaration): string | null {
  if (policy !== 'free') return `it is declared ${policy} under fair housing`
  return knownAt === 'after_outcome' ? 'it is known only after the outcome' : null
}
