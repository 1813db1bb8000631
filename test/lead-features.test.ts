/** GET /v1/leads/:id/features: values with what they rest on, now and as they were known then. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FeaturesAnswer } from '../src/contract/index.ts'
import { publishVersion, setAlias } from '../src/models/index.ts'
import { exampleModel } from './support/example-model.ts'
import { startHub, type Hub } from './support/hub.ts'

let hub: Hub
let as: string
beforeAll(async () => {
  hub = await startHub()
  as = await hub.login()
})
afterAll(() => hub.close())

const view = async (lead_id: string, property_id: string, minutesAgo = 0): Promise<void> => {
  const timestamp = new Date(Date.now() - minutesAgo * 60_000).toISOString()
  const body = { lead_id, type: 'property_view', property_id, timestamp, duration_seconds: 30 }
  expect((await hub.call('POST', '/v1/events', { as, body })).status).toBe(202)
}
/** A moment between two events. */
const between = async (): Promise<string> => {
  await sleep(20)
  const moment = new Date().toISOString()
  await sleep(20)
  return moment
}
const features = async (lead: string, asOf?: string): Promise<FeaturesAnswer> => {
  const query = asOf === undefined ? '' : `?as_of=${asOf}`
  const answer = await hub.call('GET', `/v1/leads/${lead}/features${query}`, { as })
  expect(answer.status).toBe(200)
  return answer.body as FeaturesAnswer
}
const item = ({ items }: FeaturesAnswer, name: string) =>
  items.find(({ feature }) => feature === name)!

test('each value comes with its label, unit, window, evidence and freshness', async () => {
  await view('ada', 'elm-4', 60)
  await view('ada', 'oak-1', 30)
  const answer = await features('ada')
  expect(item(answer, 'total_property_views')).toMatchObject({
    value: 2,
    group: 'property',
    evidence: 2,
    normalised: null,
  })
  const price = item(answer, 'price_trend')
  expect(price.value).toBeNull()
  expect(price.needs).toMatch(/^\d+ /)
  expect(answer.freshness_seconds).toBeGreaterThan(29 * 60)
  expect(answer.freshness_seconds).toBeLessThan(31 * 60)
})

test('as of a moment: what was known then, whatever was learned since', async () => {
  await view('bob', 'elm-4', 60)
  const first = await between()
  // Happened before, learned after.
  await view('bob', 'oak-1', 90)
  const second = await between()
  await hub.call('POST', '/v1/identify', { as, body: { userId: 'bob', anonymousId: 'visitor' } })
  await hub.call('POST', '/v1/events', {
    as,
    body: { anonymous_id: 'visitor', type: 'property_view', property_id: 'ash-2' },
  })
  const views = async (asOf?: string) => item(await features('bob', asOf), 'total_property_views')
  expect(await views(first)).toMatchObject({ value: 1, evidence: 1 })
  expect(await views(second)).toMatchObject({ value: 2, evidence: 2 })
  expect(await views()).toMatchObject({ value: 3, evidence: 3 })
  const before = await features('bob', '2020-01-01T00:00:00Z')
  expect(before).toMatchObject({ known_position: null, last_event_at: null })
  expect(before.as_of).toBe('2020-01-01T00:00:00.000Z')
  for (const wrong of ['2999-01-01T00:00:00Z', 'yesterday']) {
    const answer = await hub.call('GET', `/v1/leads/bob/features?as_of=${wrong}`, { as })
    expect(answer.status).toBe(400)
  }
})

test('what was served then is answered again, bit for bit', async () => {
  await view('eve', 'elm-4', 60)
  await view('eve', 'oak-1', 59)
  const served = await features('eve')
  await view('eve', 'ash-2', 58)
  await view('eve', 'ash-2')
  expect(await features('eve', served.as_of)).toEqual(served)
})

test('with a champion values stand on the scales of its training', async () => {
  const { rows } = await hub.database.owner.query<{ workspace_id: number }>(
    `select workspace_id from workspaces where slug = 'main'`,
  )
  const workspaceId = rows[0]!.workspace_id
  await publishVersion(hub.registry, workspaceId, exampleModel(1), { createdBy: 'test' })
  const order = { name: 'lead_scoring', alias: 'champion', version: 1 } as const
  await setAlias(hub.registry, workspaceId, { ...order, actor: 'test', reason: 'first' })
  await view('kim', 'elm-4')
  let found = item(await features('kim'), 'total_property_views')
  for (let i = 0; i < 1_000 && found.normalised === null; i++) {
    await sleep(50)
    found = item(await features('kim'), 'total_property_views')
  }
  // Trained on leads with 0 to 39 views, evenly.
  expect(found.normalised!.min_max).toBeCloseTo(1 / 39, 9)
  expect(found.normalised!.z_score).toBeCloseTo((1 - 19.5) / Math.sqrt((40 ** 2 - 1) / 12), 0)
  expect(found.normalised!.robust).toBeCloseTo((1 - 19.5) / 19.5, 0)
  // About one lead in five has fewer than 8 views; kim's segment is not known.
  expect(found.level).toMatchObject({ level: 'low', low: 8, high: 32, among: null })
  expect(item(await features('kim'), 'session_count')).toMatchObject({
    normalised: null,
    level: null,
  })
})
