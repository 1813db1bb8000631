/**
 * Engagement grades inside the fold: which opens and clicks count, and how much. A grade is an
 * entry of its own and takes effect from its own place on; until then an open counts half.
 */
import type { EngagementGrade, LogEntry } from '../core/index.ts'

/**
 * The latest opens and clicks that a grade can still reach. Grades come within hours; one that
 * comes after this many later opens no longer changes the features.
 */
const REMEMBERED = 48

const WEIGHT: Record<EngagementGrade, number> = { human: 1, unknown: 0.5, machine: 0 }
const GRADES: readonly EngagementGrade[] = ['unknown', 'human', 'machine']

/** Parallel columns, oldest first. */
export interface GradeState {
  positions: number[]
  times: number[]
  codes: number[]
  /** Index into GRADES. */
  grades: number[]
  /** Grades whose target is not folded yet (its event time lies ahead): position, grade. */
  earlyPositions: number[]
  earlyGrades: number[]
  /** Time of the latest open or click graded human that is no longer remembered; 0 if none. */
  forgottenHumanTime: number
}

export function emptyGrades(): GradeState {
  return {
    positions: [],
    times: [],
    codes: [],
    grades: [],
    earlyPositions: [],
    earlyGrades: [],
    forgottenHumanTime: 0,
  }
}

/** Remembers an open or click and returns how much it counts now. */
export function rememberGraded(s: GradeState, entry: LogEntry, code: number): number {
  const early = s.earlyPositions.indexOf(entry.position)
  const grade = early < 0 ? 0 : s.earlyGrades[early]!
  if (early >= 0) {
    s.earlyPositions.splice(early, 1)
    s.earlyGrades.splice(early, 1)
  }
  if (s.positions.length === REMEMBERED) {
    if (GRADES[s.grades[0]!] === 'human')
      s.forgottenHumanTime = Math.max(s.forgottenHumanTime, s.times[0]!)
    for (const column of [s.positions, s.times, s.codes, s.grades]) column.shift()
  }
  s.positions.push(entry.position)
  s.times.push(entry.eventTime)
  s.codes.push(code)
  s.grades.push(grade)
  return WEIGHT[GRADES[grade]!]
}

export interface GradeChange {
  readonly code: number
  readonly time: number
  /** New weight minus old weight. */
  readonly difference: number
}

/** Applies an engagement_graded entry; null when it changes nothing that is remembered. */
export function regrade(s: GradeState, entry: LogEntry): GradeChange | null {
  const target = entry.body.properties?.['target_position']
  const grade = GRADES.indexOf(entry.body.properties?.['grade'] as EngagementGrade)
  if (typeof target !== 'number' || grade < 0) return null
  const at = s.positions.indexOf(target)
  if (at < 0) {
    const oldest = s.positions.length === REMEMBERED ? s.positions[0]! : 0
    if (target > oldest) rememberEarly(s, target, grade)
    return null
  }
  const before = WEIGHT[GRADES[s.grades[at]!]!]
  s.grades[at] = grade
  const difference = WEIGHT[GRADES[grade]!] - before
  return difference === 0 ? null : { code: s.codes[at]!, time: s.times[at]!, difference }
}

const EARLY = 8

function rememberEarly(s: GradeState, target: number, grade: number): void {
  const known = s.earlyPositions.indexOf(target)
  if (known >= 0) {
    s.earlyGrades[known] = grade
    return
  }
  if (s.earlyPositions.length === EARLY) {
    s.earlyPositions.shift()
    s.earlyGrades.shift()
  }
  s.earlyPositions.push(target)
  s.earlyGrades.push(grade)
}

/** Time of the latest open or click graded human, 0 if none. */
export function lastHumanTime(s: GradeState): number {
  let last = s.forgottenHumanTime
  for (let i = 0; i < s.times.length; i++)
    if (GRADES[s.grades[i]!] === 'human' && s.times[i]! > last) last = s.times[i]!
  return last
}
