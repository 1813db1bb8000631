/**
 * Examples from the log: the features of a lead as known at past moments, with what came of it.
 * One pass over each lead's entries through the fold that also serves; memory holds one lead.
 */
import type { LogEntry } from '../core/index.ts'
import { asLearned, replayTrainingRows } from '../features/index.ts'
import type { ExampleWriter } from '../models/index.ts'
import { labelAt, labelRule, outcomesOf } from '../outcomes/index.ts'
import { momentsOf, type MomentOptions } from './moments.ts'

/** A lead and everything the log says of it. */
export interface LeadHistory {
  readonly personId: number
  /** Of the person and of everybody linked to it or merged into it. */
  readonly entries: readonly LogEntry[]
  readonly segment: string | null
  readonly attributes?: Readonly<Record<string, unknown>>
}

export interface ExampleOptions extends MomentOptions {
  /** Only rows whose horizon has passed by now are written; milliseconds since the epoch. */
  readonly now: number
  readonly horizonDays: number
  /** Moments before this one are left out. */
  readonly since?: number
}

/** Writes the rows of one lead whose labels are final; answers how many. */
export function addExamples(
  writer: ExampleWriter,
  { personId, entries, segment, attributes }: LeadHistory,
  { now, horizonDays, since = -Infinity, ...moments }: ExampleOptions,
): number {
  const rule = labelRule(segment, horizonDays)
  const from = Math.max(asLearned(entries)[0]?.at ?? Infinity, since)
  if (from === Infinity) return 0
  const outcomes = outcomesOf(entries, now)
  const rows = momentsOf(personId, from, now - rule.horizonMs + 1, moments).flatMap((time) => {
    const label = labelAt(rule, outcomes, time, now)
    return label === 0 || label === 1 ? [{ time, label }] : []
  })
  const replay = replayTrainingRows(
    entries,
    rows.map(({ time }) => time),
    personId,
  )
  replay.rows.forEach((vector, i) => {
    const more = attributes === undefined ? {} : { attributes }
    writer.add({ vector, label: rows[i]!.label, group: personId, segment, ...more })
  })
  return rows.length
}
