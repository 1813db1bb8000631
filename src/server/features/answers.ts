/** What is known of a lead, as the contract shows it. */
import type { BehavioralProfile, FeatureItem, FeaturesAnswer } from '../../contract/index.ts'
import type { LeadQuality } from '../../core/index.ts'
import type { ComputedScore } from '../../decisions/index.ts'
import {
  CATEGORICAL_FEATURES,
  extractFeatures,
  FEATURES,
  FOLD_SCHEMA,
  NUMERIC_FEATURES,
  UNBOUNDED,
  type FeatureDeclaration,
  type FeatureVector,
  type Known,
} from '../../features/index.ts'
import {
  featureSentence,
  levelOf,
  scalesOf,
  type FittedModel,
  type Scales,
} from '../../models/index.ts'

const AT = new Map(FEATURES.map(({ name }, i) => [name, i]))
const NUMERIC_AT = new Map(NUMERIC_FEATURES.map(({ name }, i) => [name, i]))
const CATEGORY_AT = new Map(CATEGORICAL_FEATURES.map(({ name }, i) => [name, i]))

/** Smallest and largest possible value, null where there is no end; null for a category. */
function rangeOf(feature: FeatureDeclaration): FeatureItem['range'] {
  if (feature.type === 'category') return null
  return feature.range.map((end) => (Math.abs(end) === UNBOUNDED ? null : end))
}

function itemOf(
  feature: FeatureDeclaration,
  { state, evidenceAt }: Known,
  asOf: number,
  told: Pick<FeatureItem, 'value' | 'normalised' | 'level'>,
): FeatureItem {
  const { name, group, label, how, unit, window, minimum, evidenceOf } = feature
  const evidence = feature.evidence(state, asOf)
  const at = evidenceAt[AT.get(name)!]!
  return {
    feature: name,
    group,
    label,
    how,
    unit,
    window,
    range: rangeOf(feature),
    levels: feature.type === 'category' && feature.levels.length > 0 ? [...feature.levels] : null,
    sentence: told.value === null ? null : featureSentence(feature, told.value),
    ...told,
    evidence: Number.isFinite(evidence) ? evidence : 0,
    evidence_of: evidenceOf,
    needs: minimum === 0 ? null : `${minimum} ${evidenceOf}`,
    freshness_seconds: Number.isNaN(at) ? null : Math.max(0, asOf - at) / 1_000,
  }
}

/** A feature of which there is no value. */
const NOTHING = { value: null, normalised: null, level: null }

/** What the champion says of other leads. */
interface Others {
  readonly scales: Scales
  readonly levelOf: (feature: string, value: number) => FeatureItem['level']
}

function othersOf(model: FittedModel, segment: string | null): Others {
  const { thresholds } = model
  return {
    scales: scalesOf(model),
    levelOf: (feature, value) => thresholds && levelOf(thresholds, segment, feature, value),
  }
}

function told(feature: FeatureDeclaration, vector: FeatureVector, others: Others | undefined) {
  const { name } = feature
  if (feature.type === 'category')
    return { ...NOTHING, value: vector.categorical[CATEGORY_AT.get(name)!] ?? null }
  const value = vector.numeric[NUMERIC_AT.get(name)!]!
  if (Number.isNaN(value)) return NOTHING
  const scaled = others?.scales.get(name)?.(value) ?? null
  const normalised = scaled && {
    min_max: scaled.minMax,
    z_score: scaled.zScore,
    robust: scaled.robust,
  }
  return { value, normalised, level: others?.levelOf(name, value) ?? null }
}

export interface Compared {
  readonly leadId: string
  readonly segment: string | null
  /** The live model; undefined: nothing to compare values with. */
  readonly champion: FittedModel | undefined
  /** Which features; null: all. */
  readonly wanted: ReadonlySet<string> | null
}

/** Features of a lead as of `asOf`, milliseconds since the epoch. */
export function toFeaturesAnswer(
  known: Known,
  asOf: number,
  { leadId, segment, champion, wanted }: Compared,
): FeaturesAnswer {
  const { state } = known
  const vector = extractFeatures(state, asOf)
  const others = champion && othersOf(champion, segment)
  const last = state.cursorTime > 0 ? state.cursorTime : null
  const features = wanted === null ? FEATURES : FEATURES.filter(({ name }) => wanted.has(name))
  return {
    lead_id: leadId,
    as_of: new Date(asOf).toISOString(),
    definitions: FOLD_SCHEMA,
    known_position: state.knownPosition < 0 ? null : state.knownPosition,
    last_event_at: last === null ? null : new Date(last).toISOString(),
    freshness_seconds: last === null ? null : Math.max(0, asOf - last) / 1_000,
    items: features.map((feature) => itemOf(feature, known, asOf, told(feature, vector, others))),
  }
}

/** `churnRisk`: 0 to 1; null where no model says it. */
export function toProfile(
  computed: ComputedScore,
  quality: LeadQuality,
  churnRisk: number | null,
): BehavioralProfile {
  const { vector } = computed
  const number = (name: string): number | null => {
    const value = vector.numeric[NUMERIC_AT.get(name)!]!
    return Number.isNaN(value) ? null : value
  }
  const category = (name: string): string | null =>
    vector.categorical[CATEGORY_AT.get(name)!] ?? null
  return {
    churn_risk: churnRisk,
    lead_quality: {
      score: computed.score,
      probability: computed.probability,
      prior: computed.prior,
      abstained: computed.abstained,
      reason: computed.reason,
      model_version: computed.version,
    },
    property_preferences: {
      property_type: category('preferred_property_type'),
      price_mean: number('price_mean'),
      price_variation: number('price_variation'),
      bedrooms_mean: number('bedrooms_mean'),
      living_area_mean: number('living_area_mean'),
      location_focus: number('location_focus'),
    },
    behavioral_intelligence: {
      engagement_score: number('engagement_score'),
      engagement_trend: number('engagement_trend'),
      decision_confidence: number('decision_confidence'),
      exploration_ratio: number('exploration_ratio'),
      urgency_score: number('urgency_score'),
      preferred_time_period: category('preferred_time_period'),
    },
    data_quality: { score: quality.score, is_thin: quality.isThin },
    confidence: quality.isThin ? null : computed.confidence,
  }
}
