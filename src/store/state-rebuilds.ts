/** Rebuilding states that another version of the fold wrote. SQL: migrations/0027. */
import type { Queryable } from './connection.ts'
import type { Lease, StateKey, StoredState } from './lead-states.ts'

export interface PartitionRebuild {
  readonly partition: number
  /** The last lead looked at. */
  readonly after: StateKey
}

/** Partitions (person id modulo `of`) held under these leases whose states are to be looked at. */
export async function beginStateRebuilds(
  client: Queryable,
  leases: readonly Lease[],
  of: number,
  schema: number,
): Promise<PartitionRebuild[]> {
  const { rows } = await client.query<{
    partition: number
    after_workspace: number
    after_person: string
  }>('select * from begin_state_rebuilds($1, $2, $3, $4)', [
    leases.map(({ partition }) => partition),
    leases.map(({ epoch }) => epoch),
    of,
    schema,
  ])
  return rows.map(({ partition, after_workspace, after_person }) => ({
    partition,
    after: { workspaceId: after_workspace, personId: Number(after_person) },
  }))
}

export interface StateHead extends StateKey {
  readonly position: number
  /** The first bytes of the state. */
  readonly head: Uint8Array
}

/** The next states of a partition, in the order of their keys. */
export async function nextStates(
  client: Queryable,
  partition: { readonly number: number; readonly of: number },
  after: StateKey,
  limit: number,
): Promise<StateHead[]> {
  const { rows } = await client.query<{
    workspace_id: number
    person_id: string
    position: string
    head: Buffer
  }>({
    name: 'next_states',
    text: 'select * from next_states($1, $2, $3, $4, $5)',
    values: [partition.number, partition.of, after.workspaceId, after.personId, limit],
  })
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    personId: Number(row.person_id),
    position: Number(row.position),
    head: row.head,
  }))
}

export interface RebuiltStates {
  readonly lease: Lease
  readonly schema: number
  /** How many states were looked at, and the last of them. */
  readonly looked: number
  readonly after: StateKey
  /** No state of the partition is left to be looked at. */
  readonly isLast: boolean
  readonly states: readonly StoredState[]
}

/**
 * Writes states and progress together; the number of states written. Those folded further or erased
 * since they were read are left as they are.
 * @throws an error with code STALE_EPOCH when the partition was taken over.
 */
export async function writeRebuiltStates(
  client: Queryable,
  { lease, schema, looked, after, isLast, states }: RebuiltStates,
): Promise<number> {
  const { rows } = await client.query<{ written: number }>({
    name: 'write_rebuilt_states',
    text: `select write_rebuilt_states($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      as written`,
    values: [
      lease.partition,
      lease.epoch,
      schema,
      looked,
      after.workspaceId,
      after.personId,
      isLast,
      states.map((state) => state.workspaceId),
      states.map((state) => state.personId),
      states.map((state) => state.position),
      states.map((state) => state.state.byteLength),
      Buffer.concat(states.map((state) => state.state)),
    ],
  })
  return rows[0]!.written
}

export interface StateRebuildProgress {
  /** `none`: every state is of the version that folds; `running`: some are being written anew. */
  readonly status: 'none' | 'running' | 'done'
  /** States there were when it began, those looked at, those written anew. */
  readonly leads: number
  readonly done: number
  readonly rebuilt: number
  /** States looked at in a second since a process last took it up; null unless it runs. */
  readonly perSecond: number | null
  readonly secondsLeft: number | null
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
}

/** How far the latest rebuild is, over all partitions and processes. */
export async function readStateRebuild(client: Queryable): Promise<StateRebuildProgress> {
  const { rows } = await client.query<{
    leads: number
    done: number
    rebuilt: number
    open: number
    rate: number | null
    began: Date | null
    finished: Date | null
  }>(`
    with latest as (select * from state_rebuilds
      where schema = (select schema from state_rebuilds order by began_at desc, partition limit 1)),
    taken as (select min(resumed_at) as at from latest where finished_at is null)
    select coalesce(sum(leads), 0)::float8 as leads, coalesce(sum(done), 0)::float8 as done,
      coalesce(sum(rebuilt), 0)::float8 as rebuilt,
      count(*) filter (where finished_at is null)::int as open,
      (sum(done - resumed_done) filter (where resumed_at >= taken.at)
        / nullif(extract(epoch from now() - taken.at), 0))::float8 as rate,
      min(began_at) as began, max(finished_at) as finished
    from latest left join taken on true group by taken.at`)
  const found = rows[0]
  if (found === undefined || found.rebuilt === 0)
    return { ...NO_REBUILD, leads: found?.leads ?? 0, done: found?.done ?? 0 }
  const { leads, done, rebuilt, open, rate, began, finished } = found
  const isRunning = open > 0
  const left = Math.max(0, leads - done)
  return {
    status: isRunning ? 'running' : 'done',
    leads,
    done: Math.min(done, leads),
    rebuilt,
    perSecond: isRunning ? rate : null,
    secondsLeft: isRunning && rate !== null && rate > 0 ? left / rate : null,
    startedAt: began,
    finishedAt: isRunning ? null : finished,
  }
}

const NO_REBUILD: StateRebuildProgress = {
  status: 'none',
  leads: 0,
  done: 0,
  rebuilt: 0,
  perSecond: null,
  secondsLeft: null,
  startedAt: null,
  finishedAt: null,
}
