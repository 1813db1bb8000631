/** Bodies of what people do with leads: one schema each. */
import Type, { type Static } from 'typebox'
import { Identifier } from '../core/index.ts'
import { LINE } from './fields.ts'
import { LeadsQuery } from './leads.ts'
import { OneOf } from './page.ts'

const Time = Type.String({ maxLength: 40, description: 'ISO 8601' })
const Comment = Type.String({ maxLength: 2_000 })
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: LINE })

/** How a call went. */
export const CALL_RESULTS = ['reached', 'voicemail', 'no_answer', 'busy', 'wrong_number'] as const
export type CallResult = (typeof CALL_RESULTS)[number]

export const CallBody = Type.Object(
  {
    result: OneOf(CALL_RESULTS),
    note: Type.Optional(Comment),
    duration_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 604_800 })),
    timestamp: Type.Optional(Time),
    event_id: Type.Optional(Identifier),
  },
  { additionalProperties: false },
)
export type CallBody = Static<typeof CallBody>

/** What somebody who knows the lead says of its score. */
export const SCORE_VERDICTS = ['too_high', 'too_low', 'wrong_reason', 'right'] as const
export type ScoreVerdict = (typeof SCORE_VERDICTS)[number]

export const FeedbackBody = Type.Object(
  {
    score_id: Type.Optional(
      Type.String({
        pattern: '^[a-z_]{1,40}:\\d{1,9}:\\d{1,15}$',
        description: 'As the score names itself; absent: the current one',
      }),
    ),
    verdict: OneOf(SCORE_VERDICTS),
    because: Type.Optional(Comment),
  },
  { additionalProperties: false },
)
export type FeedbackBody = Static<typeof FeedbackBody>

export const SnoozeBody = Type.Object(
  { until: Type.Union([Time, Type.Null()], { description: 'Null: not any longer' }) },
  { additionalProperties: false },
)
export type SnoozeBody = Static<typeof SnoozeBody>

export const HideBody = Type.Object(
  { hidden: Type.Optional(Type.Boolean({ description: 'Default true; false: shown again' })) },
  { additionalProperties: false },
)
export type HideBody = Static<typeof HideBody>

export const UndoBody = Type.Union([
  Type.Object(
    { position: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) },
    { additionalProperties: false },
  ),
  Type.Object({ event_id: Identifier }, { additionalProperties: false }),
])
export type UndoBody = Static<typeof UndoBody>
export const UndoAnswer = Type.Object({
  position: Type.Integer({ description: 'Of the entry that takes the other back' }),
  undone: Type.Object({ position: Type.Integer(), type: Type.String() }),
})
export type UndoAnswer = Static<typeof UndoAnswer>

const { cursor: _cursor, limit: _limit, ...filterFields } = LeadsQuery.properties
/** What a list of leads is filtered and sorted by. */
export const LeadFilterQuery = Type.Object(filterFields, { additionalProperties: false })

export const SavedFilterBody = Type.Object(
  { name: Name, query: LeadFilterQuery },
  { additionalProperties: false },
)
export type SavedFilterBody = Static<typeof SavedFilterBody>
export const SavedFilterAnswer = Type.Object({
  filter_id: Type.Integer(),
  name: Type.String(),
  query: LeadFilterQuery,
})
export type SavedFilterAnswer = Static<typeof SavedFilterAnswer>
export const SavedFiltersAnswer = Type.Object({
  items: Type.Array(SavedFilterAnswer),
  next_cursor: Type.Null(),
})
export type SavedFiltersAnswer = Static<typeof SavedFiltersAnswer>
