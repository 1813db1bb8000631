/** GoHighLevel: webhooks, and the secret addresses for its workflows. */
import Type, { type Static } from 'typebox'

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
    name: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]+$' }),
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
export const GhlHooksAnswer = Type.Object({
  items: Type.Array(Type.Object(hookFields)),
  next_cursor: Type.Null(),
})
export type GhlHooksAnswer = Static<typeof GhlHooksAnswer>
