/** The people of a workspace. */
import type { FastifyInstance } from 'fastify'
import {
  NumberParams,
  PasswordLinkAnswer,
  UserAnswer,
  UserBody,
  UserChangeBody,
  UsersAnswer,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  addMember,
  announce,
  appendAudit,
  changeMember,
  changeProfile,
  createLink,
  endSessions,
  listMembers,
  mayManageAccount,
  revokeLinks,
  type Queryable,
} from '../../store/index.ts'
import { hashPassword, inventPassword } from '../auth/passwords.ts'
import { inventLink } from '../auth/tokens.ts'
import { actorOf, type Access, type Principal } from '../principal.ts'
import type { Services } from '../services.ts'
import { ADMIN } from './keys.ts'
import { toProfile, toUser } from './member.ts'

const EVERYONE: Access = { role: 'agent', scope: 'leads:read' }
/** A link for a new password is used while both speak of it. */
const PASSWORD_LINK_DAYS = 1
const tags = ['people']

function addUserRoute(app: FastifyInstance, { database, clock }: Services): void {
  app.post<{ Body: UserBody }>(
    '/v1/users',
    {
      schema: { tags, summary: 'Add a person', body: UserBody, response: { 201: UserAnswer } },
      config: { access: ADMIN },
    },
    async ({ principal, body }, reply) => {
      const { workspaceId } = principal
      const { email, name, role, team = '' } = body
      const password = body.password ?? inventPassword()
      const passwordHash = await hashPassword(password)
      const answer = await database.withWorkspace(workspaceId, async (client) => {
        const fields = { email, name, role, team, passwordHash }
        const { userId, created, joined } = await addMember(client, workspaceId, fields)
        if (!joined) throw new AppError('conflict', 'they are a member of this workspace already')
        await revokeLinks(client, 'invitation', email)
        const actor = actorOf(principal)
        const details = { role, team }
        const fact = { actor, action: 'user.added', subject: `user:${userId}`, details }
        await appendAudit(client, workspaceId, fact)
        const [member] = await listMembers(client, userId)
        // Somebody with an account elsewhere keeps their password: it is not ours to set.
        const isShown = created && body.password === undefined
        return { ...toUser(member!, clock.now()), ...(isShown ? { password } : {}) }
      })
      return reply.code(201).send(answer)
    },
  )
}

/** @throws AppError `forbidden` when somebody else has a say in the account too. */
async function checkAccount(
  client: Queryable,
  principal: Principal,
  userId: number,
  what: string,
): Promise<void> {
  const adminId = principal.kind === 'user' ? principal.userId : null
  if (userId === adminId) return
  if (await mayManageAccount(client, principal.workspaceId, adminId, userId)) return
  throw new AppError(
    'forbidden',
    `${what} belongs to the person: they are also in a workspace that you do not administer`,
  )
}

/** Everything of the change, or nothing. @throws AppError */
async function changeUser(
  client: Queryable,
  principal: Principal,
  userId: number,
  body: UserChangeBody,
): Promise<void> {
  const { workspaceId } = principal
  const { role, team, disabled, ...profile } = body
  const membership = {
    ...(role !== undefined && { role }),
    ...(team !== undefined && { team }),
    ...(disabled !== undefined && { disabled }),
  }
  const admins = await changeMember(client, userId, membership)
  if (admins === undefined) throw new AppError('not-found')
  if (admins === 0)
    throw new AppError('conflict', 'a workspace needs an administrator: name another first')
  const fields = Object.keys(profile)
  if (fields.length > 0) {
    await checkAccount(client, principal, userId, 'a profile')
    await changeProfile(client, userId, toProfile(profile))
  }
  const [member] = await listMembers(client, userId)
  if (disabled === true) {
    await endSessions(client, { userId, workspaceId })
    await revokeLinks(client, 'password', member!.email)
  }
  await appendAudit(client, workspaceId, {
    actor: actorOf(principal),
    action: 'user.changed',
    subject: `user:${userId}`,
    details: { ...membership, ...(fields.length > 0 && { profile: fields }) },
  })
  await announce(client, 'access')
}

function changeUserRoute(app: FastifyInstance, services: Services): void {
  const { database, clock, accessChanges } = services
  app.patch<{ Params: NumberParams; Body: UserChangeBody }>(
    '/v1/users/:id',
    {
      schema: {
        tags,
        summary: 'Change role, team or profile, disable or enable; disabling ends sessions at once',
        params: NumberParams,
        body: UserChangeBody,
        response: { 200: UserAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal, params, body }) => {
      const answer = await database.withWorkspace(principal.workspaceId, async (client) => {
        await changeUser(client, principal, params.id, body)
        const [member] = await listMembers(client, params.id)
        return toUser(member!, clock.now())
      })
      accessChanges.tell()
      return answer
    },
  )
}

function passwordLinkRoute(app: FastifyInstance, { database }: Services): void {
  app.post<{ Params: NumberParams }>(
    '/v1/users/:id/password-link',
    {
      schema: {
        tags,
        summary: 'Make a one-time link with which a person sets a new password',
        params: NumberParams,
        response: { 201: PasswordLinkAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal, params }, reply) => {
      const { workspaceId } = principal
      const actor = actorOf(principal)
      const { path, hash } = inventLink('password')
      const made = await database.withWorkspace(workspaceId, async (client) => {
        const [member] = await listMembers(client, params.id)
        if (member === undefined) throw new AppError('not-found')
        if (member.disabledAt !== null)
          throw new AppError('conflict', 'they are disabled: enable them first')
        await checkAccount(client, principal, params.id, 'the password')
        const { userId, email, role, team } = member
        const fields = { userId, email, role, team, hash, createdBy: actor }
        const kind = 'password' as const
        const link = await createLink(client, { kind, days: PASSWORD_LINK_DAYS, ...fields })
        const subject = `user:${userId}`
        await appendAudit(client, workspaceId, { actor, action: 'user.password_link', subject })
        return link
      })
      return reply.code(201).send({ path, expires_at: made.expiresAt.toISOString() })
    },
  )
}

export function userRoutes(app: FastifyInstance, services: Services): void {
  const { database, clock } = services
  app.get(
    '/v1/users',
    {
      schema: { tags, summary: 'The people of the workspace', response: { 200: UsersAnswer } },
      config: { access: EVERYONE },
    },
    async ({ principal }) => {
      const members = await database.withWorkspace(principal.workspaceId, (client) =>
        listMembers(client),
      )
      const now = clock.now()
      return { items: members.map((member) => toUser(member, now)), next_cursor: null }
    },
  )
  addUserRoute(app, services)
  changeUserRoute(app, services)
  passwordLinkRoute(app, services)
}
