/** Drift of a served model: its leads of now against those of its training, errors as they show. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FOLD_SCHEMA } from '../src/features/index.ts'
import { DRIFT_WATCH, modelDrift, watchDrift } from '../src/learning/index.ts'
import { seededRandom } from '../src/math/index.ts'
import { loadChampion, predictModel, publishVersion, setAlias } from '../src/models/index.ts'
import { createLog } from '../src/platform/index.ts'
import { insertPredictions, takeJob } from '../src/store/index.ts'
import { runHeldJob } from '../src/worker/index.ts'
import { exampleModel, vectorOf } from './support/example-model.ts'
import { startHub, type Hub } from './support/hub.ts'

const DAY = 86_400_000
const LEADS = 400
const MODEL = 'lead_scoring'
const fitted = exampleModel(1)
const model = { ...fitted, spec: { ...fitted.spec, horizonDays: 30 } }

let hub: Hub
let as: string
beforeAll(async () => {
  hub = await startHub()
  as = await hub.login()
})
afterAll(() => hub.close())

interface Team {
  readonly id: number
  readonly token: string
  /** Numbers of its leads. */
  readonly persons: readonly number[]
}

let workspaces = 0
let position = 0

/** A workspace of its own with the example model live and leads known for a year. */
async function workspace(): Promise<Team> {
  const slug = `drift-${++workspaces}`
  const made = await hub.call('POST', '/v1/workspaces', { as, body: { slug, name: slug } })
  expect(made.status).toBe(201)
  const entered = await hub.call('POST', '/v1/session/workspace', { as, body: { workspace: slug } })
  const { rows } = await hub.database.owner.query<{ workspace_id: number }>(
    'select workspace_id from workspaces where slug = $1',
    [slug],
  )
  const id = rows[0]!.workspace_id
  await publishVersion(hub.registry, id, model, { createdBy: 'test' })
  const order = { name: MODEL, alias: 'champion', version: 1 } as const
  await setAlias(hub.registry, id, { ...order, actor: 'test', reason: 'first' })
  const token = (entered.body as { access_token: string }).access_token
  const events = Array.from({ length: LEADS }, (_, i) => ({
    lead_id: `lead-${i}`,
    type: 'page_visit',
  }))
  expect((await hub.call('POST', '/v1/events', { as: token, body: { events } })).status).toBe(202)
  const known = await hub.database.owner.query<{ person_id: string }>(
    'select person_id from persons where workspace_id = $1 order by person_id',
    [id],
  )
  return { id, token, persons: known.rows.map(({ person_id }) => Number(person_id)) }
}

/** What version 1 said of leads who had looked at so many homes at some moment. */
async function predicted({ id, persons }: Team, asOf: number, views: () => number) {
  const leads = persons.map((personId) => {
    const random = seededRandom(personId)
    const vector = vectorOf({ total_property_views: views(), share_count: random.int(5) }, asOf)
    const { probability, score } = predictModel(model, vector, {
      events: 10,
      segment: null,
      attributes: {},
    })
    return { personId, vector, probability, score }
  })
  const vectors = leads.map(({ personId, vector }) => ({
    personId,
    asOf,
    schema: FOLD_SCHEMA,
    numbers: Float32Array.from(vector.numeric),
    categories: vector.categorical,
  }))
  position++
  const records = leads.map(({ personId, probability, score }) => ({
    personId,
    model: MODEL,
    version: 1,
    probability,
    score,
    interval: null,
    prior: null,
    asOfPosition: position,
    asOf,
    why: 'snapshot' as const,
  }))
  await hub.database.withWorkspace(id, (client) => insertPredictions(client, vectors, records))
  return leads
}

const get = async (token: string, path: string): Promise<Record<string, unknown>> => {
  const answer = await hub.call('GET', `/v1/ml/models/${MODEL}/${path}`, { as: token })
  expect(answer.status).toBe(200)
  return answer.body as Record<string, unknown>
}

