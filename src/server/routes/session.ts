/** Sign-in, refresh, sign-out, the session's workspace and the caller. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  LoginBody,
  MeAnswer,
  PasswordBody,
  RefreshBody,
  SessionAnswer,
  SwitchWorkspaceBody,
  type SessionUser,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  appendAudit,
  findAccount,
  findSession,
  listWorkspaces,
  putRefreshToken,
  refundAttempt,
  revokeRefreshToken,
  rotateRefreshToken,
  setPassword,
  takeAttempt,
  transaction,
  type Database,
  type Session,
} from '../../store/index.ts'
import { createLimiter } from '../auth/limiter.ts'
import { hashPassword, passwordMatches } from '../auth/passwords.ts'
import { ACCESS_SECONDS, hashSecret, inventRefreshToken, REFRESH_SECONDS } from '../auth/tokens.ts'
import { actorOf, type Principal } from '../principal.ts'
import type { Services } from '../services.ts'

const COOKIE = 'eh_refresh'
/** Guesses at one account, in all processes together; a right password does not count. */
const PER_ACCOUNT = { attempts: 10, windowMs: 5 * 60_000 }
/** Attempts of one address at any account: each costs 20 ms and 19 MiB. */
const PER_ADDRESS = { attempts: 60, windowMs: 60_000 }

const tags = ['session']
const PUBLIC = { config: { access: 'public' as const } }
const EVERYONE = { config: { access: { role: 'agent', scope: 'leads:read' } as const } }

export function toSessionUser(session: Session): SessionUser {
  const { workspaceId, ...workspace } = session.workspace
  return {
    user_id: session.userId,
    email: session.email,
    name: session.name,
    role: session.role,
    team: session.team,
    time_zone: session.timeZone,
    workspace: { workspace_id: workspaceId, ...workspace },
  }
}

