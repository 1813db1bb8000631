/** How far the log is folded, and what waits. For the owner: it looks at all workspaces. */
import type { Queryable } from './connection.ts'

export interface LogProgress {
  /** Entries that are not folded into lead states yet. */
  readonly waiting: number
  /** Whether some process holds partitions now, that is: folds. */
  readonly isFolded: boolean
  /** Retrainings that wait for a process, and how long the oldest has, in seconds. */
  readonly jobs: number
  readonly oldestJobSeconds: number
}

export async function readLogProgress(owner: Queryable): Promise<LogProgress> {
  const { rows } = await owner.query<LogProgress>(
    `select l.waiting::float8 as waiting, l.held as "isFolded", j.n as jobs,
       j.seconds as "oldestJobSeconds"
     from (select
         (select count(*) from event_log e, (select min(cursor) as cursor from partition_leases) c
          where e.position > c.cursor) as waiting,
         (select bool_or(expires_at > now()) from partition_leases) as held) l,
     (select count(*)::int as n,
         coalesce(max(extract(epoch from now() - requested_at)), 0)::float8 as seconds
       from learning_jobs where status = 'waiting') j`,
  )
  return rows[0]!
}
