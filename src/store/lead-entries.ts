/**
 * What people did with a lead, read back from the log: the lead's row is a projection of it. Every
 * function needs a client inside withWorkspace.
 */
import { EVENT_TYPES, eventTypeOfCode, type EventType, type Json } from '../core/index.ts'
import type { Queryable } from './connection.ts'

export interface RecordedEntry {
  readonly position: number
  /** Who it was recorded for, before any link or merge. */
  readonly personId: number
  readonly type: EventType
  readonly eventTime: Date
  readonly properties: Readonly<Record<string, Json>>
  /** Somebody took it back. */
  readonly isUndone: boolean
}

interface Row {
  position: string
  person_id: string
  type: number
  event_time: Date
  properties: Record<string, Json> | null
  is_undone: boolean
}

/** One writer of a lead at a time. An advisory lock: see appendGrades. */
export async function holdLead(client: Queryable, personId: number): Promise<void> {
  await client.query('select pg_advisory_xact_lock(7316, ($1::bigint % 2147483647)::int)', [
    personId,
  ])
}

/** A person, whoever they count as, and everybody who counts as them. */
export async function circleOf(client: Queryable, personId: number): Promise<number[]> {
  const { rows } = await client.query<{ ids: string[] | null }>(
    'select person_circle(current_workspace(), $1) as ids',
    [personId],
  )
  return (rows[0]?.ids ?? []).map(Number)
}

/** The entry at a place in the log, or the one that an event became. */
export type EntryName = { readonly position: number } | { readonly event_id: string }

/** Entries of some types, or the one that is named, in log order. */
export async function readEntries(
  client: Queryable,
  persons: readonly number[],
  wanted: { readonly types: readonly EventType[] } | EntryName,
): Promise<RecordedEntry[]> {
  const [condition, value] =
    'position' in wanted
      ? ['e.position = $3', wanted.position]
      : 'event_id' in wanted
        ? [`e.body->>'event_id' = $3`, wanted.event_id]
        : ['e.type = any($3)', wanted.types.map((type) => EVENT_TYPES[type].code)]
  const { rows } = await client.query<Row>(
    `select e.position, e.person_id, e.type, e.event_time, e.body->'properties' as properties,
       exists (select from event_log u where u.workspace_id = e.workspace_id
         and u.person_id = e.person_id and u.type = $2
         and u.body->'properties'->>'target_position' = e.position::text) as is_undone
     from event_log e where e.workspace_id = current_workspace() and e.person_id = any($1)
       and ${condition} order by e.position`,
    [persons, EVENT_TYPES.entry_undone.code, value],
  )
  return rows.flatMap((row): RecordedEntry[] => {
    const type = eventTypeOfCode(row.type)
    if (type === undefined) return []
    const { event_time: eventTime, is_undone: isUndone, properties } = row
    const entry = { position: Number(row.position), personId: Number(row.person_id) }
    return [{ ...entry, type, eventTime, isUndone, properties: properties ?? {} }]
  })
}
