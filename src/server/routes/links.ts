/** What is done with a one-time link by whoever holds it: they have no session yet. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import {
  AcceptBody,
  LinkAnswer,
  LinkBody,
  NewPasswordBody,
  SessionAnswer,
} from '../../contract/index.ts'
import { AppError, type ErrorCode } from '../../core/index.ts'
import {
  addMember,
  announce,
  appendAudit,
  changeProfile,
  findAccount,
  findLink,
  findSession,
  refundAttempt,
  setPassword,
  takeAttempt,
  useLink,
  type Database,
  type FoundLink,
  type LinkKind,
} from '../../store/index.ts'
import { createAddressGate, PER_ACCOUNT, turnAway } from '../auth/guesses.ts'
import { openSession } from '../auth/open-session.ts'
import { hashPassword, passwordMatches } from '../auth/passwords.ts'
import { hashSecret, looksLikeLink } from '../auth/tokens.ts'
import type { Services } from '../services.ts'
import { checkTimeZone } from './member.ts'

const PASSWORD_MIN = 12
const tags = ['session']
const PUBLIC = { config: { access: 'public' as const } }

const CLOSED: Record<Exclude<FoundLink['state'], 'open'>, ErrorCode> = {
  used: 'link-used',
  revoked: 'link-revoked',
  expired: 'link-expired',
}

/** @throws AppError `link-unknown`, `link-used`, `link-revoked` or `link-expired`. */
async function openLink(database: Database, token: string, kind?: LinkKind): Promise<FoundLink> {
  const link = looksLikeLink(token) ? await findLink(database.app, hashSecret(token)) : undefined
  if (link === undefined || (kind !== undefined && link.kind !== kind))
    throw new AppError('link-unknown')
  if (link.state !== 'open') throw new AppError(CLOSED[link.state])
  return link
}

/** Whoever has an account shows that it is theirs. @throws AppError */
async function checkPassword(
  { database }: Services,
  reply: FastifyReply,
  { email }: FoundLink,
  password: string,
): Promise<void> {
  const guesses = hashSecret(`account:${email}`)
  turnAway(reply, await takeAttempt(database.app, guesses, PER_ACCOUNT))
  const account = await findAccount(database.app, email)
  if (!(await passwordMatches(password, account?.passwordHash)))
    throw new AppError('wrong-credentials', 'this address has an account: enter its password')
  await refundAttempt(database.app, guesses)
}

/** Name and password of whoever is new. @throws AppError `invalid-request`. */
function checkNewcomer({ name, password, time_zone }: AcceptBody): string {
  checkTimeZone(time_zone)
  if (name === undefined)
    throw new AppError('invalid-request', 'a name is needed', [
      { path: '/name', message: 'is needed: the address has no account yet' },
    ])
  if (password.length < PASSWORD_MIN)
    throw new AppError('invalid-request', 'the password is too short', [
      { path: '/password', message: `must have at least ${PASSWORD_MIN} characters` },
    ])
  return name
}

/** The new member's number. @throws AppError when the link was used meanwhile. */
async function join(services: Services, link: FoundLink, body: AcceptBody): Promise<number> {
  const { workspaceId, email, role, team, hasAccount } = link
  const name = hasAccount ? '' : checkNewcomer(body)
  // An account that exists keeps its password; the hash of nothing opens nothing.
  const passwordHash = hasAccount ? '' : await hashPassword(body.password)
  return services.database.withWorkspace(workspaceId, async (client) => {
    if (!(await useLink(client, hashSecret(body.token)))) throw new AppError('link-used')
    const fields = { email, name, role, team, passwordHash }
    const { userId, created, joined } = await addMember(client, workspaceId, fields)
    if (!joined) throw new AppError('conflict', 'you are a member already: sign in')
    if (created === hasAccount)
      throw new AppError('conflict', 'the account changed meanwhile: open the link again')
    if (created) await changeProfile(client, userId, { timeZone: body.time_zone })
    await appendAudit(client, workspaceId, {
      actor: `user:${userId}`,
      action: 'invitation.accepted',
      subject: `invitation:${link.linkId}`,
      details: { role, team },
    })
    return userId
  })
}

function acceptRoute(app: FastifyInstance, services: Services): void {
  const { database } = services
  const gate = createAddressGate(services)
  app.post<{ Body: AcceptBody }>(
    '/api/auth/links/invitation',
    {
      schema: {
        tags,
        summary: 'Accept an invitation',
        body: AcceptBody,
        response: { 200: SessionAnswer },
      },
      ...PUBLIC,
    },
    async (request, reply) => {
      const { body } = request
      await gate(request, reply)
      const link = await openLink(database, body.token, 'invitation')
      if (link.hasAccount) await checkPassword(services, reply, link, body.password)
      const userId = await join(services, link, body)
      const session = await findSession(database.app, userId, link.workspaceId)
      if (session === undefined) throw new AppError('unauthenticated', 'sign in again')
      return openSession(app, services, reply, session)
    },
  )
}

function newPasswordRoute(app: FastifyInstance, services: Services): void {
  const { database, accessChanges } = services
  const gate = createAddressGate(services)
  app.post<{ Body: NewPasswordBody }>(
    '/api/auth/links/password',
    {
      schema: {
        tags,
        summary: 'Set a new password with a one-time link; ends all other sessions',
        body: NewPasswordBody,
        response: { 200: SessionAnswer },
      },
      ...PUBLIC,
    },
    async (request, reply) => {
      await gate(request, reply)
      const { token, password } = request.body
      const link = await openLink(database, token, 'password')
      const userId = link.userId!
      const { workspaceId } = link
      const passwordHash = await hashPassword(password)
      await database.withWorkspace(workspaceId, async (client) => {
        if (!(await useLink(client, hashSecret(token)))) throw new AppError('link-used')
        await setPassword(client, userId, passwordHash)
        const actor = `user:${userId}`
        const fact = { actor, action: 'user.password_reset', subject: actor }
        await appendAudit(client, workspaceId, fact)
        await announce(client, 'access')
      })
      accessChanges.tell()
      const session = await findSession(database.app, userId, workspaceId)
      if (session === undefined) throw new AppError('unauthenticated', 'your account is disabled')
      return openSession(app, services, reply, session)
    },
  )
}

export function linkRoutes(app: FastifyInstance, services: Services): void {
  const { database } = services
  const gate = createAddressGate(services)
  app.post<{ Body: LinkBody }>(
    '/api/auth/links',
    {
      schema: {
        tags,
        summary: 'What a one-time link is for',
        body: LinkBody,
        response: { 200: LinkAnswer },
      },
      ...PUBLIC,
    },
    async (request, reply): Promise<LinkAnswer> => {
      await gate(request, reply)
      const link = await openLink(database, request.body.token)
      return {
        kind: link.kind,
        email: link.email,
        workspace: link.workspaceName,
        role: link.role,
        expires_at: link.expiresAt.toISOString(),
        has_account: link.hasAccount,
      }
    },
  )
  acceptRoute(app, services)
  newPasswordRoute(app, services)
}