test('without a model, and with too few leads, nothing is claimed', async () => {
  expect(await get(as, 'drift')).toMatchObject({ version: null, drifted: false })
  expect(await get(as, 'predictions/distribution')).toMatchObject({ version: null, bins: [] })
  const { token } = await workspace()
  expect(await get(token, 'drift')).toMatchObject({
    version: 1,
    drifted: false,
    inputs_verdict: 'unknown',
    predictions: { verdict: 'unknown' },
    concept: { verdict: 'unknown' },
  })
})

test('leads like those of the training are stable; leads that look less are drift', async () => {
  const team = await workspace()
  const { token } = team
  const same = seededRandom(99)
  await predicted(team, Date.now() - 3 * DAY, () => same.int(40))
  const before = await get(token, 'drift')
  expect(before).toMatchObject({ drifted: false, because: [], inputs_verdict: 'stable' })
  expect(before).toMatchObject({ current_leads: LEADS, predictions: { verdict: 'stable' } })

  const fewer = seededRandom(98)
  await predicted(team, Date.now() - DAY, () => fewer.int(15))
  const after = await get(token, 'drift')
  expect(after).toMatchObject({ drifted: true, inputs_verdict: 'drift' })
  const [worst] = after['inputs'] as { column: string; psi: number; p_adjusted: number }[]
  expect(worst!.column).toBe('total_property_views')
  expect(worst!.psi).toBeGreaterThan(0.2)
  expect(worst!.p_adjusted).toBeLessThan(1e-6)

  const { reference, current, bins, verdict } = (await get(
    token,
    'predictions/distribution',
  )) as unknown as {
    reference: { leads: number; mean: number }
    current: { leads: number; mean: number }
    bins: { reference_share: number; current_share: number }[]
    verdict: string
  }
  expect(verdict).toBe('drift')
  expect(current.mean).toBeLessThan(reference.mean)
  for (const key of ['reference_share', 'current_share'] as const)
    expect(bins.reduce((sum, bin) => sum + bin[key], 0)).toBeCloseTo(1, 9)
})

/** Outcomes of some leads, reported as the product's customers do. */
async function report({ id, token }: Team, leads: readonly number[], at: number): Promise<void> {
  const { rows } = await hub.database.owner.query<{ lead_id: string }>(
    'select lead_id from persons where workspace_id = $1 and person_id = any($2)',
    [id, leads],
  )
  for (const { lead_id } of rows) {
    const body = {
      lead_id,
      outcome_type: 'property_purchased',
      timestamp: new Date(at).toISOString(),
    }
    expect((await hub.call('POST', '/v1/outcomes', { as: token, body })).status).toBe(201)
  }
}

test('outcomes join the predictions: open ones wait, settled ones are judged', async () => {
  const team = await workspace()
  const { token } = team
  const random = seededRandom(5)
  // A day into a fortnight as they are counted, well over the horizon of 30 days ago.
  const then = Math.floor((Date.now() - 45 * DAY) / (14 * DAY)) * 14 * DAY + DAY
  const old = await predicted(team, then, () => random.int(40))
  // Twice in a fortnight is once.
  await predicted(team, then + DAY, () => 3)
  await predicted(team, Date.now() - 2 * DAY, () => 3)
  const buyers = old.filter(({ probability }) => random.next() < probability!)
  const early = buyers.slice(0, 40).map(({ personId }) => personId)
  await report(team, early, then + 4 * DAY)
  const late = old.find(({ personId }) => !early.includes(personId))!.personId
  await report(team, [late], Date.now() - DAY)
  const { live } = (await get(token, 'health')) as {
    live: {
      settled: number
      open: number
      open_converted: number
      evaluation: { roc_auc: number; positives: number }
    }
  }
  // Those who bought are finished before the last prediction: nothing was left to predict.
  expect(live).toMatchObject({ settled: LEADS, open: LEADS - 40, open_converted: 1 })
  expect(live.evaluation.positives).toBe(40)
  expect(live.evaluation.roc_auc).toBeGreaterThan(0.6)
})

