/** Bodies of the feature routes: what is known of a lead, of many, and of the workspace. */
import Type, { type Static } from 'typebox'
import { Identifier } from '../core/index.ts'
import { Time, TimeOrNull } from './fields.ts'
import { OneOf } from './page.ts'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Probability = Type.Number({ minimum: 0, maximum: 1 })
const NumberOrNull = Nullable(Type.Number())
const TextOrNull = Nullable(Type.String())

/** Leads of one call of POST /v1/features; all features of so many are some 3 MB. */
export const FEATURE_LEADS_MAX = 100

const AsOf = Type.String({
  format: 'date-time',
  description: 'As known at this moment; events learned afterwards do not count',
})

export const FeaturesQuery = Type.Object(
  { as_of: Type.Optional(AsOf) },
  { additionalProperties: false },
)
export type FeaturesQuery = Static<typeof FeaturesQuery>

export const FeaturesBody = Type.Object(
  {
    lead_ids: Type.Array(Identifier, { minItems: 1, maxItems: FEATURE_LEADS_MAX }),
    as_of: Type.Optional(AsOf),
    features: Type.Optional(
      Type.Array(Identifier, {
        minItems: 1,
        maxItems: 200,
        description: 'Only these, by name; default all',
      }),
    ),
  },
  { additionalProperties: false },
)
export type FeaturesBody = Static<typeof FeaturesBody>

const Normalised = Type.Object(
  { min_max: Type.Number(), z_score: Type.Number(), robust: Type.Number() },
  { description: 'On the scales of the leads that the champion was trained on' },
)

const FeatureLevel = Type.Object(
  {
    level: OneOf(['low', 'usual', 'high']),
    low: Type.Number({ description: 'Below it a value is low: one lead in five is' }),
    high: Type.Number({ description: 'Above it a value is high: one lead in five is' }),
    among: Nullable(Type.String({ description: 'The segment compared with; null: all leads' })),
    leads: Type.Integer({ minimum: 0, description: 'Leads compared with' }),
  },
  {
    description:
      'Against leads of the same segment that the champion was trained on; small segments are ' +
      'drawn to all leads',
  },
)

const Freshness = (description: string) => Nullable(Type.Number({ minimum: 0, description }))

export const FeatureItem = Type.Object({
  feature: Type.String(),
  group: Type.String(),
  label: Type.String(),
  how: Type.String({ description: 'How it is computed' }),
  unit: Type.String(),
  window: Type.String({ description: 'How much of the past counts' }),
  range: Nullable(
    Type.Array(NumberOrNull, {
      minItems: 2,
      maxItems: 2,
      description: 'Smallest and largest possible value, null where there is no end',
    }),
  ),
  levels: Nullable(
    Type.Array(Type.String(), { description: 'All that a category can be; null: as found' }),
  ),
  sentence: Nullable(Type.String({ description: 'What the value says of the lead' })),
  value: Nullable(Type.Union([Type.Number(), Type.String()])),
  evidence: Type.Number({ description: 'How much the value rests on' }),
  evidence_of: Type.String({ description: 'What evidence counts' }),
  needs: Nullable(Type.String({ description: 'What a value takes at least; null: nothing' })),
  freshness_seconds: Freshness(
    'From the newest event that added evidence to as_of; null: there is none, or it is not kept',
  ),
  normalised: Nullable(Normalised),
  level: Nullable(FeatureLevel),
})
export type FeatureItem = Static<typeof FeatureItem>

const leadFeatures = {
  lead_id: Type.String(),
  as_of: Time,
  definitions: Type.Integer({
    description:
      'Which definitions of features the values follow: always those of the program that ' +
      'answers, also while stored states of older ones are rebuilt (their progress is at ' +
      'GET /v1/features/rebuild, under the same number)',
  }),
  known_position: Nullable(Type.Integer()),
  last_event_at: TimeOrNull,
  freshness_seconds: Freshness('From the last event to as_of'),
  items: Type.Array(FeatureItem),
}
export const FeaturesAnswer = Type.Object(leadFeatures)
export type FeaturesAnswer = Static<typeof FeaturesAnswer>

