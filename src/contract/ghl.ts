/** GoHighLevel: webhooks, and the secret addresses for its workflows. */
import Type, { type Static } from 'typebox'
import { Name } from './fields.ts'

const Time = Type.String({ description: 'ISO 8601, UTC' })
const TimeOrNull = Type.Union([Time, Type.Null()])

/** Checked by hand, after the signature over its bytes. */
export const GhlWebhookBody = Type.Object({}, { additionalProperties: true })

export const GhlWebhookAnswer = Type.Object({
  received: Type.Literal(true),
  stored: Type.Boolean({ description: 'False: no workspace is connected to the location' }),
  duplicate: Type.Boolean({ description: 'It was here before, and changes nothing' }),
})
export type GhlWebhookAnswer = Static<typeof GhlWebhookAnswer>

export const GhlHookParams = Type.Object({ secret: Type.String({ maxLength: 100 }) })
export type GhlHookParams = Static<typeof GhlHookParams>

export const GhlHookBody = Type.Object(
  {
    name: Name,
  },
  { additionalProperties: false },
)
export type GhlHookBody = Static<typeof GhlHookBody>

const hookFields = {
  hook_id: Type.Integer(),
  name: Type.String(),
  hint: Type.String({ description: 'First and last characters of the secret' }),
  created_at: Time,
  revoked_at: TimeOrNull,
}
export const GhlHookAnswer = Type.Object({
  ...hookFields,
  path: Type.String({ description: 'Of this address; shown this once, only its hash is kept' }),
})
export type GhlHookAnswer = Static<typeof GhlHookAnswer>
export const GhlHooksAnswer = Type.Object({
  items: Type.Array(Type.Object(hookFields)),
  next_cursor: Type.Null(),
})
export type GhlHooksAnswer = Static<typeof GhlHooksAnswer>

const LocationId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$' })
const Token = Type.String({ minLength: 8, maxLength: 500, pattern: '^[\\x21-\\x7e]+$' })

export const GhlImportBody = Type.Object(
  {
    location_id: LocationId,
    token: Type.Unsafe<string>({
      ...Token,
      description: 'Private integration token; held in memory while the import runs or is paused',
    }),
    history: Type.Optional(
      Type.Boolean({
        description: 'What was recorded counts as known then: models may learn of it',
      }),
    ),
    seller_pipelines: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        maxItems: 50,
        description: 'Names of pipelines in which winning means a signed listing',
      }),
    ),
  },
  { additionalProperties: false },
)
export type GhlImportBody = Static<typeof GhlImportBody>

export const GhlImportParams = Type.Object({ location: LocationId })
export type GhlImportParams = Static<typeof GhlImportParams>

export const GhlResumeBody = Type.Object(
  { token: Type.Optional(Token) },
  { additionalProperties: false },
)
export type GhlResumeBody = Static<typeof GhlResumeBody>

const Counts = Type.Record(Type.String(), Type.Integer())
export const GhlImportAnswer = Type.Object({
  location_id: Type.String(),
  state: Type.Enum(['running', 'paused', 'failed', 'cancelled', 'done', 'interrupted']),
  reading: Type.Union([Type.String(), Type.Null()]),
  fraction: Type.Number({ minimum: 0, maximum: 1 }),
  remaining_seconds: Type.Union([Type.Integer(), Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()], { description: 'What happened, what to do' }),
  token_held: Type.Boolean({ description: 'False: going on with it needs the token again' }),
  history: Type.Boolean(),
  requested_by: Type.Union([Type.String(), Type.Null()]),
  started_at: Time,
  touched_at: Time,
  finished_at: TimeOrNull,
  counts: Type.Object({
    found: Counts,
    leads: Counts,
    shared: Type.Object({ emails: Type.Integer(), phones: Type.Integer() }),
    events: Counts,
    outcomes: Counts,
    notes: Type.Integer(),
    skipped: Counts,
    refused: Counts,
  }),
})
export type GhlImportAnswer = Static<typeof GhlImportAnswer>

export const GhlAnswer = Type.Object({
  locations: Type.Array(
    Type.Object({ location_id: Type.String(), name: Type.String(), connected_at: Time }),
  ),
  imports: Type.Array(GhlImportAnswer),
  webhooks: Type.Object({
    path: Type.String({ description: 'Where an application of GoHighLevel sends to' }),
    received: Type.Integer({ description: 'In the last 24 hours' }),
    last_received_at: TimeOrNull,
    due: Type.Integer({ description: 'Stored, and about to be taken in' }),
    waiting: Type.Integer({ description: 'For contacts that are not known yet' }),
    quarantined: Type.Integer(),
    kept: Type.Array(
      Type.Object({ type: Type.String(), detail: Type.String(), count: Type.Integer() }),
      { description: 'What is in quarantine, the most frequent first' },
    ),
    refused: Type.Integer({ description: 'Since this process started, of all senders' }),
    last_refused_at: TimeOrNull,
    last_refusal: Type.Union([Type.String(), Type.Null()]),
  }),
})
export type GhlAnswer = Static<typeof GhlAnswer>
