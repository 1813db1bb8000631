/**
 * Model versions, aliases and the log of what was live. Versions are never changed. Every function
 * but `readLiveModels` needs a client inside withWorkspace. SQL: migrations/0006.
 */
import type { Queryable } from './connection.ts'

export type ModelAlias = 'champion' | 'challenger' | 'shadow'

/** Any process may publish: one at a time in a workspace. */
const PUBLISH_LOCK = 7_315

/** The workspace's key as it stands, wrapped; `fresh` becomes it when there is none. */
export async function keepWorkspaceKey(client: Queryable, fresh: Uint8Array): Promise<Uint8Array> {
  await client.query(
    `insert into workspace_keys (workspace_id, wrapped_key) values (current_workspace(), $1)
     on conflict do nothing`,
    [fresh],
  )
  const { rows } = await client.query<{ wrapped_key: Buffer }>(
    'select wrapped_key from workspace_keys where workspace_id = current_workspace()',
  )
  return rows[0]!.wrapped_key
}

export interface NewVersion {
  readonly model: string
  readonly version: number
  readonly createdBy: string
  readonly note: string
  readonly metrics: unknown
  readonly digest: Uint8Array
  readonly artefact: Uint8Array
}

/** The number of the next version; nobody else gets it before the transaction ends. */
export async function nextVersion(client: Queryable, model: string): Promise<number> {
  await client.query('select pg_advisory_xact_lock($1, current_workspace())', [PUBLISH_LOCK])
  const { rows } = await client.query<{ next: number }>(
    `select coalesce(max(version), 0) + 1 as next from model_versions
     where workspace_id = current_workspace() and model = $1`,
    [model],
  )
  return rows[0]!.next
}

export async function insertVersion(client: Queryable, made: NewVersion): Promise<void> {
  const { model, version, createdBy, note, metrics, digest, artefact } = made
  await client.query(
    `insert into model_versions
       (workspace_id, model, version, created_by, note, metrics, digest, artefact)
     values (current_workspace(), $1, $2, $3, $4, $5, $6, $7)`,
    [model, version, createdBy, note, JSON.stringify(metrics), digest, artefact],
  )
}

export interface StoredArtefact {
  readonly artefact: Uint8Array
  readonly digest: Uint8Array
  readonly wrappedKey: Uint8Array
}

export async function readArtefact(
  client: Queryable,
  model: string,
  version: number,
): Promise<StoredArtefact | undefined> {
  const { rows } = await client.query<{ artefact: Buffer; digest: Buffer; wrapped_key: Buffer }>(
    `select v.artefact, v.digest, k.wrapped_key
     from model_versions v join workspace_keys k using (workspace_id)
     where v.workspace_id = current_workspace() and v.model = $1 and v.version = $2`,
    [model, version],
  )
  const row = rows[0]
  return row && { artefact: row.artefact, digest: row.digest, wrappedKey: row.wrapped_key }
}

export interface VersionRecord {
  readonly model: string
  readonly version: number
  readonly createdAt: Date
  readonly createdBy: string
  readonly note: string
  readonly metrics: Record<string, unknown>
  /** Bytes of the sealed artefact. */
  readonly bytes: number
  readonly aliases: readonly ModelAlias[]
}

/** Newest first; of one model or of all. */
export async function listVersions(
  client: Queryable,
  model: string | null,
): Promise<VersionRecord[]> {
  const { rows } = await client.query<{
    model: string
    version: number
    created_at: Date
    created_by: string
    note: string
    metrics: Record<string, unknown>
    bytes: number
    aliases: ModelAlias[]
  }>(
    `select v.model, v.version, v.created_at, v.created_by, v.note, v.metrics,
       length(v.artefact) as bytes,
       array(select a.alias from model_aliases a where a.workspace_id = v.workspace_id
         and a.model = v.model and a.version = v.version order by a.alias) as aliases
     from model_versions v
     where v.workspace_id = current_workspace() and ($1::text is null or v.model = $1)
     order by v.model, v.version desc`,
    [model],
  )
  return rows.map(({ created_at, created_by, ...row }) => ({
    ...row,
    createdAt: created_at,
    createdBy: created_by,
  }))
}

export interface AliasChange {
  readonly model: string
  readonly alias: ModelAlias
  /** Null: the alias stands for nothing any more. */
  readonly version: number | null
  readonly actor: string
  readonly reason: string
}

/** Changes an alias and logs it, together; false when there is no such version. */
export async function changeAlias(client: Queryable, change: AliasChange): Promise<boolean> {
  const { model, alias, version, actor, reason } = change
  if (version === null)
    await client.query(
      `delete from model_aliases
       where workspace_id = current_workspace() and model = $1 and alias = $2`,
      [model, alias],
    )
  else {
    const { rowCount } = await client.query(
      `insert into model_aliases (workspace_id, model, alias, version)
       select workspace_id, model, $2, version from model_versions
       where workspace_id = current_workspace() and model = $1 and version = $3
       on conflict (workspace_id, model, alias) do update
         set version = excluded.version, set_at = now()`,
      [model, alias, version],
    )
    if (rowCount === 0) return false
  }
  await client.query(
    `insert into model_log (workspace_id, model, alias, version, actor, reason)
     values (current_workspace(), $1, $2, $3, $4, $5)`,
    [model, alias, version, actor, reason],
  )
  return true
}

export interface LogRecord extends AliasChange {
  readonly changeNo: number
  readonly at: Date
}

/** Which version was live from when, newest first. */
export async function readModelLog(
  client: Queryable,
  model: string | null,
  limit: number,
): Promise<LogRecord[]> {
  const { rows } = await client.query<Omit<LogRecord, 'changeNo'> & { change_no: string }>(
    `select change_no, model, alias, version, at, actor, reason from model_log
     where workspace_id = current_workspace() and ($1::text is null or model = $1)
     order by change_no desc limit $2`,
    [model, limit],
  )
  return rows.map(({ change_no, ...row }) => ({ ...row, changeNo: Number(change_no) }))
}

export interface LiveModel {
  readonly workspaceId: number
  readonly model: string
  readonly alias: ModelAlias
  readonly version: number
  readonly setAt: Date
}

/** What is live in all workspaces. */
export async function readLiveModels(client: Queryable): Promise<LiveModel[]> {
  const { rows } = await client.query<{
    workspace_id: number
    model: string
    alias: ModelAlias
    version: number
    set_at: Date
  }>({ name: 'live_models', text: 'select * from live_models()' })
  return rows.map(({ workspace_id, set_at, ...row }) => ({
    ...row,
    workspaceId: workspace_id,
    setAt: set_at,
  }))
}
