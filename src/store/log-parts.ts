/** The parts of the event log, one for each month of learning. SQL: migrations/0007. */
import { escapeIdentifier, type Pool } from 'pg'

/** Parts made ahead of the present one. */
const AHEAD = 3

export interface LogPartsChange {
  /** Parts made ahead. */
  readonly made: number
  /** True when a new month began: events go to the next part from now on. */
  readonly turned: boolean
  /** Names of the parts removed because nothing was left in them. */
  readonly dropped: readonly string[]
}

/**
 * Makes parts ahead, turns to the next one in a new month, removes those that retention emptied.
 * Neither capture nor readers wait: parts are attached and detached beside them. Needs sessions of
 * the owner; safe to repeat and to run in several processes.
 */
export async function turnLogParts(owner: Pool): Promise<LogPartsChange> {
  const made = await owner.query<{ n: number }>(
    'select make_log_parts(current_log_part() + $1) as n',
    [AHEAD],
  )
  const turned = await owner.query<{ turned: boolean }>('select turn_log_part() as turned')
  const dropped = await dropEmptyParts(owner)
  return { made: made.rows[0]!.n, turned: turned.rows[0]!.turned, dropped }
}

async function dropEmptyParts(owner: Pool): Promise<string[]> {
  const client = await owner.connect()
  let broken = true
  try {
    const lock = await client.query<{ free: boolean }>('select pg_try_advisory_lock(7315) as free')
    const dropped: string[] = []
    if (lock.rows[0]!.free) {
      // A detaching that was interrupted is finished first: only then may another begin.
      const { rows: pending } = await client.query<{ name: string }>(
        `select inhrelid::regclass::text as name from pg_inherits
         where inhparent = 'event_log'::regclass and inhdetachpending`,
      )
      for (const { name } of pending)
        await client.query(`alter table event_log detach partition ${name} finalize`)
      const { rows } = await client.query<{ name: string }>('select empty_log_parts() as name')
      for (const { name } of rows) {
        const part = escapeIdentifier(name)
        await client.query(`alter table event_log detach partition ${part} concurrently`)
        dropped.push(name)
      }
      for (const name of [...pending.map((part) => part.name), ...dropped])
        await client.query(`drop table ${escapeIdentifier(name)}`)
      await client.query('select pg_advisory_unlock(7315)')
    }
    broken = false
    return dropped
  } finally {
    client.release(broken)
  }
}

/** Makes every part up to the one that holds `position`, in a transaction of the owner. */
export async function makeLogPartsUpTo(
  owner: { query: (text: string, values: unknown[]) => Promise<unknown> },
  position: string,
): Promise<void> {
  await owner.query('select make_log_parts(($1::bigint / log_part_span())::int)', [position])
}
