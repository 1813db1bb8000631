/** GET /v1/leads/:id/features: values with what they rest on, now and as they were known then. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {
  FeatureBatchAnswer,
  FeatureCatalogueAnswer,
  FeaturesAnswer,
  LeadRecordAnswer,
  ScoreAnswer,
} from '../src/contract/index.ts'
import { emptyState, encodeState } from '../src/features/index.ts'
import { publishVersion, setAlias } from '../src/models/index.ts'
import { saveLeadBase } from '../src/store/index.ts'
import { exampleModel } from './support/example-model.ts'
import { startHub, type Hub } from './support/hub.ts'
import { makeKey } from './support/keys.ts'

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
  expect(item(answer, 'total_property_views')).toMatchObject({
    sentence: expect.stringMatching(/\b2\b/) as string,
    range: [0, null],
    levels: null,
  })
  expect(item(answer, 'preferred_time_period').levels).toContain('night')
  const rebuild = await hub.call('GET', '/v1/features/rebuild', { as })
  expect(rebuild.body).toMatchObject({ status: 'none', definitions: answer.definitions })
  const price = item(answer, 'price_trend')
  expect(price.value).toBeNull()
  expect(price.sentence).toBeNull()
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

const refused = async (body: object): Promise<number> =>
  (await hub.call('POST', '/v1/features', { as, body })).status
const batch = async (body: object, token = as): Promise<FeatureBatchAnswer> => {
  const answer = await hub.call('POST', '/v1/features', { as: token, body })
  expect(answer.status).toBe(200)
  return answer.body as FeatureBatchAnswer
}

test('many leads at once: each as it is alone, every id answered by name', async () => {
  const ids = Array.from({ length: 60 }, (_, i) => `many-${i}`)
  for (const id of ids.slice(0, 55)) await view(id, 'elm-4', 60)
  await view('gone', 'elm-4', 60)
  expect((await hub.call('DELETE', '/v1/leads/gone', { as })).status).toBe(200)
  const answer = await batch({ lead_ids: [...ids, 'many-0', 'gone'] })
  expect(answer.items.map(({ lead_id }) => lead_id)).toEqual(ids.slice(0, 55))
  expect(answer.not_found).toEqual(ids.slice(55))
  expect(answer).toMatchObject({ erased: ['gone'], not_kept: [] })
  // At the same past moment both routes say the same, to the bit.
  const as_of = new Date().toISOString()
  const then = await batch({ lead_ids: ['many-7', 'bob', 'eve'], as_of })
  for (const { profile, ...item } of then.items) {
    expect(profile).toBeNull()
    expect(item).toEqual(await features(item.lead_id, as_of))
  }
  const long = await batch({ lead_ids: ['bob'], as_of: '2020-01-01T00:00:00Z' })
  expect(long.items[0]).toMatchObject({ known_position: null })
})

test('profiles say what models say, and only wanted features are answered', async () => {
  const names = ['like_ratio', 'preferred_property_type']
  const { items } = await batch({ lead_ids: ['kim'], features: names })
  const [kim] = items
  expect(kim!.items.map(({ feature }) => feature)).toEqual(names)
  const score = (await hub.call('GET', '/v1/leads/kim/score', { as })).body as ScoreAnswer
  expect(kim!.profile).toMatchObject({
    churn_risk: null,
    lead_quality: {
      score: score.score,
      abstained: score.abstained,
      reason: score.reason,
      model_version: 1,
    },
    confidence: score.confidence,
  })
  const wrong = [
    { lead_ids: [] },
    { lead_ids: ['kim'], features: ['charm'] },
    { lead_ids: ['kim'], as_of: '2999-01-01T00:00:00Z' },
    { lead_ids: Array.from({ length: 101 }, (_, i) => `l${i}`) },
  ]
  for (const body of wrong) expect(await refused(body)).toBe(400)
})

test('a lead of another workspace is not found', async () => {
  const key = await makeKey(hub.database, 'other', ['leads:read'])
  expect(await batch({ lead_ids: ['kim', 'gone'] }, key)).toEqual({
    items: [],
    not_found: ['kim', 'gone'],
    erased: [],
    not_kept: [],
  })
})

test('what retention deleted is named, and known again from then on', async () => {
  await view('old', 'elm-4', 60)
  const before = new Date().toISOString()
  await sleep(20)
  const { rows } = await hub.database.owner.query<{ workspace_id: number; person_id: string }>(
    `select workspace_id, person_id from persons where lead_id = 'old'`,
  )
  const { workspace_id, person_id } = rows[0]!
  const base = { until: Date.now(), state: encodeState(emptyState()) }
  await hub.database.withWorkspace(workspace_id, (client) =>
    saveLeadBase(client, Number(person_id), base),
  )
  const answer = await batch({ lead_ids: ['old', 'kim'], as_of: before })
  expect(answer).toMatchObject({ not_found: [], not_kept: ['old'] })
  expect(answer.items.map(({ lead_id }) => lead_id)).toEqual(['kim'])
  const alone = await hub.call('GET', `/v1/leads/old/features?as_of=${before}`, { as })
  expect(alone.status).toBe(404)
  await view('old', 'oak-1')
  expect(item(await features('old'), 'total_property_views')).toMatchObject({ value: 1 })
})

test('a damaged base or state is told of once, and stops no answer', async () => {
  await view('hurt', 'elm-4', 60)
  await view('hurt', 'elm-5', 30)
  await hub.folded()
  const { rows } = await hub.database.owner.query<{ workspace_id: number; person_id: string }>(
    `update lead_states s set state = set_byte(s.state, 40, get_byte(s.state, 40) # 1)
     from persons p where p.person_id = s.person_id and p.lead_id = 'hurt'
     returning s.workspace_id, s.person_id`,
  )
  const { workspace_id, person_id } = rows[0]!
  const state = encodeState(emptyState()).fill(0, 5)
  await hub.database.withWorkspace(workspace_id, (client) =>
    saveLeadBase(client, Number(person_id), { until: 0, state }),
  )
  for (let i = 0; i < 3; i++)
    expect(item(await features('hurt'), 'total_property_views')).toMatchObject({ value: 2 })
  const told = hub.logged().split('\n')
  expect(told.filter((line) => line.includes('what was kept of a lead'))).toHaveLength(1)
  const metrics = await hub.call('GET', '/metrics')
  expect(metrics.body).toContain('enterprisehub_damaged_states_total{kept="base"} 1')
})

test('for how many leads each feature is known, measured once and kept', async () => {
  const key = await makeKey(hub.database, 'coverage', ['leads:read', 'events:write'])
  const read = async () => {
    const found = await hub.call('GET', '/v1/features', { as: key })
    expect(found.status).toBe(200)
    return found.body as FeatureCatalogueAnswer
  }
  for (const lead_id of ['ann', 'ben']) {
    const body = { lead_id, type: 'property_view', property_id: 'elm-4' }
    await hub.call('POST', '/v1/events', { as: key, body })
  }
  const answer = await read()
  expect(answer).toMatchObject({ leads: 2, sampled: 2, with_events: 1 })
  const of = (name: string) => answer.items.find(({ feature }) => feature === name)
  expect(of('total_property_views')).toMatchObject({ completeness: 1 })
  expect(of('engagement_score')).toMatchObject({ completeness: 0, needs: '5 events' })
  expect(answer.completeness).toBeGreaterThan(0.1)
  // Kept: what comes afterwards does not show before it is measured again.
  await hub.call('POST', '/v1/events', { as: key, body: { lead_id: 'cal', type: 'page_visit' } })
  expect(await read()).toEqual(answer)
  const metrics = await hub.call('GET', '/metrics')
  expect(metrics.body).toContain('looks_total{cache="feature_coverage",result="hit"} 1')
})

test('a record that is read can be sent again, in this form and in the oldest', async () => {
  const old = { lead_id: 'rec', name: 'Rita', budget: 5, schema_version: 1 }
  const made = await hub.call('POST', '/v1/leads', { as, body: old })
  expect(made.status).toBe(201)
  const read = async (): Promise<LeadRecordAnswer> =>
    (await hub.call('GET', '/v1/leads/rec/record', { as })).body as LeadRecordAnswer
  const { record, quality } = await read()
  expect(record).toMatchObject({ schema_version: 2, contact: { name: 'Rita', email: null } })
  expect(record.attributes).toEqual({ budget: 5 })
  expect(quality).toMatchObject({ is_thin: true, threshold: 0.5, faults: [] })
  const again = await hub.call('POST', '/v1/leads', { as, body: record })
  expect(again.status).toBe(200)
  expect((await read()).record).toEqual(record)
  for (let i = 0; i < 5; i++) await view('rec', `home-${i}`)
  const known = (await read()).quality
  expect(known).toMatchObject({ is_thin: false })
  const { items } = await batch({ lead_ids: ['rec'] })
  expect(items[0]!.profile!.data_quality.is_thin).toBe(false)
  expect(items[0]!.profile!.data_quality.score).toBeCloseTo(known.score, 6)
  const later = { ...record, schema_version: 9 }
  expect((await hub.call('POST', '/v1/leads', { as, body: later })).status).toBe(400)
})
