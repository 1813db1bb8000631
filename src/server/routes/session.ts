/** Sign-in, refresh, sign-out, the session's workspace and the caller. */
import type { FastifyInstance } from 'fastify'
import {
  LoginBody,
  MeAnswer,
  RefreshBody,
  SessionAnswer,
  SwitchWorkspaceBody,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  appendAudit,
  everyWorkspace,
  findAccount,
  findHome,
  findSession,
  listWorkspaces,
  refundAttempt,
  revokeRefreshToken,
  rotateRefreshToken,
  takeAttempt,
  type Database,
} from '../../store/index.ts'
import { createAddressGate, PER_ACCOUNT, turnAway } from '../auth/guesses.ts'
import {
  openSession,
  presentedToken,
  sessionAnswer,
  setRefreshCookie,
  toSessionUser,
} from '../auth/open-session.ts'
import { passwordMatches } from '../auth/passwords.ts'
import { hashSecret, inventRefreshToken, REFRESH_SECONDS } from '../auth/tokens.ts'
import { userOf } from '../principal.ts'
import type { Services } from '../services.ts'

const tags = ['session']
const PUBLIC = { config: { access: 'public' as const } }
const EVERYONE = { config: { access: { role: 'agent', scope: 'leads:read' } as const } }

const audit = (
  database: Database,
  workspaceId: number,
  actor: string,
  action: string,
  subject = actor,
): Promise<void> => appendAudit(database.app, workspaceId, { actor, action, subject })

const UNKNOWN = 'account:unknown'

/**
 * Also of whoever is disabled: that they try is worth knowing. An address of nobody is written down
 * in the workspace main, without the address, which may be a password in the wrong field; so that a
 * refusal takes as long either way.
 */
async function auditRefusal(database: Database, userId: number | undefined): Promise<void> {
  if (userId === undefined) {
    const all = await everyWorkspace(database.owner)
    const main = all.find(({ slug }) => slug === 'main')
    if (main !== undefined)
      await audit(database, main.workspaceId, 'system', 'session.refused', UNKNOWN)
    return
  }
  const workspaceId = await findHome(database.app, userId)
  if (workspaceId === undefined) return
  await audit(database, workspaceId, `user:${userId}`, 'session.refused')
}

function loginRoute(app: FastifyInstance, services: Services): void {
  const { database } = services
  const gate = createAddressGate(services)
  app.post<{ Body: LoginBody }>(
    '/api/auth/login',
    {
      schema: { tags, summary: 'Sign in', body: LoginBody, response: { 200: SessionAnswer } },
      ...PUBLIC,
    },
    async (request, reply) => {
      const { email, password, refresh_transport } = request.body
      const guesses = hashSecret(`account:${email.toLowerCase()}`)
      await gate(request, reply)
      turnAway(reply, await takeAttempt(database.app, guesses, PER_ACCOUNT))
      const account = await findAccount(database.app, email)
      const right = await passwordMatches(password, account?.passwordHash)
      const session =
        account === undefined ? undefined : await findSession(database.app, account.userId)
      if (!right || session === undefined) {
        await auditRefusal(database, account?.userId)
        throw new AppError('wrong-credentials')
      }
      await refundAttempt(database.app, guesses)
      const { workspace, userId } = session
      await audit(database, workspace.workspaceId, `user:${userId}`, 'session.opened')
      return openSession(app, services, reply, session, refresh_transport)
    },
  )
}

function refreshRoutes(app: FastifyInstance, services: Services): void {
  const { database, config } = services
  const secure = config.ENVIRONMENT === 'production'
  app.post(
    '/api/auth/refresh',
    {
      schema: {
        tags,
        summary: 'Exchange a refresh token for new tokens',
        body: RefreshBody,
        response: { 200: SessionAnswer },
      },
      ...PUBLIC,
    },
    async (request, reply) => {
      const { token, inBody } = presentedToken(request)
      const next = inventRefreshToken()
      const owner = await rotateRefreshToken(
        database.app,
        hashSecret(token),
        hashSecret(next),
        REFRESH_SECONDS,
      )
      const session = owner && (await findSession(database.app, owner.userId, owner.workspaceId))
      if (session === undefined) throw new AppError('unauthenticated', 'sign in again')
      const answer = sessionAnswer(app, session)
      if (inBody) return { ...answer, refresh_token: next }
      setRefreshCookie(reply, next, secure)
      return answer
    },
  )
  app.post(
    '/api/auth/logout',
    { schema: { tags, summary: 'Sign out', body: RefreshBody }, ...PUBLIC },
    async (request, reply) => {
      const { token } = presentedToken(request)
      const owner = await revokeRefreshToken(database.app, hashSecret(token))
      if (owner !== undefined)
        await audit(database, owner.workspaceId, `user:${owner.userId}`, 'session.closed')
      setRefreshCookie(reply, '', secure)
      return reply.code(204).send()
    },
  )
}

function sessionRoutes(app: FastifyInstance, services: Services): void {
  const { database } = services
  app.post<{ Body: SwitchWorkspaceBody }>(
    '/v1/session/workspace',
    {
      schema: {
        tags,
        summary: 'Continue in another workspace of yours',
        body: SwitchWorkspaceBody,
        response: { 200: SessionAnswer },
      },
      ...EVERYONE,
    },
    async (request, reply) => {
      const { userId } = userOf(request.principal)
      const { workspace, refresh_transport } = request.body
      const mine = await listWorkspaces(database.app, userId)
      const target = mine.find(({ slug }) => slug === workspace)
      const session = target && (await findSession(database.app, userId, target.workspaceId))
      if (session === undefined) throw new AppError('not-found', 'no such workspace of yours')
      await audit(database, session.workspace.workspaceId, `user:${userId}`, 'session.opened')
      return openSession(app, services, reply, session, refresh_transport)
    },
  )
  app.get(
    '/v1/me',
    { schema: { tags, summary: 'Who calls', response: { 200: MeAnswer } }, ...EVERYONE },
    async ({ principal }): Promise<MeAnswer> => {
      if (principal.kind !== 'user')
        return {
          kind: 'secret',
          key_id: principal.keyId,
          workspace_id: principal.workspaceId,
          scopes: principal.kind === 'secret' ? [...principal.scopes] : [],
        }
      const session = await findSession(database.app, principal.userId, principal.workspaceId)
      if (session === undefined) throw new AppError('unauthenticated')
      const mine = await listWorkspaces(database.app, principal.userId)
      const workspaces = mine.map(({ slug, name, role }) => ({ slug, name, role }))
      return { kind: 'user', user: toSessionUser(session), workspaces }
    },
  )
}

export function sessionRoutesOf(app: FastifyInstance, services: Services): void {
  loginRoute(app, services)
  refreshRoutes(app, services)
  sessionRoutes(app, services)
}
