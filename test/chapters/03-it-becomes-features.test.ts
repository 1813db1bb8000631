/** Chapter 3. From what a lead did, the product knows what kind of lead this is. */
import { expect, test } from 'vitest'
import { workspace } from '../support/product.ts'

test('events become features, each with a name, a unit and what it takes', async () => {
  const hub = await workspace('chapter-3')
  const view = (property_id: string, minutesAgo: number) => ({
    lead_id: 'ada',
    type: 'property_view',
    property_id,
    timestamp: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
    duration_seconds: 60,
  })
  await hub.post('/v1/events', {
    events: [view('elm-4', 30), view('oak-1', 20), view('elm-4', 10)],
  })

  const { body } = await hub.get('/v1/leads/ada/features')
  const feature = (name: string) =>
    body.items.find((item: { feature: string }) => item.feature === name)
  expect(feature('total_property_views')).toMatchObject({ value: 3, group: 'property' })
  expect(feature('unique_properties_viewed')).toMatchObject({ value: 2 })
  expect(feature('avg_view_duration_seconds')).toMatchObject({ value: 60, unit: 'seconds' })
  // Nothing was said, so nothing is claimed about a mood.
  expect(feature('sentiment_score')).toMatchObject({ value: null })
})
