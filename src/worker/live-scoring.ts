/**
 * Scores leads as their events are folded. Whatever changed waits under its lead's key, so that a
 * lead with many events is scored once; under load folding goes first and scoring takes what time
 * is left. Scores are announced at once and written a little later; after a crash those that were
 * not written are found by their position (queue_unscored_leads).
 */
import { isPublicEventType, type Clock, type EventType, type LogEntry } from '../core/index.ts'
import {
  computeScore,
  createGrounds,
  toScoreRecord,
  type ComputedScore,
  type EventBrief,
  type EventNotice,
  type Ground,
  type LiveNotice,
  type ScoreNotice,
} from '../decisions/index.ts'
import { emptyState, readStored, rebuildTrack, type LeadState } from '../features/index.ts'
import { createLiveModels, type LiveModels, type Registry } from '../models/index.ts'
import { createTrouble, type Logger, type Trouble } from '../platform/index.ts'
import {
  beginUnflushed,
  loadStates,
  saveLeadScores,
  transaction,
  type DueLead,
  type ScoringInput,
  type StateKey,
  type StoredState,
} from '../store/index.ts'
import { createScoringInputs, type ScoringInputs } from './scoring-inputs.ts'
import { createUnsavedScores, type UnsavedScores } from './unsaved-scores.ts'

/** Leads scored between two looks at the clock. */
const BATCH = 32
/** Leads of whom is asked at once what is known beside their events. */
const ASKED_MAX = 512
/** Longest that scoring holds up folding, milliseconds: while more is to be folded, or at rest. */
const BUSY_MS = 4
const CALM_MS = 40
/** Tried again in the round it is due in, whatever came before: folding waits for the database. */
const EVERY_ROUND = { firstMs: 0, longestMs: 0 }
/** Leads that may wait; more are found later by their position. */
const PENDING_MAX = 100_000
/** Newest events of a lead that are told of when it is scored. */
const EVENTS_TOLD = 50

/** Where states are: in memory, or undefined. */
export type StateSource = (key: StateKey) => LeadState | undefined

export interface LiveScoring {
  /** A lead's state changed, by this entry or (null) because it was folded again. */
  readonly touched: (lead: StateKey, entry: LogEntry | null) => void
  /** How many leads wait to be scored. */
  readonly waiting: () => number
  /** True once after leads were let go unscored: they must be found by their position. */
  readonly takeLost: () => boolean
  /** Scores what changed; `busy` while more is to be folded. */
  readonly settle: (states: StateSource, busy: boolean) => Promise<void>
  /** Scores leads from states as they are on disk, and answers what was computed. */
  readonly scoreStored: (
    leads: readonly DueLead[],
    now: number,
  ) => Promise<{ key: StateKey; computed: ComputedScore }[]>
  /** Writes what waits to be written. */
  readonly save: () => Promise<void>
  /** Workspaces whose events and scores somebody watches. */
  readonly listen: (workspaceIds: readonly number[]) => void
  /** Forgets what waits: it belongs to somebody else now. */
  readonly reset: () => void
  readonly models: LiveModels
}

export interface LiveScoringOptions {
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Logger
  readonly onNotice: (notice: LiveNotice) => void
}

interface Pending {
  readonly lead: StateKey
  last: EventBrief | null
  /** For those who watch; empty when nobody does. */
  events: EventBrief[]
}

const keyOf = ({ workspaceId, personId }: StateKey): string => `${workspaceId}:${personId}`

const briefOf = (entry: LogEntry): EventBrief => ({
  type: entry.type,
  time: entry.eventTime,
  propertyId: entry.body.property_id ?? null,
  position: entry.position,
})

const nameOf = ({ attributes }: ScoringInput): string | null => {
  const { name } = attributes as { name?: unknown }
  return typeof name === 'string' ? name : null
}

