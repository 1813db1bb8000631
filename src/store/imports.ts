/** Imports of files over HTTP. Every function needs a client inside withWorkspace. */
import type { Queryable } from './connection.ts'

export interface ImportRecord {
  readonly importId: number
  readonly kind: string
  readonly status: 'running' | 'done' | 'failed'
  /** 0 to 1. */
  readonly progress: number
  readonly result: unknown
  readonly error: string | null
  readonly requestedBy: string
  readonly requestedAt: Date
}

interface ImportRow {
  import_id: string
  kind: string
  status: ImportRecord['status']
  progress: number
  result: unknown
  error: string | null
  requested_by: string
  requested_at: Date
  abandoned: boolean
}

/** Without a sign of life for so long, the process that did the work is gone. */
const ABANDONED = `status = 'running' and touched_at < now() - interval '2 minutes' as abandoned`

const toImport = (row: ImportRow): ImportRecord => ({
  importId: Number(row.import_id),
  kind: row.kind,
  status: row.abandoned ? 'failed' : row.status,
  progress: row.progress,
  result: row.result,
  error: row.abandoned
    ? 'The server stopped during the import: send the file again, nothing is taken in twice.'
    : row.error,
  requestedBy: row.requested_by,
  requestedAt: row.requested_at,
})

/** Files an import that runs; its number. */
export async function insertImport(
  client: Queryable,
  { kind, requestedBy }: { readonly kind: string; readonly requestedBy: string },
): Promise<number> {
  const { rows } = await client.query<{ import_id: string }>(
    `insert into imports (workspace_id, kind, requested_by)
     values (current_workspace(), $1, $2) returning import_id`,
    [kind, requestedBy],
  )
  return Number(rows[0]!.import_id)
}

/** Says how far it is, and that somebody is at it. */
export async function touchImport(
  client: Queryable,
  importId: number,
  progress: number,
): Promise<void> {
  await client.query(
    `update imports set progress = $2, touched_at = now()
     where workspace_id = current_workspace() and import_id = $1 and status = 'running'`,
    [importId, progress],
  )
}

/** Ends it with what it did, or with why it failed. */
export async function finishImport(
  client: Queryable,
  importId: number,
  end: { readonly result: unknown } | { readonly error: string },
): Promise<void> {
  const failed = 'error' in end
  await client.query(
    `update imports set status = $2, result = $3, error = $4, touched_at = now(),
       progress = case when $2 = 'done' then 1 else progress end
     where workspace_id = current_workspace() and import_id = $1 and status = 'running'`,
    [
      importId,
      failed ? 'failed' : 'done',
      failed ? null : JSON.stringify(end.result),
      failed ? end.error : null,
    ],
  )
}

export async function readImport(
  client: Queryable,
  importId: number,
): Promise<ImportRecord | undefined> {
  const { rows } = await client.query<ImportRow>(
    `select *, ${ABANDONED} from imports
     where workspace_id = current_workspace() and import_id = $1`,
    [importId],
  )
  return rows[0] && toImport(rows[0])
}

/** The latest first; those before `before` when given. */
export async function listImports(
  client: Queryable,
  before: number | undefined,
  limit: number,
): Promise<ImportRecord[]> {
  const { rows } = await client.query<ImportRow>(
    `select *, ${ABANDONED} from imports
     where workspace_id = current_workspace() and ($1::bigint is null or import_id < $1)
     order by import_id desc limit $2`,
    [before ?? null, limit],
  )
  return rows.map(toImport)
}
