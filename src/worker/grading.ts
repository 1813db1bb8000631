/**
 * Appends the grade of each open and click. What the grader knows of a lead is kept in memory and
 * advanced with the lead's entries; of a lead that is not there, it is put together again from the
 * log. A decision is appended unless it stands there already (same target, same deciding entry).
 * So a slice read again after a crash adds nothing, and no grade is lost.
 */
import { LRUCache } from 'lru-cache'
import { EVENT_TYPES, type Clock, type LogEntry } from '../core/index.ts'
import { createTimedBehaviorTracker } from '../events/index.ts'
import {
  emptyGrader,
  gradeEngagement,
  GRADED_BY,
  isBlank,
  mayHaveEmail,
  type GradeDecision,
  type GraderState,
  type LeadState,
} from '../features/index.ts'
import {
  appendGrades,
  readLog,
  readPersons,
  type Database,
  type StateKey,
  type TakenGrade,
} from '../store/index.ts'

/** A visit that becomes known so long after the click no longer changes its grade. */
const LOOK_BACK_MS = 3_600_000
/** After a start, clicks among so many entries before the first slice are remembered. */
const LOOK_BACK_ENTRIES = 10_000
/** Leads put together from the log at a time. */
const LEADS_AT_ONCE = 200
/** What is remembered of leads: of one with e-mails about 1 kB, of one without a tenth. */
const REMEMBERED_MAX = 10 * 1024 * 1024
const LEAD_BYTES = 1_000
const BLANK_BYTES = 100
const GRADES_AT_ONCE = 1_000
const CODES = GRADED_BY.map((type) => EVENT_TYPES[type].code)

export interface Grading {
  /** Grades what `entries`, a slice of the log, decide about leads that `owns` answers for. */
  readonly grade: (
    entries: readonly LogEntry[],
    owns: (personId: number, position: number) => boolean,
    rootOf: (workspaceId: number, personId: number) => number,
    /** With those entries folded; undefined: not in memory. */
    stateOf: (lead: StateKey) => LeadState | undefined,
  ) => Promise<void>
  /** Grades what entries of whole leads up to `last` decide; see mayBeGraded. */
  readonly gradeLeads: (leads: readonly StateKey[], last: number) => Promise<void>
  /** Forgets all leads: somebody else may have answered for them meanwhile. */
  readonly reset: () => void
}

const isGraded = ({ type }: LogEntry): boolean => EVENT_TYPES[type].graded === true

/** A lead with such an entry may have something to grade. */
export const mayBeGraded = (entry: LogEntry): boolean =>
  entry.body.properties?.['email_id'] !== undefined &&
  (isGraded(entry) || entry.type === 'page_visit')

const MOVES: ReadonlySet<string> = new Set([
  'identity_linked',
  'leads_merged',
  'leads_unmerged',
  'person_erased',
])

/** A slice of the log with everything that grading it needs. */
interface Slice {
  readonly entries: readonly LogEntry[]
  readonly first: number
  readonly last: number
  readonly rootOf: RootOf
  readonly stateOf: StateOf
  readonly isOwned: (entry: LogEntry) => boolean
  readonly keyOf: (entry: LogEntry) => string
  readonly found: TakenGrade[]
}

/** Received so long after it happened, an entry tells of the past: so do the grades it decides. */
const HISTORY_AFTER_MS = 3_600_000
const isHistory = ({ eventTime, receivedAt }: LogEntry): boolean =>
  receivedAt - eventTime > HISTORY_AFTER_MS

function take(slice: Slice, lead: StateKey, entry: LogEntry, decisions: GradeDecision[]): void {
  if (decisions.length === 0 || entry.position < slice.first || !slice.isOwned(entry)) return
  for (const decision of decisions)
    slice.found.push({
      ...lead,
      decidedBy: entry.position,
      at: isHistory(entry) ? entry.eventTime : undefined,
      decision: { ...decision },
    })
}

type RootOf = Parameters<Grading['grade']>[2]
type StateOf = Parameters<Grading['grade']>[3]

/** Which entries may decide a grade of a lead of whom nothing is remembered. */
function createClicks(database: Pick<Database, 'app'>, clock: Clock) {
  const clicked = createTimedBehaviorTracker<number>(clock, LOOK_BACK_MS, { perLeadMax: 1 })
  const mayDecide = (entry: LogEntry, key: string): boolean => {
    const named = entry.body.properties?.['email_id'] !== undefined
    if (isGraded(entry)) {
      // No e-mail is named, and it need not be one at all: it stays unknown.
      const campaign = entry.body.context?.['campaign_id']
      if (entry.type === 'link_click' && !named && campaign === undefined) return false
      clicked.record(key, entry.position)
      return true
    }
    if (entry.type !== 'page_visit') return false
    return named || clicked.recent(key).length > 0
  }
  return {
    mayDecide,
    /** The clicks just before the first slice, as if this process had read them. */
    async remember(first: number, keyOf: Slice['keyOf']): Promise<void> {
      const from = Math.max(0, first - 1 - LOOK_BACK_ENTRIES)
      const { entries } = await readLog(database.app, from, LOOK_BACK_ENTRIES)
      for (const entry of entries) if (entry.position < first) mayDecide(entry, keyOf(entry))
    },
  }
}

