/** `train` in one process; another serves the new version within five seconds, to every lead. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli } from './support/cli.ts'
import { writeLeadFile } from './support/lead-file.ts'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'
import { freePort, productFolder, serve, stop, type Served } from './support/served.ts'

const ADMIN = { email: 'owner@example.com', password: 'correct horse battery' }
const LEADS = 300
const LIVE_WITHIN_MS = 5_000

let database: TestDatabase
let folder: string
let served: Served
let environment: Record<string, string>
let token: string

const get = async (path: string): Promise<Record<string, unknown>> => {
  const answer = await fetch(served.url + path, { headers: { authorization: `Bearer ${token}` } })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Record<string, unknown>
}

beforeAll(async () => {
  database = await freshDatabase()
  folder = productFolder('train')
  environment = {
    DATA_DIR: folder,
    DATABASE_URL: database.url,
    EH_UNSAFE_DATABASE: 'on',
    EH_ADMIN_EMAIL: ADMIN.email,
    EH_ADMIN_PASSWORD: ADMIN.password,
  }
  served = await serve(folder, await freePort(), environment)
  const entered = await fetch(`${served.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMIN),
  })
  token = ((await entered.json()) as { access_token: string }).access_token
})
afterAll(async () => {
  await stop(served)
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** Leads whose score is of the model. */
async function scoredLeads(): Promise<number> {
  const { rows } = await database.owner.query<{ n: number }>(
    'select count(*)::int as n from lead_scores where version = 1 and score is not null',
  )
  return rows[0]!.n
}

test('a trained version is served within five seconds, to leads that never did anything', async () => {
  const file = join(folder, 'leads.csv')
  writeLeadFile(file, LEADS)
  const imported = await cli(['import', 'leads', file, '--json'], environment)
  expect(imported).toMatchObject({ status: 0 })
  expect(await get('/v1/leads/lead-1/score')).toMatchObject({ model: null })

  const trained = await cli(['train', '--json'], environment)
  const trainedAt = performance.now()
  expect(trained).toMatchObject({ status: 0 })
  expect(JSON.parse(trained.out)).toMatchObject({
    models: [{ version: 1, verdict: { decision: 'promote' } }],
  })
  for (;;) {
    const { model } = await get('/v1/leads/lead-1/score')
    if ((model as { version: number } | null)?.version === 1) break
    expect(performance.now() - trainedAt).toBeLessThan(LIVE_WITHIN_MS)
    await sleep(100)
  }
  const score = await get('/v1/leads/lead-1/score')
  expect(score).toMatchObject({ abstained: false, probability: expect.any(Number) as number })
  // The lists too: beside folding, all leads are scored anew.
  for (let i = 0; i < 300 && (await scoredLeads()) < LEADS; i++) await sleep(100)
  expect(await scoredLeads()).toBe(LEADS)
}, 120_000)
