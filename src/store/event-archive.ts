/** Events as they go out of a workspace and come back in. */
import { eventTypeOfCode, isPublicEventType, type EntryBody } from '../core/index.ts'
import { IDENTITY_KIND, type LogRow } from './event-log.ts'
import type { Queryable } from './connection.ts'

export interface ArchivedEvent {
  readonly position: number
  readonly type: string
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly leadId: string | null
  readonly anonymousId: string | null
  readonly body: EntryBody
}

/** Last position of the log, for an export that ends where it began. Inside withWorkspace. */
export async function lastPosition(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ position: string | null }>(
    'select max(position) as position from event_log where workspace_id = current_workspace()',
  )
  return Number(rows[0]?.position ?? 0)
}

/** Events of the workspace, in the order of the log; entries of the product's own are left out. */
export async function readEvents(
  client: Queryable,
  after: number,
  upTo: number,
  limit: number,
): Promise<{ readonly events: ArchivedEvent[]; readonly cursor: number; readonly done: boolean }> {
  const { rows } = await client.query<{
    position: string
    type: number
    at: number
    lead_id: string | null
    anonymous_id: string | null
    body: EntryBody
  }>(
    `select e.position, e.type, extract(epoch from e.event_time)::float8 * 1000 as at, e.body,
       (select i.value from identities i where i.workspace_id = e.workspace_id
         and i.person_id = e.person_id and i.kind = $4 limit 1) as lead_id,
       (select i.value from identities i where i.workspace_id = e.workspace_id
         and i.person_id = e.person_id and i.kind = $5 limit 1) as anonymous_id
     from (select * from event_log where workspace_id = current_workspace()
       and position > $1 and position <= $2 order by position limit $3) e order by e.position`,
    [after, upTo, limit, IDENTITY_KIND.lead, IDENTITY_KIND.anonymous],
  )
  const events = rows.flatMap(({ position, type, at, body, ...who }): ArchivedEvent[] => {
    const name = eventTypeOfCode(type)
    if (name === undefined || !isPublicEventType(name)) return []
    if (who.lead_id === null && who.anonymous_id === null) return []
    return [
      {
        position: Number(position),
        type: name,
        time: Math.round(at),
        leadId: who.lead_id,
        anonymousId: who.lead_id === null ? who.anonymous_id : null,
        body,
      },
    ]
  })
  return {
    events,
    cursor: Number(rows.at(-1)?.position ?? upTo),
    done: rows.length < limit,
  }
}

export interface ArchivedLink {
  readonly fromKind: number
  readonly from: string
  readonly leadId: string
  readonly reason: 'identify' | 'merge'
  /** When it happened, milliseconds since the epoch. */
  readonly time: number
}

/** Who counts as which lead now. Inside withWorkspace. */
export async function readActiveLinks(client: Queryable): Promise<ArchivedLink[]> {
  const { rows } = await client.query<{
    kind: number
    value: string
    lead_id: string
    reason: 'identify' | 'merge'
    at: number
  }>(
    `select f.kind, f.value, t.value as lead_id, l.reason,
       extract(epoch from e.event_time)::float8 * 1000 as at
     from person_links l
     join event_log e on e.workspace_id = l.workspace_id and e.position = l.linked_position
     join identities f on f.workspace_id = l.workspace_id and f.person_id = l.person_id
       and f.kind in (1, 2)
     join identities t on t.workspace_id = l.workspace_id and t.person_id = l.target_id
       and t.kind = 1
     where l.workspace_id = current_workspace() and l.unlinked_position is null
     order by l.linked_position, f.value`,
  )
  return rows.map(({ kind, value, lead_id, reason, at }) => ({
    fromKind: kind,
    from: value,
    leadId: lead_id,
    reason,
    time: Math.round(at),
  }))
}

/**
 * Which of these rows, refused because their event_id is known with another digest, are the stored
 * event all the same: an event that was sent without a time, or with two identities, comes back
 * from an export with a time and with one. Inside withWorkspace.
 */
export async function areStored(client: Queryable, rows: readonly LogRow[]): Promise<boolean[]> {
  const answer = await client.query<{ same: boolean | null }>(
    `select (select e.type = t.type and e.body - 'frozen' = t.body
         and round(extract(epoch from e.event_time) * 1000) = t.time
         and e.person_id = (select i.person_id from identities i
           where i.workspace_id = current_workspace() and i.kind = t.kind and i.value = t.identity)
       from event_keys k join event_log e
         on e.workspace_id = k.workspace_id and e.position = k.position
       where k.workspace_id = current_workspace() and k.event_key = t.key) as same
     from unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::jsonb[], $5::smallint[], $6::text[])
       with ordinality as t(key, type, time, body, kind, identity, ord) order by t.ord`,
    [
      rows.map((row) => row.key),
      rows.map((row) => row.type),
      rows.map((row) => row.time),
      rows.map((row) => row.body),
      rows.map((row) => row.identityKind),
      rows.map((row) => row.identity),
    ],
  )
  return answer.rows.map(({ same }) => same === true)
}
