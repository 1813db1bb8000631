/** Scores over HTTP: with and without a model, in lists, recorded, and after interactions. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment,
   @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return --
   answers of every shape are read here, and a wrong guess fails the test */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NUMERIC_FEATURES } from '../../src/features/index.ts'
import { publishVersion, setAlias } from '../../src/models/index.ts'
import { exampleModel } from '../support/example-model.ts'
import { startHub, type Hub, type Reply } from '../support/hub.ts'
import { makeKey } from '../support/keys.ts'
import { makeWorkspace } from '../support/workspaces.ts'

let hub: Hub
let admin: string
let main: number

beforeAll(async () => {
  hub = await startHub()
  admin = await hub.login()
  const { rows } = await hub.database.owner.query<{ workspace_id: number }>(
    `select workspace_id from workspaces where slug = 'main'`,
  )
  main = rows[0]!.workspace_id
})
afterAll(() => hub.close())

const post = (path: string, body: unknown, as = admin): Promise<Reply> =>
  hub.call('POST', path, { as, body })
const get = (path: string, as = admin): Promise<Reply> => hub.call('GET', path, { as })

const NO_MODEL = 'not enough data yet: no model is trained in this workspace'

const views = (leadId: string, count: number): Promise<Reply> =>
  post('/v1/events', {
    events: Array.from({ length: count }, (_, i) => ({
      lead_id: leadId,
      type: 'property_view',
      property_id: `home-${i}`,
    })),
  })

const champion = (version: number | null, reason = 'test') =>
  setAlias(hub.registry, main, {
    name: 'lead_scoring',
    alias: 'champion',
    version,
    actor: 'test',
    reason,
  })

/** Waits until the list says what is expected. */
async function untilScored(
  path: string,
  fits: (items: Reply['body']) => boolean,
  as = admin,
): Promise<Reply> {
  for (let i = 0; i < 1_000; i++) {
    const reply = await get(path, as)
    if (reply.status === 200 && fits(reply.body.items)) return reply
    await sleep(50)
  }
  throw new Error(`${path} never fitted: ${JSON.stringify((await get(path, as)).body)}`)
}

test('without a model: no score, why, and the guess of the base model', async () => {
  await views('early', 6)
  const { body, status } = await get('/v1/leads/early/score')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    lead_id: 'early',
    score: null,
    probability: null,
    interval: null,
    prior_from: 'base',
    prior_sentence: 'Guess of the base model: learned from simulated markets, not from your leads.',
    abstained: true,
    reason: NO_MODEL,
    model: null,
    horizon_days: 90,
  })
  const [low, high] = body.prior_interval
  expect(body.prior).toBeGreaterThan(low)
  expect(body.prior).toBeLessThan(high)
  expect(body.times_average).toBeNull()
  const names = (body.factors as { feature: string }[]).map(({ feature }) => feature)
  expect(names).toContain('last_activity_hours')
  const { value, expected_commission: commission, reachability } = body.call_next
  expect(value).toBeCloseTo(body.prior * commission * reachability, 6)
  const seen = await post('/interactions/property-view', { lead_id: 'early', property_id: 'p' })
  expect(seen.body).toMatchObject({
    lead_score: null,
    pending: false,
    reason: NO_MODEL,
  })
})

test('with a champion: probability, percentile, interval and sentences', async () => {
  const version = await publishVersion(hub.registry, main, exampleModel(1), { createdBy: 'test' })
  await champion(version)
  await views('keen', 38)
  await views('idle', 5)
  await views('new', 2)
  await sleep(2_100)
  const { body } = await get('/v1/leads/keen/score')
  expect(body).toMatchObject({ abstained: false, reason: null, model: { version: 1 } })
  expect(body.score).toBeGreaterThan(80)
  expect(body.interval[0]).toBeLessThanOrEqual(body.probability)
  expect(body.interval[1]).toBeGreaterThanOrEqual(body.probability)
  expect(body.factors[0].sentence).toMatch(/^Looked at homes 38 times: raises the odds/)
  expect(body.as_of_event_id).toEqual(expect.any(String))
  const { call_next: call, probability } = body
  expect(call.expected_commission).toBeCloseTo(10_000)
  expect(call.value).toBeCloseTo(probability * call.expected_commission * call.reachability)
  const few = await get('/v1/leads/new/score')
  expect(few.body).toMatchObject({
    score: null,
    reason: 'not enough data yet: 2 acts of the lead, a score needs 5',
    prior_from: 'workspace',
  })
  expect(few.body.prior).toBeGreaterThan(0)
})

