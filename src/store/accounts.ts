/** Users, memberships, workspaces, refresh tokens. SQL: migrations/0004. */
import type { Queryable } from './connection.ts'

export type MemberRole = 'agent' | 'lead' | 'admin'

export interface Session {
  readonly userId: number
  readonly email: string
  readonly name: string
  readonly timeZone: string
  readonly tokenVersion: number
  readonly role: MemberRole
  readonly team: string
  readonly workspace: WorkspaceName
}

export interface WorkspaceName {
  readonly workspaceId: number
  readonly slug: string
  readonly name: string
  readonly simulated: boolean
}

/** The account behind an e-mail address, unless it is disabled. */
export async function findAccount(
  client: Queryable,
  email: string,
): Promise<{ userId: number; passwordHash: string } | undefined> {
  const { rows } = await client.query<{ user_id: string; password_hash: string }>(
    'select * from find_account($1)',
    [email],
  )
  const row = rows[0]
  return row && { userId: Number(row.user_id), passwordHash: row.password_hash }
}

/** A user's session in a workspace (absent: in their first), unless disabled or no member. */
export async function findSession(
  client: Queryable,
  userId: number,
  workspaceId?: number,
): Promise<Session | undefined> {
  const { rows } = await client.query<{
    user_id: string
    email: string
    name: string
    time_zone: string
    token_version: number
    role: MemberRole
    team: string
    workspace_id: number
    slug: string
    workspace_name: string
    simulated: boolean
  }>('select * from session_of($1, $2)', [userId, workspaceId ?? null])
  const row = rows[0]
  if (row === undefined) return undefined
  const { workspace_id, slug, workspace_name, simulated } = row
  return {
    userId: Number(row.user_id),
    email: row.email,
    name: row.name,
    timeZone: row.time_zone,
    tokenVersion: row.token_version,
    role: row.role,
    team: row.team,
    workspace: { workspaceId: workspace_id, slug, name: workspace_name, simulated },
  }
}

/** The first workspace of a user, also of one who was disabled there; undefined: none. */
export async function findHome(client: Queryable, userId: number): Promise<number | undefined> {
  const { rows } = await client.query<{ home: number | null }>('select home_of($1) as home', [
    userId,
  ])
  return rows[0]?.home ?? undefined
}

export interface WorkspaceOfUser extends WorkspaceName {
  readonly timeZone: string
  readonly role: MemberRole
}

/** The workspaces a user may enter. */
export async function listWorkspaces(
  client: Queryable,
  userId: number,
): Promise<WorkspaceOfUser[]> {
  const { rows } = await client.query<{
    workspace_id: number
    slug: string
    name: string
    time_zone: string
    simulated: boolean
    role: MemberRole
  }>('select * from workspaces_of($1)', [userId])
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    slug: row.slug,
    name: row.name,
    timeZone: row.time_zone,
    simulated: row.simulated,
    role: row.role,
  }))
}

/** The new workspace with `adminId` as its administrator; undefined when the slug is taken. */
export async function createWorkspace(
  client: Queryable,
  workspace: { slug: string; name: string; timeZone: string },
  adminId: number,
): Promise<number | undefined> {
  const { slug, name, timeZone } = workspace
  const { rows } = await client.query<{ id: number | null }>(
    'select create_workspace($1, $2, $3, $4) as id',
    [slug, name, timeZone, adminId],
  )
  return rows[0]?.id ?? undefined
}

interface OwnerRow {
  user_id: string
  workspace_id: number
}
export interface TokenOwner {
  readonly userId: number
  readonly workspaceId: number
}
const toOwner = (row: OwnerRow | undefined): TokenOwner | undefined =>
  row && { userId: Number(row.user_id), workspaceId: row.workspace_id }

export async function putRefreshToken(
  client: Queryable,
  hash: Uint8Array,
  owner: TokenOwner,
  seconds: number,
): Promise<void> {
  const values = [hash, owner.userId, owner.workspaceId, seconds]
  await client.query('select put_refresh_token($1, $2, $3, $4)', values)
}

/** Exchanges a refresh token for its successor; undefined when it is worth nothing any more. */
export async function rotateRefreshToken(
  client: Queryable,
  old: Uint8Array,
  next: Uint8Array,
  seconds: number,
): Promise<TokenOwner | undefined> {
  const text = 'select * from rotate_refresh_token($1, $2, $3)'
  return toOwner((await client.query<OwnerRow>(text, [old, next, seconds])).rows[0])
}

/** Ends the sign-in a refresh token descends from; undefined when there is nothing to end. */
export async function revokeRefreshToken(
  client: Queryable,
  hash: Uint8Array,
): Promise<TokenOwner | undefined> {
  const text = 'select * from revoke_refresh_family($1)'
  return toOwner((await client.query<OwnerRow>(text, [hash])).rows[0])
}

/** Changes the password and ends every session of the user. */
export async function setPassword(
  client: Queryable,
  userId: number,
  passwordHash: string,
): Promise<void> {
  await client.query('select set_password($1, $2)', [userId, passwordHash])
}

/** Ends every session of the user in one workspace. */
export async function endSessions(client: Queryable, owner: TokenOwner): Promise<void> {
  await client.query('select end_sessions($1, $2)', [owner.workspaceId, owner.userId])
}

/** The workspace that always exists, made when it is missing. Needs the owner. */
export async function ensureMainWorkspace(owner: Queryable): Promise<void> {
  await owner.query(
    `insert into workspaces (slug, name, simulated) values ('main', 'Main', false)
     on conflict do nothing`,
  )
}

/** Whether the workspace holds a simulated market. Needs a client inside withWorkspace. */
export async function isSimulated(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ simulated: boolean }>(
    'select simulated from workspaces where workspace_id = current_workspace()',
  )
  return rows[0]?.simulated === true
}

/** What the workspace set otherwise than usual. Needs a client inside withWorkspace. */
export async function readSettings(client: Queryable): Promise<unknown> {
  const { rows } = await client.query<{ settings: unknown }>(
    'select settings from workspaces where workspace_id = current_workspace()',
  )
  return rows[0]?.settings
}

/** All workspaces by slug. Needs the owner. */
export async function everyWorkspace(owner: Queryable): Promise<WorkspaceName[]> {
  const { rows } = await owner.query<{
    workspace_id: number
    slug: string
    name: string
    simulated: boolean
  }>('select workspace_id, slug, name, simulated from workspaces order by slug')
  return rows.map(({ workspace_id, ...rest }) => ({ workspaceId: workspace_id, ...rest }))
}