test('answers that stopped coming true are drift, before and after all outcomes are in', async () => {
  const team = await workspace()
  const { id } = team
  const random = seededRandom(6)
  const moments = [120, 90, 60].map((days) => Date.now() - days * DAY)
  for (const [i, asOf] of moments.entries()) {
    const leads = await predicted(team, asOf, () => random.int(40))
    // From the second month on the chance is turned upside down.
    const bought = leads.filter(({ probability }) =>
      i === 0 ? random.next() < probability! / 4 : random.next() < (1 - probability!) / 4,
    )
    await hub.database.owner.query(
      `insert into event_log (workspace_id, position, xid, person_id, type, event_time,
         received_at, body)
       select $1, $4 + p, pg_current_xact_id(), p, 24, to_timestamp($3 / 1000.0),
         to_timestamp($3 / 1000.0), '{}'
       from unnest($2::bigint[]) as p`,
      [
        id,
        bought.map(({ personId }) => personId),
        asOf + 5 * DAY,
        1_000_000 * (i + 1) + id * 10_000,
      ],
    )
  }
  const champion = (await loadChampion(hub.registry, id, MODEL))!
  const drift = await modelDrift(hub.database, id, champion, Date.now())
  expect(drift.performance.verdict).toBe('drift')
  expect(drift.concept).toMatchObject({ settled: 3 * LEADS, verdict: 'drift' })
  expect(drift.drifted).toBe(true)
  expect(drift.because.join()).toContain('AUC fell')
})

test('drift asks for one retraining a day, seen by the watch of the learning thread', async () => {
  const team = await workspace()
  const { id, token } = team
  const random = seededRandom(7)
  await predicted(team, Date.now() - 3 * DAY, () => random.int(40))
  const watch = (now: number) => watchDrift({ registry: hub.registry, workspaceId: id, now })
  expect(await watch(Date.now())).toEqual({
    models: [{ model: MODEL, version: 1, because: [], jobId: null }],
  })

  await predicted(team, Date.now() - DAY, () => random.int(15))
  const [config, log] = [{ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' } as const, createLog]
  const held = await hub.database.withWorkspace(id, (client) =>
    takeJob(
      client,
      { model: DRIFT_WATCH, days: null, requestedBy: 'schedule' },
      { holder: 'test', seconds: 60 },
    ),
  )
  const end = await runHeldJob(
    {
      database: hub.database,
      config,
      log: log(config),
      masterKey: hub.registry.masterKey,
      holder: 'test',
    },
    { workspaceId: id, jobId: held as string },
  )
  const { results } = end as { results: { models: { because: string[]; jobId: string }[] } }
  const [found] = results.models
  expect(found!.because.join()).toContain('is distributed otherwise')
  const told = async () =>
    (await hub.call('GET', '/v1/ml/retrainings', { as: token })).body as { items: object[] }
  expect((await told()).items).toMatchObject([
    { job_id: found!.jobId, requested_by: 'drift', reason: found!.because.join('; ') },
  ])

  const jobOf = async (now: number) => (await watch(now)).models[0]!.jobId
  // It is open; then it has ended, but today's is spent; tomorrow there may be another.
  expect(await jobOf(Date.now())).toBeNull()
  await hub.database.owner.query(
    `update learning_jobs set status = 'failed' where workspace_id = $1 and model = $2`,
    [id, MODEL],
  )
  expect(await jobOf(Date.now())).toBeNull()
  expect(await jobOf(Date.now() + 1.1 * DAY)).not.toBeNull()
  // A nightly one that saw the drift is as good; one that saw none, or another champion, is not.
  const nightly = async (championVersion: number, championDrift: readonly string[]) => {
    const { owner } = hub.database
    await owner.query('delete from learning_jobs where workspace_id = $1', [id])
    await owner.query(
      `insert into learning_jobs (workspace_id, model, status, requested_by, results)
       values ($1, $2, 'done', 'schedule', $3)`,
      [id, MODEL, JSON.stringify({ championVersion, championDrift })],
    )
    return jobOf(Date.now())
  }
  expect(await nightly(1, ['its errors have grown'])).toBeNull()
  expect(await nightly(1, [])).not.toBeNull()
  expect(await nightly(2, ['its errors have grown'])).not.toBeNull()
})
