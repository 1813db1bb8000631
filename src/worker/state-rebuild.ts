/**
 * States that another version of the fold wrote are folded again from the log, a few leads at a
 * time, beside folding. Until its turn comes nothing of a lead is lost: whoever needs its state
 * folds it from the log, and lists show the score it had. How far it is stands in the database,
 * under the epoch of the lease, so that a process that dies or loses a partition leaves the rest to
 * the next one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../core/index.ts'
import { emptyState, encodeState, isOfThisFold, STATE_VERSION } from '../features/index.ts'
import { createTrouble, type Logger } from '../platform/index.ts'
import {
  STALE_EPOCH,
  beginStateRebuilds,
  nextStates,
  readWholeLeads,
  writeRebuiltStates,
  type Database,
  type Lease,
  type PartitionRebuild,
  type StateHead,
  type StateKey,
  type StoredState,
} from '../store/index.ts'
import { foldLeads } from './rebuilding.ts'

/** States looked at, and folded again among them, between two writings. */
const LOOKED_MAX = 1_000
const REBUILT_MAX = 64
/** Entries folded before other work of the thread gets its turn: a few milliseconds. */
const FETCH = 200
/** While events come, the work rests as long as it took, so long at least. */
const REST_MS = 20
/** Leads that may wait to be scored: more are not added to them. */
const UNSCORED_MAX = 2_000
const RETRY_MS = 1_000
const RETRY_LONGEST_MS = 60_000

export interface StateRebuildOptions {
  readonly database: Pick<Database, 'app'>
  readonly log: Logger
  readonly clock: Clock
  /** Number of partitions. */
  readonly of: number
  /** The lease under which a partition is held now, if it is. */
  readonly lease: (partition: number) => Lease | undefined
  /** Told of every lead whose state was written anew. */
  readonly touched: (lead: StateKey) => void
  /** How many leads wait to be scored. */
  readonly unscored: () => number
}

export interface StateRebuild {
  /** After a round of folding: goes on with what is held; `isBusy` when the round read entries. */
  readonly goOn: (held: readonly Lease[], isBusy: boolean) => void
  /** Ends the work after the writing under way. */
  readonly close: () => Promise<void>
}

interface Work {
  readonly options: StateRebuildOptions
  isBusy: boolean
  isClosing: boolean
  /** Leads with a base that this version of the fold cannot read. */
  baseless: number
  rebuilt: number
}

const isHeld = ({ options, isClosing }: Work, { partition, epoch }: Lease): boolean =>
  !isClosing && options.lease(partition)?.epoch === epoch

/** The states of some leads as the log has them, each at the position that it is stored under. */
async function foldAgain(
  work: Work,
  stale: readonly StateHead[],
  position: number,
): Promise<StoredState[]> {
  if (stale.length === 0) return []
  const { app } = work.options.database
  const { states, unread } = await readWholeLeads(app, stale, position, foldLeads, FETCH)
  work.baseless += unread
  const folded = new Map(states.map(({ personId, state }) => [personId, state]))
  const nothing = encodeState(emptyState())
  return stale.map(({ workspaceId, personId, position: stored }) => ({
    workspaceId,
    personId,
    position: stored,
    state: folded.get(personId) ?? nothing,
  }))
}

/** What of the states looked at is done in one writing: up to the last that fits. */
function firstPart(heads: readonly StateHead[]): {
  readonly looked: readonly StateHead[]
  readonly stale: readonly StateHead[]
} {
  const stale: StateHead[] = []
  for (const [at, one] of heads.entries()) {
    if (isOfThisFold(one.head)) continue
    if (stale.length === REBUILT_MAX) return { looked: heads.slice(0, at), stale }
    stale.push(one)
  }
  return { looked: heads, stale }
}

