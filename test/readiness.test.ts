/** What can be learned so far, and the test of the last closings, over real logs. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ReadinessAnswer } from '../src/contract/index.ts'
import { findReadiness, listsOfDays, type Readiness } from '../src/learning/index.ts'
import { createLog } from '../src/platform/index.ts'
import { toLearned } from '../src/server/learning/answers.ts'
import { createMarket, leadLogs } from '../src/simulation/index.ts'
import { declareHistory, readClosings } from '../src/store/index.ts'
import { startLearning } from '../src/worker/index.ts'
import { startHub } from './support/hub.ts'
import { insertHistory } from './support/market-history.ts'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'

const DAY = 86_400_000
const START = Date.UTC(2025, 0, 1)
const DAYS = 280
const NOW = START + DAYS * DAY

/** Without a product beside it, which would tidy up a log of the past. */
let database: TestDatabase
let market: number
beforeAll(async () => {
  database = await freshDatabase()
  const { rows } = await database.owner.query<{ workspace_id: number }>(
    `insert into workspaces (slug, name, simulated) values ('market', 'Market', true)
     returning workspace_id`,
  )
  market = rows[0]!.workspace_id
  const logs = leadLogs(createMarket({ seed: 5, leads: 320, days: DAYS, startMs: START }))
  await insertHistory(database, market, logs)
}, 60_000)
afterAll(() => database.drop())

const look = (): Promise<Readiness> =>
  findReadiness({
    database,
    workspaceId: market,
    settings: {},
    now: NOW,
    mostTrees: 3,
  })

/** Views that happened ten days before each closing and were learned of long after it. */
async function plant(): Promise<number[]> {
  const closings = await database.withWorkspace(market, (c) => readClosings(c, NOW, 30))
  const { rows } = await database.owner.query<{ position: string }>(
    `insert into event_log (workspace_id, position, xid, person_id, type, event_time, received_at,
       body)
     select $1, (select max(position) from event_log) + row_number() over (),
       pg_current_xact_id(), c.person, 21, to_timestamp(c.at / 1000.0) - interval '31 days'
         - make_interval(hours => n), to_timestamp($4 / 1000.0), '{}'
     from unnest($2::bigint[], $3::double precision[]) as c(person, at), generate_series(1, 40) n
     returning position`,
    [market, closings.map((c) => c.personId), closings.map((c) => c.at), NOW - 1_000],
  )
  return rows.map(({ position }) => Number(position))
}

test('the last closings are looked back upon among the leads of their days', async () => {
  const found = await look()
  expect(toLearned(found)).toMatchObject({ learned_from: 'behavior', horizon_days: 90 })
  expect(found.learnable[0]).toMatchObject({ what: 'model', isReady: true, need: 30 })
  const [week, month] = found.closings.days
  expect(found.closings).toMatchObject({ model: 'others', closings: 30, because: null })
  expect(week!.closings + week!.notKnown).toBe(30)
  expect(month!.notKnown).toBeGreaterThanOrEqual(week!.notKnown)
  const [, quarter] = week!.tops
  expect(quarter!.chance).toBeCloseTo(0.25, 1)
  expect(quarter!.share).toBeGreaterThan(quarter!.chance)
}, 60_000)

test('what was learned after a day is not on the list of that day', async () => {
  const closings = await database.withWorkspace(market, (c) => readClosings(c, NOW, 30))
  const days = [...new Set(closings.map(({ at }) => at - 30 * DAY))].sort((a, b) => a - b)
  const read = { database, workspaceId: market, horizonDays: 90, now: NOW, progress: () => {} }
  const lists = () => listsOfDays(read, closings, days)
  const before = await lists()
  const planted = await plant()
  expect(await lists()).toEqual(before)
  // Declared to have been known when they happened, the same entries count: the test sees them.
  await database.withWorkspace(market, (client) => declareHistory(client, planted))
  expect(await lists()).not.toEqual(before)
}, 60_000)

test('too little is said with the numbers, in the background', async () => {
  await using hub = await startHub()
  const as = await hub.login()
  const path = '/v1/learning/readiness'
  const read = async (): Promise<ReadinessAnswer> =>
    (await hub.call('GET', path, { as })).body as ReadinessAnswer
  await hub.call('POST', '/v1/leads', { as, body: { lead_id: 'only', segment: 'luxury' } })
  const outcome = { lead_id: 'only', outcome_type: 'property_purchased' }
  await hub.call('POST', '/v1/outcomes', { as, body: outcome })
  expect(await read()).toMatchObject({
    leads: 1,
    outcomes: [{ type: 'property_purchased', leads: 1 }],
    undated: { converted: 0, not_converted: 0 },
    model_version: null,
    job: { status: 'none' },
    learned: null,
  })
  const asked = await hub.call('POST', path, { as, body: {} })
  expect(asked.status).toBe(202)
  expect((await hub.call('POST', path, { as, body: {} })).body).toEqual(asked.body)
  const learning = startLearning({
    database: hub.database,
    config: { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' },
    log: createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
    masterKey: hub.registry.masterKey,
    holder: 'test',
  })
  let answer = await read()
  for (let i = 0; i < 200 && answer.learned === null; i++) {
    await sleep(100)
    answer = await read()
  }
  await learning.close()
  expect(answer.job).toMatchObject({ status: 'done', error: null })
  expect(answer.learned!.learnable[0]).toMatchObject({ is_ready: false, have: 0, need: 30 })
  expect(answer.learned!.learnable[0]!.sentence).toContain('30 more')
  expect(answer.learned!.closings).toMatchObject({ model: null, closings: 1, closings_most: 30 })
  expect(answer.learned!.closings.because).toContain('30 leads with the outcome, and 0 are known')
  const retrainings = await hub.call('GET', '/v1/ml/retrainings', { as })
  expect(retrainings.body).toEqual({ items: [] })
}, 60_000)
