/** A simulated market's history in the log, for tests of learning. */
import { EVENT_TYPES } from '../../src/core/index.ts'
import type { LeadLog } from '../../src/simulation/index.ts'
import type { TestDatabase } from './postgres.ts'

/** The log as it would stand had the product run all the time: received when it happened. */
export async function insertHistory(
  database: TestDatabase,
  workspaceId: number,
  logs: readonly LeadLog[],
): Promise<void> {
  const own = logs.filter(({ record }) => record !== null)
  await database.owner.query(
    `insert into persons (workspace_id, person_id, lead_id, segment)
     select $1, p.id, p.lead, p.segment
     from unnest($2::bigint[], $3::text[], $4::text[]) as p(id, lead, segment)`,
    [
      workspaceId,
      own.map(({ personId }) => personId),
      own.map(({ record }) => record!.lead_id),
      own.map(({ record }) => record!.segment),
    ],
  )
  // Positions in the order of time, as the log gives them.
  const entries = own.flatMap((log) => log.entries.map((entry) => ({ entry, log })))
  entries.sort((a, b) => a.entry.eventTime - b.entry.eventTime)
  for (let from = 0; from < entries.length; from += 20_000) {
    const slice = entries.slice(from, from + 20_000)
    await database.owner.query(
      `insert into event_log
         (workspace_id, position, xid, person_id, type, event_time, received_at, body)
       select $1, e.position, pg_current_xact_id(), e.person, e.type, to_timestamp(e.at / 1000.0),
         to_timestamp(e.at / 1000.0), e.body
       from unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::double precision[], $6::jsonb[])
         as e(position, person, type, at, body)`,
      [
        workspaceId,
        slice.map((_, i) => from + i + 1),
        slice.map(({ log }) => log.personId),
        slice.map(({ entry }) => EVENT_TYPES[entry.type].code),
        slice.map(({ entry }) => entry.eventTime),
        slice.map(({ entry }) => JSON.stringify({ ...entry.body, properties: {} })),
      ],
    )
  }
}
