/**
 * Point-in-time rows for training: the features of a person at past moments, *as known then*. The
 * same fold as serving, fed in the order in which entries were learned, so every row equals what
 * was (or would have been) served at that moment, bit for bit.
 */
import { undoneBy, withoutUndone, type LogEntry } from '../core/index.ts'
import { emptyMembership, leadOf, noteMembership } from './membership.ts'
import { foldOrder } from './state.ts'
import { advance, emptyTrack, rewind, type LeadTrack } from './track.ts'
import { extractFeatures, type FeatureVector } from './vector.ts'

export interface Replay {
  /** One per moment, in the order of `times`. */
  readonly rows: FeatureVector[]
  /** Entries folded in order. */
  readonly folded: number
  /** Entries folded again because of late and undone ones, links and merges: their whole cost. */
  readonly refolded: number
}

interface Person {
  readonly id: number
  readonly membership: ReturnType<typeof emptyMembership>
  readonly track: LeadTrack
  /** Entries of everybody concerned, as learned. */
  readonly known: LogEntry[]
  /** Those that belong to the person now, in the order of the fold. */
  own: LogEntry[]
  folded: number
  refolded: number
}

/**
 * The features of person `personId` at each of `times` (milliseconds since the epoch, ascending).
 *
 * `entries` are those of the person and of everybody ever linked to or merged into it, in any
 * order; the same position counts once. An entry is known from the moment it, and all entries
 * before it in the log, were received; one of declared history from when it happened. Erased
 * entries are simply not there: the past that rested on them cannot be had again, which is what
 * erasure means.
 *
 * Throws a RangeError when `times` do not ascend.
 */
export function replayTrainingRows(
  entries: readonly LogEntry[],
  times: readonly number[],
  personId: number,
): Replay {
  const learned = asLearned(entries)
  const person = stranger(personId)
  const rows: FeatureVector[] = []
  let next = 0
  let last = -Infinity
  for (const time of times) {
    if (time < last) throw new RangeError('times must ascend')
    last = time
    while (next < learned.length) {
      const { entry, at } = learned[next]!
      if (at > time) break
      learn(person, entry)
      next++
    }
    rows.push(extractFeatures(person.track.state, time))
  }
  return { rows, folded: person.folded, refolded: person.refolded }
}

const stranger = (id: number): Person => ({
  id,
  membership: emptyMembership(),
  track: emptyTrack(),
  known: [],
  own: [],
  folded: 0,
  refolded: 0,
})

/** The entries behind a row of `replayTrainingRows` at one moment, in the order of the fold. */
export function replayEntries(
  entries: readonly LogEntry[],
  time: number,
  personId: number,
): LogEntry[] {
  const person = stranger(personId)
  for (const { entry, at } of asLearned(entries)) if (at <= time) learn(person, entry)
  return person.own
}

/**
 * Marks the entries that were declared to have been known when they happened. A grade is of the
 * time of what decided it (see the worker's grading), and as known as that.
 */
export function markDeclared(
  entries: readonly LogEntry[],
  isDeclared: (position: number) => boolean,
): LogEntry[] {
  return entries.map((entry) => {
    const decider = entry.body.properties?.['decided_by']
    const { type, position } = entry
    const from = type === 'engagement_graded' && typeof decider === 'number' ? decider : position
    return isDeclared(from) ? { ...entry, declared: true } : entry
  })
}

interface Learned {
  readonly entry: LogEntry
  /** When it became known, milliseconds since the epoch. */
  readonly at: number
}

/** Entries, each once, in the order in which they became known. */
export function asLearned(entries: readonly LogEntry[]): Learned[] {
  const learned: Learned[] = []
  let received = -Infinity
  let last = -1
  let isDeclared = false
  for (const entry of [...entries].sort((a, b) => a.position - b.position)) {
    if (entry.position === last) continue
    last = entry.position
    if (entry.declared === true) isDeclared = true
    else received = Math.max(received, entry.receivedAt)
    learned.push({ entry, at: entry.declared === true ? entry.eventTime : received })
  }
  // Already in order without declared history; the sort is stable.
  return isDeclared ? learned.sort((a, b) => a.at - b.at) : learned
}

function learn(person: Person, entry: LogEntry): void {
  const { membership, known } = person
  known.push(entry)
  const belongs = (e: LogEntry): boolean => leadOf(membership, e.personId) === person.id
  const isMove = noteMembership(membership, entry)
  if (!isMove && !belongs(entry)) return
  if (isMove || undoneBy(entry) !== undefined) {
    person.own = withoutUndone(known.filter(belongs)).sort(foldOrder)
    Object.assign(person.track, emptyTrack())
    for (const own of person.own) advance(person.track, own)
    person.refolded += person.own.length
    return
  }
  if (advance(person.track, entry)) {
    person.own.push(entry)
    person.folded++
    return
  }
  person.own.splice(firstAfter(person.own, entry), 0, entry)
  const from = rewind(person.track, entry)
  for (let i = firstAfter(person.own, from); i < person.own.length; i++) {
    advance(person.track, person.own[i]!)
    person.refolded++
  }
}

/** Index of the first entry after a place in the order of the fold. */
function firstAfter(
  own: readonly LogEntry[],
  place: { eventTime: number; position: number } | null,
): number {
  if (place === null) return 0
  let low = 0
  let high = own.length
  while (low < high) {
    const middle = (low + high) >> 1
    const { eventTime, position } = own[middle]!
    const isAfter =
      eventTime > place.eventTime || (eventTime === place.eventTime && position > place.position)
    if (isAfter) high = middle
    else low = middle + 1
  }
  return low
}
