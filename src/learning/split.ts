/**
 * The split by time and by lead. A fixed share of the leads, told by their number, is never trained
 * on by any version, so champion and challenger are always strangers to those they are judged on;
 * and they are judged on moments later than those the challenger learned from.
 */
import { fnv1a } from '../math/index.ts'
import type { Examples } from '../models/index.ts'

const DAY_MS = 86_400_000
/** The leads are dealt into so many parts. */
export const PARTS = 5
/** Windows tried for the later time, days; the shortest with enough positives is taken. */
const WINDOWS = [30, 60, 90, 180, 365]
/** Fewer leads with the outcome than these promote nothing. */
export const POSITIVES_MIN = 30

/** Part 0 to 4 of a lead; part 0 is held out for good. */
export function partOf(group: number): number {
  return fnv1a(`part:${group}`) % PARTS
}

export interface Split {
  /** `time`: later moments of held-out leads. `lead`: all leads, each judged by others. */
  readonly kind: 'time' | 'lead'
  /** Row numbers. */
  readonly training: Int32Array
  readonly holdout: Int32Array
  /** The first moment of the holdout, milliseconds since the epoch; null when split by lead. */
  readonly from: number | null
  /** Leads with the outcome in the holdout. */
  readonly positives: number
}

/** How many leads have a row with label 1 among `rows`. */
export function positiveLeads(examples: Examples, rows: ArrayLike<number>): number {
  const leads = new Set<number>()
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (examples.labels[row] === 1) leads.add(examples.groups[row]!)
  }
  return leads.size
}

function rowsWhere(examples: Examples, keep: (part: number, time: number) => boolean): Int32Array {
  const rows: number[] = []
  for (let i = 0; i < examples.rows; i++)
    if (keep(partOf(examples.groups[i]!), examples.times[i]!)) rows.push(i)
  return Int32Array.from(rows)
}

/**
 * Splits by time and lead. Where no window leaves POSITIVES_MIN held-out positives and as many to
 * learn from, all rows are pooled (`lead`): each fifth of the leads is judged by a model of the
 * other four. The training rows of that split leave out part 0 too.
 */
export function splitExamples(examples: Examples): Split {
  let last = -Infinity
  for (const time of examples.times) last = Math.max(last, time)
  for (const days of WINDOWS) {
    const from = last - days * DAY_MS
    const training = rowsWhere(examples, (part, time) => part !== 0 && time < from)
    const holdout = rowsWhere(examples, (part, time) => part === 0 && time >= from)
    const positives = positiveLeads(examples, holdout)
    if (positives >= POSITIVES_MIN && positiveLeads(examples, training) >= POSITIVES_MIN)
      return { kind: 'time', training, holdout, from, positives }
  }
  const all = Int32Array.from({ length: examples.rows }, (_, i) => i)
  return {
    kind: 'lead',
    training: rowsWhere(examples, (part) => part !== 0),
    holdout: all,
    from: null,
    positives: positiveLeads(examples, all),
  }
}

/** Row numbers of one part, or of all others. */
export function rowsOfPart(examples: Examples, part: number, others: boolean): Int32Array {
  return rowsWhere(examples, (own) => (own === part) !== others)
}
