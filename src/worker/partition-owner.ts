/**
 * The owner of partitions: reads the log by position, folds each entry into its lead's state in
 * memory, and checkpoints states and cursor together, fenced by the lease's epoch. Hints only make
 * it look sooner; whatever happens to them, the log is read on. After a crash the entries behind
 * the cursor are folded again into the states of that cursor, so nothing counts twice.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../core/index.ts'
import type { LiveNotice } from '../decisions/index.ts'
import { createTrouble, type Logger } from '../platform/index.ts'
import {
  STALE_EPOCH,
  beginUnflushed,
  checkpointPartition,
  readBacklog,
  readLog,
  releasePartitions,
  renewPartitions,
  takePartitions,
  transaction,
  type Database,
  type Lease,
  type Queryable,
  type StateKey,
} from '../store/index.ts'
import { createMending, type Mending } from './mending.ts'
import { createGrading, type Grading } from './grading.ts'
import { createLeadCache, type LeadCache } from './lead-cache.ts'
import { createLogReader } from './log-reader.ts'
import type { PartitionScoring } from './partition-scoring.ts'
import { rebuildPartition } from './rebuilding.ts'
import { createStateRebuild, type StateRebuild } from './state-rebuild.ts'
import { createFlood, createPacing, createWaiting } from './waiting.ts'

const PARTITIONS = 16
const LEASE_SECONDS = 15
const SLICE = 1_000
/** Before the first try after a fault. */
const RECOVER_MS = 250
/** Longest wait between two tries while the database is away. */
const AWAY_MS = 2_000
/** Few changed states are written soon; many less often, so that a busy lead is written once. */
const CHECKPOINT_MS = 2_000
const CHECKPOINT_FEW = 2_000
const CHECKPOINT_BUSY_MS = 10_000
const DIRTY_MAX = 20_000
const RETRY_MS = 500

/**
 * A partition that was never folded is folded lead by lead when the log is at least so long: below
 * it reading by position is as quick.
 */
const REBUILD_ENTRIES = 10_000

export interface PartitionOwnerOptions {
  readonly database: Pick<Database, 'app'>
  readonly log: Logger
  readonly clock: Clock
  readonly holder: string
  /** No other process folds: leases left by one that was killed are taken over at once. */
  readonly alone?: boolean
  /** Scores leads as they are folded; absent: they are not scored. */
  readonly scoring?: PartitionScoring
  /** Entries from which on a log is folded lead by lead (default 10,000). */
  readonly rebuildFrom?: number
  /** Within so long all partitions are written while little changes (default 2,000 ms). */
  readonly checkpointMs?: number
  /** Told how far the log is folded, after each round that got further. */
  readonly onFolded?: (cursor: number) => void
}

export interface PartitionOwner {
  /** Something was committed, so many entries as far as known: look now. */
  readonly hint: (appended?: number) => void
  /** True once everything up to `position` is folded; false after `waitMs`. */
  readonly reached: (position: number, waitMs: number) => Promise<boolean>
  /** Everything up to here is folded in memory. */
  readonly cursor: () => number
  /** Told of events and scores of the workspaces listened to. */
  readonly onNotice: (listener: (notice: LiveNotice) => void) => void
  readonly listen: (workspaceIds: readonly number[]) => void
  /** Something beside the log changed what a lead's score rests on: score it anew. */
  readonly rescore: (lead: StateKey) => void
  /** Checkpoints and gives the leases back. */
  readonly close: () => Promise<void>
}

const NEVER = {
  checkpointedAt: -Infinity,
  renewedAt: -Infinity,
  triedAt: -Infinity,
  failure: undefined,
}