/** One step of a partition: the last lead looked at, null when none is left. */
async function step(work: Work, lease: Lease, after: StateKey): Promise<StateKey | null> {
  const { database, of, touched } = work.options
  const partition = { number: lease.partition, of }
  const heads = await nextStates(database.app, partition, after, LOOKED_MAX)
  const { looked, stale } = firstPart(heads)
  // What is stored as another version's was not touched since: it is of the cursor on disk.
  const states = await foldAgain(work, stale, lease.cursor)
  const last = looked.at(-1) ?? after
  const isLast = looked.length === heads.length && heads.length < LOOKED_MAX
  work.rebuilt += await writeRebuiltStates(database.app, {
    lease,
    schema: STATE_VERSION,
    looked: looked.length,
    after: last,
    isLast,
    states,
  })
  for (const { workspaceId, personId } of states) touched({ workspaceId, personId })
  return isLast ? null : last
}

/** Lets what is more urgent go first. */
async function rest(work: Work, tookMs: number): Promise<void> {
  const { unscored } = work.options
  if (work.isBusy) await sleep(Math.max(REST_MS, tookMs))
  while (!work.isClosing && unscored() > UNSCORED_MAX) await sleep(REST_MS)
}

async function rebuildHeld(work: Work, { partition, after }: PartitionRebuild): Promise<void> {
  const { clock, lease: held, log } = work.options
  const begun = held(partition)
  if (begun === undefined) return
  let at: StateKey | null = after
  while (at !== null && isHeld(work, begun)) {
    const start = clock.monotonic()
    const before = work.rebuilt
    // The lease of now: its cursor is further than it was.
    at = await step(work, held(partition)!, at)
    if (before === 0 && work.rebuilt > 0)
      log.info({ schema: STATE_VERSION }, 'feature definitions changed: states are rebuilt')
    await rest(work, clock.monotonic() - start)
  }
}

async function run(work: Work, held: readonly Lease[]): Promise<void> {
  const { database, of, clock, log } = work.options
  const start = clock.monotonic()
  work.rebuilt = 0
  work.baseless = 0
  for (const one of await beginStateRebuilds(database.app, held, of, STATE_VERSION))
    await rebuildHeld(work, one)
  const { rebuilt, baseless } = work
  if (baseless > 0)
    log.warn(
      { leads: baseless },
      'what retention deleted of these leads no longer counts: only its old features were kept',
    )
  if (rebuilt === 0) return
  const seconds = (clock.monotonic() - start) / 1_000
  const isThrough = held.every((lease) => isHeld(work, lease))
  log.info({ rebuilt, seconds }, isThrough ? 'states rebuilt' : 'states rebuilt in part')
}

export function createStateRebuild(options: StateRebuildOptions): StateRebuild {
  const { clock, log } = options
  const work: Work = { options, isBusy: false, isClosing: false, baseless: 0, rebuilt: 0 }
  /** Epochs of the leases that were looked after, by partition. */
  const seen = new Map<number, number>()
  let notBefore = -Infinity
  let running: Promise<void> | undefined
  const trouble = createTrouble(log, {
    begins: 'states could not be rebuilt; it is tried again',
    ends: 'states are rebuilt again',
    firstMs: RETRY_MS,
    longestMs: RETRY_LONGEST_MS,
  })
  const start = (leases: readonly Lease[]): void => {
    for (const { partition, epoch } of leases) seen.set(partition, epoch)
    running = run(work, leases)
      .then(trouble.passed)
      .catch((error: unknown) => {
        // Again, whatever it was: what is done stands in the database.
        for (const { partition } of leases) seen.delete(partition)
        const isStale = (error as { code?: string }).code === STALE_EPOCH
        notBefore = clock.monotonic() + (isStale ? RETRY_MS : trouble.failed(error))
      })
      .finally(() => (running = undefined))
  }
  return {
    goOn(held, isBusy) {
      work.isBusy = isBusy
      if (running !== undefined || work.isClosing || clock.monotonic() < notBefore) return
      // A partition that was never folded is folded from the beginning, not again.
      const due = held.filter((one) => one.cursor > 0 && seen.get(one.partition) !== one.epoch)
      if (due.length > 0) start(due)
    },
    async close() {
      work.isClosing = true
      await running
    },
  }
}
