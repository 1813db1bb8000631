/** Bodies of invitations and of one-time links. */
import Type, { type Static } from 'typebox'
import { Email, Name, Password, Role, Team, Time, TimeZone } from './fields.ts'

export const InvitationBody = Type.Object(
  { email: Email, role: Role, team: Type.Optional(Team) },
  { additionalProperties: false },
)
export type InvitationBody = Static<typeof InvitationBody>

const Path = Type.String({
  description: 'The one-time link, to be appended to the product’s address; shown this once',
})

const invitationFields = {
  invitation_id: Type.Integer(),
  email: Type.String(),
  role: Role,
  team: Type.String(),
  created_at: Time,
  expires_at: Time,
}
export const InvitationAnswer = Type.Object({ ...invitationFields, path: Path })
export type InvitationAnswer = Static<typeof InvitationAnswer>
export const InvitationsAnswer = Type.Object({
  items: Type.Array(Type.Object(invitationFields)),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})
export type InvitationsAnswer = Static<typeof InvitationsAnswer>

export const PasswordLinkAnswer = Type.Object({ path: Path, expires_at: Time })
export type PasswordLinkAnswer = Static<typeof PasswordLinkAnswer>

const Token = Type.String({ maxLength: 100, description: 'What follows # in the link' })

export const LinkBody = Type.Object({ token: Token }, { additionalProperties: false })
export type LinkBody = Static<typeof LinkBody>

export const LinkAnswer = Type.Object({
  kind: Type.Union([Type.Literal('invitation'), Type.Literal('password')]),
  email: Type.String(),
  workspace: Type.String({ description: 'Its name' }),
  role: Role,
  expires_at: Time,
  has_account: Type.Boolean({
    description: 'The address has an account: its password is asked for, and none is set',
  }),
})
export type LinkAnswer = Static<typeof LinkAnswer>

export const AcceptBody = Type.Object(
  {
    token: Token,
    password: Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'A new one of at least 12 characters; of whoever has an account, theirs',
    }),
    name: Type.Optional(Name),
    time_zone: Type.Optional(TimeZone),
  },
  { additionalProperties: false },
)
export type AcceptBody = Static<typeof AcceptBody>

export const NewPasswordBody = Type.Object(
  { token: Token, password: Password },
  { additionalProperties: false },
)
export type NewPasswordBody = Static<typeof NewPasswordBody>
