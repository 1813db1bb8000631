/** Chapter 1. Something happened on a website: the product is told, and acknowledges it. */
import { expect, test } from 'vitest'
import { workspace } from '../support/product.ts'

test('an event is accepted, and the bad one beside it does not take it along', async () => {
  const hub = await workspace('chapter-1')
  const answer = await hub.post('/v1/events', {
    events: [
      { lead_id: 'ada', type: 'property_view', property_id: 'elm-4', duration_seconds: 42 },
      { lead_id: 'ada', type: 'mind_read' },
    ],
  })
  expect(answer).toMatchObject({ status: 202, body: { accepted: 1, duplicates: 0 } })
  expect(answer.body.rejected).toMatchObject([{ index: 1, problem: { status: 422 } }])

  const timeline = await hub.get('/v1/leads/ada/timeline')
  expect(timeline.body.items).toMatchObject([{ type: 'property_view', property_id: 'elm-4' }])
})
