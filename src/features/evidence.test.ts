import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EVENT_TYPE_NAMES, type EventType, type LogEntry } from '../core/index.ts'
import { encodeState } from './codec.ts'
import { foldWatched } from './evidence.ts'
import { foldEntries, foldOrder } from './state.ts'
import { FEATURES } from './vector.ts'

const START = Date.UTC(2026, 5, 1)
const HOUR = 3_600_000

const entry = (position: number, type: EventType, hours: number, body: LogEntry['body'] = {}) => {
  const eventTime = START + hours * HOUR
  return { position, workspaceId: 1, personId: 1, type, eventTime, receivedAt: eventTime, body }
}
const freshest = (entries: readonly LogEntry[]) => {
  const { evidenceAt } = foldWatched(entries)
  return Object.fromEntries(
    FEATURES.map(({ name }, i) => [name, (evidenceAt[i]! - START) / HOUR] as const),
  )
}

test('a feature is as fresh as the newest entry that it rests on', () => {
  const hours = freshest([
    entry(1, 'property_view', 1, { property_id: 'elm-4' }),
    entry(2, 'search_executed', 2),
    entry(3, 'property_swipe', 3, { properties: { direction: 'like' } }),
    entry(4, 'page_visit', 4),
  ])
  expect(hours).toMatchObject({
    total_property_views: 1,
    search_refinement_rate: 2,
    like_ratio: 3,
    engagement_score: 4,
    sentiment_score: Number.NaN,
  })
})

test('where evidence is full, new evidence still makes it fresh', () => {
  const listing = (ListPrice: number) => ({ frozen: { listing: { ListPrice } } })
  const views = Array.from({ length: 100 }, (_, i) =>
    entry(i + 1, 'property_view', i, { property_id: `h${i}`, ...listing(300_000 + i) }),
  )
  const answers = Array.from({ length: 60 }, (_, i) =>
    entry(200 + i, i % 2 === 0 ? 'sms_sent' : 'sms_received', 200 + i),
  )
  const text = { frozen: { text: { analyser: 'a', sentiment: 0.5 } } }
  const texts = Array.from({ length: 60 }, (_, i) => entry(300 + i, 'sms_received', 300 + i, text))
  expect(freshest([...views, ...answers, ...texts])).toMatchObject({
    price_trend: 99,
    price_range_ratio: 99,
    median_response_hours: 259,
    sentiment_trend: 359,
  })
})

test('watching changes nothing, and evidence is never newer than the newest entry', () => {
  const draft = fc.tuple(fc.constantFrom(...EVENT_TYPE_NAMES), fc.nat(2_000))
  fc.assert(
    fc.property(fc.array(draft, { maxLength: 40 }), (drafts) => {
      const entries = drafts
        .map(([type, hours], i) => entry(i + 1, type, hours, { property_id: `home-${i % 5}` }))
        .sort(foldOrder)
      const { state, evidenceAt } = foldWatched(entries)
      expect(encodeState(state)).toEqual(encodeState(foldEntries(entries)))
      FEATURES.forEach((feature, i) => {
        const at = evidenceAt[i]!
        if (feature.evidence(state, state.cursorTime) <= 0) return
        expect([feature.name, at <= state.cursorTime]).toEqual([feature.name, true])
      })
    }),
    { numRuns: 100, seed: 3, endOnFailure: true },
  )
})
