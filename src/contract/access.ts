/** Bodies of sign-in, keys, people and workspaces: one schema each. */
import Type, { type Static } from 'typebox'
import { WEEKDAYS, type WorkingHours } from '../core/index.ts'
import {
  Email,
  LINE,
  Name,
  Password,
  Role,
  Slug,
  Team,
  Time,
  TimeOrNull,
  TimeZone,
} from './fields.ts'

const Transport = Type.Optional(
  Type.Union([Type.Literal('cookie'), Type.Literal('body')], {
    description: 'How the refresh token comes: in an HttpOnly cookie (default) or in the body',
  }),
)

export const LoginBody = Type.Object(
  {
    email: Type.String({ maxLength: 254, pattern: LINE }),
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

const ClockTime = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$' })
const Hours = Type.Unsafe<WorkingHours>(
  Type.Partial(
    Type.Object(
      Object.fromEntries(
        WEEKDAYS.map((day) => [
          day,
          Type.Object({ from: ClockTime, to: ClockTime }, { additionalProperties: false }),
        ]),
      ),
    ),
    {
      additionalProperties: false,
      description: 'By weekday, in the time zone of whoever works; no day at all: not known',
    },
  ),
)

/** What a person says of themself, in all their workspaces. */
const profileFields = {
  name: Type.Optional(Name),
  time_zone: Type.Optional(TimeZone),
  working_hours: Type.Optional(Hours),
}
export const ProfileBody = Type.Object(profileFields, {
  additionalProperties: false,
  minProperties: 1,
})
export type ProfileBody = Static<typeof ProfileBody>

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
    ...profileFields,
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
  time_zone: TimeZone,
  working_hours: Hours,
  working_now: Type.Union([Type.Boolean(), Type.Null()], {
    description: 'By their hours and time zone; null: they named no hours',
  }),
  off_duty_until: Type.Union([Time, Type.Null()], {
    description: 'When they begin next; null while they work, and without hours',
  }),
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
  { slug: Slug, name: Name, time_zone: Type.Optional(TimeZone) },
  { additionalProperties: false },
)
export type WorkspaceBody = Static<typeof WorkspaceBody>

const workspaceFields = {
  ...WorkspaceName.properties,
  time_zone: Type.String(),
  role: Role,
}
export const WorkspaceAnswer = Type.Object(workspaceFields)
export type WorkspaceAnswer = Static<typeof WorkspaceAnswer>
export const WorkspacesAnswer = Type.Object({
  items: Type.Array(WorkspaceAnswer),
  next_cursor: Type.Null(),
})
export type WorkspacesAnswer = Static<typeof WorkspacesAnswer>
