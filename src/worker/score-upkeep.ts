/**
 * Scores that no event asks for: those of leads from before the present champion, those that grew
 * old (time passes, and recency is a feature), and the daily snapshot of all; where no champion is,
 * guesses. Done in small steps beside folding.
 */
import type { Clock } from '../core/index.ts'
import { FOLD_SCHEMA } from '../features/index.ts'
import { leadScoring, type Registry } from '../models/index.ts'
import {
  insertPredictions,
  markSnapshots,
  queueUnscored,
  readDueSnapshots,
  readLiveModels,
  readStaleScores,
  readWorkspacesWithLeads,
} from '../store/index.ts'
import type { LiveScoring } from './live-scoring.ts'

/** A score is computed again after so long without an event. */
const OLD_MS = 6 * 3_600_000
const STEP = 16
/** How often a workspace without stale scores is looked at again. */
const LOOK_MS = 60_000
/** The same without a champion: leads are being imported, and somebody waits to see them. */
const GUESS_LOOK_MS = 5_000
/** In the first minute of a champion more often: states of new leads are only being written. */
const FIRST_LOOK_MS = 2_000
/** So long after a change of champion some process may still score with the one before. */
const CHANGE_MS = 5_000
/** How often champions are looked at: their leads are to be scored anew. */
const CHAMPIONS_MS = 3_000

export interface ScoreUpkeep {
  /** One step, if there is one to do; true when there is more. */
  readonly step: (partitions: readonly number[]) => Promise<boolean>
}

export interface ScoreUpkeepOptions {
  readonly registry: Registry
  readonly clock: Clock
  readonly scoring: LiveScoring
}

interface Upkeep {
  /** Since when the present champion is; null: there is none. */
  readonly since: number | null
  /** Without a champion: guesses from before are of a champion that is no more. */
  readonly guessedFrom: number
  /** When it was first seen here, monotonic. */
  readonly seenAt: number
  /** When to look again, monotonic. */
  dueAt: number
  /** Leads behind their state were looked for. */
  isQueued: boolean
}

/** Day of a time, UTC, as YYYY-MM-DD. */
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

interface Keeper extends ScoreUpkeepOptions {
  readonly workspaces: Map<number, Upkeep>
  lookedAt: number
}

/** Workspaces with leads; one with a new champion is due, and all when leads were let go. */
async function look(keeper: Keeper): Promise<void> {
  const { registry, clock, scoring, workspaces } = keeper
  const isLost = scoring.takeLost()
  if (!isLost && clock.monotonic() - keeper.lookedAt < CHAMPIONS_MS) return
  keeper.lookedAt = clock.monotonic()
  const { app } = registry.database
  const live = (await readLiveModels(app)).filter(
    ({ model, alias }) => model === leadScoring.name && alias === 'champion',
  )
  const found = new Map<number, number | null>()
  for (const workspaceId of await readWorkspacesWithLeads(app)) found.set(workspaceId, null)
  for (const { workspaceId, setAt } of live) found.set(workspaceId, setAt.getTime())
  for (const workspaceId of workspaces.keys())
    if (!found.has(workspaceId)) workspaces.delete(workspaceId)
  for (const [workspaceId, since] of found) {
    const known = workspaces.get(workspaceId)
    if (known?.since === since && !isLost) continue
    // This process must score with it before the leads of the one before are looked for.
    if (since !== null || known !== undefined) await scoring.models.look(true)
    const isRemoved = since === null && known !== undefined && known.since !== null
    workspaces.set(workspaceId, {
      since,
      guessedFrom: isRemoved ? clock.now() : (known?.guessedFrom ?? -Infinity),
      seenAt: keeper.lookedAt,
      dueAt: -Infinity,
      isQueued: false,
    })
  }
}

/** Scores some stale leads of a workspace anew; how many. */
async function refresh(
  { registry, clock, scoring, workspaces }: Keeper,
  workspaceId: number,
  partitions: readonly number[],
): Promise<number> {
  const champion = await scoring.models.champion(workspaceId, leadScoring.name)
  const now = clock.now()
  const since = champion?.since ?? workspaces.get(workspaceId)!.guessedFrom
  const changed = since + CHANGE_MS
  const before = Math.max(now < changed ? since : changed, now - OLD_MS)
  const { app } = registry.database
  const stale = await readStaleScores(app, workspaceId, partitions, before, STEP)
  if (stale.length === 0) return 0
  const scored = await scoring.scoreStored(stale, now)
  await scoring.save()
  return scored.length
}

/** Takes some leads of a workspace into the day's predictions; how many. */
async function snapshot(
  { registry, clock, scoring }: Keeper,
  workspaceId: number,
  partitions: readonly number[],
): Promise<number> {
  const { app, withWorkspace } = registry.database
  const now = clock.now()
  const day = dayOf(now)
  const leads = await readDueSnapshots(app, workspaceId, partitions, day, STEP)
  if (leads.length === 0) return 0
  const scored = await scoring.scoreStored(leads, now)
  await scoring.save()
  const kept = scored.flatMap(({ key: { personId }, computed }) =>
    computed.version === null ? [] : [{ ...computed, personId, version: computed.version }],
  )
  const vectors = kept.map(({ personId, asOf, vector }) => ({
    personId,
    asOf,
    schema: FOLD_SCHEMA,
    numbers: Float32Array.from(vector.numeric),
    categories: vector.categorical,
  }))
  const records = kept.map(({ position, ...one }) => ({
    ...one,
    model: leadScoring.name,
    asOfPosition: position,
    why: 'snapshot' as const,
  }))
  await withWorkspace(workspaceId, (client) => insertPredictions(client, vectors, records))
  const persons = leads.map(({ personId }) => personId)
  await markSnapshots(app, workspaceId, persons, day)
  return leads.length
}

export function createScoreUpkeep(options: ScoreUpkeepOptions): ScoreUpkeep {
  const { registry, clock } = options
  const keeper: Keeper = { ...options, workspaces: new Map(), lookedAt: -Infinity }
  return {
    async step(partitions) {
      await look(keeper)
      const now = clock.monotonic()
      const next = [...keeper.workspaces].find(([, { dueAt }]) => dueAt <= now)
      if (next === undefined || partitions.length === 0) return false
      const [workspaceId, upkeep] = next
      // To the end: a large import in one workspace does not hold up the others.
      keeper.workspaces.delete(workspaceId)
      keeper.workspaces.set(workspaceId, upkeep)
      if (!upkeep.isQueued) await queueUnscored(registry.database.app, workspaceId)
      upkeep.isQueued = true
      const isGuessed = upkeep.since === null
      const done =
        (await refresh(keeper, workspaceId, partitions)) +
        (isGuessed ? 0 : await snapshot(keeper, workspaceId, partitions))
      if (done === 0 && isGuessed) upkeep.dueAt = now + GUESS_LOOK_MS
      else if (done === 0) {
        // A state that was folded before the champion may be written only after the first look.
        const isFresh = now - upkeep.seenAt < LOOK_MS
        upkeep.dueAt = now + (isFresh ? FIRST_LOOK_MS : LOOK_MS)
        upkeep.isQueued = !isFresh
      }
      return done > 0
    },
  }
}
