/** Bodies of the score routes. */
import Type, { type Static } from 'typebox'
import { Identifier } from '../core/index.ts'
import { OneOf } from './page.ts'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Time = Type.String({ description: 'ISO 8601, UTC' })
const Probability = Type.Number({ minimum: 0, maximum: 1 })
const Interval = Type.Array(Probability, { minItems: 2, maxItems: 2 })

/** Leads of one call of POST /v1/scores. */
export const SCORES_PER_CALL_MAX = 100

export const Factor = Type.Object({
  feature: Type.String(),
  label: Type.String(),
  value: Nullable(Type.Union([Type.Number(), Type.String()])),
  contribution: Type.Number({ description: 'Exact share of the log odds' }),
  sentence: Type.String(),
})
export type Factor = Static<typeof Factor>

export const PRIOR_SOURCES = ['segment', 'workspace', 'base'] as const
export type PriorSource = (typeof PRIOR_SOURCES)[number]

const whole = {
  score_id: Nullable(Type.String({ description: 'model:version:position, for feedback' })),
  score: Nullable(
    Type.Number({ minimum: 0, maximum: 100, description: 'Percentile; null: abstained' }),
  ),
  probability: Nullable(Probability),
  interval: Nullable(Interval),
  prior: Nullable(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Chance of a lead like this unseen; without a model a guess from its behavior',
    }),
  ),
  prior_from: Nullable(
    OneOf(PRIOR_SOURCES, 'What its level rests on; base: on simulated markets alone'),
  ),
  prior_interval: Nullable(
    Type.Array(Probability, {
      minItems: 2,
      maxItems: 2,
      description: '90 % interval of a guess; null: no guess',
    }),
  ),
  prior_sentence: Nullable(Type.String({ description: 'Where the prior comes from, in words' })),
  times_average: Nullable(Type.Number({ minimum: 0 })),
  abstained: Type.Boolean(),
  reason: Nullable(Type.String({ description: 'Why there is no score' })),
}

/** Why a lead is not to be called; `lost` is open again when it asks for something itself. */
export const NOT_CALLED = ['hidden', 'snoozed', 'closed', 'lost', 'do_not_call'] as const
export type NotCalled = (typeof NOT_CALLED)[number]

/** Probability x expected commission x reachability, and what it is made of. */
export const CallNext = Type.Object({
  not_called: Nullable(
    OneOf(NOT_CALLED, 'Why it stands on no list of calls; in words in reasons. Null: it does'),
  ),
  value: Nullable(Type.Number({ minimum: 0, description: 'Null: nothing to go by yet' })),
  expected_commission: Nullable(Type.Number({ minimum: 0 })),
  reachability: Type.Number({ minimum: 0, maximum: 1 }),
  reasons: Type.Array(Type.String()),
})
export type CallNext = Static<typeof CallNext>

/** The current score of a lead, as lists and socket frames carry it. */
export const LeadScore = Type.Object({
  ...whole,
  trend: Nullable(Type.Number({ description: 'Score less that of the day before' })),
  churn_risk: Nullable(Probability),
  call_next: CallNext,
  last_activity_at: Nullable(Time),
  computed_at: Time,
  model_version: Nullable(Type.Integer()),
})
export type LeadScore = Static<typeof LeadScore>

export const ScoreAnswer = Type.Object({
  lead_id: Type.String(),
  ...whole,
  confidence: Nullable(Probability),
  horizon_days: Type.Integer(),
  model: Nullable(Type.Object({ name: Type.String(), version: Type.Integer() })),
  factors: Type.Array(Factor, { description: 'Largest first; without a model: of the guess' }),
  call_next: CallNext,
  trend: Nullable(Type.Number()),
  computed_at: Time,
  as_of_event_id: Nullable(Type.String({ description: 'Newest event the score knows of' })),
  as_of_position: Nullable(Type.Integer()),
})
export type ScoreAnswer = Static<typeof ScoreAnswer>

export const ScoresBody = Type.Object(
  {
    lead_ids: Type.Array(Identifier, { minItems: 1, maxItems: SCORES_PER_CALL_MAX }),
    factors: Type.Optional(Type.Boolean({ description: 'Reasons too; default false' })),
  },
  { additionalProperties: false },
)
export type ScoresBody = Static<typeof ScoresBody>
export const ScoresAnswer = Type.Object({
  items: Type.Array(ScoreAnswer),
  not_found: Type.Array(Type.String()),
})
export type ScoresAnswer = Static<typeof ScoresAnswer>

export const ScoreHistoryAnswer = Type.Object({
  lead_id: Type.String(),
  items: Type.Array(
    Type.Object({
      score: Nullable(Type.Number()),
      probability: Nullable(Type.Number()),
      interval: Nullable(Interval),
      model: Type.Object({ name: Type.String(), version: Type.Integer() }),
      as_of: Time,
      as_of_position: Type.Integer(),
      made_at: Time,
      why: Type.String({ description: 'shown, acted or snapshot' }),
    }),
  ),
  next_cursor: Nullable(Type.String()),
})
export type ScoreHistoryAnswer = Static<typeof ScoreHistoryAnswer>