interface Owning {
  leases: Map<number, Lease>
  cursor: number
  readonly next: ReturnType<typeof createLogReader>
  readonly cache: LeadCache
  /** What the database still holds for this owner is worth nothing: it is given back first. */
  isAbandoned: boolean
  /** Partitions were taken and not yet looked at for any that nobody ever folded. */
  justTaken: boolean
  /** The partition written last. */
  turn: number
  readonly grading: Grading
  readonly mending: Mending
  checkpointedAt: number
  /** The checkpoint under way, if one is; it never rejects. */
  writing: Promise<void> | undefined
  /** Why the last checkpoint failed: what is in memory is then worth nothing. */
  failure: { readonly error: unknown } | undefined
  readonly isFlood: ReturnType<typeof createFlood>
  renewedAt: number
  triedAt: number
}

export const partitionOf = (personId: number): number => personId % PARTITIONS

async function acquire(options: PartitionOwnerOptions, owning: Owning): Promise<void> {
  const { database, holder, clock, log } = options
  owning.triedAt = clock.monotonic()
  const taken = await takePartitions(database.app, holder, PARTITIONS, LEASE_SECONDS)
  if (taken.length === 0) return
  await owning.writing
  // A state in memory may be older than what another holder wrote meanwhile: start from disk.
  await owning.cache.reset()
  owning.grading.reset()
  options.scoring?.reset()
  for (const lease of taken) owning.leases.set(lease.partition, lease)
  owning.justTaken = true
  owning.cursor = Math.min(...[...owning.leases.values()].map((lease) => lease.cursor))
  owning.renewedAt = clock.monotonic()
  log.debug({ partitions: taken.length, cursor: owning.cursor }, 'partitions taken')
}

/** Writes the changed states and the cursor of some partitions, all or none. */
async function checkpoint(
  options: PartitionOwnerOptions,
  owning: Owning,
  partitions: readonly number[],
): Promise<void> {
  const wanted = new Set(partitions)
  const dirty = owning.cache.takeDirty((personId) => wanted.has(partitionOf(personId)))
  const byPartition = Map.groupBy(dirty, (state) => partitionOf(state.personId))
  // In the order of partitions, as everybody locks them.
  const leases = [...owning.leases.values()]
    .filter(({ partition }) => wanted.has(partition))
    .sort((a, b) => a.partition - b.partition)
    .map((lease) => ({
      ...lease,
      from: lease.cursor,
      cursor: Math.max(lease.cursor, owning.cursor),
    }))
    .filter(({ partition, from, cursor }) => cursor > from || byPartition.has(partition))
  if (leases.length === 0) return
  const write = async (client: Queryable): Promise<void> => {
    for (const { from: _, ...lease } of leases)
      await checkpointPartition(client, lease, byPartition.get(lease.partition) ?? [])
  }
  await transaction(options.database.app, write, beginUnflushed)
  owning.cache.written(dirty)
  for (const { from: _, ...lease } of leases)
    if (owning.leases.get(lease.partition)?.epoch === lease.epoch)
      owning.leases.set(lease.partition, lease)
}

/** Reads and folds one slice; the number of entries read. */
async function fold(owning: Owning): Promise<number> {
  const slice = await owning.next(owning.cursor)
  const owns = (personId: number, position: number): boolean =>
    position > (owning.leases.get(partitionOf(personId))?.cursor ?? Infinity)
  await owning.cache.fold(slice.entries, owns)
  await owning.grading.grade(slice.entries, owns, owning.cache.rootOf, owning.cache.state)
  owning.cursor = slice.cursor
  return slice.entries.length
}

async function renew(options: PartitionOwnerOptions, owning: Owning): Promise<void> {
  const { database, holder, clock } = options
  const now = clock.monotonic()
  if (now - owning.renewedAt < (LEASE_SECONDS * 1_000) / 3) return
  const held = new Set(await renewPartitions(database.app, holder, LEASE_SECONDS))
  for (const partition of owning.leases.keys())
    if (!held.has(partition)) owning.leases.delete(partition)
  owning.renewedAt = clock.monotonic()
}

