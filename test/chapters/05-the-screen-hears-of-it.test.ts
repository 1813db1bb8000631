/** Chapter 5. Who looks at the screen sees it happen. */
import { expect, test } from 'vitest'
import { workspace } from '../support/product.ts'

test('an event and the score it led to come over the WebSocket', async () => {
  const hub = await workspace('chapter-5')
  using screen = await hub.watch()
  screen.send({ subscribe: ['events', 'scores'] })
  await screen.until(({ type }) => type === 'subscribed')
  await hub.post('/v1/events', { lead_id: 'ada', type: 'tour_scheduled', property_id: 'elm-4' })
  const event = await screen.until(({ type }) => type === 'event')
  expect(event.data).toMatchObject({ lead_id: 'ada', type: 'tour_scheduled' })
  const score = await screen.until(({ type }) => type === 'score')
  expect(score.data).toMatchObject({ lead_id: 'ada', last_event: { type: 'tour_scheduled' } })
  expect(score.seq).toBeGreaterThan(event.seq)
})
