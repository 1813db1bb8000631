/** Bodies of the capture routes: one schema each. */
import Type, { type Static } from 'typebox'
import { EventInput, Identifier, OUTCOME_TYPES, PUBLIC_EVENT_TYPES } from '../core/index.ts'

export const EVENTS_PER_CALL_MAX = 1_000

export const ProblemBody = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    remedy: Type.String(),
    instance: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { description: 'RFC 9457 problem details' },
)
export type ProblemBody = Static<typeof ProblemBody>

/**
 * The route takes any JSON object here: each event is checked by itself, so that one bad event of
 * a batch does not take the others with it. This schema is what the documentation shows.
 */
export const EventsBody = Type.Union([
  EventInput,
  Type.Object({
    events: Type.Array(EventInput, { minItems: 1, maxItems: EVENTS_PER_CALL_MAX }),
  }),
])

export const EventsAnswer = Type.Object({
  accepted: Type.Integer({ description: 'Stored durably now' }),
  duplicates: Type.Integer({ description: 'Stored before under the same event_id' }),
  rejected: Type.Array(Type.Object({ index: Type.Integer(), problem: ProblemBody })),
  event_ids: Type.Optional(
    Type.Array(Type.Object({ index: Type.Integer(), event_id: Type.String() }), {
      description: 'Identifiers given to events that came without one',
    }),
  ),
})

export type EventsAnswer = Static<typeof EventsAnswer>

const Timestamp = Type.String({ maxLength: 40, description: 'ISO 8601' })
const Duration = Type.Number({ minimum: 0, maximum: 604_800 })

export const PropertyViewBody = Type.Object(
  {
    lead_id: Identifier,
    property_id: Identifier,
    duration_seconds: Type.Optional(Duration),
    actions: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 })),
    property_type: Type.Optional(Type.String({ maxLength: 128 })),
    price: Type.Optional(Type.Number({ minimum: 0 })),
    location: Type.Optional(Type.String({ maxLength: 256 })),
    timestamp: Type.Optional(Timestamp),
    event_id: Type.Optional(Identifier),
  },
  { additionalProperties: false },
)
export type PropertyViewBody = Static<typeof PropertyViewBody>

export const EmailEngagementBody = Type.Object(
  {
    lead_id: Identifier,
    campaign_id: Identifier,
    action: Type.Union([Type.Literal('open'), Type.Literal('click'), Type.Literal('reply')]),
    duration_seconds: Type.Optional(Duration),
    email_type: Type.Optional(Type.String({ maxLength: 128 })),
    send_time: Type.Optional(Timestamp),
    timestamp: Type.Optional(Timestamp),
    event_id: Type.Optional(Identifier),
  },
  { additionalProperties: false },
)
export type EmailEngagementBody = Static<typeof EmailEngagementBody>

export const TourScheduledBody = Type.Object(
  {
    lead_id: Identifier,
    property_id: Identifier,
    tour_date: Timestamp,
    tour_type: Type.Optional(
      Type.Union([Type.Literal('in_person'), Type.Literal('virtual')], { default: 'in_person' }),
    ),
    timestamp: Type.Optional(Timestamp),
    event_id: Type.Optional(Identifier),
  },
  { additionalProperties: false },
)
export type TourScheduledBody = Static<typeof TourScheduledBody>

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const InteractionAnswer = Type.Object({
  interaction_recorded: Type.Boolean(),
  status: Type.Literal('recorded'),
  interaction_id: Type.String({ description: 'The event_id' }),
  lead_score: Nullable(Type.Number({ minimum: 0, maximum: 100 })),
  churn_risk: Nullable(Type.Number({ minimum: 0, maximum: 1 })),
  recommended_actions: Type.Array(Type.String()),
  pending: Type.Boolean({ description: 'The state after this event was not ready in 250 ms' }),
  reason: Nullable(Type.String({ description: 'Why a score is null' })),
})
export type InteractionAnswer = Static<typeof InteractionAnswer>

export const OutcomeBody = Type.Object(
  {
    lead_id: Identifier,
    outcome_type: Type.Union(OUTCOME_TYPES.map((name) => Type.Literal(name))),
    timestamp: Type.Optional(Timestamp),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    event_id: Type.Optional(Identifier),
  },
  { additionalProperties: false },
)
export type OutcomeBody = Static<typeof OutcomeBody>

export const OutcomeAnswer = Type.Object({
  outcome_recorded: Type.Boolean(),
  outcome_id: Type.String(),
  position: Type.Integer({ description: 'In the log; names the entry to POST /v1/leads/:id/undo' }),
  success_score: Type.Number({ minimum: -1, maximum: 1 }),
})
export type OutcomeAnswer = Static<typeof OutcomeAnswer>

export const EventTypesAnswer = Type.Object({
  items: Type.Array(
    Type.Object({
      type: Type.Union(PUBLIC_EVENT_TYPES.map((name) => Type.Literal(name))),
      label: Type.String(),
      funnel_depth: Type.Integer(),
      engagement_weight: Type.Number(),
      actor: Type.String(),
      from_websites: Type.Boolean({ description: 'Publishable keys may send it' }),
    }),
  ),
})
export type EventTypesAnswer = Static<typeof EventTypesAnswer>

const SegmentTime = Type.Optional(Type.String({ maxLength: 40 }))
const WriteKey = Type.Optional(
  Type.String({ maxLength: 128, description: 'An API key, by callers that send no header' }),
)
const SegmentFields = {
  writeKey: WriteKey,
  userId: Type.Optional(Nullable(Identifier)),
  anonymousId: Type.Optional(Nullable(Identifier)),
  messageId: Type.Optional(Identifier),
  timestamp: SegmentTime,
  originalTimestamp: SegmentTime,
  sentAt: SegmentTime,
  context: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  properties: Type.Optional(Nullable(Type.Record(Type.String(), Type.Unknown()))),
  traits: Type.Optional(Nullable(Type.Record(Type.String(), Type.Unknown()))),
  event: Type.Optional(Type.String({ maxLength: 256 })),
  name: Type.Optional(Nullable(Type.String({ maxLength: 1_024 }))),
  category: Type.Optional(Nullable(Type.String({ maxLength: 256 }))),
  type: Type.Optional(Type.String({ maxLength: 32 })),
  previousId: Type.Optional(Identifier),
  groupId: Type.Optional(Identifier),
}

/** One message of the Segment HTTP tracking API; unknown keys are ignored as Segment does. */
export const SegmentMessage = Type.Object(SegmentFields, { additionalProperties: true })
export type SegmentMessage = Static<typeof SegmentMessage>

export const SegmentBatch = Type.Object(
  {
    batch: Type.Array(SegmentMessage, { maxItems: EVENTS_PER_CALL_MAX }),
    context: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    sentAt: SegmentTime,
    writeKey: WriteKey,
  },
  { additionalProperties: true },
)
export const SegmentAnswer = Type.Object({
  success: Type.Boolean(),
  rejected: Type.Optional(Type.Array(Type.Object({ index: Type.Integer(), problem: ProblemBody }))),
})
