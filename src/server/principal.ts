/** Who calls, and who may call: declared on every route, enforced by one hook. */
import type { FastifyRequest } from 'fastify'
import { AppError } from '../core/index.ts'

export type Role = 'agent' | 'lead' | 'admin'

export const SCOPES = ['events:write', 'leads:read', 'leads:write', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** The caller of a request, in exactly one workspace. */
export type Principal =
  | {
      readonly kind: 'user'
      readonly workspaceId: number
      readonly userId: number
      readonly role: Role
    }
  | {
      readonly kind: 'secret'
      readonly workspaceId: number
      readonly keyId: number
      readonly scopes: readonly Scope[]
    }
  | {
      readonly kind: 'publishable'
      readonly workspaceId: number
      readonly keyId: number
      readonly origins: readonly string[]
    }

/**
 * Who may use a route: people from a role upwards, secret keys with a scope, and (write-only
 * capture routes) publishable keys. `public` needs no credentials.
 */
export type Access =
  | 'public'
  | {
      readonly role: Role
      readonly scope: Scope
      readonly publishable?: boolean
      /** Without an Authorization header the key may come as `writeKey` of the body (Segment). */
      readonly writeKey?: boolean
    }

const RANK: Record<Role, number> = { agent: 0, lead: 1, admin: 2 }

export function mayUse(principal: Principal, access: Exclude<Access, 'public'>): boolean {
  if (principal.kind === 'user') return RANK[principal.role] >= RANK[access.role]
  if (principal.kind === 'publishable') return access.publishable === true
  return principal.scopes.includes(access.scope) || principal.scopes.includes('admin')
}

/** Finds out who calls. @throws AppError `unauthenticated` or `origin-not-allowed`. */
export type Authenticate = (
  request: FastifyRequest,
  /** A key that came otherwise than in the Authorization header. */
  key?: string,
) => Principal | Promise<Principal>

/** A name of the caller for the audit log. */
export function actorOf(principal: Principal): string {
  return principal.kind === 'user' ? `user:${principal.userId}` : `key:${principal.keyId}`
}

/** The person who calls. @throws AppError `forbidden` for a key. */
export function userOf(principal: Principal): Extract<Principal, { kind: 'user' }> {
  if (principal.kind === 'user') return principal
  throw new AppError('forbidden', 'this needs a person; API keys cannot do it')
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that is not public. */
    principal: Principal
  }
  interface FastifyContextConfig {
    access?: Access
  }
}
