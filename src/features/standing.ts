/** Whether anything is left to do for a lead: what ended it, and what began it again. */
import {
  CLOSING_OUTCOMES,
  EVENT_TYPES,
  eventTypeOfCode,
  LOSING_OUTCOMES,
  type OutcomeType,
} from '../core/index.ts'
import type { Fact } from './fact.ts'

export interface StandingState {
  /** Type code of the outcome that ended the lead; 0: it is open. */
  endedBy: number
  /** When, milliseconds since the epoch; 0: it is open. */
  endedAt: number
}

export const emptyStanding = (): StandingState => ({ endedBy: 0, endedAt: 0 })

const codesOf = (types: readonly OutcomeType[]): ReadonlySet<number> =>
  new Set(types.map((type) => EVENT_TYPES[type].code))

const CLOSING = codesOf(CLOSING_OUTCOMES)
const LOSING = codesOf(LOSING_OUTCOMES)
const FELL_THROUGH: number = EVENT_TYPES.deal_fell_through.code
/** From an inquiry on a lead asks for something. */
const ASKING_DEPTH = 3

/**
 * A closed lead stays closed until the deal falls through; a lost one is open again as soon as it
 * asks for something itself.
 */
export function applyStanding(s: StandingState, { code, byLead, depth, time }: Fact): void {
  const isLost = LOSING.has(s.endedBy)
  if (CLOSING.has(code) || (LOSING.has(code) && !CLOSING.has(s.endedBy))) {
    s.endedBy = code
    s.endedAt = time
  } else if (isLost ? byLead && depth >= ASKING_DEPTH : code === FELL_THROUGH) {
    s.endedBy = 0
    s.endedAt = 0
  }
}

export interface Ending {
  readonly type: OutcomeType
  readonly isClosed: boolean
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What ended a lead; null: it is open. */
export function endingOf({ endedBy, endedAt }: StandingState): Ending | null {
  if (endedBy === 0) return null
  const type = eventTypeOfCode(endedBy) as OutcomeType
  return { type, isClosed: CLOSING.has(endedBy), at: endedAt }
}
