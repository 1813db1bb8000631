/** Leases of partitions, lead states and cursors. SQL: migrations/0002. */
import type { Queryable } from './connection.ts'

export interface Lease {
  readonly partition: number
  readonly epoch: number
  readonly cursor: number
}

export interface StateKey {
  readonly workspaceId: number
  readonly personId: number
}

export interface StoredState extends StateKey {
  readonly position: number
  readonly state: Uint8Array
}

/** The SQLSTATE of a write whose lease was taken over. */
export const STALE_EPOCH = 'EH001'

/** Takes free and expired partitions; each taking raises the epoch. */
export async function takePartitions(
  client: Queryable,
  holder: string,
  most: number,
  seconds: number,
): Promise<Lease[]> {
  const answer = await client.query<{ partition: number; epoch: string; cursor: string }>(
    'select * from take_partitions($1, $2, $3)',
    [holder, most, seconds],
  )
  return answer.rows.map(({ partition, epoch, cursor }) => ({
    partition,
    epoch: Number(epoch),
    cursor: Number(cursor),
  }))
}

/** Partitions still held after renewing. */
export async function renewPartitions(
  client: Queryable,
  holder: string,
  seconds: number,
): Promise<number[]> {
  const answer = await client.query<{ partition: number }>(
    'select renew_partitions($1, $2) as partition',
    [holder, seconds],
  )
  return answer.rows.map(({ partition }) => partition)
}

/** Gives leases back; null: whoever holds them, for a product that runs alone. */
export async function releasePartitions(client: Queryable, holder: string | null): Promise<void> {
  await client.query('select release_partitions($1)', [holder])
}

/**
 * Writes states and cursor of one partition, fenced by its epoch. Inside the caller's transaction.
 * @throws an error with code STALE_EPOCH when the partition was taken over.
 */
export async function checkpointPartition(
  client: Queryable,
  lease: Lease,
  states: readonly StoredState[],
): Promise<void> {
  await client.query({
    name: 'checkpoint_partition',
    text: 'select checkpoint_partition($1, $2, $3, $4, $5, $6, $7, $8)',
    values: [
      lease.partition,
      lease.epoch,
      lease.cursor,
      states.map((state) => state.workspaceId),
      states.map((state) => state.personId),
      states.map((state) => state.position),
      states.map((state) => state.state.byteLength),
      Buffer.concat(states.map((state) => state.state)),
    ],
  })
}

export async function loadStates(
  client: Queryable,
  keys: readonly StateKey[],
): Promise<StoredState[]> {
  const answer = await client.query<{
    workspace_id: number
    person_id: string
    position: string
    state: Buffer
  }>({
    name: 'load_states',
    text: 'select * from load_states($1, $2)',
    values: [keys.map((key) => key.workspaceId), keys.map((key) => key.personId)],
  })
  return answer.rows.map((row) => ({
    workspaceId: row.workspace_id,
    personId: Number(row.person_id),
    position: Number(row.position),
    // A copy: small buffers are parts of a larger one, which would stay as long as any of them.
    state: new Uint8Array(row.state),
  }))
}

export interface Link extends StateKey {
  readonly targetId: number
  readonly linkedPosition: number
}

/** All links that count now. */
export async function readLinks(client: Queryable): Promise<Link[]> {
  const answer = await client.query<{
    workspace_id: number
    person_id: string
    target_id: string
    linked_position: string
  }>('select * from read_links(0)')
  return answer.rows.map((row) => ({
    workspaceId: row.workspace_id,
    personId: Number(row.person_id),
    targetId: Number(row.target_id),
    linkedPosition: Number(row.linked_position),
  }))
}
