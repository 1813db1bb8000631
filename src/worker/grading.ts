/**
 * Appends the grade of each open and click. A grade is derived anew from the log, never from
 * memory alone: the person's entries are graded again up to the slice at hand, and what entries of
 * that slice decided is appended unless it stands there already (same target, same deciding
 * entry). So a slice read again after a crash adds nothing, and no grade is lost.
 */
import { EVENT_TYPES, type Clock, type LogEntry } from '../core/index.ts'
import { createTimedBehaviorTracker } from '../events/index.ts'
import { emptyGrader, gradeEngagement } from '../features/index.ts'
import {
  appendGrades,
  readLog,
  readPersons,
  type Database,
  type Grade,
  type StateKey,
} from '../store/index.ts'

/** A visit that becomes known so long after the click no longer changes its grade. */
const LOOK_BACK_MS = 3_600_000
/** After a start, clicks among so many entries before the first slice are remembered. */
const LOOK_BACK_ENTRIES = 10_000
/** Leads graded in one transaction. */
const LEADS_AT_ONCE = 200

export interface Grading {
  /** Grades what `entries`, a slice of the log, decide about leads that `owns` answers for. */
  readonly grade: (
    entries: readonly LogEntry[],
    owns: (personId: number, position: number) => boolean,
    rootOf: (workspaceId: number, personId: number) => number,
  ) => Promise<void>
}

interface Due extends StateKey {
  /** Entries of the slice that may decide something. */
  readonly positions: Set<number>
}

const isGraded = ({ type }: LogEntry): boolean => EVENT_TYPES[type].graded === true

const gradeKey = (target: unknown, by: unknown): string => `${String(target)}:${String(by)}`

/** Properties of the grades that the entries at `positions` decide and that are not there yet. */
function missingGrades(
  entries: readonly LogEntry[],
  positions: ReadonlySet<number>,
): Record<string, unknown>[] {
  const present = new Set<string>()
  for (const { type, body } of entries)
    if (type === 'engagement_graded')
      present.add(gradeKey(body.properties?.['target_position'], body.properties?.['decided_by']))
  const last = Math.max(...positions)
  const state = emptyGrader()
  const missing: Record<string, unknown>[] = []
  for (const entry of entries) {
    if (entry.position > last) break
    for (const decision of gradeEngagement(state, entry)) {
      if (!positions.has(entry.position)) continue
      if (present.has(gradeKey(decision.target_position, entry.position))) continue
      missing.push({ ...decision, decided_by: entry.position })
    }
  }
  return missing
}

async function gradesOf(
  client: Parameters<typeof readPersons>[0],
  workspaceId: number,
  leads: readonly Due[],
): Promise<Grade[]> {
  const persons = leads.map(({ personId }) => personId)
  const all = await readPersons(client, workspaceId, persons, Number.MAX_SAFE_INTEGER)
  return leads.flatMap(({ personId, positions }) => {
    const entries = (all.get(personId) ?? []).sort((a, b) => a.position - b.position)
    return missingGrades(entries, positions).map((properties) => ({ personId, properties }))
  })
}

export function createGrading(database: Pick<Database, 'app'>, clock: Clock): Grading {
  const clicked = createTimedBehaviorTracker<number>(clock, LOOK_BACK_MS, { perLeadMax: 1 })
  let warm = false

  function mayDecide(entry: LogEntry, key: string): boolean {
    const named = entry.body.properties?.['email_id'] !== undefined
    if (isGraded(entry)) {
      // Nobody can say which e-mail it was: it stays unknown.
      if (!named) return false
      clicked.record(key, entry.position)
      return true
    }
    if (entry.type !== 'page_visit') return false
    return named || clicked.recent(key).length > 0
  }

  /** The clicks just before the first slice, as if this process had read them. */
  async function remember(first: number, keyOf: (entry: LogEntry) => string): Promise<void> {
    const from = Math.max(0, first - 1 - LOOK_BACK_ENTRIES)
    const { entries } = await readLog(database.app, from, LOOK_BACK_ENTRIES)
    for (const entry of entries) if (entry.position < first) mayDecide(entry, keyOf(entry))
    warm = true
  }

  return {
    async grade(entries, owns, rootOf) {
      if (entries.length === 0) return
      const keyOf = ({ workspaceId, personId }: LogEntry): string =>
        `${workspaceId}:${rootOf(workspaceId, personId)}`
      if (!warm) await remember(entries[0]!.position, keyOf)
      const due = new Map<string, Due>()
      for (const entry of entries) {
        if (!isGraded(entry) && entry.type !== 'page_visit') continue
        const { workspaceId, position } = entry
        const personId = rootOf(workspaceId, entry.personId)
        const key = keyOf(entry)
        // Of leads that others own, too: their partitions may come here.
        if (!mayDecide(entry, key) || !owns(personId, position)) continue
        const lead = due.get(key) ?? { workspaceId, personId, positions: new Set() }
        lead.positions.add(position)
        due.set(key, lead)
      }
      for (const [workspaceId, leads] of Map.groupBy(due.values(), (lead) => lead.workspaceId))
        for (let from = 0; from < leads.length; from += LEADS_AT_ONCE)
          await appendGrades(database.app, workspaceId, (client) =>
            gradesOf(client, workspaceId, leads.slice(from, from + LEADS_AT_ONCE)),
          )
    },
  }
}
