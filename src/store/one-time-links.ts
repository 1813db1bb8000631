/** Links that work once: invitations and new passwords. SQL: migrations/0022. */
import type { MemberRole } from './accounts.ts'
import type { Queryable } from './connection.ts'

export type LinkKind = 'invitation' | 'password'

export interface NewLink {
  readonly kind: LinkKind
  /** SHA-256 of its token. */
  readonly hash: Uint8Array
  readonly email: string
  /** Whose password; null for an invitation. */
  readonly userId: number | null
  readonly role: MemberRole
  readonly team: string
  /** Who made it, as the audit log names them. */
  readonly createdBy: string
  readonly days: number
}

export interface StoredLink {
  readonly linkId: number
  readonly email: string
  readonly role: MemberRole
  readonly team: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

interface LinkRow {
  link_id: string
  email: string
  role: MemberRole
  team: string
  created_at: Date
  expires_at: Date
}
const COLUMNS = 'link_id, email, role, team, created_at, expires_at'
const toLink = (row: LinkRow): StoredLink => ({
  linkId: Number(row.link_id),
  email: row.email,
  role: row.role,
  team: row.team,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
})
/** What can be used no more is not kept for ever: it names people who may never have come. */
const KEPT_DAYS = 30

/** Stores a link in the place of an open one for the same. Needs a client inside withWorkspace. */
export async function createLink(client: Queryable, link: NewLink): Promise<StoredLink> {
  const { kind, hash, userId, role, team, createdBy, days } = link
  const email = link.email.toLowerCase()
  await client.query(
    `delete from one_time_links where workspace_id = current_workspace()
     and expires_at < now() - make_interval(days => $1)`,
    [KEPT_DAYS],
  )
  await revokeLinks(client, kind, email)
  const { rows } = await client.query<LinkRow>(
    `insert into one_time_links
       (workspace_id, kind, token_hash, email, user_id, role, team, created_by, expires_at)
     values (current_workspace(), $1, $2, $3, $4, $5, $6, $7, now() + make_interval(days => $8))
     returning ${COLUMNS}`,
    [kind, hash, email, userId, role, team, createdBy, days],
  )
  return toLink(rows[0]!)
}

/** Revokes the open links of a kind for an address. Needs a client inside withWorkspace. */
export async function revokeLinks(client: Queryable, kind: LinkKind, email: string): Promise<void> {
  await client.query(
    `update one_time_links set revoked_at = now() where workspace_id = current_workspace()
     and kind = $1 and email = $2 and used_at is null and revoked_at is null`,
    [kind, email.toLowerCase()],
  )
}

/** Invitations nobody used or revoked, newest first. Needs a client inside withWorkspace. */
export async function listInvitations(
  client: Queryable,
  before: number | undefined,
  limit: number,
): Promise<StoredLink[]> {
  const { rows } = await client.query<LinkRow>(
    `select ${COLUMNS} from one_time_links where workspace_id = current_workspace()
     and kind = 'invitation' and used_at is null and revoked_at is null
     and ($1::bigint is null or link_id < $1) order by link_id desc limit $2`,
    [before ?? null, limit],
  )
  return rows.map(toLink)
}

/** False when there is no such open invitation. Needs a client inside withWorkspace. */
export async function revokeInvitation(client: Queryable, linkId: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `update one_time_links set revoked_at = now() where workspace_id = current_workspace()
     and kind = 'invitation' and link_id = $1 and used_at is null and revoked_at is null`,
    [linkId],
  )
  return (rowCount ?? 0) > 0
}

export interface FoundLink {
  readonly workspaceId: number
  readonly workspaceName: string
  readonly linkId: number
  readonly kind: LinkKind
  readonly email: string
  readonly userId: number | null
  readonly role: MemberRole
  readonly team: string
  readonly expiresAt: Date
  readonly state: 'open' | 'used' | 'revoked' | 'expired'
  /** Whether the address has an account already. */
  readonly hasAccount: boolean
}

/** The link of a token, whatever its state; undefined when there is none. */
export async function findLink(
  client: Queryable,
  hash: Uint8Array,
): Promise<FoundLink | undefined> {
  const { rows } = await client.query<{
    workspace_id: number
    workspace_name: string
    link_id: string
    kind: LinkKind
    email: string
    user_id: string | null
    role: MemberRole
    team: string
    expires_at: Date
    state: FoundLink['state']
    has_account: boolean
  }>('select * from find_link($1)', [hash])
  const row = rows[0]
  return (
    row && {
      workspaceId: row.workspace_id,
      workspaceName: row.workspace_name,
      linkId: Number(row.link_id),
      kind: row.kind,
      email: row.email,
      userId: row.user_id === null ? null : Number(row.user_id),
      role: row.role,
      team: row.team,
      expiresAt: row.expires_at,
      state: row.state,
      hasAccount: row.has_account,
    }
  )
}

/** Uses a link up; false when it is open no longer. */
export async function useLink(client: Queryable, hash: Uint8Array): Promise<boolean> {
  const { rows } = await client.query<{ used: boolean }>('select use_link($1) as used', [hash])
  return rows[0]!.used
}