async function keepLeases(options: PartitionOwnerOptions, owning: Owning): Promise<void> {
  // Renewed, or left to expire, they would keep everybody waiting, this owner too.
  if (owning.isAbandoned) await releasePartitions(options.database.app, options.holder)
  owning.isAbandoned = false
  // Rows that somebody else was just writing were passed over: look again soon.
  if (owning.leases.size < PARTITIONS && options.clock.monotonic() - owning.triedAt > RETRY_MS)
    await acquire(options, owning)
  await renew(options, owning)
}

/** Folds partitions of which nothing was ever folded lead by lead, when the log is long. */
async function rebuild(
  options: PartitionOwnerOptions,
  owning: Owning,
  stopping: () => boolean,
): Promise<void> {
  const { database, log, scoring, clock, rebuildFrom = REBUILD_ENTRIES } = options
  if (!owning.justTaken) return
  const fresh = [...owning.leases.values()].filter(({ cursor }) => cursor === 0)
  owning.justTaken = false
  if (fresh.length === 0) return
  const { last, entries } = await readBacklog(database.app, 0, rebuildFrom)
  if (entries < rebuildFrom) return
  const start = clock.monotonic()
  for (const lease of fresh) {
    const whole = await rebuildPartition({
      database,
      grading: owning.grading,
      partition: { number: lease.partition, of: PARTITIONS },
      position: last,
      write: async (states) => {
        await transaction(database.app, (client) => checkpointPartition(client, lease, states))
        for (const { workspaceId, personId } of states)
          scoring?.touched({ workspaceId, personId }, null)
      },
      goOn: async () => {
        await renew(options, owning)
        return !stopping() && owning.leases.has(lease.partition)
      },
    })
    if (!whole) return
    const done = { ...lease, cursor: last }
    await transaction(database.app, (client) => checkpointPartition(client, done, []))
    owning.leases.set(lease.partition, done)
  }
  // Links that were made since the partitions were taken are not read by position any more.
  await owning.cache.reset()
  owning.cursor = Math.min(...[...owning.leases.values()].map((lease) => lease.cursor))
  const seconds = (clock.monotonic() - start) / 1_000
  log.info({ partitions: fresh.length, cursor: last, seconds }, 'states folded from the beginning')
}

/**
 * Writes one partition in its turn, beside folding: a flush to disk takes long compared with a
 * round. All of them are written within the time; all at once when much waits, and waited for when
 * as much waits again.
 */
async function checkpointInTurn(options: PartitionOwnerOptions, owning: Owning): Promise<void> {
  const write = (partitions: readonly number[]): void => {
    owning.writing = checkpoint(options, owning, partitions)
      .catch((error: unknown) => {
        owning.failure = { error }
      })
      .finally(() => (owning.writing = undefined))
  }
  const dirty = owning.cache.dirtyCount()
  if (dirty > DIRTY_MAX) {
    await owning.writing
    return write([...owning.leases.keys()])
  }
  const { checkpointMs = CHECKPOINT_MS } = options
  const cycle = dirty > CHECKPOINT_FEW ? CHECKPOINT_BUSY_MS : checkpointMs
  const now = options.clock.monotonic()
  if (owning.writing !== undefined || now - owning.checkpointedAt < cycle / PARTITIONS) return
  owning.checkpointedAt = now
  owning.turn = (owning.turn + 1) % PARTITIONS
  write([owning.turn])
}

/** One round: how many entries it read. Who waits for them is told before they are scored. */
async function round(
  options: PartitionOwnerOptions,
  owning: Owning,
  folded: () => void,
  stopping: () => boolean,
) {
  if (owning.failure !== undefined) throw owning.failure.error
  await keepLeases(options, owning)
  await rebuild(options, owning, stopping)
  if (owning.leases.size === 0) {
    owning.cache.clear()
    folded()
    return { read: 0, busy: false }
  }
  const read = await fold(owning)
  await owning.mending.settle(owning.cache.mend, ({ personId }) => {
    const lease = owning.leases.get(partitionOf(personId))
    return lease && Math.max(lease.cursor, owning.cursor)
  })
  folded()
  const busy = owning.isFlood(read, options.clock.monotonic())
  await options.scoring?.settle(owning.cache.state, busy)
  owning.cache.rest()
  await checkpointInTurn(options, owning)
  return { read, busy }
}

