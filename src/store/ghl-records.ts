/**
 * What records of GoHighLevel that change gave to the log. Every function: inside withWorkspace.
 */
import { EVENT_TYPES, eventTypeOfCode, type EventType } from '../core/index.ts'
import type { Queryable } from './connection.ts'
import { appendEntries } from './persons.ts'

export type GhlRecordKind = 'opportunity' | 'appointment'

/** An event that a record gave. */
export interface RecordEntry {
  readonly eventId: string
  /** What it tells of the record, e.g. `won`. */
  readonly what: string
  readonly type: EventType
  /** When it happened, milliseconds since the epoch. */
  readonly at: number
  /** What it says that may be corrected later. */
  readonly said: Readonly<Record<string, string | number>>
  /** False: it has to be taken back. */
  readonly holds: boolean
}

export interface KnownRecord {
  readonly id: string
  readonly leadId: string
  /** When what is known was said, milliseconds since the epoch. */
  readonly toldAt: number
  readonly entries: readonly RecordEntry[]
  /** How many events of each name it gave so far. */
  readonly issued: Readonly<Record<string, number>>
}

const LOCK = 7317

/** One at a time changes what is known of records of a workspace, until the transaction ends. */
export async function holdGhlRecords(client: Queryable): Promise<void> {
  // An advisory lock: see appendGrades.
  await client.query(`select pg_advisory_xact_lock(${LOCK}, current_workspace())`)
}

export async function readGhlRecords(
  client: Queryable,
  kind: GhlRecordKind,
  ids: readonly string[],
): Promise<Map<string, KnownRecord>> {
  const { rows } = await client.query<{
    record_id: string
    lead_id: string
    told_at: Date
    entries: RecordEntry[]
    issued: Record<string, number>
  }>(
    `select r.record_id, p.lead_id, r.told_at, r.entries, r.issued from ghl_records r
     join persons p using (workspace_id, person_id)
     where r.workspace_id = current_workspace() and r.kind = $1 and r.record_id = any($2)`,
    [kind, ids],
  )
  return new Map(
    rows.map(({ record_id: id, lead_id: leadId, told_at, entries, issued }) => [
      id,
      { id, leadId, toldAt: told_at.getTime(), entries, issued },
    ]),
  )
}

export async function saveGhlRecords(
  client: Queryable,
  kind: GhlRecordKind,
  records: readonly KnownRecord[],
): Promise<void> {
  await client.query(
    `insert into ghl_records
       (workspace_id, kind, record_id, person_id, told_at, entries, issued)
     select current_workspace(), $1, t.id, p.person_id, t.told_at, t.entries, t.issued
     from unnest($2::text[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::jsonb[])
       as t(id, lead_id, told_at, entries, issued)
     join persons p on p.workspace_id = current_workspace() and p.lead_id = t.lead_id
     on conflict (workspace_id, kind, record_id) do update set person_id = excluded.person_id,
       told_at = excluded.told_at, entries = excluded.entries, issued = excluded.issued`,
    [
      kind,
      records.map(({ id }) => id),
      records.map(({ leadId }) => leadId),
      records.map(({ toldAt }) => new Date(toldAt)),
      records.map(({ entries }) => JSON.stringify(entries)),
      records.map(({ issued }) => JSON.stringify(issued)),
    ],
  )
}

/**
 * Takes back those of these events that are in the log and hold; answers the keys of all that are
 * there. Before anything else that the transaction writes.
 * @param keys of event_ids
 * @param by who says so
 */
export async function takeBackEvents(
  client: Queryable,
  workspaceId: number,
  keys: readonly string[],
  by: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{
    key: string
    position: string
    person_id: string
    type: number
    is_undone: boolean
  }>(
    `select replace(k.event_key::text, '-', '') as key, l.position, l.person_id, l.type,
       exists (select from event_log u where u.workspace_id = l.workspace_id
         and u.person_id = l.person_id and u.type = $2
         and u.body->'properties'->'target_position' = to_jsonb(l.position)) as is_undone
     from event_keys k join event_log l using (workspace_id, position)
     where k.workspace_id = current_workspace() and k.event_key = any($1::uuid[])`,
    [keys, EVENT_TYPES.entry_undone.code],
  )
  const due = rows.filter(({ is_undone }) => !is_undone)
  if (due.length > 0)
    await appendEntries(
      client,
      workspaceId,
      'entry_undone',
      due.map((row) => ({
        personId: Number(row.person_id),
        properties: {
          target_position: Number(row.position),
          target_type: eventTypeOfCode(row.type) ?? null,
          by,
        },
      })),
    )
  return new Set(rows.map(({ key }) => key))
}
