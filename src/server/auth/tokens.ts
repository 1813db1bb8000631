/** Access tokens (JWT, HS256), refresh tokens and API keys: their looks and how long they last. */
import { hash, randomBytes } from 'node:crypto'
import type { KeyKind, LinkKind, MemberRole } from '../../store/index.ts'

/** A stolen access token is of use for so long at most. */
export const ACCESS_SECONDS = 30 * 60
/** A browser that is not used for so long must sign in again. */
export const REFRESH_SECONDS = 30 * 24 * 3_600

/** What an access token says. The role is for the bearer to read; the server asks the store. */
export interface AccessClaims {
  readonly sub: number
  readonly workspace: number
  readonly role: MemberRole
  readonly token_version: number
}

/** SHA-256: enough for secrets of 256 random bits, which no dictionary holds. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

export function inventRefreshToken(): string {
  return `eh_rt_${randomBytes(32).toString('base64url')}`
}

const KEY_PREFIX = { secret: 'eh_sk_', publishable: 'eh_pk_' } as const satisfies Record<
  KeyKind,
  string
>

export function inventKey(kind: KeyKind): { key: string; hint: string } {
  const key = KEY_PREFIX[kind] + randomBytes(32).toString('base64url')
  return { key, hint: `${key.slice(0, 10)}…${key.slice(-4)}` }
}

const KEY = /^eh_[sp]k_[\w-]{43}$/

/** Whether a text can be an API key at all. */
export function looksLikeKey(text: string): boolean {
  return KEY.test(text)
}

const LINK = {
  invitation: { prefix: 'eh_in_', page: '/join' },
  password: { prefix: 'eh_pw_', page: '/new-password' },
} as const satisfies Record<LinkKind, object>

/**
 * A one-time link. The token follows #, so browsers send it to no server and into no log by
 * themselves: the page reads it and puts it into the body of its request.
 */
export function inventLink(kind: LinkKind): { path: string; hash: Buffer } {
  const { prefix, page } = LINK[kind]
  const token = prefix + randomBytes(32).toString('base64url')
  return { path: `${page}#${token}`, hash: hashSecret(token) }
}

/** Whether a text can be the token of a one-time link at all. */
export function looksLikeLink(text: string): boolean {
  return /^eh_(in|pw)_[\w-]{43}$/.test(text)
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: AccessClaims
    user: AccessClaims & { iat: number; exp: number }
  }
}