test('lists are sorted by call next, score and activity, in pages, with the score beside', async () => {
  const list = await untilScored(
    '/v1/leads?sort=score',
    (items) =>
      items.length === 4 &&
      items.every(
        (lead: { score: { model_version: number } | null }) => lead.score?.model_version === 1,
      ),
  )
  const ids = (reply: Reply): string[] =>
    (reply.body.items as { lead_id: string }[]).map((lead) => lead.lead_id)
  expect(ids(list)[0]).toBe('keen')
  expect(ids(list)[3]).toBe('new')
  expect(list.body.items[0].last_event).toMatchObject({
    type: 'property_view',
    label: 'Viewed a property',
    timestamp: expect.any(String),
  })
  const shown = (await get('/v1/leads/keen/score')).body
  expect(list.body.items[0].score).toMatchObject({
    score: shown.score,
    model_version: 1,
    abstained: false,
    churn_risk: null,
  })
  expect(list.body.items[0].score.probability).toBeCloseTo(shown.probability, 6)
  for (const sort of ['score', 'call_next', 'last_activity', 'churn', 'newest']) {
    const all = ids(await get(`/v1/leads?sort=${sort}`))
    const paged: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await get(`/v1/leads?sort=${sort}&limit=1${cursor && `&cursor=${cursor}`}`)
      paged.push(...ids(page))
      cursor = page.body.next_cursor as string | null
    }
    expect(paged, sort).toEqual(all)
    expect(new Set(paged).size).toBe(4)
  }
  const page = await get('/v1/leads?sort=score&limit=1')
  const other = await get(`/v1/leads?sort=call_next&limit=1&cursor=${page.body.next_cursor}`)
  expect(other.status).toBe(400)
})

test('who may not be called is on no list of calls, and the reason stands beside it', async () => {
  await hub.call('PATCH', '/v1/leads/keen', { as: admin, body: { do_not_call: true } })
  const { body } = await get('/v1/leads/keen/score')
  expect(body.call_next).toMatchObject({ not_called: 'do_not_call', reachability: 0 })
  expect(body.call_next.reasons).toContain('asked not to be called')
  await untilScored('/v1/leads?sort=call_next', (items) =>
    items.every(({ lead_id }: { lead_id: string }) => lead_id !== 'keen'),
  )
  await hub.call('PATCH', '/v1/leads/keen', { as: admin, body: { do_not_call: null } })
})

test('an interaction answers with the score after it', async () => {
  const before = (await get('/v1/leads/idle/score')).body.score as number
  const actions = ['share']
  for (let i = 0; i < 30; i++)
    await post('/interactions/property-view', { lead_id: 'idle', property_id: `x${i}`, actions })
  const { body } = await post('/interactions/property-view', {
    lead_id: 'idle',
    property_id: 'last',
    event_id: 'the-last-one',
  })
  expect(body).toMatchObject({ pending: false, reason: null })
  expect(body.lead_score).toBeGreaterThan(before)
  const after = (await get('/v1/leads/idle/score')).body
  expect(after.score).toBe(body.lead_score)
  expect(after.as_of_event_id).toBe('the-last-one')
})

test('many at once, and who is not there', async () => {
  const ids = ['keen', 'nobody', 'new']
  const { body } = await post('/v1/scores', { lead_ids: ids })
  expect(body.not_found).toEqual(['nobody'])
  expect(body.items.map((one: { lead_id: string }) => one.lead_id)).toEqual(['keen', 'new'])
  expect(body.items[0].factors).toEqual([])
  const reasons = await post('/v1/scores', { lead_ids: ['keen'], factors: true })
  expect(reasons.body.items[0].factors.length).toBeGreaterThan(0)
  const tooMany = Array.from({ length: 101 }, (_, i) => `x${i}`)
  expect((await post('/v1/scores', { lead_ids: tooMany })).status).toBe(400)
})

test('what was shown is in the history, and the daily snapshot too', async () => {
  const history = await untilScored('/v1/leads/keen/score-history', (items) =>
    ['shown', 'snapshot'].every((why) => items.some((item: { why: string }) => item.why === why)),
  )
  const item = history.body.items[0]
  expect(item.model).toEqual({ name: 'lead_scoring', version: 1 })
  expect(item.score).toBeGreaterThan(80)
  for (const lead of ['early', 'idle', 'new'])
    await untilScored(`/v1/leads/${lead}/score-history`, (items) =>
      items.some((taken: { why: string }) => taken.why === 'snapshot'),
    )
  const { rows } = await hub.database.owner.query<{ n: number }>(
    `select octet_length(numbers) / 4 as n from prediction_vectors v
     join predictions p using (workspace_id, person_id, as_of) where p.why = 'snapshot'`,
  )
  expect(rows).toHaveLength(4)
  expect(rows[0]!.n).toBe(NUMERIC_FEATURES.length)
})