type Clicks = ReturnType<typeof createClicks>
type Graders = LRUCache<string, GraderState>

/** In place of all that are blank. Not to be changed. */
const BLANK = emptyGrader()

function remember(graders: Graders, key: string, state: GraderState): void {
  graders.set(key, isBlank(state) ? BLANK : state)
}

/** Leads to be put together from the log, by key; those whose entries moved are forgotten. */
function toLoad(
  { entries, keyOf, isOwned, rootOf, stateOf }: Slice,
  graders: Graders,
  { mayDecide }: Clicks,
): Map<string, StateKey> {
  const due = new Map<string, StateKey>()
  for (const entry of entries) {
    const { workspaceId, type } = entry
    const key = keyOf(entry)
    const lead = { workspaceId, personId: rootOf(workspaceId, entry.personId) }
    if (MOVES.has(type)) {
      const { from_person, from_target } = entry.body.properties ?? {}
      for (const person of [entry.personId, from_person, from_target, lead.personId])
        if (typeof person === 'number' && graders.delete(`${workspaceId}:${person}`))
          due.set(key, lead)
    }
    const isKnown = graders.has(key)
    const state = isKnown || !isGraded(entry) ? undefined : stateOf(lead)
    if (state !== undefined && !mayHaveEmail(state, entry)) continue
    if (mayDecide(entry, key) && isOwned(entry) && !isKnown) due.set(key, lead)
  }
  return due
}

async function load(
  database: Pick<Database, 'app'>,
  slice: Slice,
  due: ReadonlyMap<string, StateKey>,
  graders: Graders,
): Promise<void> {
  for (const [workspaceId, leads] of Map.groupBy(due.values(), (lead) => lead.workspaceId))
    for (let from = 0; from < leads.length; from += LEADS_AT_ONCE) {
      const part = leads.slice(from, from + LEADS_AT_ONCE)
      const persons = part.map(({ personId }) => personId)
      const logs = await readPersons(database.app, workspaceId, persons, slice.last, CODES)
      for (const lead of part) {
        const state = emptyGrader()
        const entries = logs.get(lead.personId) ?? []
        for (const entry of entries.sort((a, b) => a.position - b.position))
          take(slice, lead, entry, gradeEngagement(state, entry))
        remember(graders, `${workspaceId}:${lead.personId}`, state)
      }
    }
}

async function append(database: Pick<Database, 'app'>, { found }: Slice): Promise<void> {
  for (const [workspaceId, grades] of Map.groupBy(found, (one) => one.workspaceId))
    for (let from = 0; from < grades.length; from += GRADES_AT_ONCE)
      await appendGrades(database.app, workspaceId, grades.slice(from, from + GRADES_AT_ONCE))
}

/** The log from its beginning, of leads that are known to be owned. */
const WHOLE = {
  entries: [],
  first: 0,
  rootOf: (_: number, personId: number) => personId,
  stateOf: () => undefined,
  isOwned: () => true,
  keyOf: ({ workspaceId, personId }: LogEntry) => `${workspaceId}:${personId}`,
}

export function createGrading(database: Pick<Database, 'app'>, clock: Clock): Grading {
  const clicks = createClicks(database, clock)
  const graders: Graders = new LRUCache({
    maxSize: REMEMBERED_MAX,
    sizeCalculation: (state) => (state === BLANK ? BLANK_BYTES : LEAD_BYTES),
  })
  let warm = false
  return {
    async grade(entries, owns, rootOf, stateOf) {
      if (entries.length === 0) return
      const slice: Slice = {
        entries,
        first: entries[0]!.position,
        last: entries.at(-1)!.position,
        rootOf,
        stateOf,
        keyOf: ({ workspaceId, personId }) => `${workspaceId}:${rootOf(workspaceId, personId)}`,
        isOwned: ({ workspaceId, personId, position }) =>
          owns(rootOf(workspaceId, personId), position),
        found: [],
      }
      if (!warm) await clicks.remember(slice.first, slice.keyOf)
      warm = true
      const due = toLoad(slice, graders, clicks)
      for (const entry of entries) {
        const key = slice.keyOf(entry)
        const known = due.has(key) ? undefined : graders.get(key)
        if (known === undefined) continue
        const state = known === BLANK ? emptyGrader() : known
        const { workspaceId } = entry
        const lead = { workspaceId, personId: rootOf(workspaceId, entry.personId) }
        take(slice, lead, entry, gradeEngagement(state, entry))
        if (known === BLANK) remember(graders, key, state)
      }
      await load(database, slice, due, graders)
      await append(database, slice)
    },
    async gradeLeads(leads, last) {
      const slice: Slice = { ...WHOLE, last, found: [] }
      const due = leads.map((lead) => [`${lead.workspaceId}:${lead.personId}`, lead] as const)
      await load(database, slice, new Map(due), graders)
      await append(database, slice)
    },
    reset() {
      graders.clear()
      warm = false
    },
  }
}
