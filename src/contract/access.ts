/** Bodies of sign-in, keys, people, workspaces and the audit log: one schema each. */
import Type, { type Static } from 'typebox'

/** Text that people wrote: no control characters. */
const Name = Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })
const Team = Type.String({ maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })
const Email = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@\\u0000-\\u001f]+@[^\\s@\\u0000-\\u001f]+$',
})
const Password = Type.String({ minLength: 12, maxLength: 256 })
const Slug = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })
const Role = Type.Union([Type.Literal('agent'), Type.Literal('lead'), Type.Literal('admin')])
const Time = Type.String({ description: 'ISO 8601, UTC' })
const TimeOrNull = Type.Union([Time, Type.Null()])

const Transport = Type.Optional(
  Type.Union([Type.Literal('cookie'), Type.Literal('body')], {
    description: 'How the refresh token comes: in an HttpOnly cookie (default) or in the body',
  }),
)

export const LoginBody = Type.Object(
  {
    email: Type.String({ maxLength: 254, pattern: '^[^\\u0000-\\u001f]+$' }),
    password: Type.String({ minLength: 1, maxLength: 256 }),
    refresh_transport: Transport,
  },
  { additionalProperties: false },
)
export type LoginBody = Static<typeof LoginBody>

/** No body at all: the token comes in the cookie. */
export const RefreshBody = Type.Union([
  Type.Object(
    { refresh_token: Type.Optional(Type.String({ maxLength: 200 })) },
    { additionalProperties: false },
  ),
  Type.Null(),
])

const WorkspaceName = Type.Object({
  workspace_id: Type.Integer(),
  slug: Slug,
  name: Type.String(),
  simulated: Type.Boolean({ description: 'Holds a simulated market, not real people' }),
})

export const SessionUser = Type.Object({
  user_id: Type.Integer(),
  email: Type.String(),
  name: Type.String(),
  role: Role,
  team: Type.String(),
  time_zone: Type.String(),
  workspace: WorkspaceName,
})
export type SessionUser = Static<typeof SessionUser>

export const SessionAnswer = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  refresh_token: Type.Optional(Type.String()),
  user: SessionUser,
})
export type SessionAnswer = Static<typeof SessionAnswer>

export const SwitchWorkspaceBody = Type.Object(
  { workspace: Slug, refresh_transport: Transport },
  { additionalProperties: false },
)
export type SwitchWorkspaceBody = Static<typeof SwitchWorkspaceBody>

export const PasswordBody = Type.Object(
  { current_password: Type.String({ minLength: 1, maxLength: 256 }), new_password: Password },
  { additionalProperties: false },
)
export type PasswordBody = Static<typeof PasswordBody>

export const MeAnswer = Type.Union([
  Type.Object({
    kind: Type.Literal('user'),
    user: SessionUser,
    workspaces: Type.Array(Type.Object({ slug: Slug, name: Type.String(), role: Role })),
  }),
  Type.Object({
    kind: Type.Literal('secret'),
    key_id: Type.Integer(),
    workspace_id: Type.Integer(),
    scopes: Type.Array(Type.String()),
  }),
])
export type MeAnswer = Static<typeof MeAnswer>

const KeyScope = Type.Union([
  Type.Literal('events:write'),
  Type.Literal('leads:read'),
  Type.Literal('leads:write'),
  Type.Literal('admin'),
])

export const KeyBody = Type.Object(
  {
    kind: Type.Union([Type.Literal('secret'), Type.Literal('publishable')]),
    name: Name,
    scopes: Type.Optional(
      Type.Array(KeyScope, { maxItems: 4, description: 'Secret keys only; at least one' }),
    ),
    origins: Type.Optional(
      Type.Array(
        Type.String({ pattern: '^https?://[A-Za-z0-9.-]+(:\\d{1,5})?$', maxLength: 300 }),
        { maxItems: 50, description: 'Publishable keys only; at least one website' },
      ),
    ),
  },
  { additionalProperties: false },
)
export type KeyBody = Static<typeof KeyBody>

const keyFields = {
  key_id: Type.Integer(),
  kind: Type.Union([Type.Literal('secret'), Type.Literal('publishable')]),
  name: Type.String(),
  hint: Type.String(),
  scopes: Type.Array(Type.String()),
  origins: Type.Array(Type.String()),
  created_at: Time,
  revoked_at: TimeOrNull,
}
export const KeyAnswer = Type.Object({
  ...keyFields,
  key: Type.String({ description: 'Shown this once; only its hash is kept' }),
})
export type KeyAnswer = Static<typeof KeyAnswer>
export const KeysAnswer = Type.Object({
  items: Type.Array(Type.Object(keyFields)),
  next_cursor: Type.Null(),
})
export type KeysAnswer = Static<typeof KeysAnswer>

export const UserBody = Type.Object(
  {
    email: Email,
    name: Name,
    role: Role,
    team: Type.Optional(Team),
    password: Type.Optional(Password),
  },
  { additionalProperties: false },
)
export type UserBody = Static<typeof UserBody>

export const UserChangeBody = Type.Object(
  {
    role: Type.Optional(Role),
    team: Type.Optional(Team),
    disabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type UserChangeBody = Static<typeof UserChangeBody>

const userFields = {
  user_id: Type.Integer(),
  email: Type.String(),
  name: Type.String(),
  role: Role,
  team: Type.String(),
  disabled_at: TimeOrNull,
}
export const UserAnswer = Type.Object({
  ...userFields,
  password: Type.Optional(
    Type.String({ description: 'The generated password of a new user; shown this once' }),
  ),
})
export type UserAnswer = Static<typeof UserAnswer>
export const UsersAnswer = Type.Object({
  items: Type.Array(Type.Object(userFields)),
  next_cursor: Type.Null(),
})
export type UsersAnswer = Static<typeof UsersAnswer>

export const WorkspaceBody = Type.Object(
  { slug: Slug, name: Name, time_zone: Type.Optional(Type.String({ maxLength: 64 })) },
  { additionalProperties: false },
)
export type WorkspaceBody = Static<typeof WorkspaceBody>

const workspaceFields = {
  ...WorkspaceName.properties,
  time_zone: Type.String(),
  role: Role,
}
export const WorkspaceAnswer = Type.Object(workspaceFields)
export const WorkspacesAnswer = Type.Object({
  items: Type.Array(WorkspaceAnswer),
  next_cursor: Type.Null(),
})

export const AuditAnswer = Type.Object({
  items: Type.Array(
    Type.Object({
      entry_no: Type.Integer(),
      at: Time,
      actor: Type.String(),
      action: Type.String(),
      subject: Type.String(),
      details: Type.Record(Type.String(), Type.Unknown()),
      hash: Type.String({ description: 'SHA-256 over this entry and the hash before it' }),
    }),
  ),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})
export const AuditVerification = Type.Object({
  intact: Type.Boolean(),
  first_broken_entry: Type.Union([Type.Integer(), Type.Null()]),
})
