/** Chapter 6. In the end something comes of it, and the product is told. */
import { expect, test } from 'vitest'
import { workspace } from '../support/product.ts'

test('an outcome is an entry of the same log; an event of its name is the same fact', async () => {
  const hub = await workspace('chapter-6')
  await hub.post('/v1/events', { lead_id: 'ada', type: 'offer_submitted' })
  const told = await hub.post('/v1/outcomes', {
    lead_id: 'ada',
    outcome_type: 'property_purchased',
    details: { price: 412_000 },
  })
  expect(told.status).toBe(201)
  const unknown = await hub.post('/v1/outcomes', { lead_id: 'ada', outcome_type: 'moved_to_mars' })
  expect(unknown.status).toBe(400)
  const timeline = await hub.get('/v1/leads/ada/timeline')
  const types = timeline.body.items.map((item: { type: string }) => item.type)
  expect(types).toEqual(['property_purchased', 'offer_submitted'])
})
