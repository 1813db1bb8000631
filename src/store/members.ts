/** The people of one workspace. Every function needs a client inside withWorkspace. */
import type { WorkingHours } from '../core/index.ts'
import type { MemberRole } from './accounts.ts'
import type { Queryable } from './connection.ts'

export interface Member {
  readonly userId: number
  readonly email: string
  readonly name: string
  readonly role: MemberRole
  readonly team: string
  readonly disabledAt: Date | null
  /** IANA name. */
  readonly timeZone: string
  readonly workingHours: WorkingHours
}

interface MemberRow {
  user_id: string
  email: string
  name: string
  role: MemberRole
  team: string
  disabled_at: Date | null
  time_zone: string
  working_hours: WorkingHours
}

/** All members, or the one asked for. */
export async function listMembers(client: Queryable, userId?: number): Promise<Member[]> {
  const { rows } = await client.query<MemberRow>(
    `select u.user_id, u.email, u.name, m.role, m.team, m.disabled_at, u.time_zone,
       u.working_hours
     from memberships m join users u using (user_id)
     where m.workspace_id = current_workspace() and ($1::bigint is null or m.user_id = $1)
     order by u.user_id`,
    [userId ?? null],
  )
  return rows.map(({ user_id, disabled_at, time_zone, working_hours, ...rest }) => ({
    ...rest,
    userId: Number(user_id),
    disabledAt: disabled_at,
    timeZone: time_zone,
    workingHours: working_hours,
  }))
}

export interface NewMember {
  readonly email: string
  readonly name: string
  readonly passwordHash: string
  readonly role: MemberRole
  readonly team: string
}

/**
 * A new user, or the owner of that e-mail, becomes a member. `created`: the password counts;
 * `joined`: false when they were a member before.
 */
export async function addMember(
  client: Queryable,
  workspaceId: number,
  member: NewMember,
): Promise<{ userId: number; created: boolean; joined: boolean }> {
  const { email, name, passwordHash, role, team } = member
  const { rows } = await client.query<{ user_id: string; created: boolean; joined: boolean }>(
    'select * from add_member($1, $2, $3, $4, $5, $6)',
    [workspaceId, email, name, passwordHash, role, team],
  )
  const { user_id, created, joined } = rows[0]!
  return { userId: Number(user_id), created, joined }
}

export interface MemberChange {
  readonly role?: MemberRole | undefined
  readonly team?: string | undefined
  readonly disabled?: boolean | undefined
}

/** Changes a membership; answers the number of administrators left, undefined: no such member. */
export async function changeMember(
  client: Queryable,
  userId: number,
  change: MemberChange,
): Promise<number | undefined> {
  // One change at a time, so that two administrators cannot remove each other.
  await client.query('select pg_advisory_xact_lock(7314, current_workspace())')
  const changed = await client.query(
    `update memberships set role = coalesce($2, role), team = coalesce($3, team),
       disabled_at = case when $4 then coalesce(disabled_at, now())
         when not $4 then null else disabled_at end
     where workspace_id = current_workspace() and user_id = $1`,
    [userId, change.role ?? null, change.team ?? null, change.disabled ?? null],
  )
  if (changed.rowCount === 0) return undefined
  const { rows } = await client.query<{ n: number }>(
    `select count(*)::int as n from memberships
     where workspace_id = current_workspace() and role = 'admin' and disabled_at is null`,
  )
  return rows[0]!.n
}

export interface ProfileChange {
  readonly name?: string | undefined
  readonly timeZone?: string | undefined
  readonly workingHours?: WorkingHours | undefined
}

/** Changes what a member says of themself, which is the same in all their workspaces. */
export async function changeProfile(
  client: Queryable,
  userId: number,
  change: ProfileChange,
): Promise<void> {
  const { name, timeZone, workingHours } = change
  await client.query(
    `update users set name = coalesce($2, name), time_zone = coalesce($3, time_zone),
       working_hours = coalesce($4, working_hours) where user_id = $1`,
    [userId, name ?? null, timeZone ?? null, workingHours ? JSON.stringify(workingHours) : null],
  )
}

/**
 * Whether an administrator (null: a key of the workspace) may act for a member's account: not when
 * the member also belongs to a workspace in which the administrator has no say.
 */
export async function mayManageAccount(
  client: Queryable,
  workspaceId: number,
  adminId: number | null,
  userId: number,
): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    'select may_manage_account($1, $2, $3) as may',
    [workspaceId, adminId, userId],
  )
  return rows[0]!.may
}
