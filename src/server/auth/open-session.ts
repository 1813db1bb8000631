/** A session as its browser holds it: the access token of the answer, the refresh cookie. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SessionAnswer, SessionUser } from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import { putRefreshToken, type Session } from '../../store/index.ts'
import type { Services } from '../services.ts'
import { ACCESS_SECONDS, hashSecret, inventRefreshToken, REFRESH_SECONDS } from './tokens.ts'

const COOKIE = 'eh_refresh'

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

export function setRefreshCookie(reply: FastifyReply, token: string, secure: boolean): void {
  const age = token === '' ? 0 : REFRESH_SECONDS
  const flags = `HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  void reply.header('set-cookie', `${COOKIE}=${token}; Path=/api/auth; Max-Age=${age}; ${flags}`)
}

function cookieOf(request: FastifyRequest): string | undefined {
  const header = request.headers.cookie ?? ''
  return /(?:^|;\s*)eh_refresh=(eh_rt_[\w-]{43})(?:;|$)/.exec(header)?.[1]
}

/** The token of a body, else of the cookie, and which of both it was. */
export function presentedToken(request: FastifyRequest): { token: string; inBody: boolean } {
  const body = request.body as { refresh_token?: string } | null | undefined
  const token = body?.refresh_token ?? cookieOf(request)
  if (token === undefined) throw new AppError('unauthenticated', 'no refresh token was sent')
  return { token, inBody: body?.refresh_token !== undefined }
}

export function sessionAnswer(app: FastifyInstance, session: Session): SessionAnswer {
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
export async function openSession(
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
  const answer = sessionAnswer(app, session)
  if (transport === 'body') return { ...answer, refresh_token: token }
  setRefreshCookie(reply, token, config.ENVIRONMENT === 'production')
  return answer
}