function setCookie(reply: FastifyReply, token: string, secure: boolean): void {
  const age = token === '' ? 0 : REFRESH_SECONDS
  const flags = `HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  void reply.header('set-cookie', `${COOKIE}=${token}; Path=/api/auth; Max-Age=${age}; ${flags}`)
}

function cookieOf(request: FastifyRequest): string | undefined {
  const header = request.headers.cookie ?? ''
  return /(?:^|;\s*)eh_refresh=(eh_rt_[\w-]{43})(?:;|$)/.exec(header)?.[1]
}

/** The token of a body, else of the cookie, and which of both it was. */
function presented(request: FastifyRequest): { token: string; inBody: boolean } {
  const body = request.body as { refresh_token?: string } | null | undefined
  const token = body?.refresh_token ?? cookieOf(request)
  if (token === undefined) throw new AppError('unauthenticated', 'no refresh token was sent')
  return { token, inBody: body?.refresh_token !== undefined }
}

export function userOf(principal: Principal): Extract<Principal, { kind: 'user' }> {
  if (principal.kind === 'user') return principal
  throw new AppError('forbidden', 'this needs a person; API keys cannot do it')
}

function answerOf(app: FastifyInstance, session: Session): SessionAnswer {
  const { userId, role, tokenVersion, workspace } = session
  const claims = {
    sub: userId,
    workspace: workspace.workspaceId,
    role,
    token_version: tokenVersion,
  }
  return {
    access_token: app.jwt.sign(claims, { expiresIn: ACCESS_SECONDS }),
    token_type: 'Bearer',
    expires_in: ACCESS_SECONDS,
    user: toSessionUser(session),
  }
}

/** A new sign-in: access token in the answer, refresh token where it was asked for. */
async function open(
  app: FastifyInstance,
  { database, config }: Services,
  reply: FastifyReply,
  session: Session,
  transport: 'cookie' | 'body' = 'cookie',
): Promise<SessionAnswer> {
  const token = inventRefreshToken()
  const { workspaceId } = session.workspace
  const { userId } = session
  await putRefreshToken(database.app, hashSecret(token), { userId, workspaceId }, REFRESH_SECONDS)
  const answer = answerOf(app, session)
  if (transport === 'body') return { ...answer, refresh_token: token }
  setCookie(reply, token, config.ENVIRONMENT === 'production')
  return answer
}

const audit = (
  database: Database,
  workspaceId: number,
  actor: string,
  action: string,
  subject = actor,
): Promise<void> => appendAudit(database.app, workspaceId, { actor, action, subject })

/** @throws AppError `rate-limited` unless there is nothing to wait for. */
function turnAway(reply: FastifyReply, waitSeconds: number): void {
  if (waitSeconds === 0) return
  void reply.header('retry-after', String(waitSeconds))
  throw new AppError('rate-limited', `too many attempts; try again in ${waitSeconds} s`)
}

function loginRoute(app: FastifyInstance, services: Services): void {
  const { database, clock } = services
  // Before the database is asked: a flood from one address costs no query.
  const here = createLimiter(clock, PER_ADDRESS)
  app.post<{ Body: LoginBody }>(
    '/api/auth/login',
    {
      schema: { tags, summary: 'Sign in', body: LoginBody, response: { 200: SessionAnswer } },
      ...PUBLIC,
    },
    async (request, reply) => {
      const { email, password, refresh_transport } = request.body
      const guesses = hashSecret(`account:${email.toLowerCase()}`)
      const from = hashSecret(`address:${request.ip}`)
      turnAway(reply, here.take(request.ip))
      turnAway(reply, await takeAttempt(database.app, from, PER_ADDRESS))
      turnAway(reply, await takeAttempt(database.app, guesses, PER_ACCOUNT))
      const account = await findAccount(database.app, email)
      const right = await passwordMatches(password, account?.passwordHash)
      const session =
        account === undefined ? undefined : await findSession(database.app, account.userId)
      if (!right || session === undefined) {
        if (session !== undefined) {
          const { workspace, userId } = session
          await audit(database, workspace.workspaceId, `user:${userId}`, 'session.refused')
        }
        throw new AppError('wrong-credentials')
      }
      await refundAttempt(database.app, guesses)
      const { workspace, userId } = session
      await audit(database, workspace.workspaceId, `user:${userId}`, 'session.opened')
      return open(app, services, reply, session, refresh_transport)
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
      const { token, inBody } = presented(request)
      const next = inventRefreshToken()
      const owner = await rotateRefreshToken(
        database.app,
        hashSecret(token),
        hashSecret(next),
        REFRESH_SECONDS,
      )
      const session = owner && (await findSession(database.app, owner.userId, owner.workspaceId))
      if (session === undefined) throw new AppError('unauthenticated', 'sign in again')
      const answer = answerOf(app, session)
      if (inBody) return { ...answer, refresh_token: next }
      setCookie(reply, next, secure)
      return answer
    },
  )
  app.post(
    '/api/auth/logout',
    { schema: { tags, summary: 'Sign out', body: RefreshBody }, ...PUBLIC },
    async (request, reply) => {
      const { token } = presented(request)
      const owner = await revokeRefreshToken(database.app, hashSecret(token))
      if (owner !== undefined)
        await audit(database, owner.workspaceId, `user:${owner.userId}`, 'session.closed')
      setCookie(reply, '', secure)
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
      return open(app, services, reply, session, refresh_transport)
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

function passwordRoute(app: FastifyInstance, services: Services): void {
  const { database } = services
  app.post<{ Body: PasswordBody }>(
    '/v1/me/password',
    {
      schema: {
        tags,
        summary: 'Change your password; ends all your sessions but the new one',
        body: PasswordBody,
        response: { 200: SessionAnswer },
      },
      ...EVERYONE,
    },
    async (request, reply) => {
      const { userId, workspaceId } = userOf(request.principal)
      const guesses = hashSecret(`password:${userId}`)
      turnAway(reply, await takeAttempt(database.app, guesses, PER_ACCOUNT))
      const before = await findSession(database.app, userId, workspaceId)
      const account = before && (await findAccount(database.app, before.email))
      const { current_password, new_password } = request.body
      if (!(await passwordMatches(current_password, account?.passwordHash)))
        throw new AppError('wrong-credentials')
      await refundAttempt(database.app, guesses)
      const passwordHash = await hashPassword(new_password)
      const actor = actorOf(request.principal)
      await transaction(database.app, async (client) => {
        await setPassword(client, userId, passwordHash)
        await appendAudit(client, workspaceId, {
          actor,
          action: 'user.password_changed',
          subject: actor,
        })
      })
      const session = await findSession(database.app, userId, workspaceId)
      if (session === undefined) throw new AppError('unauthenticated')
      return open(app, services, reply, session)
    },
  )
}

export function sessionRoutesOf(app: FastifyInstance, services: Services): void {
  loginRoute(app, services)
  refreshRoutes(app, services)
  sessionRoutes(app, services)
  passwordRoute(app, services)
}
