/** Chapter 8. From what came of them the product learns, and keeps only what is better. */
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { writeLeadFile } from '../support/lead-file.ts'
import { workspace } from '../support/product.ts'

test('a first model must beat prior and rules; a second one must beat the first', async () => {
  const hub = await workspace('chapter-8')
  const file = join(inject('clusterFolder'), 'chapter-8.csv')
  writeLeadFile(file, 300)
  expect(await hub.cli('import', 'leads', file)).toMatchObject({ status: 0 })
  expect(await hub.cli('train')).toMatchObject({ status: 0 })
  const { model } = await hub.until('/v1/leads/lead-1/score', (body) => body.model !== null)
  expect(model).toMatchObject({ name: 'lead_scoring', version: 1 })

  // The running product retrains by itself at night, and when it is asked to.
  const asked = await hub.post('/v1/ml/trigger-retrain', {})
  expect(asked.status).toBe(202)
  expect((await hub.post('/v1/ml/trigger-retrain', {})).status).toBe(409)
  const path = `/v1/ml/retrain-status/${asked.body.job_id}`
  const { results } = await hub.until(path, ({ status }) => status === 'done')
  expect(results.verdict).toMatchObject({ decision: 'keep' })
  expect(results.version).toBeNull()
  expect(results.challenger.roc_auc).toBeGreaterThan(0.6)
  const models = await hub.get('/v1/ml/models')
  expect(models.body.items).toMatchObject([{ version: 1, aliases: ['champion'] }])
})
