/** Bodies of the lead routes: one schema each. */
import Type, { type Static } from 'typebox'
import { Identifier } from '../core/index.ts'
import { Email, LINE } from './fields.ts'
import { OneOf, PageQuery } from './page.ts'
import { LeadScore } from './scores.ts'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Word = Type.String({ minLength: 1, maxLength: 64, pattern: LINE })
const Text = Type.String({ maxLength: 500 })
const Time = Type.String({ description: 'ISO 8601, UTC' })

const leadFields = {
  name: Type.Optional(Nullable(Text)),
  email: Type.Optional(Nullable(Email)),
  phone: Type.Optional(Nullable(Type.String({ maxLength: 40 }))),
  segment: Type.Optional(Nullable(Word)),
  stage: Type.Optional(Nullable(Word)),
  attributes: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'Anything else; null removes an attribute',
    }),
  ),
}

export const LeadBody = Type.Object(
  {
    schema_version: Type.Optional(Type.Integer({ description: 'The body is a lead record' })),
    lead_id: Type.Optional(Identifier),
    ...leadFields,
  },
  { additionalProperties: true, description: 'Further keys are kept as attributes' },
)
export type LeadBody = Static<typeof LeadBody>

export const LeadChangeBody = Type.Object(leadFields, {
  additionalProperties: true,
  minProperties: 1,
})
export type LeadChangeBody = Static<typeof LeadChangeBody>

/** The newest thing that was recorded of a lead. */
export const LastEvent = Type.Object({
  type: Type.String(),
  label: Type.String(),
  timestamp: Time,
})
export type LastEvent = Static<typeof LastEvent>

export const LeadAnswer = Type.Object({
  lead_id: Type.String(),
  name: Nullable(Type.String()),
  email: Nullable(Type.String()),
  phone: Nullable(Type.String()),
  segment: Nullable(Type.String()),
  stage: Nullable(Type.String()),
  owner_id: Nullable(Type.Integer()),
  snoozed_until: Nullable(Type.String({ description: 'Not to be called before; ISO 8601, UTC' })),
  hidden_at: Nullable(Time),
  attributes: Type.Record(Type.String(), Type.Unknown()),
  created_at: Time,
  updated_at: Time,
  score: Type.Optional(
    Type.Union([LeadScore, Type.Null()], { description: 'In lists; null: not computed yet' }),
  ),
  last_event: Type.Optional(
    Type.Union([LastEvent, Type.Null()], { description: 'In lists; null: nothing happened yet' }),
  ),
  position: Type.Optional(
    Type.Integer({ description: 'Of the entry that a change made in the log; can be undone' }),
  ),
  possible_duplicates: Type.Optional(
    Type.Array(Type.String(), { description: 'Leads with the same e-mail address or phone' }),
  ),
})
export type LeadAnswer = Static<typeof LeadAnswer>

/** `call_next`: probability x expected commission x reachability. */
export const LEAD_SORTS = ['newest', 'call_next', 'score', 'churn', 'last_activity'] as const
export type LeadSort = (typeof LEAD_SORTS)[number]

export const LEAD_SIGHTS = ['active', 'snoozed', 'hidden', 'closed', 'all'] as const
export type LeadSight = (typeof LEAD_SIGHTS)[number]

export const LeadsQuery = Type.Object(
  {
    ...PageQuery.properties,
    q: Type.Optional(Type.String({ minLength: 1, maxLength: 100, pattern: LINE })),
    segment: Type.Optional(Word),
    stage: Type.Optional(Word),
    owner_id: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    unassigned: Type.Optional(Type.Boolean({ description: 'Only those of nobody' })),
    show: Type.Optional(
      OneOf(
        LEAD_SIGHTS,
        'active: may be called; closed: also lost. Default active for call_next, else all',
      ),
    ),
    sort: Type.Optional(
      OneOf(LEAD_SORTS, 'Highest first; leads without a value come last. Default newest'),
    ),
  },
  { additionalProperties: false },
)
export type LeadsQuery = Static<typeof LeadsQuery>

export const StagesAnswer = Type.Object({ items: Type.Array(Type.String()) })
export type StagesAnswer = Static<typeof StagesAnswer>

const NextCursor = Nullable(Type.String())
export const LeadsAnswer = Type.Object({ items: Type.Array(LeadAnswer), next_cursor: NextCursor })
export type LeadsAnswer = Static<typeof LeadsAnswer>

export const LeadParams = Type.Object({ id: Identifier })
export type LeadParams = Static<typeof LeadParams>

const TimelineItem = Type.Object({
  position: Type.Integer({ description: 'Place in the log: when we learned it' }),
  type: Type.String(),
  label: Type.String(),
  timestamp: Time,
  received_at: Time,
  grade: Nullable(Type.String({ description: 'human, machine or unknown' })),
  property_id: Nullable(Type.String()),
  duration_seconds: Nullable(Type.Number()),
  properties: Type.Record(Type.String(), Type.Unknown()),
  context: Type.Record(Type.String(), Type.Unknown()),
  frozen: Type.Optional(Type.Unknown()),
  event_id: Nullable(Type.String()),
  undone_at: Nullable(Type.String({ description: 'When somebody took it back; ISO 8601, UTC' })),
  undoable: Type.Boolean(),
})
export type TimelineItem = Static<typeof TimelineItem>
export const TimelineAnswer = Type.Object({
  items: Type.Array(TimelineItem),
  next_cursor: NextCursor,
})
export type TimelineAnswer = Static<typeof TimelineAnswer>

export const OtherLeadBody = Type.Object({ lead_id: Identifier }, { additionalProperties: false })
export type OtherLeadBody = Static<typeof OtherLeadBody>
export const MergeAnswer = Type.Object({
  lead_id: Type.String(),
  other_lead_id: Type.String(),
  status: Type.Union([Type.Literal('merged'), Type.Literal('unmerged'), Type.Literal('already')]),
})

export const NoteBody = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 10_000 }) },
  { additionalProperties: false },
)
export type NoteBody = Static<typeof NoteBody>
export const AssignBody = Type.Object(
  { user_id: Nullable(Type.Integer({ minimum: 1, maximum: 2 ** 53 - 1 })) },
  { additionalProperties: false },
)
export type AssignBody = Static<typeof AssignBody>
export const EntryAnswer = Type.Object({
  position: Type.Integer({ description: 'In the log; names the entry to POST /v1/leads/:id/undo' }),
})
export type EntryAnswer = Static<typeof EntryAnswer>

export const LeadExport = Type.Object({
  lead: LeadAnswer,
  identities: Type.Array(Type.Unknown()),
  links: Type.Array(Type.Unknown()),
  timeline: Type.Array(TimelineItem),
  predictions: Type.Array(Type.Unknown()),
  feedback: Type.Array(Type.Unknown()),
})
export const EraseAnswer = Type.Object({ erased: Type.Literal(true), entries: Type.Integer() })