interface Desk {
  readonly options: LiveScoringOptions
  readonly models: LiveModels
  readonly grounds: ReturnType<typeof createGrounds>
  /** Made anew whenever it is empty: see `once` of lead-cache.ts. */
  pending: Map<string, Pending>
  readonly unsaved: UnsavedScores
  readonly inputs: ScoringInputs
  listened: ReadonlySet<number>
  isLost: boolean
  /** Of scoring, and of writing scores. */
  readonly trouble: { readonly scoring: Trouble; readonly saving: Trouble }
}

async function groundsOf(desk: Desk, leads: readonly StateKey[]): Promise<Map<number, Ground>> {
  const grounds = new Map<number, Ground>()
  for (const workspaceId of new Set(leads.map((lead) => lead.workspaceId)))
    grounds.set(workspaceId, await desk.grounds.of(workspaceId))
  return grounds
}

function compute(
  desk: Desk,
  grounds: ReadonlyMap<number, Ground>,
  lead: StateKey,
  state: LeadState,
  now: number,
): { input: ScoringInput; computed: ComputedScore } | undefined {
  const input = desk.inputs.get(lead)
  // An anonymous visitor has no score; a person who was erased has no row.
  if (input === undefined || input.leadId === null) return undefined
  return { input, computed: computeScore(grounds.get(lead.workspaceId)!, state, input, now) }
}

/** States of leads: those in memory, the others from disk. */
async function statesOf(
  desk: Desk,
  leads: readonly StateKey[],
  source: StateSource,
): Promise<Map<string, LeadState>> {
  const { registry } = desk.options
  const states = new Map<string, LeadState>()
  const missing: StateKey[] = []
  for (const lead of leads) {
    const state = source(lead)
    if (state === undefined) missing.push(lead)
    else states.set(keyOf(lead), state)
  }
  if (missing.length > 0) {
    // Of those without a state nothing was recorded so far: they are known by their attributes.
    for (const lead of missing) states.set(keyOf(lead), emptyState())
    for (const stored of await loadStates(registry.database.app, missing))
      states.set(keyOf(stored), await readState(desk, stored))
  }
  return states
}

/** A state as on disk; a damaged one, or one of another version of the fold: from the log. */
async function readState({ options: { registry } }: Desk, stored: StoredState) {
  const { app } = registry.database
  const state = readStored(stored.state, stored, 'state')
  return state ?? (await rebuildTrack(app, stored, stored.position)).track.state
}

async function scoreBatch(desk: Desk, batch: readonly Pending[], source: StateSource) {
  const { clock, onNotice } = desk.options
  const leads = batch.map(({ lead }) => lead)
  await desk.inputs.ask(leads)
  const grounds = await groundsOf(desk, leads)
  const states = await statesOf(desk, leads, source)
  const scores: ScoreNotice[] = []
  const events: EventNotice[] = []
  const now = clock.now()
  for (const { lead, last, events: told } of batch) {
    const state = states.get(keyOf(lead))
    const done = state && compute(desk, grounds, lead, state, now)
    if (done === undefined) continue
    const score = toScoreRecord(lead, done.computed)
    desk.unsaved.keep(score)
    if (!desk.listened.has(lead.workspaceId)) continue
    const { leadId, ownerId, scoreBefore } = done.input
    const about = { workspaceId: lead.workspaceId, leadId: leadId!, ownerId }
    const name = nameOf(done.input)
    for (const event of told) events.push({ ...about, name, ...event })
    scores.push({ ...about, name, score, scoreBefore, lastEvent: last })
  }
  if (scores.length > 0) onNotice({ scores, events })
}

/** Takes up to `most` from the front of a map. */
function take<T>(map: Map<string, T>, most: number): T[] {
  const taken: T[] = []
  for (const [key, value] of map) {
    taken.push(value)
    map.delete(key)
    if (taken.length === most) break
  }
  return taken
}

function firstLeads(pending: ReadonlyMap<string, Pending>): StateKey[] {
  const leads: StateKey[] = []
  for (const { lead } of pending.values()) if (leads.push(lead) === ASKED_MAX) break
  return leads
}

