/** The log lead by lead, for folding many of them from the beginning. SQL: migrations/0017. */
import type { Pool } from 'pg'
import type { LogEntry } from '../core/index.ts'
import { transaction, type Queryable } from './connection.ts'
import { toEntry, type EntryRow } from './event-log.ts'
import type { StateKey } from './lead-states.ts'
import type { LeadBase } from './retention.ts'

/** Entries held at once: with the largest bodies 130 MB. */
const FETCH_MAX = 2_000

export interface Backlog {
  /** Last position below which the log can no longer change. */
  readonly last: number
  /** Entries after the position asked about, as far as counted. */
  readonly entries: number
}

/** What of the log lies after a position, counted up to `limit`. */
export async function readBacklog(
  client: Queryable,
  after: number,
  limit: number,
): Promise<Backlog> {
  const { rows } = await client.query<{ last: string; entries: number }>(
    'select * from log_backlog($1, $2)',
    [after, limit],
  )
  return { last: Number(rows[0]!.last), entries: rows[0]!.entries }
}

/** Some leads of a partition (person id modulo `of`), in order; none: there are no more. */
export async function nextLeadsOf(
  client: Queryable,
  partition: { readonly number: number; readonly of: number },
  after: StateKey,
  position: number,
  limit: number,
): Promise<StateKey[]> {
  const { rows } = await client.query<{ workspace_id: number; person_id: string }>({
    name: 'next_leads',
    text: 'select * from next_leads($1, $2, $3, $4, $5, $6)',
    values: [partition.number, partition.of, after.workspaceId, after.personId, position, limit],
  })
  return rows.map((row) => ({ workspaceId: row.workspace_id, personId: Number(row.person_id) }))
}

export interface LeadEntry {
  /** Whose entry it is, as known at the position asked about. */
  readonly lead: number
  readonly entry: LogEntry
}

export interface WholeLeads {
  /** What retention kept of leads whose older entries are gone. */
  readonly bases: readonly (StateKey & LeadBase)[]
  /** The next entries, lead after lead, each in the order of the fold; undefined at the end. */
  readonly next: () => Promise<LeadEntry[] | undefined>
}

/**
 * Everything that counts for some leads as known at `position`, a part at a time: a lead may have
 * more entries than memory holds. Bases and entries are of one snapshot of the database. `fetch`:
 * entries at a time, 2,000 at most.
 */
export async function readWholeLeads<T>(
  pool: Pool,
  leads: readonly StateKey[],
  position: number,
  work: (whole: WholeLeads) => Promise<T>,
  fetch = FETCH_MAX,
): Promise<T> {
  const workspaces = leads.map((lead) => lead.workspaceId)
  const persons = leads.map((lead) => lead.personId)
  return transaction(
    pool,
    async (client) => {
      const { rows } = await client.query<{
        workspace_id: number
        lead_id: string
        until: number
        state: Buffer
      }>('select * from read_lead_bases($1, $2)', [workspaces, persons])
      const bases = rows.map((row) => ({
        workspaceId: row.workspace_id,
        personId: Number(row.lead_id),
        until: Math.round(row.until),
        state: row.state,
      }))
      await client.query(
        'declare whole_leads no scroll cursor for select * from read_leads($1, $2, $3)',
        [workspaces, persons, position],
      )
      const next: WholeLeads['next'] = async () => {
        const found = await client.query<EntryRow & { lead_id: string }>(
          `fetch ${fetch} from whole_leads`,
        )
        if (found.rows.length === 0) return undefined
        return found.rows.flatMap((row) => {
          const entry = toEntry(row)
          return entry === undefined ? [] : [{ lead: Number(row.lead_id), entry }]
        })
      }
      return work({ bases, next })
    },
    // Sorting the entries of a very busy lead takes what it takes.
    (client) =>
      client.query(
        'begin isolation level repeatable read read only; set local statement_timeout = 0',
      ),
  )
}
