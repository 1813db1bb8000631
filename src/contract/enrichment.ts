/** Bodies of the enrichment hook routes, and what a hook answers. */
import Type, { type Static } from 'typebox'
import { LINE_OR_EMPTY, Name, Time, TimeOrNull } from './fields.ts'

const AttributeValue = Type.Union([
  Type.String({ maxLength: 500, pattern: LINE_OR_EMPTY }),
  Type.Number(),
  Type.Boolean(),
  Type.Null(),
])

/** What a hook answers of a lead; null takes an attribute away. */
export const EnrichmentReply = Type.Object(
  {
    attributes: Type.Record(
      Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' }),
      AttributeValue,
      { maxProperties: 50, additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)

export const EnrichmentHookBody = Type.Object(
  { name: Name, url: Type.String({ minLength: 1, maxLength: 2_000 }) },
  { additionalProperties: false },
)
export type EnrichmentHookBody = Static<typeof EnrichmentHookBody>

export const EnrichmentHookAnswer = Type.Object({
  hook_id: Type.Integer(),
  secret: Type.String({ description: 'Key of the signature, base64url; told this once' }),
})
export type EnrichmentHookAnswer = Static<typeof EnrichmentHookAnswer>

export const EnrichmentHooksAnswer = Type.Object({
  items: Type.Array(
    Type.Object({
      hook_id: Type.Integer(),
      name: Type.String(),
      url: Type.String(),
      created_at: Time,
      revoked_at: TimeOrNull,
      waiting: Type.Integer({ minimum: 0, description: 'Leads it has not been asked about yet' }),
      is_full: Type.Boolean({ description: 'So many wait that changed leads are not queued' }),
      answered: Type.Integer({ minimum: 0 }),
      failed: Type.Integer({ minimum: 0, description: 'Leads given up on' }),
      last_answered_at: TimeOrNull,
      last_failed_at: TimeOrNull,
      last_failure: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  next_cursor: Type.Null(),
})
export type EnrichmentHooksAnswer = Static<typeof EnrichmentHooksAnswer>
