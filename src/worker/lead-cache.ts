/**
 * Lead states in memory, bounded. The leads of the moment are kept as objects, ready to fold; the
 * others as the bytes that disk holds or will hold (a tenth of the size, and far quicker to come
 * back to than a query). What is on disk leaves least recently used first; what is not stays until
 * the next checkpoint. Links, merges and erasures move entries between leads; the leads concerned
 * are folded again from the log, as are leads with a late entry or one that was taken back.
 */
import { LRUCache } from 'lru-cache'
import { undoneBy, type LogEntry } from '../core/index.ts'
import {
  advance,
  emptyTrack,
  encodeState,
  readStored,
  rebuildTrack,
  type LeadState,
  type LeadTrack,
} from '../features/index.ts'
import {
  loadStates,
  readLinks,
  type Database,
  type StateKey,
  type StoredState,
} from '../store/index.ts'

/** States kept as objects, as many clean as dirty; more than a slice has leads. 30 kB at most. */
const KEPT_MAX = 1_500
/**
 * So many leads are remembered after their states left as bytes: whoever comes back among them
 * stays an object (the queues of 2Q, Johnson & Shasha 1994). An object that is used once must not
 * outlive its round: the collector would copy it twice and then sweep it from the old generation.
 */
const LEFT_MAX = 3_000
/** Clean states kept as bytes. */
const PACKED_BYTES_MAX = 32 * 1024 * 1024
/** What an entry of a map costs beside its bytes. */
const ENTRY_BYTES = 250

export interface Held extends StateKey {
  readonly track: LeadTrack
  /** Log position up to which entries of the lead are folded. */
  position: number
  /** It came back soon after it left: it stays an object. */
  readonly stays: boolean
}

