import { expect, test } from 'vitest'
import type { LogEntry } from '../core/index.ts'
import { countCoverage } from './coverage.ts'
import { foldWatched } from './evidence.ts'
import { FEATURES } from './vector.ts'

const NOW = Date.UTC(2026, 5, 1)
const HOUR = 3_600_000

const viewsHoursAgo = (...hours: number[]): LogEntry[] =>
  hours.map((ago, i) => ({
    position: i + 1,
    workspaceId: 1,
    personId: 1,
    type: 'property_view',
    eventTime: NOW - ago * HOUR,
    receivedAt: NOW,
    body: { property_id: `home-${i}` },
  }))

test('shares of leads with a value, median ages of their evidence', () => {
  const count = countCoverage()
  for (const hours of [[], [9, 8], [6, 5, 4, 3, 2], [7, 6, 5, 4, 1]])
    count.note(foldWatched(viewsHoursAgo(...hours)), NOW)
  const coverage = count.finish()
  expect(coverage).toMatchObject({ leads: 4, withEvents: 3, freshnessSeconds: 7_200 })
  const of = (name: string) => coverage.features.find((one) => one.name === name)
  // It takes five events: two leads have them, three have some.
  expect(of('engagement_score')).toMatchObject({ known: 2, freshnessSeconds: 7_200 })
  // Needs nothing: no view is known to be none.
  expect(of('unique_properties_viewed')).toMatchObject({ known: 4 })
  expect(of('sentiment_score')).toMatchObject({ known: 0, freshnessSeconds: null })
  expect(of('primary_event_type')).toMatchObject({ known: 3 })
  expect(coverage.features.map(({ name }) => name)).toEqual(FEATURES.map(({ name }) => name))
})

test('without leads nothing is said of ages', () => {
  expect(countCoverage().finish()).toMatchObject({ leads: 0, freshnessSeconds: null })
})
