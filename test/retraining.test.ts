/** The admin routes of retraining: asked for, taken by a worker, and its end told. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '../src/platform/index.ts'
import { startLearning } from '../src/worker/index.ts'
import { startHub, type Hub } from './support/hub.ts'

let hub: Hub
beforeAll(async () => {
  hub = await startHub()
}, 60_000)
afterAll(() => hub.close())

test('a retraining is queued, taken by a worker, and says why nothing could be learned', async () => {
  const as = await hub.login()
  const asked = await hub.call('POST', '/v1/ml/trigger-retrain', { as, body: {} })
  expect(asked).toMatchObject({ status: 202, body: { status: 'waiting' } })
  const path = `/v1/ml/retrain-status/${(asked.body as { job_id: string }).job_id}`
  expect((await hub.call('GET', path, { as })).body).toMatchObject({ status: 'waiting' })
  const learning = startLearning({
    database: hub.database,
    config: { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' },
    log: createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
    masterKey: hub.registry.masterKey,
    holder: 'test',
  })
  let reply = await hub.call('GET', path, { as })
  for (let i = 0; i < 200 && (reply.body as { status: string }).status !== 'failed'; i++) {
    await sleep(100)
    reply = await hub.call('GET', path, { as })
  }
  await learning.close()
  expect(reply.body).toMatchObject({ status: 'failed', results: null })
  expect((reply.body as { error: string }).error).toContain('at least 2 leads')
}, 40_000)

test('without a model health says so, and there is nothing to roll back to', async () => {
  const as = await hub.login()
  const health = await hub.call('GET', '/v1/ml/models/lead_scoring/health', { as })
  expect(health.body).toMatchObject({ version: null, live: { predictions: 0 } })
  const back = await hub.call('POST', '/v1/ml/models/lead_scoring/rollback', { as, body: {} })
  expect(back.status).toBe(404)
  expect((await hub.call('POST', '/v1/ml/trigger-retrain', { body: {} })).status).toBe(401)
})
