/** Outcomes as a projection of the log: an outcome and the event of its name are one fact. */
import { isOutcomeType, withoutUndone, type LogEntry, type OutcomeType } from '../core/index.ts'

/** Something that came of a lead. */
export interface Outcome {
  readonly type: OutcomeType
  /** When it happened, milliseconds since the epoch. */
  readonly at: number
  /** When it was learned, milliseconds since the epoch. */
  readonly knownAt: number
  readonly position: number
}

/**
 * The outcomes among one lead's entries that were known at `now`, in the order they happened;
 * without those that had been taken back by then.
 */
export function outcomesOf(entries: readonly LogEntry[], now = Infinity): Outcome[] {
  return withoutUndone(entries.filter(({ receivedAt }) => receivedAt <= now))
    .flatMap(({ type, eventTime, receivedAt, position }): Outcome[] =>
      isOutcomeType(type) ? [{ type, at: eventTime, knownAt: receivedAt, position }] : [],
    )
    .sort((a, b) => a.at - b.at || a.position - b.position)
}
