/** One log entry as the fold reads it: its declaration looked up, its numbers checked. */
import { EVENT_TYPES, type EventTypeDeclaration, type LogEntry } from '../core/index.ts'

export interface Fact {
  readonly code: number
  readonly byLead: boolean
  readonly byAgent: boolean
  /** An open or a click, which a scanner may have made. */
  readonly graded: boolean
  readonly depth: number
  /** Contribution to engagement of one such event, before `weight`. */
  readonly engagement: number
  /**
   * How far the event counts: 1; for opens and clicks 1 (human), 0.5 (unknown) or 0 (machine);
   * the difference, possibly negative, when a grade corrects an event folded before.
   */
  readonly weight: number
  /** When it happened, milliseconds since the epoch. */
  readonly time: number
  /** Minutes to add to UTC for the lead's wall clock; 0 unless the context says so. */
  readonly offset: number
  readonly entry: LogEntry
}

const DECLARED = new Map<string, EventTypeDeclaration>(Object.entries(EVENT_TYPES))
const INTERNAL_FROM = 80

/** The fact of an entry with the given weight; null for corrections and types unknown here. */
export function factOf(entry: LogEntry, weight: number): Fact | null {
  const type = DECLARED.get(entry.type)
  if (type === undefined || type.code >= INTERNAL_FROM) return null
  return {
    code: type.code,
    byLead: type.actor === 'lead',
    byAgent: type.actor === 'agent',
    graded: type.graded === true,
    depth: type.funnelDepth,
    engagement: type.engagementWeight,
    weight,
    time: entry.eventTime,
    offset: within(entry.body.context?.['utc_offset_minutes'], -14 * 60, 14 * 60) ?? 0,
    entry,
  }
}

export function isGraded(entry: LogEntry): boolean {
  return DECLARED.get(entry.type)?.graded === true
}

/** `value` if it is a number inside [low, high], else undefined: entries carry hostile input. */
export function within(value: unknown, low: number, high: number): number | undefined {
  return typeof value === 'number' && value >= low && value <= high ? value : undefined
}
