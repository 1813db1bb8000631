/** Secret addresses for GoHighLevel's workflows: only the SHA-256 of the secret is stored. */
import type { Queryable } from './connection.ts'

export interface GhlHook {
  readonly hookId: number
  readonly name: string
  readonly hint: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

interface HookRow {
  hook_id: string
  name: string
  hint: string
  created_at: Date
  revoked_at: Date | null
}

const COLUMNS = 'hook_id, name, hint, created_at, revoked_at'
const toHook = (row: HookRow): GhlHook => ({
  hookId: Number(row.hook_id),
  name: row.name,
  hint: row.hint,
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
})

/** The workspace of a secret that was not revoked. */
export async function findHook(
  client: Queryable,
  hash: Uint8Array,
): Promise<{ workspaceId: number; hookId: number } | undefined> {
  const { rows } = await client.query<{ workspace_id: number; hook_id: string }>(
    'select * from find_ghl_hook($1)',
    [hash],
  )
  const [row] = rows
  return row && { workspaceId: row.workspace_id, hookId: Number(row.hook_id) }
}

/** Needs a client inside withWorkspace, as all below. */
export async function createHook(
  client: Queryable,
  { name, hint, hash }: { name: string; hint: string; hash: Uint8Array },
): Promise<GhlHook> {
  const { rows } = await client.query<HookRow>(
    `insert into ghl_hooks (workspace_id, name, hint, secret_hash)
     values (current_workspace(), $1, $2, $3) returning ${COLUMNS}`,
    [name, hint, hash],
  )
  return toHook(rows[0]!)
}

/** Newest first. */
export async function listHooks(client: Queryable): Promise<GhlHook[]> {
  const { rows } = await client.query<HookRow>(
    `select ${COLUMNS} from ghl_hooks where workspace_id = current_workspace()
     order by hook_id desc`,
  )
  return rows.map(toHook)
}

/** False when there is no such address that still works. */
export async function revokeHook(client: Queryable, hookId: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `update ghl_hooks set revoked_at = now() where workspace_id = current_workspace()
     and hook_id = $1 and revoked_at is null`,
    [hookId],
  )
  return (rowCount ?? 0) > 0
}
