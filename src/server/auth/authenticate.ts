/**
 * Finds out who calls, from the Authorization header. The answer is kept per header for a few
 * seconds: the capture routes pay one table look-up a request, and whatever is revoked stops
 * working once its answer has aged.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { SOCKET_TOKEN_PREFIX } from '../../contract/index.ts'
import { AppError, type Clock } from '../../core/index.ts'
import { findKey, findSession, type Database } from '../../store/index.ts'
import { SCOPES, type Authenticate, type Principal, type Scope } from '../principal.ts'
import type { AccessChanges } from './access-changes.ts'
import { hashSecret, looksLikeKey } from './tokens.ts'

/** For how long another process may not have told of a change. */
const KEPT_MS = 3_000
const KEPT_MAX = 20_000
/** Longer headers are no credentials of ours. */
const HEADER_MAX = 2_048

interface Answer {
  readonly principal: Principal | AppError
  /** Monotonic time in milliseconds. */
  readonly until: number
}

/** The credential inside the header: a bearer token, or the user name of Basic (Segment SDKs). */
function credentialOf(header: string): string | undefined {
  if (header.length > HEADER_MAX) return undefined
  const [scheme = '', value = ''] = header.split(' ', 2)
  if (/^bearer$/i.test(scheme)) return value === '' ? undefined : value
  if (!/^basic$/i.test(scheme)) return undefined
  return Buffer.from(value, 'base64').toString('utf8').split(':', 1)[0]
}

async function byKey(database: Database, key: string): Promise<Principal | undefined> {
  const grant = await findKey(database.app, hashSecret(key))
  if (grant === undefined) return undefined
  const { workspaceId, keyId, kind, origins } = grant
  if (kind === 'publishable') return { kind, workspaceId, keyId, origins }
  const scopes = grant.scopes.filter((scope): scope is Scope => SCOPES.includes(scope as Scope))
  return { kind, workspaceId, keyId, scopes }
}

/** The user as the store has them now: a role taken away is gone, whatever the token says. */
async function byToken(
  database: Database,
  jwt: FastifyInstance['jwt'],
  token: string,
): Promise<{ principal: Principal; exp: number } | undefined> {
  let claims
  try {
    claims = jwt.verify<{ sub: number; workspace: number; token_version: number; exp: number }>(
      token,
    )
  } catch {
    return undefined
  }
  const session = await findSession(database.app, claims.sub, claims.workspace)
  if (session === undefined || session.tokenVersion !== claims.token_version) return undefined
  const { userId, role, workspace } = session
  const { workspaceId } = workspace
  return { principal: { kind: 'user', workspaceId, userId, role }, exp: claims.exp }
}

function admit(answer: Answer['principal'], request: FastifyRequest): Principal {
  if (answer instanceof AppError) throw answer
  if (answer.kind !== 'publishable') return answer
  const origin = request.headers.origin?.toLowerCase()
  if (origin === undefined || !answer.origins.includes(origin))
    throw new AppError('origin-not-allowed')
  return answer
}

/** A browser cannot set headers of a WebSocket: its token comes as a sub-protocol. */
function socketToken({ headers }: FastifyRequest): string | undefined {
  if (headers.upgrade === undefined) return undefined
  const offered = headers['sec-websocket-protocol']?.split(',') ?? []
  const found = offered.map((name) => name.trim()).find((n) => n.startsWith(SOCKET_TOKEN_PREFIX))
  return found && `Bearer ${found.slice(SOCKET_TOKEN_PREFIX.length)}`
}

export function createAuthenticate({
  database,
  clock,
  accessChanges,
}: {
  database: Database
  clock: Clock
  accessChanges: AccessChanges
}): Authenticate {
  const known = new LRUCache<string, Answer>({ max: KEPT_MAX })
  // Apart, so that a flood of wrong credentials cannot push the right ones out.
  const refused = new LRUCache<string, Answer>({ max: KEPT_MAX })
  const underWay = new Map<string, Promise<Answer>>()
  let changes = 0
  accessChanges.listen(() => {
    changes++
    known.clear()
    refused.clear()
    underWay.clear()
  })

  async function ask(header: string, request: FastifyRequest): Promise<Answer> {
    const since = clock.monotonic()
    const before = changes
    const credential = credentialOf(header)
    let principal: Principal | undefined
    let keptMs = KEPT_MS
    if (credential !== undefined && looksLikeKey(credential))
      principal = await byKey(database, credential)
    else if (credential !== undefined) {
      const found = await byToken(database, request.server.jwt, credential)
      principal = found?.principal
      if (found !== undefined) keptMs = Math.min(keptMs, found.exp * 1_000 - clock.now())
    }
    const answer = {
      principal: principal ?? new AppError('unauthenticated'),
      until: since + keptMs,
    }
    // What was read before a change is true of this request only.
    if (before !== changes) return answer
    if (principal === undefined) refused.set(header, answer)
    else {
      refused.delete(header)
      known.set(header, answer)
    }
    return answer
  }

  return (request, key) => {
    const bearer = key === undefined ? undefined : `Bearer ${key}`
    const header = bearer ?? request.headers.authorization ?? socketToken(request)
    if (header === undefined) throw new AppError('unauthenticated')
    const kept = known.get(header) ?? refused.get(header)
    if (kept !== undefined && kept.until > clock.monotonic()) return admit(kept.principal, request)
    let asking = underWay.get(header)
    if (asking === undefined) {
      known.delete(header)
      asking = ask(header, request).finally(() => {
        if (underWay.get(header) === asking) underWay.delete(header)
      })
      underWay.set(header, asking)
    }
    return asking.then((answer) => admit(answer.principal, request))
  }
}