export const FeatureCatalogueAnswer = Type.Object({
  measured_at: Type.Union([Time, Type.Null()], {
    description: 'At most ten minutes old when somebody looks often; null: being measured',
  }),
  leads: Nullable(Type.Integer({ minimum: 0, description: 'Of the workspace' })),
  sampled: Nullable(Type.Integer({ minimum: 0, description: 'Drawn at random and measured' })),
  with_events: Nullable(
    Type.Number({ minimum: 0, maximum: 1, description: 'Share of leads with any event' }),
  ),
  completeness: Nullable(
    Type.Number({ minimum: 0, maximum: 1, description: 'Mean over all features' }),
  ),
  freshness_seconds: Freshness('Median age of the last event of leads with any'),
  items: Type.Array(
    Type.Object({
      feature: Type.String(),
      group: Type.String(),
      label: Type.String(),
      unit: Type.String(),
      how: Type.String({ description: 'How it is computed' }),
      window: Type.String(),
      needs: TextOrNull,
      completeness: Nullable(
        Type.Number({ minimum: 0, maximum: 1, description: 'Share of leads that have a value' }),
      ),
      interval: Nullable(
        Type.Array(Probability, {
          minItems: 2,
          maxItems: 2,
          description: '95 % interval of the share (Wilson), for it is measured on a sample',
        }),
      ),
      freshness_seconds: Freshness('Median age of the newest evidence; null: no lead has any'),
    }),
  ),
})
export type FeatureCatalogueAnswer = Static<typeof FeatureCatalogueAnswer>

/** What models and features say of a lead together; each part null where nothing says it. */
export const BehavioralProfile = Type.Object({
  churn_risk: Nullable(Probability),
  lead_quality: Type.Object({
    score: Nullable(Type.Number({ minimum: 0, maximum: 100 })),
    probability: Nullable(Probability),
    prior: Nullable(Probability),
    abstained: Type.Boolean(),
    reason: TextOrNull,
    model_version: Nullable(Type.Integer()),
  }),
  property_preferences: Type.Object({
    property_type: TextOrNull,
    price_mean: NumberOrNull,
    price_variation: NumberOrNull,
    bedrooms_mean: NumberOrNull,
    living_area_mean: NumberOrNull,
    location_focus: NumberOrNull,
  }),
  behavioral_intelligence: Type.Object({
    engagement_score: NumberOrNull,
    engagement_trend: NumberOrNull,
    decision_confidence: NumberOrNull,
    exploration_ratio: NumberOrNull,
    urgency_score: NumberOrNull,
    preferred_time_period: TextOrNull,
  }),
  data_quality: Type.Object({
    score: Probability,
    is_thin: Type.Boolean({ description: 'Below 0.5: see GET /v1/leads/:id/record' }),
  }),
  confidence: Nullable(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description:
        'Calibrated probability of the likelier answer; null: the model abstains, or the data ' +
        'are too thin',
    }),
  ),
})
export type BehavioralProfile = Static<typeof BehavioralProfile>

export const FeatureBatchAnswer = Type.Object({
  items: Type.Array(
    Type.Object({
      ...leadFeatures,
      profile: Type.Union([BehavioralProfile, Type.Null()], {
        description: 'Null with as_of: models and attributes are those of now',
      }),
    }),
  ),
  not_found: Type.Array(Type.String(), { description: 'Not there, or not for the caller to see' }),
  erased: Type.Array(Type.String(), { description: 'Erased at their request' }),
  not_kept: Type.Array(Type.String(), {
    description: 'What was known of them at as_of is no longer kept',
  }),
})
export type FeatureBatchAnswer = Static<typeof FeatureBatchAnswer>
