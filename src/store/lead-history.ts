/** What is known of a person, for people to read. Needs a client inside withWorkspace. */
import {
  EVENT_TYPES,
  eventTypeOfCode,
  PUBLIC_EVENT_TYPES,
  type EntryBody,
  type EventType,
} from '../core/index.ts'
import type { Queryable } from './connection.ts'
import { circleOf } from './lead-entries.ts'

export interface TimelineEntry {
  readonly position: number
  readonly type: EventType
  readonly eventTime: Date
  readonly receivedAt: Date
  readonly body: EntryBody
  /** The latest engagement grade; null for what is not graded or not yet. */
  readonly grade: string | null
  /** When somebody took it back; null: it holds. */
  readonly undoneAt: Date | null
}

/** Place in hindsight order: event time in microseconds since the epoch, then position. */
export type TimelinePlace = readonly [micros: number, position: number]

interface Row {
  position: string
  type: number
  event_time: Date
  micros: string
  received_at: Date
  body: EntryBody
}

async function gradesOf(
  client: Queryable,
  circle: readonly number[],
  positions: string[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ target: string; grade: string }>(
    `select distinct on (target) target, grade from (
       select body->'properties'->>'target_position' as target,
         body->'properties'->>'grade' as grade, position
       from event_log where workspace_id = current_workspace() and person_id = any($1)
         and type = $2) g
     where target = any($3) order by target, position desc`,
    [circle, EVENT_TYPES.engagement_graded.code, positions],
  )
  return new Map(rows.map(({ target, grade }) => [target, grade]))
}

async function undoneOf(
  client: Queryable,
  circle: readonly number[],
  positions: string[],
): Promise<Map<string, Date>> {
  const { rows } = await client.query<{ target: string; received_at: Date }>(
    `select body->'properties'->>'target_position' as target, received_at
     from event_log where workspace_id = current_workspace() and person_id = any($1)
       and type = $2 and body->'properties'->>'target_position' = any($3)`,
    [circle, EVENT_TYPES.entry_undone.code, positions],
  )
  return new Map(rows.map(({ target, received_at }) => [target, received_at]))
}

/** What says something about another entry stands on that one. */
const STANDS_ELSEWHERE = [EVENT_TYPES.engagement_graded.code, EVENT_TYPES.entry_undone.code]

/** Latest first by event time, with all that is known today. */
export async function readTimeline(
  client: Queryable,
  personId: number,
  page: { before: TimelinePlace | undefined; limit: number },
): Promise<{ entries: TimelineEntry[]; next: TimelinePlace | undefined }> {
  const circle = await circleOf(client, personId)
  const { rows } = await client.query<Row>(
    `select * from (select position, type, event_time, received_at, body,
         (extract(epoch from event_time) * 1000000)::bigint as micros
       from event_log where workspace_id = current_workspace() and person_id = any($1)
         and type <> all($2)) e
     where $3::bigint is null or (micros, position) < ($3, $4::bigint)
     order by micros desc, position desc limit $5`,
    [circle, STANDS_ELSEWHERE, page.before?.[0] ?? null, page.before?.[1] ?? null, page.limit + 1],
  )
  const shown = rows.slice(0, page.limit)
  const positions = shown.map(({ position }) => position)
  const grades = await gradesOf(client, circle, positions)
  const undone = await undoneOf(client, circle, positions)
  const last = rows.length > page.limit ? shown.at(-1) : undefined
  return {
    entries: shown.flatMap((row) => {
      const type = eventTypeOfCode(row.type)
      const { event_time, received_at, body } = row
      const grade = grades.get(row.position) ?? null
      const undoneAt = undone.get(row.position) ?? null
      const entry = { body, grade, undoneAt, eventTime: event_time, receivedAt: received_at }
      return type === undefined ? [] : [{ ...entry, type, position: Number(row.position) }]
    }),
    next: last && [Number(last.micros), Number(last.position)],
  }
}

export type StoredEvent = Pick<TimelineEntry, 'type' | 'eventTime'>

const PUBLIC_CODES = PUBLIC_EVENT_TYPES.map((name) => EVENT_TYPES[name].code)

/**
 * The newest event of each person that was reported to us, whoever of those who count as them it
 * was recorded for; what was taken back is left out, as is what we wrote ourselves.
 */
export async function readLastEvents(
  client: Queryable,
  personIds: readonly number[],
): Promise<Map<number, StoredEvent>> {
  const { rows } = await client.query<{ person_id: string; type: number; event_time: Date }>(
    `select p.person_id, e.type, e.event_time
     from unnest($1::bigint[]) as p(person_id) cross join lateral (
       select newest.* from unnest(person_circle(current_workspace(), p.person_id)) as c(id)
       cross join lateral (
         select position, type, event_time from event_log e
         where workspace_id = current_workspace() and person_id = c.id and type = any($2)
           and not exists (select from event_log u where u.workspace_id = e.workspace_id
             and u.person_id = e.person_id and u.type = $3
             and u.body->'properties'->>'target_position' = e.position::text)
         order by position desc limit 1) newest
       order by newest.position desc limit 1) e`,
    [personIds, PUBLIC_CODES, EVENT_TYPES.entry_undone.code],
  )
  return new Map(
    rows.flatMap(({ person_id, type: code, event_time }) => {
      const type = eventTypeOfCode(code)
      return type === undefined ? [] : [[Number(person_id), { type, eventTime: event_time }]]
    }),
  )
}

/** The event_id of the entry at a log position; null when it has none or is no longer kept. */
export async function readEventId(client: Queryable, position: number): Promise<string | null> {
  const { rows } = await client.query<{ id: string | null }>(
    `select body->>'event_id' as id from event_log
     where workspace_id = current_workspace() and position = $1`,
    [position],
  )
  return rows[0]?.id ?? null
}

/** All rows about a person outside the log and the persons table, as they are stored. */
export async function readRecords(
  client: Queryable,
  personId: number,
): Promise<Record<'identities' | 'links' | 'predictions' | 'feedback', unknown[]>> {
  const circle = await circleOf(client, personId)
  const read = async (text: string): Promise<unknown[]> =>
    (await client.query<Record<string, unknown>>(text, [circle])).rows
  return {
    identities: await read(
      `select case kind when 1 then 'lead_id' when 2 then 'anonymous_id' when 3 then 'email'
         when 4 then 'phone' else 'external' end as kind, value
       from identities where workspace_id = current_workspace() and person_id = any($1)
       order by 1, 2`,
    ),
    links: await read(
      `select person_id, target_id, linked_position, unlinked_position, reason from person_links
       where workspace_id = current_workspace() and person_id = any($1) order by linked_position`,
    ),
    predictions: await read(
      `select prediction_id, model, version, probability, as_of_position, made_at, details
       from predictions where workspace_id = current_workspace() and person_id = any($1)
       order by prediction_id`,
    ),
    feedback: await read(
      `select feedback_id, prediction_id, verdict, because, given_at from feedback
       where workspace_id = current_workspace() and person_id = any($1) order by feedback_id`,
    ),
  }
}
