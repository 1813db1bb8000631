/**
 * Lead states in memory, bounded: states that are on disk leave least recently used first, those
 * that are not stay until the next checkpoint. Links, merges and erasures move entries between
 * leads; the leads concerned are folded again from the log, as are leads with a late entry.
 */
import { LRUCache } from 'lru-cache'
import type { LogEntry } from '../core/index.ts'
import {
  advance,
  decodeState,
  emptyTrack,
  encodeState,
  rebuildTrack,
  type LeadTrack,
} from '../features/index.ts'
import {
  loadStates,
  readLinks,
  type Database,
  type StateKey,
  type StoredState,
} from '../store/index.ts'

/** States kept beside the dirty ones; up to 30 kB each in memory, with their checkpoints. */
const KEPT_MAX = 3_000

export interface Held extends StateKey {
  readonly track: LeadTrack
  /** Log position up to which entries of the lead are folded. */
  position: number
}

export interface LeadCache {
  /** Folds entries in log order; those `owns` refuses only move memberships. */
  readonly fold: (
    entries: readonly LogEntry[],
    owns: (personId: number, position: number) => boolean,
  ) => Promise<void>
  readonly dirtyCount: () => number
  /** What must be written; clean from now on. */
  readonly takeDirty: () => StoredState[]
  /** The state of a lead if it is in memory. */
  readonly peek: (key: StateKey) => Held | undefined
  /** Forgets everything and reads the links anew. */
  readonly reset: () => Promise<void>
  /** Entries folded again because of late entries, links and merges, since the start. */
  readonly refolded: () => number
}

const keyOf = ({ workspaceId, personId }: StateKey): string => `${workspaceId}:${personId}`

interface Plan {
  /** Lead and entry, in log order. */
  readonly steps: { key: string; lead: StateKey; entry: LogEntry }[]
  /** Leads to fold again from the log, and up to which position. */
  readonly again: Map<string, StateKey & { position: number }>
}

function createMembership() {
  const leadOf = new Map<string, number>()
  const root = (workspaceId: number, personId: number): number => {
    let at = personId
    for (;;) {
      const next = leadOf.get(`${workspaceId}:${at}`)
      if (next === undefined) return at
      at = next
    }
  }
  return {
    root,
    clear: () => leadOf.clear(),
    set: (workspaceId: number, from: number, to: number) =>
      leadOf.set(`${workspaceId}:${from}`, to),
    delete: (workspaceId: number, from: number) => leadOf.delete(`${workspaceId}:${from}`),
  }
}

type Membership = ReturnType<typeof createMembership>

const MOVES = new Set(['identity_linked', 'leads_merged', 'leads_unmerged'])

/** Whose entry it is, taking note of moves on the way. */
function planOf(
  entries: readonly LogEntry[],
  membership: Membership,
  owns: (personId: number, position: number) => boolean,
): Plan {
  const plan: Plan = { steps: [], again: new Map() }
  const redo = (workspaceId: number, person: number, position: number): void => {
    const personId = membership.root(workspaceId, person)
    const lead = { workspaceId, personId }
    if (owns(personId, position)) plan.again.set(keyOf(lead), { ...lead, position })
  }
  for (const entry of entries) {
    const { workspaceId, personId, position, type } = entry
    const source = entry.body.properties?.['from_person']
    if (MOVES.has(type) && typeof source === 'number') {
      if (type === 'leads_unmerged') membership.delete(workspaceId, source)
      else membership.set(workspaceId, source, personId)
      redo(workspaceId, personId, position)
      redo(workspaceId, source, position)
      continue
    }
    if (type === 'person_erased') {
      membership.delete(workspaceId, personId)
      redo(workspaceId, personId, position)
      continue
    }
    const lead = { workspaceId, personId: membership.root(workspaceId, personId) }
    if (!owns(lead.personId, position)) continue
    const key = keyOf(lead)
    const planned = plan.again.get(key)
    if (planned === undefined) plan.steps.push({ key, lead, entry })
    else planned.position = position
  }
  return plan
}

interface Memory {
  readonly database: Pick<Database, 'app'>
  readonly kept: LRUCache<string, Held>
  readonly dirty: Map<string, Held>
  refolded: number
}

const find = ({ dirty, kept }: Memory, key: string): Held | undefined =>
  dirty.get(key) ?? kept.get(key)

async function loadMissing(memory: Memory, plan: Plan): Promise<void> {
  const missing = new Map<string, StateKey>()
  for (const { key, lead } of plan.steps)
    if (find(memory, key) === undefined && !plan.again.has(key)) missing.set(key, lead)
  if (missing.size === 0) return
  for (const stored of await loadStates(memory.database.app, [...missing.values()])) {
    const state = decodeState(stored.state)
    const key = keyOf(stored)
    missing.delete(key)
    if (state === null) plan.again.set(key, { ...stored, position: stored.position })
    else memory.kept.set(key, { ...stored, track: { state, checkpoints: [] } })
  }
  for (const [key, lead] of missing)
    memory.kept.set(key, { ...lead, track: emptyTrack(), position: 0 })
}

async function refold(
  memory: Memory,
  key: string,
  lead: StateKey,
  position: number,
): Promise<void> {
  const { workspaceId, personId } = lead
  const { track, entries } = await rebuildTrack(memory.database.app, lead, position)
  memory.refolded += entries
  memory.kept.delete(key)
  memory.dirty.set(key, { workspaceId, personId, track, position })
}

export function createLeadCache(database: Pick<Database, 'app'>): LeadCache {
  const kept = new LRUCache<string, Held>({ max: KEPT_MAX })
  const dirty = new Map<string, Held>()
  const membership = createMembership()
  const memory: Memory = { database, kept, dirty, refolded: 0 }

  return {
    async fold(entries, owns) {
      const plan = planOf(entries, membership, owns)
      await loadMissing(memory, plan)
      for (const { key, lead, entry } of plan.steps) {
        const planned = plan.again.get(key)
        if (planned !== undefined) {
          planned.position = Math.max(planned.position, entry.position)
          continue
        }
        // An LRU smaller than one slice may have let it go again: then from the log.
        const held = find(memory, key)
        if (held === undefined || !advance(held.track, entry)) {
          plan.again.set(key, { ...lead, position: entry.position })
          continue
        }
        held.position = entry.position
        dirty.set(key, held)
      }
      for (const [key, { position, ...lead }] of plan.again)
        await refold(memory, key, lead, position)
    },
    dirtyCount: () => dirty.size,
    takeDirty() {
      const states: StoredState[] = []
      for (const [key, held] of dirty) {
        const { workspaceId, personId, position, track } = held
        states.push({ workspaceId, personId, position, state: encodeState(track.state) })
        kept.set(key, held)
      }
      dirty.clear()
      return states
    },
    peek: (key) => find(memory, keyOf(key)),
    async reset() {
      kept.clear()
      dirty.clear()
      membership.clear()
      for (const { workspaceId, personId, targetId } of await readLinks(database.app))
        membership.set(workspaceId, personId, targetId)
    },
    refolded: () => memory.refolded,
  }
}
