/**
 * Enrichment hooks and the calls that are due. All but `dueEnrichment` and
 * `markFullEnrichment` need a client inside withWorkspace. SQL: the migration "enrichment".
 */
import type { Queryable } from './connection.ts'
import { LEAD_COLUMNS, toLead, type Lead, type LeadRow } from './leads.ts'

/** From so many calls on that wait for one hook no more are queued. */
const WAITING_MAX = 10_000

export interface EnrichmentHook {
  readonly hookId: number
  readonly name: string
  readonly url: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
  readonly waiting: number
  readonly isFull: boolean
  readonly answered: number
  readonly failed: number
  readonly lastAnsweredAt: Date | null
  readonly lastFailedAt: Date | null
  readonly lastFailure: string | null
}

interface HookRow {
  hook_id: string
  name: string
  url: string
  created_at: Date
  revoked_at: Date | null
  waiting: string
  is_full: boolean
  answered: string
  failed: string
  last_answered_at: Date | null
  last_failed_at: Date | null
  last_failure: string | null
}

/** `secret`: sealed. Answers its number. */
export async function createEnrichmentHook(
  client: Queryable,
  { name, url, secret }: { name: string; url: string; secret: Uint8Array },
): Promise<number> {
  const { rows } = await client.query<{ hook_id: string }>(
    `insert into enrichment_hooks (workspace_id, name, url, secret)
     values (current_workspace(), $1, $2, $3) returning hook_id`,
    [name, url, Buffer.from(secret)],
  )
  return Number(rows[0]!.hook_id)
}

/** Newest first. */
export async function listEnrichmentHooks(client: Queryable): Promise<EnrichmentHook[]> {
  const { rows } = await client.query<HookRow>(
    `select h.*, (select count(*) from enrichment_calls c
       where c.workspace_id = h.workspace_id and c.hook_id = h.hook_id) as waiting
     from enrichment_hooks h where h.workspace_id = current_workspace() order by h.hook_id desc`,
  )
  return rows.map((row) => ({
    hookId: Number(row.hook_id),
    name: row.name,
    url: row.url,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
    waiting: Number(row.waiting),
    isFull: row.is_full,
    answered: Number(row.answered),
    failed: Number(row.failed),
    lastAnsweredAt: row.last_answered_at,
    lastFailedAt: row.last_failed_at,
    lastFailure: row.last_failure,
  }))
}

/** Ends a hook and what waits for it; false when there is no such hook that still works. */
export async function revokeEnrichmentHook(client: Queryable, hookId: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `update enrichment_hooks set revoked_at = now() where workspace_id = current_workspace()
     and hook_id = $1 and revoked_at is null`,
    [hookId],
  )
  await client.query(
    `delete from enrichment_calls where workspace_id = current_workspace() and hook_id = $1`,
    [hookId],
  )
  return (rowCount ?? 0) > 0
}

/** Notes which queues are full; to be done every second. */
export async function markFullEnrichment(client: Queryable): Promise<void> {
  await client.query('select mark_full_enrichment($1)', [WAITING_MAX])
}

/** Workspaces with calls that are due. */
export async function dueEnrichment(client: Queryable): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>('select due_enrichment_workspaces() as id')
  return rows.map(({ id }) => id)
}

export interface EnrichmentCall {
  readonly hookId: number
  readonly personId: number
  readonly url: string
  /** Sealed. */
  readonly secret: Uint8Array
  /** This try included. */
  readonly attempts: number
  /** Which change it is about; opaque. */
  readonly changedAt: string
}

/** Takes calls that are due; one that is not settled in `seconds` is due again. */
export async function claimEnrichment(
  client: Queryable,
  limit: number,
  seconds: number,
): Promise<EnrichmentCall[]> {
  const { rows } = await client.query<{
    hook_id: string
    person_id: string
    url: string
    secret: Buffer
    attempts: number
    changed_at: string
  }>(
    `with due as (
       select workspace_id, hook_id, person_id from enrichment_calls
       where workspace_id = current_workspace() and due_at <= now()
       order by due_at limit $1 for update skip locked)
     update enrichment_calls c set attempts = c.attempts + 1,
       due_at = now() + make_interval(secs => $2)
     from due join enrichment_hooks h using (workspace_id, hook_id)
     where c.workspace_id = due.workspace_id and c.hook_id = due.hook_id
       and c.person_id = due.person_id
     returning c.hook_id, c.person_id, h.url, h.secret, c.attempts, c.changed_at::text`,
    [limit, seconds],
  )
  return rows.map((row) => ({
    hookId: Number(row.hook_id),
    personId: Number(row.person_id),
    url: row.url,
    secret: row.secret,
    attempts: row.attempts,
    changedAt: row.changed_at,
  }))
}

/** The lead that is person number `personId`; undefined when it is gone. */
export async function findLeadOfPerson(
  client: Queryable,
  personId: number,
): Promise<Lead | undefined> {
  const { rows } = await client.query<LeadRow>(
    `select ${LEAD_COLUMNS} from persons p where p.workspace_id = current_workspace()
       and p.person_id = $1 and p.lead_id is not null`,
    [personId],
  )
  return rows[0] && toLead(rows[0])
}

/** What this transaction changes of leads calls no hook. */
export async function markEnriching(client: Queryable): Promise<void> {
  await client.query(`select set_config('eh.enriching', 'on', true)`)
}

export type EnrichmentEnd =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed'; readonly problem: string }
  /** Tried again in so many seconds. */
  | { readonly kind: 'later'; readonly seconds: number; readonly problem: string }

/** Ends a try. A lead that changed meanwhile is asked about again. */
export async function settleEnrichment(
  client: Queryable,
  { hookId, personId, changedAt }: EnrichmentCall,
  end: EnrichmentEnd,
): Promise<void> {
  const key = [hookId, personId]
  const which = 'workspace_id = current_workspace() and hook_id = $1 and person_id = $2'
  const problem = end.kind === 'answered' ? null : end.problem
  await client.query(
    `update enrichment_hooks set answered = answered + $2, failed = failed + $3,
       last_answered_at = case when $2 = 1 then now() else last_answered_at end,
       last_failed_at = case when $4::text is null then last_failed_at else now() end,
       last_failure = coalesce($4, last_failure)
     where workspace_id = current_workspace() and hook_id = $1`,
    [hookId, end.kind === 'answered' ? 1 : 0, end.kind === 'failed' ? 1 : 0, problem],
  )
  if (end.kind === 'later') {
    await client.query(
      `update enrichment_calls set due_at = now() + make_interval(secs => $3) where ${which}`,
      [...key, end.seconds],
    )
    return
  }
  const { rowCount } = await client.query(
    `delete from enrichment_calls where ${which} and changed_at = $3::timestamptz`,
    [...key, changedAt],
  )
  if (rowCount === 0)
    await client.query(
      `update enrichment_calls set attempts = 0, due_at = now() where ${which}`,
      key,
    )
}
