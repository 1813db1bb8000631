/**
 * Entries declared to have been known when they happened. Every function needs a client inside
 * withWorkspace. SQL: migrations/0013.
 */
import type { Queryable } from './connection.ts'

/** Ascending positions as runs without a gap, [first, last] each. */
function runsOf(positions: readonly number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const position of [...positions].sort((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run !== undefined && position <= run[1] + 1) run[1] = Math.max(run[1], position)
    else runs.push([position, position])
  }
  return runs
}

/** Declares entries of the workspace history; again changes nothing. */
export async function declareHistory(
  client: Queryable,
  positions: readonly number[],
): Promise<void> {
  const runs = runsOf(positions)
  if (runs.length === 0) return
  await client.query({
    name: 'declare_history',
    text: `with runs as (
        select * from unnest($1::bigint[], $2::bigint[]) as r(first_position, last_position)
      ), grown as (
        update declared_history d set last_position = r.last_position from runs r
        where d.workspace_id = current_workspace() and d.last_position = r.first_position - 1
        returning r.first_position)
      insert into declared_history (workspace_id, first_position, last_position)
      select current_workspace(), first_position, last_position from runs
      where first_position not in (select first_position from grown)
      on conflict (workspace_id, first_position) do update
        set last_position = greatest(declared_history.last_position, excluded.last_position)`,
    values: [runs.map(([first]) => first), runs.map(([, last]) => last)],
  })
}

/** Whether the entry at a position is declared history; a binary search in what was read. */
export async function readDeclaredHistory(
  client: Queryable,
): Promise<(position: number) => boolean> {
  const { rows } = await client.query<{ first_position: string; last_position: string }>(
    `select first_position, last_position from declared_history
     where workspace_id = current_workspace() order by first_position`,
  )
  const firsts: number[] = []
  const lasts: number[] = []
  for (const { first_position, last_position } of rows) {
    const first = Number(first_position)
    const last = Number(last_position)
    const end = lasts.at(-1)
    if (end !== undefined && first <= end + 1) lasts[lasts.length - 1] = Math.max(end, last)
    else {
      firsts.push(first)
      lasts.push(last)
    }
  }
  return (position) => {
    let low = 0
    let high = firsts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (firsts[middle]! <= position) low = middle + 1
      else high = middle
    }
    return low > 0 && position <= lasts[low - 1]!
  }
}
