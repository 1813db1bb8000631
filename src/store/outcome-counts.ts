/** What became of leads so far, counted. Needs a client inside withWorkspace. */
import { CLOSING_OUTCOMES, EVENT_TYPES, OUTCOME_TYPES, type OutcomeType } from '../core/index.ts'
import type { Queryable } from './connection.ts'

export interface OutcomeCount {
  readonly type: OutcomeType
  readonly leads: number
  readonly first: Date
  readonly last: Date
}

export interface OutcomeCounts {
  /** Leads that count as themselves. */
  readonly leads: number
  /** Most frequent first; without those that no one reports, as opened e-mails. */
  readonly dated: readonly OutcomeCount[]
  /** Leads of whom an import said what became of them, without a day. */
  readonly undated: { readonly converted: number; readonly notConverted: number }
}

/** Behavior of every day: outcomes by definition, and not what a team counts as one. */
const EVERYDAY: readonly OutcomeType[] = ['email_open', 'inactivity']
const codesOf = (types: readonly OutcomeType[]): number[] =>
  types.map((type) => EVENT_TYPES[type].code)
const COUNTED = OUTCOME_TYPES.filter((type) => !EVERYDAY.includes(type))

export async function readOutcomeCounts(client: Queryable): Promise<OutcomeCounts> {
  const { rows } = await client.query<{ type: number; leads: string; first: Date; last: Date }>(
    `select type, count(distinct person_id) as leads, min(occurred_at) as first,
       max(occurred_at) as last
     from outcomes where workspace_id = current_workspace() and type = any($1)
     group by type order by 2 desc`,
    [codesOf(COUNTED)],
  )
  const others = await client.query<{ leads: string; yes: string; no: string }>(
    `select (select count(*) from persons p where p.workspace_id = current_workspace()
         and p.lead_id is not null and not exists (select from person_links l
           where l.workspace_id = p.workspace_id and l.person_id = p.person_id
             and l.unlinked_position is null)) as leads,
       count(*) filter (where converted) as yes, count(*) filter (where not converted) as no
     from lead_labels where workspace_id = current_workspace()`,
  )
  const { leads, yes, no } = others.rows[0]!
  const typeOf = new Map(COUNTED.map((type) => [Number(EVENT_TYPES[type].code), type]))
  return {
    leads: Number(leads),
    dated: rows.map((row) => ({
      type: typeOf.get(row.type)!,
      leads: Number(row.leads),
      first: row.first,
      last: row.last,
    })),
    undated: { converted: Number(yes), notConverted: Number(no) },
  }
}

export interface Closing {
  readonly personId: number
  /** Of the lead's first closing, milliseconds since the epoch. */
  readonly at: number
}

/** The leads that closed last, the latest first. */
export async function readClosings(
  client: Queryable,
  now: number,
  limit: number,
): Promise<Closing[]> {
  const { rows } = await client.query<{ person_id: string; at: Date }>(
    `select canonical_person(workspace_id, person_id) as person_id, min(occurred_at) as at
     from outcomes where workspace_id = current_workspace() and type = any($1)
       and occurred_at <= to_timestamp($2 / 1000.0)
     group by 1 order by 2 desc, 1 limit $3`,
    [codesOf(CLOSING_OUTCOMES), now, limit],
  )
  return rows.map((row) => ({ personId: Number(row.person_id), at: row.at.getTime() }))
}

export interface OfSegment {
  readonly personId: number
  readonly segment: string | null
}

/** Leads of the workspace; counts them one by one. */
export async function countLeads(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ n: string }>(
    `select count(*) as n from persons
     where workspace_id = current_workspace() and lead_id is not null`,
  )
  return Number(rows[0]!.n)
}

/** Some leads that count as themselves, drawn by `seed`: the same ones every time. */
export async function drawLeads(
  client: Queryable,
  seed: number,
  limit: number,
): Promise<OfSegment[]> {
  const { rows } = await client.query<{ person_id: string; segment: string | null }>(
    `select p.person_id, p.segment from persons p
     where p.workspace_id = current_workspace() and p.lead_id is not null
       and not exists (select from person_links l where l.workspace_id = p.workspace_id
         and l.person_id = p.person_id and l.unlinked_position is null)
     order by hashint8extended(p.person_id, $1), p.person_id limit $2`,
    [seed, limit],
  )
  return rows.map(({ person_id, segment }) => ({ personId: Number(person_id), segment }))
}
