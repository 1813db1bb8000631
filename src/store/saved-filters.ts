/** Filters that a person keeps for their lists of leads. Inside withWorkspace. */
import type { Queryable } from './connection.ts'

export interface SavedFilter {
  readonly filterId: number
  readonly name: string
  readonly query: Readonly<Record<string, unknown>>
}

/** So many a person may keep. */
const FILTERS_MAX = 50

interface Row {
  filter_id: string
  name: string
  query: Record<string, unknown>
}

const toFilter = ({ filter_id, name, query }: Row): SavedFilter => ({
  filterId: Number(filter_id),
  name,
  query,
})

export async function listFilters(client: Queryable, userId: number): Promise<SavedFilter[]> {
  const { rows } = await client.query<Row>(
    `select filter_id, name, query from saved_filters
     where workspace_id = current_workspace() and user_id = $1 order by name, filter_id`,
    [userId],
  )
  return rows.map(toFilter)
}

/** Keeps a filter; one of the same name is replaced. Undefined: they keep too many already. */
export async function saveFilter(
  client: Queryable,
  userId: number,
  { name, query }: Omit<SavedFilter, 'filterId'>,
): Promise<SavedFilter | undefined> {
  const { rows } = await client.query<Row>(
    `insert into saved_filters (workspace_id, user_id, name, query)
     select current_workspace(), $1, $2, $3
     where (select count(*) from saved_filters where workspace_id = current_workspace()
       and user_id = $1 and name <> $2) < $4
     on conflict (workspace_id, user_id, name) do update set query = excluded.query
     returning filter_id, name, query`,
    [userId, name, JSON.stringify(query), FILTERS_MAX],
  )
  return rows[0] && toFilter(rows[0])
}

/** False: the person has no such filter. */
export async function deleteFilter(
  client: Queryable,
  userId: number,
  filterId: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `delete from saved_filters
     where workspace_id = current_workspace() and user_id = $1 and filter_id = $2`,
    [userId, filterId],
  )
  return rowCount === 1
}
