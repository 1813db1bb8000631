/** What is there to learn from, and what of it can be learned. */
import Type, { type Static } from 'typebox'
import { OneOf } from './page.ts'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Time = Type.String({ description: 'ISO 8601, UTC' })
const Count = Type.Integer({ minimum: 0 })
const Share = Type.Number({ minimum: 0, maximum: 1 })

const TopShare = Type.Object({
  top: Type.Number({ description: 'Upper part of that day’s list, e.g. 0.1' }),
  share: Type.Number({ minimum: 0, maximum: 1, description: 'Of the closings, who stood in it' }),
  chance: Type.Number({ minimum: 0, maximum: 1, description: 'What a random order would give' }),
  interval: Type.Array(Share, { minItems: 2, maxItems: 2, description: '95 %, Wilson' }),
})

/** The last closings, looked back upon. */
export const ClosingsTest = Type.Object({
  model: Nullable(
    OneOf(
      ['earlier', 'others'],
      'earlier: learned from the time before all those days; others: each lead is answered by a ' +
        'model of four fifths of the leads, itself not among them',
    ),
  ),
  because: Nullable(Type.String({ description: 'Why there is no test; null when there is' })),
  closings: Count,
  closings_most: Type.Integer({ description: 'How many are looked back upon' }),
  from: Nullable(Time),
  to: Nullable(Time),
  days: Type.Array(
    Type.Object({
      days: Type.Integer({ description: 'Before the closing' }),
      closings: Type.Integer({ description: 'Whose lead was known and open on that day' }),
      not_known: Type.Integer({ description: 'Whose lead was not' }),
      listed: Type.Integer({ description: 'Leads on the list of such a day, in the middle' }),
      tops: Type.Array(TopShare),
    }),
  ),
})
export type ClosingsTest = Static<typeof ClosingsTest>

export const Learned = Type.Object({
  learned_from: OneOf(['behavior', 'attributes']),
  horizon_days: Type.Integer({ minimum: 1 }),
  leads: Type.Integer({ description: 'Whose outcome is final' }),
  positives: Type.Integer({ description: 'Of them, with the outcome' }),
  learnable: Type.Array(
    Type.Object({
      what: OneOf(['model', 'later_time', 'segment']),
      name: Nullable(Type.String({ description: 'Of a segment' })),
      is_ready: Type.Boolean(),
      have: Type.Integer({ description: 'Leads with the outcome' }),
      need: Type.Integer({ description: 'How many it takes' }),
      sentence: Type.String(),
    }),
  ),
  closings: ClosingsTest,
})
export type Learned = Static<typeof Learned>

export const ReadinessAnswer = Type.Object({
  leads: Count,
  outcomes: Type.Array(
    Type.Object({ type: Type.String(), label: Type.String(), leads: Count, from: Time, to: Time }),
    { description: 'With a day; most frequent first' },
  ),
  undated: Type.Object({ converted: Count, not_converted: Count }),
  model_version: Nullable(Type.Integer({ description: 'That is live; null: none' })),
  job: Type.Object({
    status: OneOf(['none', 'waiting', 'running', 'done', 'failed'], 'Of the latest look'),
    progress: Share,
    error: Nullable(Type.String()),
  }),
  computed_at: Nullable(Time),
  learned: Nullable(Learned),
})
export type ReadinessAnswer = Static<typeof ReadinessAnswer>

export const LookAccepted = Type.Object({ job_id: Type.String() })
