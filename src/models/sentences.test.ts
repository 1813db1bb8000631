import { expect, test } from 'vitest'
import { FEATURES } from '../features/index.ts'
import { featureSentence } from './sentences.ts'

const said = (name: string, value: number | string): string =>
  featureSentence(
    FEATURES.find((feature) => feature.name === name)!,
    value,
  )

test.each([
  [1, 'Last did something 60 minutes ago.'],
  [1.5, 'Last did something 90 minutes ago.'],
  [5.25, 'Last did something 5.3 hours ago.'],
  [36, 'Last did something 36 hours ago.'],
  [58.6, 'Last did something 2.4 days ago.'],
  [24 * 400, 'Last did something 400 days ago.'],
  [1 / 3600, 'Last did something 1 second ago.'],
  [0, 'Last did something 0 seconds ago.'],
])('%f hours in the unit that fits', (hours, sentence) => {
  expect(said('last_activity_hours', hours)).toBe(sentence)
})

test.each([
  [1, 'Came 1 time.'],
  [0, 'Came 0 times.'],
  [1234, 'Came 1,234 times.'],
])('%d in the singular or plural', (count, sentence) => {
  expect(said('session_count', count)).toBe(sentence)
})

test('a share is a percentage', () => {
  expect(said('engagement_score', 0.917)).toBe('Engagement is at 92 %.')
})

test('a level that looks like a pattern is told as it is', () => {
  const level = "$& {value} {one|two} $'"
  expect(said('preferred_property_type', level)).toBe(`Looks mostly at ${level}.`)
})
