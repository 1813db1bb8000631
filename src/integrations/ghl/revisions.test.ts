/** An opportunity through its statuses, told in any order: what holds, and what held when. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogEntry } from '../../core/index.ts'
import { outcomesOf } from '../../outcomes/index.ts'
import type { KnownRecord } from '../../store/index.ts'
import { appointmentEvents, opportunityEvents } from './events.ts'
import { revise, type ToldRecord } from './revisions.ts'

const NAMES = { lostReasons: new Map(), pipelines: new Map(), sellerPipelines: new Set<string>() }
const STATUSES = ['open', 'won', 'lost', 'abandoned'] as const
const OUTCOME = { open: [], won: ['property_purchased'], lost: ['lost'], abandoned: ['lost'] }

/** A log that takes what the records say; the day is when it was told. */
function makeLog() {
  const log: LogEntry[] = []
  const positions = new Map<string, number>()
  let known: KnownRecord | undefined
  const append = (entry: Pick<LogEntry, 'type' | 'eventTime' | 'body'>, day: number): number => {
    const position = log.length + 1
    log.push({ position, workspaceId: 1, personId: 1, receivedAt: day, ...entry })
    return position
  }
  return {
    log,
    known: () => known,
    tell: (told: ToldRecord, day: number): void => {
      const next = revise('opportunity', known, told)
      if (next === undefined) return
      for (const { eventId, type, at, holds } of next.entries) {
        if (holds && !positions.has(eventId))
          positions.set(eventId, append({ type, eventTime: at, body: {} }, day))
        const target_position = positions.get(eventId)
        if (holds || target_position === undefined) continue
        append(
          { type: 'entry_undone', eventTime: day, body: { properties: { target_position } } },
          day,
        )
      }
      known = { ...next, entries: next.entries.filter(({ holds }) => holds) }
    },
  }
}

const version = (status: string, day: number, price?: number): ToldRecord => {
  const record = {
    id: 'o',
    status,
    updatedAt: day,
    ...(price !== undefined && { monetaryValue: price }),
  }
  return { id: 'o', leadId: 'l', toldAt: day, events: opportunityEvents(record, NAMES) }
}
const typesOf = (log: readonly LogEntry[], now?: number) =>
  outcomesOf(log, now).map(({ type }) => type)

const history = fc.array(fc.constantFrom(...STATUSES), { minLength: 1, maxLength: 12 })

test('told in order, the outcome at every moment is that of the status at that moment', () => {
  fc.assert(
    fc.property(history, (statuses) => {
      const { log, tell } = makeLog()
      statuses.forEach((status, day) => {
        tell(version(status, day), day)
        tell(version(status, day), day)
      })
      statuses.forEach((status, day) => expect(typesOf(log, day)).toEqual(OUTCOME[status]))
      // Of a status that stayed, the first day counts.
      const last = statuses.at(-1)
      const since = statuses.findLastIndex((status) => status !== last) + 1
      for (const { at } of outcomesOf(log)) expect(at).toBe(since)
    }),
    { numRuns: 300, endOnFailure: true },
  )
})

test('told in any order, with repetitions and gaps, what holds is that of the last status', () => {
  const deliveries = history.chain((statuses) => {
    const days = statuses.map((_, day) => day)
    const order = fc.array(fc.constantFrom(...days), { minLength: 1, maxLength: 20 })
    return fc.tuple(fc.constant(statuses), order)
  })
  fc.assert(
    fc.property(deliveries, ([statuses, order]) => {
      const { log, tell, known } = makeLog()
      order.forEach((day, when) => tell(version(statuses[day]!, day), when))
      const last = Math.max(...order)
      expect(typesOf(log)).toEqual(OUTCOME[statuses[last]!])
      expect(known()).toMatchObject({ toldAt: last })
    }),
    { numRuns: 300, endOnFailure: true },
  )
})

test('another price corrects the sale, and not its day', () => {
  const { log, tell } = makeLog()
  tell(version('won', 1, 400_000), 1)
  tell(version('won', 3), 3)
  tell(version('won', 4, 410_000), 4)
  expect(outcomesOf(log)).toMatchObject([{ at: 1, knownAt: 4 }])
  expect(outcomesOf(log, 3)).toMatchObject([{ at: 1, knownAt: 1 }])
})

test('a win between two readings that was lost meanwhile is another win', () => {
  const { log, tell } = makeLog()
  const read = (since: number, day: number): void => {
    const record = { id: 'o', status: 'won', updatedAt: day, lastStatusChangeAt: since }
    tell({ id: 'o', leadId: 'l', toldAt: day, events: opportunityEvents(record, NAMES) }, day)
  }
  read(1, 2)
  read(1, 5)
  expect(outcomesOf(log)).toMatchObject([{ at: 1, knownAt: 2 }])
  read(6, 9)
  expect(outcomesOf(log)).toMatchObject([{ at: 6, knownAt: 9 }])
})

test('an opportunity that was moved to another contact is no longer told of the first', () => {
  const first = revise('opportunity', undefined, version('won', 1))!
  const moved = revise('opportunity', first, { ...version('won', 2), leadId: 'other' })!
  expect(moved.entries.map(({ eventId, holds }) => [eventId, holds])).toEqual([
    ['ghl-opportunity-o-won', false],
    ['ghl-opportunity-o-won-2', true],
  ])
})

test('a tour that is put off, kept and then said not to have been', () => {
  const tell = (before: KnownRecord | undefined, status: string, starts: number, day: number) => {
    const record = { id: 'a', appointmentStatus: status, startTime: starts, dateAdded: 1 }
    const events = appointmentEvents(record, 'Home tours')
    return revise('appointment', before, { id: 'a', leadId: 'l', toldAt: day, events })!
  }
  const holding = ({ entries }: KnownRecord) =>
    entries.filter(({ holds }) => holds).map(({ type, at }) => [type, at])
  const booked = tell(undefined, 'confirmed', 10, 1)
  const later = tell(booked, 'confirmed', 20, 2)
  expect(later.issued).toEqual({ booked: 2 })
  expect(holding(later)).toEqual([['tour_scheduled', 1]])
  const kept = tell(later, 'showed', 20, 3)
  expect(holding(kept)).toEqual([
    ['tour_scheduled', 1],
    ['tour_completed', 20],
  ])
  expect(holding(tell(kept, 'noshow', 20, 4))).toEqual([
    ['tour_scheduled', 1],
    ['tour_cancelled', 20],
  ])
  expect(holding(tell(kept, 'invalid', 20, 4))).toEqual([])
})