export interface LeadCache {
  /** Folds entries in log order; those `owns` refuses only move memberships. */
  readonly fold: (
    entries: readonly LogEntry[],
    owns: (personId: number, position: number) => boolean,
  ) => Promise<void>
  /** Ends a round: states of leads that did not come back soon become bytes. */
  readonly rest: () => void
  /** Whose entries a person's are, as known after the last fold. */
  readonly rootOf: (workspaceId: number, personId: number) => number
  readonly dirtyCount: () => number
  /**
   * What must be written of the leads that `belong`; from now on as if it were on disk, which it
   * is when `written` tells so. When it cannot be written, everything must be forgotten.
   */
  readonly takeDirty: (belongs?: (personId: number) => boolean) => StoredState[]
  readonly written: (states: readonly StoredState[]) => void
  /** Has the state of a lead written anew; folded up to `position` when it is not in memory. */
  readonly mend: (lead: StateKey, position: number) => Promise<void>
  /** Forgets all leads: whoever owns none is not told of changes to them. */
  readonly clear: () => void
  /** The state of a lead if it is in memory; not to be changed. */
  readonly state: (key: StateKey) => LeadState | undefined
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
  /** Erased persons, whoever owns them: nothing of theirs may stay in memory. */
  readonly erased: string[]
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
  const plan: Plan = { steps: [], again: new Map(), erased: [] }
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
    if (undoneBy(entry) !== undefined) {
      redo(workspaceId, personId, position)
      continue
    }
    if (type === 'person_erased') {
      membership.delete(workspaceId, personId)
      plan.erased.push(keyOf({ workspaceId, personId }))
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
  /** Not on disk yet, least recently folded first. */
  readonly dirty: Map<string, Held>
  /** Not on disk yet, as bytes. */
  readonly waiting: Map<string, StoredState>
  /** Being written, as bytes: not to be read from disk yet. */
  readonly writing: Map<string, StoredState>
  /** As on disk. */
  readonly kept: LRUCache<string, Held>
  /** As on disk, as bytes; the states of `kept` among them. */
  readonly packed: LRUCache<string, StoredState>
  /**
   * As `dirty`, folded since the last rest and used for the first time in long. A new map each
   * time: tables of one map are linked, old to new, and one that got old keeps all later ones and
   * what is in them from being collected young.
   */
  once: Map<string, Held>
  /** Whose states left as bytes lately. */
  readonly left: LRUCache<string, true>
  refolded: number
}

const packedCache = (): LRUCache<string, StoredState> =>
  new LRUCache({
    maxSize: PACKED_BYTES_MAX,
    sizeCalculation: ({ state }) => state.byteLength + ENTRY_BYTES,
  })

const find = ({ dirty, once, kept }: Memory, key: string): Held | undefined =>
  dirty.get(key) ?? once.get(key) ?? kept.get(key)

function pack({ workspaceId, personId, position, track }: Held): StoredState {
  return { workspaceId, personId, position, state: encodeState(track.state) }
}

/** Null when another version of the fold wrote it, or it is damaged. */
function unpack({ left }: Memory, key: string, stored: StoredState): Held | null {
  const { workspaceId, personId, position } = stored
  const state = readStored(stored.state, stored, 'state')
  const stays = left.has(key)
  return state && { workspaceId, personId, position, stays, track: { state, checkpoints: [] } }
}

function setDirty(memory: Memory, key: string, held: Held): void {
  memory.kept.delete(key)
  memory.packed.delete(key)
  memory.waiting.delete(key)
  memory.once.delete(key)
  // To the end: the order of the map is that of use.
  memory.dirty.delete(key)
  const place = held.stays ? memory.dirty : memory.once
  place.set(key, held)
}

/** From bytes in memory to an object; false when there are none. */
function revive(memory: Memory, key: string): boolean {
  const waiting = memory.waiting.get(key)
  if (waiting !== undefined) {
    setDirty(memory, key, unpack(memory, key, waiting)!)
    return true
  }
  const held = memory.packed.get(key) ?? memory.writing.get(key)
  if (held === undefined) return false
  memory.kept.set(key, unpack(memory, key, held)!)
  return true
}

async function loadMissing(memory: Memory, plan: Plan): Promise<void> {
  const missing = new Map<string, StateKey>()
  for (const { key, lead } of plan.steps)
    if (find(memory, key) === undefined && !plan.again.has(key) && !revive(memory, key))
      missing.set(key, lead)
  if (missing.size === 0) return
  for (const stored of await loadStates(memory.database.app, [...missing.values()])) {
    const key = keyOf(stored)
    missing.delete(key)
    const held = unpack(memory, key, stored)
    if (held === null) plan.again.set(key, { ...stored, position: stored.position })
    else {
      memory.kept.set(key, held)
      memory.packed.set(key, stored)
    }
  }
  for (const [key, lead] of missing)
    memory.kept.set(key, { ...lead, track: emptyTrack(), position: 0, stays: false })
}

function leave({ waiting, left }: Memory, key: string, held: Held): void {
  waiting.set(key, pack(held))
  left.set(key, true)
}

/** Keeps as many dirty objects as clean ones; the longest untouched become bytes. */
function packDirty(memory: Memory): void {
  const { dirty } = memory
  for (const [key, held] of dirty) {
    if (dirty.size <= KEPT_MAX) return
    leave(memory, key, held)
    dirty.delete(key)
  }
}

function rest(memory: Memory): void {
  for (const [key, held] of memory.once) leave(memory, key, held)
  memory.once = new Map()
}

function stateOf(memory: Memory, lead: StateKey): LeadState | undefined {
  const key = keyOf(lead)
  const held = find(memory, key)
  if (held !== undefined) return held.track.state
  const { waiting, packed, writing } = memory
  const stored = waiting.get(key) ?? packed.get(key) ?? writing.get(key)
  return stored && (readStored(stored.state, lead, 'state') ?? undefined)
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
  setDirty(memory, key, { workspaceId, personId, track, position, stays: true })
}

async function mend(memory: Memory, lead: StateKey, position: number): Promise<void> {
  const key = keyOf(lead)
  if (find(memory, key) === undefined) revive(memory, key)
  const held = find(memory, key)
  if (held === undefined) await refold(memory, key, lead, position)
  else setDirty(memory, key, held)
}

function takeDirty(
  { dirty, waiting, writing, kept, packed }: Memory,
  belongs: (personId: number) => boolean,
): StoredState[] {
  const states: StoredState[] = []
  for (const [key, stored] of waiting) {
    if (!belongs(stored.personId)) continue
    states.push(stored)
    packed.set(key, stored)
    waiting.delete(key)
  }
  for (const [key, held] of dirty) {
    if (!belongs(held.personId)) continue
    const stored = pack(held)
    states.push(stored)
    kept.set(key, held)
    packed.set(key, stored)
    dirty.delete(key)
  }
  for (const stored of states) writing.set(keyOf(stored), stored)
  return states
}

/** `touched` is told of every lead whose state changed, and by which entry (null: refolded). */
export function createLeadCache(
  database: Pick<Database, 'app'>,
  touched?: (lead: StateKey, entry: LogEntry | null) => void,
): LeadCache {
  const memory: Memory = {
    database,
    dirty: new Map(),
    waiting: new Map(),
    writing: new Map(),
    kept: new LRUCache({ max: KEPT_MAX }),
    packed: packedCache(),
    once: new Map(),
    left: new LRUCache({ max: LEFT_MAX }),
    refolded: 0,
  }
  const { dirty, waiting, writing, kept, packed } = memory
  const membership = createMembership()
  return {
    async fold(entries, owns) {
      const plan = planOf(entries, membership, owns)
      for (const key of plan.erased)
        for (const place of [dirty, memory.once, waiting, writing, kept, packed]) place.delete(key)
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
        setDirty(memory, key, held)
        touched?.(lead, entry)
      }
      for (const [key, { position, ...lead }] of plan.again) {
        await refold(memory, key, lead, position)
        touched?.(lead, null)
      }
      packDirty(memory)
    },
    rest: () => rest(memory),
    rootOf: membership.root,
    dirtyCount: () => dirty.size + memory.once.size + waiting.size,
    takeDirty(belongs = () => true) {
      rest(memory)
      return takeDirty(memory, belongs)
    },
    written(states) {
      for (const stored of states) writing.delete(keyOf(stored))
    },
    state: (lead) => stateOf(memory, lead),
    mend: (lead, position) => mend(memory, lead, position),
    clear() {
      for (const place of [dirty, waiting, writing, kept, packed, membership]) place.clear()
      memory.once = new Map()
    },
    async reset() {
      this.clear()
      for (const { workspaceId, personId, targetId } of await readLinks(database.app))
        membership.set(workspaceId, personId, targetId)
    },
    refolded: () => memory.refolded,
  }
}
