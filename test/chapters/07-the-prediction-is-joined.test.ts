/** Chapter 7. What was predicted is held against what came, but not before its time is over. */
import { expect, test } from 'vitest'
import { writeLeadFile } from '../support/lead-file.ts'
import { taughtWorkspace } from '../support/product.ts'

const HEALTH = '/v1/ml/models/lead_scoring/health'

test('a prediction that was shown is joined with the purchase that followed it', async () => {
  const hub = await taughtWorkspace((path) => writeLeadFile(path, 300))
  await hub.until('/v1/leads/lead-9/score', ({ model }) => model !== null)
  await hub.until(HEALTH, ({ live }) => live.open > 0)
  const purchase = { lead_id: 'lead-9', outcome_type: 'property_purchased' }
  await hub.post('/v1/outcomes', { ...purchase, timestamp: new Date().toISOString() })
  const { live } = await hub.until(HEALTH, (body) => body.live.open_converted === 1)
  // A success is known early and a failure late: judged are those whose 90 days are over.
  expect(live).toMatchObject({ settled: 0, evaluation: null })
})
