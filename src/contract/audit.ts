/** Bodies of the audit log. */
import Type, { type Static } from 'typebox'
import { Time } from './fields.ts'
import { PageQuery } from './page.ts'

const filters = {
  actor: Type.Optional(
    Type.String({ maxLength: 40, pattern: '^[a-z]+(:[0-9]+)?$', description: 'e.g. user:7' }),
  ),
  kind: Type.Optional(
    Type.String({
      maxLength: 60,
      pattern: '^[a-z_]+([.][a-z_]+)?$',
      description: 'An action (key.created) or all of a noun (key)',
    }),
  ),
}

export const AuditQuery = Type.Object(
  { ...PageQuery.properties, ...filters },
  { additionalProperties: false },
)
export type AuditQuery = Static<typeof AuditQuery>

export const AuditExportQuery = Type.Object(filters, { additionalProperties: false })
export type AuditExportQuery = Static<typeof AuditExportQuery>

const AuditItem = Type.Object({
  entry_no: Type.Integer(),
  at: Time,
  actor: Type.String(),
  actor_name: Type.Union([Type.String(), Type.Null()], {
    description: 'Of the person or the key, as they are called now',
  }),
  action: Type.String(),
  subject: Type.String(),
  details: Type.Record(Type.String(), Type.Unknown()),
  hash: Type.String({ description: 'SHA-256 over this entry and the hash before it' }),
})
export type AuditItem = Static<typeof AuditItem>

export const AuditAnswer = Type.Object({
  items: Type.Array(AuditItem),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})
export type AuditAnswer = Static<typeof AuditAnswer>

export const AuditVerification = Type.Object({
  intact: Type.Boolean(),
  first_broken_entry: Type.Union([Type.Integer(), Type.Null()]),
})
export type AuditVerification = Static<typeof AuditVerification>
