/** API keys: only their SHA-256 is stored. */
import type { Queryable } from './connection.ts'

export type KeyKind = 'secret' | 'publishable'

export interface KeyGrant {
  readonly workspaceId: number
  readonly keyId: number
  readonly kind: KeyKind
  readonly scopes: readonly string[]
  readonly origins: readonly string[]
}

export interface ApiKey {
  readonly keyId: number
  readonly kind: KeyKind
  readonly name: string
  /** First and last characters, to tell keys apart. */
  readonly hint: string
  readonly scopes: readonly string[]
  readonly origins: readonly string[]
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

/** What a key that is not revoked may do, found by its hash. */
export async function findKey(client: Queryable, hash: Uint8Array): Promise<KeyGrant | undefined> {
  const { rows } = await client.query<{
    workspace_id: number
    key_id: string
    kind: KeyKind
    scopes: string[]
    origins: string[]
  }>({ name: 'find_api_key', text: 'select * from find_api_key($1)', values: [hash] })
  const row = rows[0]
  if (row === undefined) return undefined
  const { workspace_id, key_id, kind, scopes, origins } = row
  return { workspaceId: workspace_id, keyId: Number(key_id), kind, scopes, origins }
}

interface KeyRow {
  key_id: string
  kind: KeyKind
  name: string
  hint: string
  scopes: string[]
  origins: string[]
  created_at: Date
  revoked_at: Date | null
}
const COLUMNS = 'key_id, kind, name, hint, scopes, origins, created_at, revoked_at'
const toKey = (row: KeyRow): ApiKey => ({
  keyId: Number(row.key_id),
  kind: row.kind,
  name: row.name,
  hint: row.hint,
  scopes: row.scopes,
  origins: row.origins,
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
})

export interface NewKey {
  readonly kind: KeyKind
  readonly name: string
  readonly hash: Uint8Array
  readonly hint: string
  readonly scopes: readonly string[]
  readonly origins: readonly string[]
  readonly createdBy: number | null
}

/** Needs a client inside withWorkspace, as all below. */
export async function createKey(client: Queryable, key: NewKey): Promise<ApiKey> {
  const { rows } = await client.query<KeyRow>(
    `insert into api_keys (workspace_id, kind, name, key_hash, hint, scopes, origins, created_by)
     values (current_workspace(), $1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
    [key.kind, key.name, key.hash, key.hint, key.scopes, key.origins, key.createdBy],
  )
  return toKey(rows[0]!)
}

/** All keys, newest first. */
export async function listKeys(client: Queryable): Promise<ApiKey[]> {
  const { rows } = await client.query<KeyRow>(
    `select ${COLUMNS} from api_keys where workspace_id = current_workspace()
     order by key_id desc`,
  )
  return rows.map(toKey)
}

/** False when there is no such key that still works. */
export async function revokeKey(client: Queryable, keyId: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `update api_keys set revoked_at = now() where workspace_id = current_workspace()
     and key_id = $1 and revoked_at is null returning key_id`,
    [keyId],
  )
  return (rowCount ?? 0) > 0
}