const owningNothing = ({ database, clock }: PartitionOwnerOptions, cache: LeadCache): Owning => ({
  leases: new Map(),
  cursor: 0,
  next: createLogReader((after) => readLog(database.app, after, SLICE), SLICE),
  cache,
  grading: createGrading(database, clock),
  mending: createMending(),
  isAbandoned: false,
  justTaken: false,
  turn: 0,
  writing: undefined,
  isFlood: createFlood(),
  ...NEVER,
})

/** States of another version of the fold, written anew under the leases held. */
function stateRebuildOf(options: PartitionOwnerOptions, owning: Owning): StateRebuild {
  const { database, log, clock, scoring } = options
  return createStateRebuild({
    database,
    log,
    clock,
    of: PARTITIONS,
    lease: (partition) => owning.leases.get(partition),
    touched: (lead) => scoring?.touched(lead, null),
    unscored: () => scoring?.waiting() ?? 0,
  })
}

/** Starts owning whatever partitions are free; resolves after the first attempt to take them. */
export async function startPartitionOwner(options: PartitionOwnerOptions): Promise<PartitionOwner> {
  const { database, log, holder } = options
  const cache = createLeadCache(database, options.scoring?.touched)
  const owning = owningNothing(options, cache)
  const stateRebuild = stateRebuildOf(options, owning)
  const waiting = createWaiting(() => owning.cursor)
  const pacing = createPacing(options.clock)
  let stopping = false
  const trouble = createTrouble(log, {
    begins: 'folding interrupted',
    ends: 'folding goes on',
    firstMs: RECOVER_MS,
    longestMs: AWAY_MS,
  })
  const recover = async (error: unknown): Promise<void> => {
    const stale = (error as { code?: string }).code === STALE_EPOCH
    if (stale) log.warn('lease lost')
    const pauseMs = stale ? RECOVER_MS : trouble.failed(error)
    await owning.writing
    owning.leases.clear()
    Object.assign(owning, NEVER, { isAbandoned: true })
    await sleep(pauseMs)
  }
  const folded = (): void => {
    waiting.settle()
    options.onFolded?.(owning.cursor)
  }
  const run = async (): Promise<void> => {
    while (!stopping) {
      pacing.begin()
      try {
        const done = await round(options, owning, folded, () => stopping)
        trouble.passed()
        stateRebuild.goOn([...owning.leases.values()], done.read > 0)
        const isScoring = () => options.scoring?.idle(done.read, [...owning.leases.keys()])
        await pacing.rest({ ...done, isFull: done.read === SLICE }, () => isScoring() !== true)
      } catch (error) {
        await recover(error)
      }
    }
  }
  if (options.alone === true) await releasePartitions(database.app, null)
  await acquire(options, owning)
  const running = run()
  return {
    hint: pacing.wake,
    reached: (position, waitMs) => waiting.until(position, waitMs),
    cursor: () => owning.cursor,
    onNotice: (listener) => options.scoring?.onNotice(listener),
    listen: (workspaceIds) => options.scoring?.listen(workspaceIds),
    rescore(lead) {
      options.scoring?.touched(lead, null)
      pacing.wake()
    },
    async close() {
      stopping = true
      pacing.wake()
      await running
      owning.mending.close()
      await stateRebuild.close()
      await owning.writing
      // Without a last checkpoint the next owner folds a little more; nothing is lost.
      const held = [...owning.leases.keys()]
      if (held.length > 0) await checkpoint(options, owning, held).catch(() => undefined)
      await options.scoring?.close().catch(() => undefined)
      await releasePartitions(database.app, holder).catch(() => undefined)
    },
  }
}
