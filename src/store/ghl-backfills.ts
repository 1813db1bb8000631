/** How far imports of GoHighLevel are. Every function: inside withWorkspace. */
import type { Queryable } from './connection.ts'

export type BackfillState = 'running' | 'paused' | 'failed' | 'cancelled' | 'done' | 'interrupted'

export interface BackfillRecord {
  readonly locationId: string
  readonly cursor: unknown
  readonly counts: unknown
  readonly state: BackfillState
  readonly error: string | null
  readonly history: boolean
  readonly sellerPipelines: readonly string[]
  readonly requestedBy: string | null
  /** What is being read, in words. */
  readonly reading: string | null
  /** 0 to 1. */
  readonly fraction: number
  readonly remainingSeconds: number | null
  readonly startedAt: Date
  readonly touchedAt: Date
  readonly finishedAt: Date | null
}

interface BackfillRow {
  location_id: string
  cursor: unknown
  counts: unknown
  state: BackfillState
  error: string | null
  history: boolean
  seller_pipelines: string[]
  requested_by: string | null
  reading: string | null
  fraction: number
  remaining_seconds: number | null
  started_at: Date
  touched_at: Date
  finished_at: Date | null
}

/** Without a sign of life for so long, the process that did the work is gone. */
const COLUMNS = `location_id, cursor, counts, error, history, seller_pipelines, requested_by,
  reading, fraction, remaining_seconds, started_at, touched_at, finished_at,
  case when state = 'running' and touched_at < now() - interval '30 seconds' then 'interrupted'
    else state end as state`

const toRecord = (row: BackfillRow): BackfillRecord => ({
  locationId: row.location_id,
  cursor: row.cursor,
  counts: row.counts,
  state: row.state,
  error: row.error,
  history: row.history,
  sellerPipelines: row.seller_pipelines,
  requestedBy: row.requested_by,
  reading: row.reading,
  fraction: row.fraction,
  remainingSeconds: row.remaining_seconds,
  startedAt: row.started_at,
  touchedAt: row.touched_at,
  finishedAt: row.finished_at,
})

export async function readBackfill(
  client: Queryable,
  locationId: string,
): Promise<BackfillRecord | undefined> {
  const { rows } = await client.query<BackfillRow>(
    `select ${COLUMNS} from ghl_backfills
     where workspace_id = current_workspace() and location_id = $1`,
    [locationId],
  )
  return rows[0] && toRecord(rows[0])
}

/** The one touched last first. */
export async function listBackfills(client: Queryable): Promise<BackfillRecord[]> {
  const { rows } = await client.query<BackfillRow>(
    `select ${COLUMNS} from ghl_backfills where workspace_id = current_workspace()
     order by touched_at desc limit 50`,
  )
  return rows.map(toRecord)
}

/** How far it is; `isDone` ends it, and the next one begins anew. */
export async function saveBackfill(
  client: Queryable,
  locationId: string,
  { cursor, counts, isDone }: { cursor: unknown; counts: unknown; isDone: boolean },
): Promise<void> {
  await client.query(
    `insert into ghl_backfills (workspace_id, location_id, cursor, counts, finished_at, state)
     values (current_workspace(), $1, $2, $3, case when $4 then now() end,
       case when $4 then 'done' else 'running' end)
     on conflict (workspace_id, location_id) do update set cursor = excluded.cursor,
       counts = excluded.counts, touched_at = now(), finished_at = excluded.finished_at,
       state = case when excluded.state = 'done' then 'done' else ghl_backfills.state end,
       started_at = case when ghl_backfills.finished_at is null then ghl_backfills.started_at
         else now() end`,
    [locationId, JSON.stringify(cursor), JSON.stringify(counts), isDone],
  )
}

export interface BackfillStart {
  readonly history: boolean
  readonly sellerPipelines: readonly string[]
  readonly requestedBy: string
  /** Of an import that begins anew. */
  readonly counts: unknown
}

/**
 * Marks an import as running: one that did not end goes on, any other begins anew. False when it
 * runs already, with a sign of life.
 */
export async function startBackfill(
  client: Queryable,
  locationId: string,
  { history, sellerPipelines, requestedBy, counts }: BackfillStart,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into ghl_backfills (workspace_id, location_id, cursor, counts, history,
       seller_pipelines, requested_by)
     values (current_workspace(), $1, '{"step":0,"at":null,"done":0}', $2, $3, $4, $5)
     on conflict (workspace_id, location_id) do update set state = 'running', error = null,
       history = excluded.history, seller_pipelines = excluded.seller_pipelines,
       requested_by = excluded.requested_by, touched_at = now(), remaining_seconds = null,
       cursor = case when ghl_backfills.finished_at is null then ghl_backfills.cursor
         else excluded.cursor end,
       counts = case when ghl_backfills.finished_at is null then ghl_backfills.counts
         else excluded.counts end,
       fraction = case when ghl_backfills.finished_at is null then ghl_backfills.fraction
         else 0 end,
       started_at = case when ghl_backfills.finished_at is null then ghl_backfills.started_at
         else now() end, finished_at = null
     where ghl_backfills.state <> 'running'
       or ghl_backfills.touched_at < now() - interval '30 seconds'`,
    [locationId, JSON.stringify(counts), history, sellerPipelines, requestedBy],
  )
  return rowCount === 1
}

/** A sign of life of a running import; false when it is to stop. */
export async function touchBackfill(
  client: Queryable,
  locationId: string,
  at: { reading: string | null; fraction: number; remainingSeconds: number | null },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update ghl_backfills set touched_at = now(), reading = $2, fraction = $3,
       remaining_seconds = $4
     where workspace_id = current_workspace() and location_id = $1 and state = 'running'`,
    [locationId, at.reading, at.fraction, at.remainingSeconds],
  )
  return rowCount === 1
}

/** Ends a running import, or one that waits; false when there is none such. */
export async function stopBackfill(
  client: Queryable,
  locationId: string,
  end: { readonly state: 'paused' | 'cancelled' | 'failed' | 'done'; readonly error?: string },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update ghl_backfills set state = $2, error = $3, touched_at = now(),
       remaining_seconds = null, fraction = case when $2 = 'done' then 1 else fraction end,
       finished_at = case when $2 in ('cancelled', 'done') then now() end
     where workspace_id = current_workspace() and location_id = $1
       and (state = 'running' or $2 = 'cancelled' and state in ('paused', 'failed')
         or $2 = 'done' and state = 'done')`,
    [locationId, end.state, end.error ?? null],
  )
  return rowCount === 1
}
