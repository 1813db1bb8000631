/** The public shape of one event (`POST /v1/events`), derived from the event table. */
import Type, { type Static } from 'typebox'

/** Identifiers are opaque texts of the caller without control characters. */
export const IDENTIFIER_PATTERN = '^[^\\u0000-\\u001f\\u007f]{1,256}$'

export const Identifier = Type.String({
  pattern: IDENTIFIER_PATTERN,
  description: '1 to 256 characters, no control characters',
})

export const EventContextInput = Type.Object(
  {
    device_type: Type.Optional(Type.String({ maxLength: 64 })),
    traffic_source: Type.Optional(Type.String({ maxLength: 256 })),
    campaign_id: Type.Optional(Identifier),
    session_id: Type.Optional(Identifier),
  },
  { additionalProperties: true, description: 'Where the event came from; further keys are kept' },
)

export const EventInput = Type.Object(
  {
    event_id: Type.Optional(
      Type.String({
        pattern: IDENTIFIER_PATTERN,
        description: 'Idempotency key, unique per workspace for ever; the same body may be resent',
      }),
    ),
    lead_id: Type.Optional(Identifier),
    anonymous_id: Type.Optional(Identifier),
    type: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'One of docs/reference/events.md',
    }),
    timestamp: Type.Optional(
      Type.String({ maxLength: 40, description: 'ISO 8601; when it happened. Absent: now' }),
    ),
    duration_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 604_800 })),
    property_id: Type.Optional(Identifier),
    properties: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    context: Type.Optional(EventContextInput),
  },
  { additionalProperties: false },
)

export type EventInput = Static<typeof EventInput>

/** How far from now an event time may lie. */
export const EVENT_TIME_LIMITS = { backDays: 400, aheadMinutes: 5 } as const
