/**
 * The planner's statistics of tables that fill up faster than autovacuum looks. A plan made for an
 * empty table stays in its session until the table is analysed, and may read all of it.
 */
import { escapeIdentifier } from 'pg'
import type { Queryable } from './connection.ts'

const ROWS_MIN = 500
const GROWTH = 10

/** Analyses tables that are ten times as large as the planner believes; their names. */
export async function analyseFilled(owner: Queryable): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>({
    name: 'filled_tables',
    text: `select c.relname as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
      where s.schemaname = 'public' and c.relkind = 'r' and s.n_live_tup > $1
        and s.n_live_tup > $2 * greatest(c.reltuples, 0) order by 1`,
    values: [ROWS_MIN, GROWTH],
  })
  for (const { name } of rows) await owner.query(`analyze ${escapeIdentifier(name)}`)
  return rows.map(({ name }) => name)
}
