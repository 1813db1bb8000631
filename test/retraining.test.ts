/** The admin routes of retraining: asked for, taken by a worker, and its end told. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '../src/platform/index.ts'
import { finishJob, takeJob } from '../src/store/index.ts'
import { startLearning, startRetrainSchedule } from '../src/worker/index.ts'
import { startHub, type Hub } from './support/hub.ts'

let hub: Hub
beforeAll(async () => {
  hub = await startHub()
})
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
  for (let i = 0; i < 500 && (reply.body as { status: string }).status !== 'failed'; i++) {
    await sleep(100)
    reply = await hub.call('GET', path, { as })
  }
  await learning.close()
  expect(reply.body).toMatchObject({ status: 'failed', results: null })
  expect((reply.body as { error: string }).error).toContain('at least 2 leads')
})

test('without a model health says so, and there is nothing to roll back to', async () => {
  const as = await hub.login()
  const health = await hub.call('GET', '/v1/ml/models/lead_scoring/health', { as })
  expect(health.body).toMatchObject({ version: null, live: { predictions: 0 } })
  const back = await hub.call('POST', '/v1/ml/models/lead_scoring/rollback', { as, body: {} })
  expect(back.status).toBe(404)
  expect((await hub.call('POST', '/v1/ml/trigger-retrain', { body: {} })).status).toBe(401)
})

const silent = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })
const MODEL = 'lead_scoring'

async function mainWorkspace(): Promise<number> {
  const { rows } = await hub.database.owner.query<{ workspace_id: number }>(
    `select workspace_id from workspaces where slug = 'main'`,
  )
  return rows[0]!.workspace_id
}

const jobsOf = async (where: string): Promise<{ status: string; due_at: Date | null }[]> =>
  (
    await hub.database.owner.query<{ status: string; due_at: Date | null }>(
      `select status, due_at from learning_jobs where ${where} order by requested_at`,
    )
  ).rows

const take = (workspaceId: number, holder: string, seconds = 60) =>
  hub.database.withWorkspace(workspaceId, (client) =>
    takeJob(client, { model: MODEL, days: null, requestedBy: holder }, { holder, seconds }),
  )
const finish = (workspaceId: number, jobId: string, holder: string) =>
  hub.database.withWorkspace(workspaceId, (client) =>
    finishJob(client, jobId, holder, { results: {} }),
  )

test('two retrainings of a model never overlap: the second is told of the first', async () => {
  const as = await hub.login()
  const trigger = () => hub.call('POST', '/v1/ml/trigger-retrain', { as, body: {} })
  const workspaceId = await mainWorkspace()
  const answers = await Promise.all([trigger(), trigger(), trigger()])
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409])
  const { job_id } = answers.find(({ status }) => status === 202)!.body as { job_id: string }
  for (const { status, body } of answers)
    if (status === 409) expect((body as { detail: string }).detail).toContain(job_id)
  // It only waits, so that who runs it at once may have it; then it is held.
  expect(await take(workspaceId, 'a')).toBe(job_id)
  expect(await take(workspaceId, 'b')).toMatchObject({ open: { jobId: job_id, status: 'running' } })
  expect((await trigger()).status).toBe(409)
  expect(await finish(workspaceId, job_id, 'b')).toBe(false)
  expect(await finish(workspaceId, job_id, 'a')).toBe(true)
  // A holder that is gone keeps nobody out.
  const gone = await take(workspaceId, 'a', -1)
  expect(await take(workspaceId, 'b')).toBe(gone)
  expect(await finish(workspaceId, gone as string, 'a')).toBe(false)
  expect(await finish(workspaceId, gone as string, 'b')).toBe(true)
})

test('how long it will take is told from the last runs', async () => {
  const as = await hub.login()
  const estimate = async (): Promise<number> => {
    const answer = await hub.call('POST', '/v1/ml/trigger-retrain', { as, body: {} })
    const filed = answer.body as { job_id: string; estimated_duration_minutes: number }
    await hub.database.owner.query('delete from learning_jobs where job_id = $1', [filed.job_id])
    return filed.estimated_duration_minutes
  }
  await hub.database.owner.query(`delete from learning_jobs`)
  expect(await estimate()).toBe(1)
  await hub.database.owner.query(
    `insert into learning_jobs (workspace_id, model, status, requested_by, started_at, finished_at)
     select $1, $2, 'done', 'test', now() - make_interval(mins => m), now()
     from unnest(array[3, 7, 40]) as m`,
    [await mainWorkspace(), MODEL],
  )
  expect(await estimate()).toBe(7)
})

test('a time of the schedule is filed once by any number of processes, and made up for once', async () => {
  const { owner } = hub.database
  await owner.query('delete from learning_jobs')
  await hub.call('POST', '/v1/events', {
    as: await hub.login(),
    body: { events: [{ lead_id: 'somebody', type: 'page_visit' }] },
  })
  const config = { RETRAIN_CRON: '0 2 * * *', ENABLE_BEHAVIORAL_LEARNING: false }
  let now = Date.now()
  const clock = { now: () => now, monotonic: () => 0 }
  const processes = [1, 2, 3].map(() =>
    startRetrainSchedule({ database: hub.database, config, log: silent, clock }),
  )
  const look = async (): Promise<number> =>
    (await Promise.all(processes.map((one) => one.look()))).reduce((sum, filed) => sum + filed, 0)
  // Made just now: nothing was due since.
  expect(await look()).toBe(0)
  await owner.query(`update workspaces set created_at = now() - interval '30 days'`)
  expect(await look()).toBe(1)
  expect(await look()).toBe(0)
  // Off for three nights, and the last one is still to be run: nothing overlaps.
  now += 3 * 86_400_000
  expect(await look()).toBe(0)
  await owner.query(`update learning_jobs set status = 'failed'`)
  expect(await look()).toBe(1)
  await owner.query(`update learning_jobs set status = 'failed'`)
  expect(await look()).toBe(0)
  const due = (await jobsOf('true')).map(({ due_at }) => due_at!.getTime())
  expect(due).toHaveLength(2)
  expect(due[1]! - due[0]!).toBe(3 * 86_400_000)
  expect(new Date(due[0]!).toISOString()).toContain('T02:00:00.000Z')
})

test('a job whose process ends again and again is given up', async () => {
  const { owner, app } = hub.database
  await owner.query('delete from learning_jobs')
  const as = await hub.login()
  await hub.call('POST', '/v1/ml/trigger-retrain', { as, body: {} })
  const claim = () => app.query(`select * from claim_learning_job('dying', -1)`)
  for (const found of [1, 1, 1, 0]) expect((await claim()).rowCount).toBe(found)
  expect(await jobsOf('true')).toMatchObject([{ status: 'failed' }])
})

test('a look for drift is filed once an hour by any number of processes', async () => {
  const { owner } = hub.database
  await owner.query('delete from learning_jobs')
  let now = Date.now()
  const clock = { now: () => now, monotonic: () => 0 }
  const config = { RETRAIN_CRON: '0 2 * * *', ENABLE_BEHAVIORAL_LEARNING: false }
  const processes = [1, 2].map(() =>
    startRetrainSchedule({ database: hub.database, config, log: silent, clock }),
  )
  const watch = async (): Promise<number> =>
    (await Promise.all(processes.map((one) => one.watch()))).reduce((sum, filed) => sum + filed, 0)
  expect(await watch()).toBe(1)
  await owner.query(`update learning_jobs set status = 'done'`)
  expect(await watch()).toBe(0)
  now += 3_600_000
  expect(await watch()).toBe(1)
  // They are no retrainings, and are not told as such.
  const told = await hub.call('GET', '/v1/ml/retrainings', { as: await hub.login() })
  expect(told.body).toEqual({ items: [] })
})
