/** How long a workspace keeps events, and what stays of those it gave up. SQL: migrations/0007. */
import { EVENT_TYPES, isOutcomeType } from '../core/index.ts'
import type { Queryable } from './connection.ts'

/**
 * The shortest time events are kept, days: one more than a late event may be old, so that whatever
 * is learnt later happened after everything that was deleted, and a state folded again from its
 * base is exact.
 */
const RETENTION_DAYS_MIN = 401

export interface Retention {
  /** Events that happened longer ago are deleted; null: kept for ever. */
  readonly eventsDays: number | null
  /** Whether outcomes, from which models learn, are deleted with them. */
  readonly outcomes: 'keep' | 'delete'
}

export interface RetentionOfWorkspace extends Retention {
  readonly workspaceId: number
  readonly eventsDays: number
}

/** A lead's state folded from all its entries with an event time before `until` (milliseconds). */
export interface LeadBase {
  readonly until: number
  readonly state: Uint8Array
}

/** What people and the product noted about a lead (links, notes, assignments) always stays. */
const BEHAVIOR = Object.entries(EVENT_TYPES)
  .filter(([name, { code }]) => code < 80 || name === 'engagement_graded')
  .map(([name, { code }]) => ({ code, outcome: isOutcomeType(name) }))

const codesToDelete = ({ outcomes }: Retention): number[] =>
  BEHAVIOR.filter(({ outcome }) => outcomes === 'delete' || !outcome).map(({ code }) => code)

/** The setting of a workspace. Needs a client inside withWorkspace. */
export async function readRetention(client: Queryable): Promise<Retention> {
  const { rows } = await client.query<{ days: number | null; outcomes: Retention['outcomes'] }>(
    `select (settings->'retention'->>'events_days')::int as days,
       coalesce(settings->'retention'->>'outcomes', 'keep') as outcomes
     from workspaces where workspace_id = current_workspace()`,
  )
  return { eventsDays: rows[0]?.days ?? null, outcomes: rows[0]?.outcomes ?? 'keep' }
}

/** @throws RangeError below RETENTION_DAYS_MIN. Needs a client inside withWorkspace. */
export async function saveRetention(
  client: Queryable,
  { eventsDays, outcomes }: Retention,
): Promise<void> {
  if (eventsDays !== null && !(eventsDays >= RETENTION_DAYS_MIN))
    throw new RangeError(`events are kept for at least ${RETENTION_DAYS_MIN} days`)
  await client.query(
    `update workspaces set settings = jsonb_set(settings, '{retention}',
       jsonb_build_object('events_days', $1::int, 'outcomes', $2::text))
     where workspace_id = current_workspace()`,
    [eventsDays, outcomes],
  )
}

/** Workspaces that may hold events older than they keep. */
export async function listRetentions(client: Queryable): Promise<RetentionOfWorkspace[]> {
  const { rows } = await client.query<{
    workspace_id: number
    events_days: number
    outcomes: Retention['outcomes']
  }>('select * from list_retentions()')
  return rows.map(({ workspace_id, events_days, outcomes }) => ({
    workspaceId: workspace_id,
    eventsDays: events_days,
    outcomes,
  }))
}

/** Holds off links, merges and erasures in the workspace until the transaction ends. */
export async function holdPersons(client: Queryable): Promise<void> {
  await client.query('select pg_advisory_xact_lock(7311, current_workspace())')
}

/** The next persons of a workspace, in order. Needs a client inside withWorkspace. */
export async function nextPersons(
  client: Queryable,
  after: number,
  limit: number,
): Promise<number[]> {
  const { rows } = await client.query<{ person_id: string }>(
    `select person_id from persons where workspace_id = current_workspace() and person_id > $1
     order by person_id limit $2`,
    [after, limit],
  )
  return rows.map(({ person_id }) => Number(person_id))
}

/** Happened before `until`, and learnt before it: a part of the log then empties as a whole. */
const GONE = `workspace_id = current_workspace() and person_id = any($1)
  and event_time < to_timestamp($2 / 1000.0) and received_at < to_timestamp($2 / 1000.0)
  and type = any($3)`

/** The leads whose entries, or those of persons who count as them, are to be deleted. */
export async function leadsToBase(
  client: Queryable,
  persons: readonly number[],
  until: number,
  retention: Retention,
): Promise<number[]> {
  const { rows } = await client.query<{ lead: string }>(
    `select distinct canonical_person(current_workspace(), g.person_id) as lead from
       (select distinct person_id from event_log where ${GONE}) g order by 1`,
    [persons, until, codesToDelete(retention)],
  )
  return rows.map(({ lead }) => Number(lead))
}

/** Deletes what `leadsToBase` looked for; how many entries, and how many outcomes among them. */
export async function deleteOldEntries(
  client: Queryable,
  persons: readonly number[],
  until: number,
  retention: Retention,
): Promise<{ entries: number; outcomes: number }> {
  const outcomes = BEHAVIOR.filter(({ outcome }) => outcome).map(({ code }) => code)
  const { rows } = await client.query<{ entries: number; outcomes: number }>(
    `with gone as (delete from event_log where ${GONE} returning type)
     select count(*)::int as entries, count(*) filter (where type = any($4))::int as outcomes
     from gone`,
    [persons, until, codesToDelete(retention), outcomes],
  )
  return rows[0]!
}

/** What a lead is folded again from, when older entries are gone. Read it after the entries. */
export async function readLeadBase(
  client: Queryable,
  workspaceId: number,
  personId: number,
): Promise<LeadBase | undefined> {
  const { rows } = await client.query<{ until: number; state: Buffer }>({
    name: 'lead_base',
    text: 'select * from lead_base($1, $2)',
    values: [workspaceId, personId],
  })
  const row = rows[0]
  return row && { until: Math.round(row.until), state: row.state }
}

/** As readLeadBase, of several leads at once; those without one are left out. */
export async function readLeadBases(
  client: Queryable,
  workspaceId: number,
  personIds: readonly number[],
): Promise<Map<number, LeadBase>> {
  const { rows } = await client.query<{ asked: string; until: number; state: Buffer }>({
    name: 'lead_bases',
    text: `select k.person as asked, b.* from unnest($2::bigint[]) as k(person),
      lateral lead_base($1, k.person) b`,
    values: [workspaceId, personIds],
  })
  return new Map(
    rows.map(({ asked, until, state }) => [Number(asked), { until: Math.round(until), state }]),
  )
}

/** Needs a client inside withWorkspace. */
export async function saveLeadBase(
  client: Queryable,
  personId: number,
  { until, state }: LeadBase,
): Promise<void> {
  await client.query(
    `insert into lead_bases (workspace_id, person_id, until, state)
     values (current_workspace(), $1, to_timestamp($2 / 1000.0), $3)
     on conflict (workspace_id, person_id) do update
       set until = excluded.until, state = excluded.state`,
    [personId, until, Buffer.from(state.buffer, state.byteOffset, state.byteLength)],
  )
}