async function settle(desk: Desk, source: StateSource, busy: boolean): Promise<void> {
  const { clock } = desk.options
  const end = clock.monotonic() + (busy ? BUSY_MS : CALM_MS)
  try {
    if (!busy && desk.pending.size > BATCH) await desk.inputs.ask(firstLeads(desk.pending))
    while (desk.pending.size > 0 && clock.monotonic() < end)
      await scoreBatch(desk, take(desk.pending, BATCH), source)
    if (desk.pending.size === 0) desk.pending = new Map()
    desk.trouble.scoring.passed()
    desk.unsaved.saveDue()?.then(desk.trouble.saving.passed, desk.trouble.saving.failed)
  } catch (error) {
    // Folding goes on whatever scoring meets; what was taken is found by its position later.
    desk.isLost = true
    desk.trouble.scoring.failed(error)
  }
}

/** What is known of a lead beside its behavior changes with these. */
const INPUTS_CHANGE: ReadonlySet<EventType> = new Set(['lead_assigned', 'lead_changed'])

function touch(desk: Desk, lead: StateKey, entry: LogEntry | null): void {
  const key = keyOf(lead)
  let pending = desk.pending.get(key)
  if (pending === undefined) {
    if (desk.pending.size >= PENDING_MAX) {
      desk.isLost = true
      return
    }
    desk.pending.set(key, (pending = { lead, last: null, events: [] }))
  }
  // Merged, unmerged, erased, or with another agent: what was known of the person is old.
  if (entry === null || INPUTS_CHANGE.has(entry.type)) desk.inputs.forget(lead)
  if (entry === null) return
  const brief = briefOf(entry)
  // What we wrote ourselves, grades above all, did not happen to the lead.
  if (isPublicEventType(entry.type)) pending.last = brief
  if (!desk.listened.has(lead.workspaceId)) return
  pending.events.push(brief)
  if (pending.events.length > EVENTS_TOLD) pending.events.shift()
}

async function scoreStored(desk: Desk, leads: readonly DueLead[], now: number) {
  // They may be due because their attributes changed.
  for (const lead of leads) desk.inputs.forget(lead)
  await desk.inputs.ask(leads)
  const grounds = await groundsOf(desk, leads)
  const scored: { key: StateKey; computed: ComputedScore }[] = []
  for (const { workspaceId, personId, position, state } of leads) {
    const key = { workspaceId, personId }
    const known = state === null ? emptyState() : await readState(desk, { ...key, position, state })
    const done = compute(desk, grounds, key, known, now)
    if (done === undefined) continue
    scored.push({ key, computed: done.computed })
    if (!desk.unsaved.has(key)) desk.unsaved.keep(toScoreRecord(key, done.computed))
  }
  return scored
}

export function createLiveScoring(options: LiveScoringOptions): LiveScoring {
  const { registry, clock, log } = options
  const models = createLiveModels({ registry, clock, log })
  const desk: Desk = {
    options,
    models,
    grounds: createGrounds({ database: registry.database, models, clock, log }),
    pending: new Map(),
    unsaved: createUnsavedScores(clock, (records) =>
      transaction(registry.database.app, (c) => saveLeadScores(c, records), beginUnflushed),
    ),
    inputs: createScoringInputs(registry.database.app),
    listened: new Set(),
    isLost: false,
    trouble: {
      scoring: createTrouble(log, {
        begins: 'leads could not be scored; it is tried again',
        ends: 'leads are scored again',
        ...EVERY_ROUND,
      }),
      saving: createTrouble(log, {
        begins: 'scores could not be written; it is tried again',
        ends: 'scores are written again',
        ...EVERY_ROUND,
      }),
    },
  }
  return {
    models,
    waiting: () => desk.pending.size,
    takeLost() {
      const { isLost } = desk
      desk.isLost = false
      return isLost
    },
    touched: (lead, entry) => touch(desk, lead, entry),
    settle: (source, busy) => settle(desk, source, busy),
    scoreStored: (leads, now) => scoreStored(desk, leads, now),
    save: desk.unsaved.saveAll,
    listen(workspaceIds) {
      desk.listened = new Set(workspaceIds)
    },
    reset() {
      desk.pending.clear()
      desk.unsaved.clear()
    },
  }
}
