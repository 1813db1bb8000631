/** Labels are final only when their horizon is over, and then they are right. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OUTCOME_TYPES, type LogEntry } from '../core/index.ts'
import { attribute } from './attribution.ts'
import { labelAt, labelRule } from './labels.ts'
import { outcomesOf, type Outcome } from './projection.ts'
import { outcomeSettings, successOf } from './settings.ts'

const DAY = 86_400_000
const outcome = fc.record({
  type: fc.constantFrom(...OUTCOME_TYPES),
  at: fc.integer({ min: 0, max: 400 * DAY }),
  late: fc.integer({ min: 0, max: 30 * DAY }),
})
const toOutcomes = (rows: { type: Outcome['type']; at: number; late: number }[]): Outcome[] =>
  rows
    .map(({ type, at, late }, position) => ({ type, at, knownAt: at + late, position }))
    .sort((a, b) => a.at - b.at)

test('no row is final before t + horizon, whatever happened by then', () => {
  const times = fc.integer({ min: 0, max: 400 * DAY })
  fc.assert(
    fc.property(
      fc.array(outcome),
      times,
      times,
      fc.integer({ min: 1, max: 200 }),
      (rows, t, now, days) => {
        const rule = labelRule(null, days)
        const label = labelAt(rule, toOutcomes(rows), t, now)
        if (now < t + days * DAY) expect(['open', 'finished']).toContain(label)
        else expect(label).not.toBe('open')
      },
    ),
  )
})

test('a final label says whether an offer or purchase fell into the horizon', () => {
  fc.assert(
    fc.property(fc.array(outcome), fc.integer({ min: 0, max: 300 * DAY }), (rows, t) => {
      const outcomes = toOutcomes(rows)
      const label = labelAt(labelRule(null, 90), outcomes, t, Infinity)
      const closed = rows.some(
        (o) => (o.type === 'property_purchased' || o.type === 'listing_signed') && o.at < t,
      )
      const hit = rows.some(
        (o) =>
          (o.type === 'offer_submitted' || o.type === 'property_purchased') &&
          o.at >= t &&
          o.at < t + 90 * DAY,
      )
      expect(label).toBe(closed ? 'finished' : hit ? 1 : 0)
    }),
  )
})

test('for sellers a signed listing counts, an offer does not', () => {
  const offer = toOutcomes([{ type: 'offer_submitted', at: 5 * DAY, late: 0 }])
  const signed = toOutcomes([{ type: 'listing_signed', at: 5 * DAY, late: 0 }])
  const rule = labelRule('seller', 90)
  expect(labelAt(rule, offer, 0, 200 * DAY)).toBe(0)
  expect(labelAt(rule, signed, 0, 200 * DAY)).toBe(1)
  expect(labelAt(labelRule('luxury', 90), signed, 0, 200 * DAY)).toBe(0)
})

test('an outcome that is reported later does not count before it is known', () => {
  const late = toOutcomes([{ type: 'offer_submitted', at: 10 * DAY, late: 20 * DAY }])
  const rule = labelRule(null, 14)
  expect(labelAt(rule, late, 0, 20 * DAY)).toBe(0)
  expect(labelAt(rule, late, 0, 30 * DAY)).toBe(1)
})

test('outcomes are read off the log, whoever wrote them', () => {
  const entry = (position: number, type: LogEntry['type'], eventTime: number): LogEntry => ({
    position,
    workspaceId: 1,
    personId: 1,
    type,
    eventTime,
    receivedAt: eventTime + 1,
    body: {},
  })
  const log = [entry(1, 'lost', 9), entry(2, 'property_view', 3), entry(3, 'offer_submitted', 4)]
  expect(outcomesOf(log).map(({ type }) => type)).toEqual(['offer_submitted', 'lost'])
  expect(outcomesOf(log, 5).map(({ type }) => type)).toEqual(['offer_submitted'])
})

test('a prediction is open until its horizon is over, then joined with what followed', () => {
  const outcomes = toOutcomes([{ type: 'offer_submitted', at: 10 * DAY, late: 0 }])
  const predictions = [0, 11].map((day) => ({ personId: 1, asOf: day * DAY }))
  const at = (day: number) =>
    attribute(
      predictions,
      day * DAY,
      () => outcomes,
      () => labelRule(null, 90),
    ).map(({ attribution: { label, outcome: type } }) => [label, type])
  expect(at(12)).toEqual([
    ['open', 'offer_submitted'],
    ['open', null],
  ])
  expect(at(101)).toEqual([
    [1, 'offer_submitted'],
    [0, null],
  ])
})

test('a workspace may set scores and horizon, within reason', () => {
  const own = { outcomes: { success: { tour_scheduled: 0.5 }, lead_scoring_days: 60 } }
  const settings = outcomeSettings(own)
  expect(successOf(settings, 'tour_scheduled')).toBe(0.5)
  expect(successOf(settings, 'property_purchased')).toBe(1)
  expect(settings.leadScoringDays).toBe(60)
  expect(outcomeSettings({}).leadScoringDays).toBe(90)
  const bad = (success: object) => () => outcomeSettings({ outcomes: { success } })
  expect(bad({ tour_scheduled: 2 })).toThrow(/tour_scheduled/)
  expect(bad({ toString: 0 })).toThrow(/no outcome/)
})