test('a new champion scores every lead anew within seconds, without an event', async () => {
  const version = await publishVersion(hub.registry, main, exampleModel(2, 3), {
    createdBy: 'test',
  })
  const start = Date.now()
  await champion(version, 'better')
  await untilScored('/v1/leads?sort=score', (items) =>
    items.every(
      (lead: { score: { model_version: number } | null }) => lead.score?.model_version === 2,
    ),
  )
  expect(Date.now() - start).toBeLessThan(12_000)
  await champion(1, 'rolled back')
  await untilScored('/v1/leads?sort=score', (items) => items[0].score?.model_version === 1)
})

test('an erased lead leaves no score', async () => {
  await hub.call('DELETE', '/v1/leads/idle', { as: admin })
  expect((await get('/v1/leads/idle/score')).status).toBe(404)
  await hub.folded()
  const { rows } = await hub.database.owner.query<{ n: string }>(
    `select count(*) as n from lead_scores s
     where not exists (select from persons p where p.person_id = s.person_id)`,
  )
  expect(Number(rows[0]!.n)).toBe(0)
})

test('without a model the level is counted from leads known for long, by segment', async () => {
  const key = await makeKey(hub.database, 'counted', ['events:write', 'leads:read', 'leads:write'])
  const day = (n: number): string => new Date(Date.now() - n * 86_400_000).toISOString()
  for (let i = 0; i < 8; i++) {
    const lead_id = `old-${i}`
    const segment = i < 4 ? 'luxury' : null
    await post('/v1/leads', { lead_id, segment }, key)
    const visit = { lead_id, type: 'page_visit', timestamp: day(200) }
    const offer = { lead_id, type: 'offer_submitted', timestamp: day(i < 3 ? 150 : 20) }
    // Of the first three the offer came within 90 days; of the others too late to count.
    await post('/v1/events', { events: [visit, offer] }, key)
  }
  await post('/v1/leads', { lead_id: 'still' }, key)
  await post('/v1/leads', { lead_id: 'still-luxury', segment: 'luxury' }, key)
  const luxury = (await get('/v1/leads/still-luxury/score', key)).body
  const other = (await get('/v1/leads/still/score', key)).body
  const acted = (await get('/v1/leads/old-7/score', key)).body
  const elsewhere = await makeKey(hub.database, 'uncounted', ['leads:read', 'leads:write'])
  await post('/v1/leads', { lead_id: 'still' }, elsewhere)
  const uncounted = (await get('/v1/leads/still/score', elsewhere)).body
  expect(uncounted).toMatchObject({ prior_from: 'base', factors: [] })
  expect(luxury).toMatchObject({ score: null, prior_from: 'segment' })
  expect(other).toMatchObject({ score: null, prior_from: 'workspace', factors: [] })
  expect(other.prior_sentence).toContain('how your leads did so far')
  // 3 of 8 in the workspace and 3 of 4 in the segment draw the level of simulated markets up.
  expect(luxury.prior).toBeGreaterThan(other.prior)
  expect(other.prior).toBeGreaterThan(uncounted.prior)
  expect(acted.prior).toBeGreaterThan(other.prior)
})

test('leads without events have a guess in the list, which vanishes with the first champion', async () => {
  const key = await makeKey(hub.database, 'guessed', ['events:write', 'leads:read', 'leads:write'])
  const leads = Array.from({ length: 3 }, (_, i) => `imported-${i}`)
  for (const lead_id of leads) await post('/v1/leads', { lead_id, phone: '+12065550100' }, key)
  await post('/v1/events', { lead_id: 'imported-2', type: 'tour_scheduled', property_id: 'p' }, key)
  const path = '/v1/leads?sort=call_next'
  type Item = {
    lead_id: string
    score: { prior_from: string; model_version: number | null } | null
  }
  const { body } = await untilScored(
    path,
    (items: Item[]) => items.length === 3 && items.every(({ score }) => score !== null),
    key,
  )
  const [first, ...others] = body.items
  expect(first.lead_id).toBe('imported-2')
  for (const { score } of others) {
    expect(score).toMatchObject({ score: null, reason: NO_MODEL, prior_from: 'base' })
    expect(score.call_next.value).toBeGreaterThan(0)
  }
  const workspaceId = await makeWorkspace(hub.database, 'guessed')
  const version = await publishVersion(hub.registry, workspaceId, exampleModel(1), {
    createdBy: 'test',
  })
  await setAlias(hub.registry, workspaceId, {
    name: 'lead_scoring',
    alias: 'champion',
    version,
    actor: 'test',
    reason: 'test',
  })
  const after = await untilScored(
    path,
    (items: Item[]) => items.every(({ score }) => score?.model_version === version),
    key,
  )
  for (const { score } of after.body.items) expect(score.prior_interval).toBeNull()
})
