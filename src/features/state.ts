/**
 * The fold: one lead's entries, in (event time, position) order, reduced to a small state from
 * which every feature is read. Served values, replayed training rows and rebuilt states all come
 * from these functions, so they are equal bit for bit.
 */
import { EVENT_TYPE_NAMES, EVENT_TYPES, withoutUndone, type LogEntry } from '../core/index.ts'
import { applyActivity, emptyActivity, type ActivityState } from './activity.ts'
import { applyBehavior, emptyBehavior, type BehaviorState } from './behavior.ts'
import { applyContextual, emptyContextual, type ContextualState } from './contextual.ts'
import { applyEmotional, emptyEmotional, type EmotionalState } from './emotional.ts'
import { factOf, isGraded, type Fact } from './fact.ts'
import { emptyGrades, regrade, rememberGraded, type GradeState } from './grades.ts'
import { applyProperty, emptyProperty, type PropertyState } from './property.ts'
import { applySession, emptySession, type SessionState } from './session.ts'
import { applyStanding, emptyStanding, type StandingState } from './standing.ts'
import { applyTime, emptyTime, type TimeState } from './time.ts'

export interface LeadState {
  /** Event time and position of the newest entry folded; 0 and -1 before the first. */
  cursorTime: number
  cursorPosition: number
  /** Highest position folded: everything the state knows was known by then. */
  knownPosition: number
  /** Entries folded, corrections included. */
  entries: number
  grades: GradeState
  activity: ActivityState
  behavior: BehaviorState
  session: SessionState
  time: TimeState
  property: PropertyState
  emotional: EmotionalState
  contextual: ContextualState
  standing: StandingState
}

export function emptyState(): LeadState {
  return {
    cursorTime: 0,
    cursorPosition: -1,
    knownPosition: -1,
    entries: 0,
    grades: emptyGrades(),
    activity: emptyActivity(),
    behavior: emptyBehavior(),
    session: emptySession(),
    time: emptyTime(),
    property: emptyProperty(),
    emotional: emptyEmotional(),
    contextual: emptyContextual(),
    standing: emptyStanding(),
  }
}

/** True when the entry belongs before one already folded: refold from a checkpoint before it. */
export function needsRefold(state: LeadState, entry: LogEntry): boolean {
  return (
    entry.eventTime < state.cursorTime ||
    (entry.eventTime === state.cursorTime && entry.position <= state.cursorPosition)
  )
}

/** The order of the fold: event time, then position. */
export function foldOrder(a: LogEntry, b: LogEntry): number {
  return a.eventTime - b.eventTime || a.position - b.position
}

/**
 * Folds one entry into `state`, which changes. O(1). Throws a RangeError when the entry is out of
 * order (see `needsRefold`) or its event time is not a time.
 */
export function applyEntry(state: LeadState, entry: LogEntry): void {
  const { eventTime, position } = entry
  if (!Number.isFinite(eventTime) || eventTime < 0)
    throw new RangeError(
      `entry ${position}: event time ${eventTime} is not milliseconds since 1970`,
    )
  if (needsRefold(state, entry))
    throw new RangeError(`entry ${position} is out of order: refold from the checkpoint before it`)
  state.cursorTime = eventTime
  state.cursorPosition = position
  if (position > state.knownPosition) state.knownPosition = position
  state.entries++
  if (entry.type === 'engagement_graded') {
    applyGrade(state, entry)
    return
  }
  const weight = isGraded(entry)
    ? rememberGraded(state.grades, entry, EVENT_TYPES[entry.type].code)
    : 1
  const fact = factOf(entry, weight)
  if (fact !== null) applyFact(state, fact, eventTime)
}

function applyFact(state: LeadState, fact: Fact, now: number): void {
  applyActivity(state.activity, fact, now)
  applyTime(state.time, fact)
  if (fact.graded) return
  applyBehavior(state.behavior, fact)
  applySession(state.session, fact)
  applyProperty(state.property, fact)
  applyEmotional(state.emotional, fact)
  applyContextual(state.contextual, fact)
  applyStanding(state.standing, fact)
}

const NAME_OF_CODE = new Map(EVENT_TYPE_NAMES.map((name) => [EVENT_TYPES[name].code, name]))

function applyGrade(state: LeadState, entry: LogEntry): void {
  const change = regrade(state.grades, entry)
  if (change === null) return
  const type = NAME_OF_CODE.get(change.code)!
  const target: LogEntry = { ...entry, type, eventTime: change.time, body: {} }
  const fact = factOf(target, change.difference)
  if (fact !== null) applyFact(state, fact, entry.eventTime)
}

/**
 * The hindsight view: the state from all `entries`, given in any order, with everything known
 * today. Entries with the same position count once, those that were taken back not at all. For the
 * past as it was known, see `replayTrainingRows`.
 */
export function foldEntries(entries: readonly LogEntry[]): LeadState {
  const state = emptyState()
  const sorted = withoutUndone(entries).sort(foldOrder)
  let last = -1
  for (const entry of sorted) {
    if (entry.position === last) continue
    last = entry.position
    applyEntry(state, entry)
  }
  return state
}
