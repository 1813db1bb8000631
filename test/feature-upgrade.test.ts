/**
 * From one version of the product to another that measures behavior in another way: a copy of it
 * with other definitions folds and scores, this one takes over, is killed while it rebuilds, and
 * starts again.
 */
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  encodeState,
  extractFeatures,
  FOLD_SCHEMA,
  isOfThisFold,
  NUMERIC_FEATURES,
  rebuildTrack,
} from '../src/features/index.ts'
import { publishVersion, setAlias } from '../src/models/index.ts'
import { readStateRebuild, type Database } from '../src/store/index.ts'
import { exampleModel } from './support/example-model.ts'
import { HAS_PAGES, launch, look, open, settled, signIn } from './support/browser.ts'
import { ADMIN } from './support/hub.ts'
import { makeKey } from './support/keys.ts'
import { freePort, openBeside, productFolder, serve, stop, type Served } from './support/served.ts'
import { captureOn, makeWorkspace } from './support/workspaces.ts'

const ROOT = join(import.meta.dirname, '..')
const LEADS = 1_200
/** More than one writing in each of the 16 partitions, and few enough to be none's first. */
const HELD = 90
const EVENTS = 6
const MINUTE = 60_000
const KEY = '5a'.repeat(32)
/** For a machine with other work. */
const LONG_MS = 90_000

const dataDir = productFolder('upgrade')
const environment = {
  EH_ADMIN_EMAIL: ADMIN.email,
  EH_ADMIN_PASSWORD: ADMIN.password,
  MODEL_ENCRYPTION_KEY: KEY,
  LOG_LEVEL: 'info',
}
let port: number
let database: Database
let workspace: number
let key: string
let served: Served

/** The product as it was before: sessions ended after 20 minutes, under another number. */
function otherVersion(): string {
  const folder = join(dataDir, 'other-version')
  for (const part of ['src', 'migrations', 'package.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const change = (file: string, from: string, to: string): void => {
    const path = join(folder, 'src/features', file)
    const text = readFileSync(path, 'utf8')
    expect(text).toContain(from)
    writeFileSync(path, text.replace(from, to))
  }
  change('session.ts', 'SESSION_GAP = 30 * MINUTE', 'SESSION_GAP = 20 * MINUTE')
  change('codec.ts', 'const FOLD_REVISION = ', 'const FOLD_REVISION = 1000 + ')
  return join(folder, 'src/cli/main.ts')
}

/** Leads whose state on disk holds every entry of theirs. */
const FOLDED = `(select from lead_states s join event_log e using (workspace_id, person_id)
  group by workspace_id, person_id, s.position having s.position = max(e.position)) folded`

async function until(what: () => boolean | Promise<boolean>, pauseMs = 50): Promise<void> {
  const end = performance.now() + LONG_MS
  while (!(await what())) {
    if (performance.now() > end) throw new Error(`it did not come to pass:\n${served.output()}`)
    await sleep(pauseMs)
  }
}

async function count(condition: string): Promise<number> {
  const { rows } = await database.owner.query<{ n: number }>(
    `select count(*)::int as n from ${condition}`,
  )
  return rows[0]!.n
}

/** Events of all leads, 25 minutes apart: one session for this version, many for the other. */
async function fill(): Promise<void> {
  const capture = captureOn(database)
  for (let n = 0; n < EVENTS; n++)
    for (let from = 0; from < LEADS; from += 600)
      await capture.take(
        workspace,
        Array.from({ length: 600 }, (_, i) => ({
          lead_id: `lead-${from + i}`,
          type: 'property_view',
          property_id: `home-${n % 5}`,
          timestamp: new Date(Date.now() - (EVENTS - n) * 25 * MINUTE - 60 * MINUTE).toISOString(),
        })),
        Date.now(),
      )
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(served.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true)
  return (await answer.json()) as T
}

/** What is served of a lead, by which definitions, and how long it took. */
async function sessionsOf(leadId: string) {
  const begun = performance.now()
  const { definitions, items } = await call<{
    definitions: number
    items: { feature: string; value: number }[]
  }>('GET', `/v1/leads/${leadId}/features`)
  const ms = performance.now() - begun
  return { definitions, ms, value: items.find((one) => one.feature === 'session_count')!.value }
}

/** The notice, as people see it while states are rebuilt. */
async function lookAtNotice(): Promise<void> {
  const faults: string[] = []
  const browser = await launch()
  try {
    const page = await open(browser, 1366, faults)
    await signIn(page, served.url)
    const notice = page.getByRole('status').filter({ hasText: 'brought up to date' })
    await notice.getByText(/keeps its last score until its turn comes: \d+ ?% done/).waitFor()
    const bar = notice.getByRole('progressbar', { name: 'Leads worked through again' })
    const shown = Number(await bar.getAttribute('aria-valuenow'))
    const { done, leads } = await readStateRebuild(database.app)
    expect(shown).toBeGreaterThan(0)
    expect(shown).toBeLessThanOrEqual((100 * done) / leads + 1e-6)
    for (const width of [1366, 390]) {
      await page.setViewportSize({ width, height: 800 })
      await settled(page)
      const box = (await notice.boundingBox())!
      expect(box.x).toBeGreaterThanOrEqual(0)
      expect(box.x + box.width).toBeLessThanOrEqual(width)
      await look(page, `rebuild-${width}`)
    }
    expect(faults).toEqual([])
  } finally {
    await browser.close()
  }
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${served.url}/metrics`)).text()
  return Number(new RegExp(`^enterprisehub_feature_rebuild_${name} (.+)$`, 'm').exec(text)?.[1])
}

const start = (main?: string): Promise<Served> => serve(dataDir, port, environment, [], main)

async function kill({ child }: Served): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  process.kill(-child.pid!, 'SIGKILL')
  await ended
}

beforeAll(async () => {
  port = await freePort()
  served = await start(otherVersion())
  database = await openBeside(dataDir)
  workspace = await makeWorkspace(database, 'main')
  key = await makeKey(database, 'main', ['events:write', 'leads:read'])
  const registry = { database, masterKey: Buffer.from(KEY, 'hex') }
  await publishVersion(registry, workspace, exampleModel(), { createdBy: 'test' })
  const alias = { name: 'lead_scoring', alias: 'champion', version: 1 } as const
  await setAlias(registry, workspace, { ...alias, actor: 'test', reason: 'first' })
  await fill()
  await until(async () => (await count('lead_scores where score is not null')) === LEADS)
  await until(async () => (await count(FOLDED)) === LEADS)
  const { definitions, value } = await sessionsOf('lead-0')
  expect(definitions).not.toBe(FOLD_SCHEMA)
  expect(value).toBe(EVENTS)
  await kill(served)
})
afterAll(async () => {
  await database?.close()
  await stop(served)
  rmSync(dataDir, { recursive: true, force: true })
})

test('another version is rebuilt while everything is served, across a kill', async () => {
  const before = await database.owner.query<{ state: Buffer }>('select state from lead_states')
  expect(before.rows.filter(({ state }) => isOfThisFold(state))).toEqual([])

  // Held back at the last leads of each partition, so that there is a time in the middle.
  const held = await database.owner.connect()
  await held.query('begin')
  await held.query(
    `select from lead_states where person_id in
       (select person_id from lead_states order by 1 desc limit $1) for update`,
    [HELD],
  )
  served = await start()
  await until(async () => (await readStateRebuild(database.app)).done > 0)
  expect(await metric('running')).toBe(1)
  expect(await metric('states')).toBe(LEADS)
  expect(await call('GET', '/v1/features/rebuild')).toMatchObject({ status: 'running' })
  // One that was reached or not, its features are those of this version, from the log.
  for (const lead of [0, LEADS / 2, LEADS - 1]) {
    const { definitions, ms, value } = await sessionsOf(`lead-${lead}`)
    expect({ definitions, value }).toEqual({ definitions: FOLD_SCHEMA, value: 1 })
    // Some ten on a machine at rest.
    expect(ms).toBeLessThan(2_000)
  }
  if (HAS_PAGES) await lookAtNotice()
  const { items } = await call<{ items: { score: { score: number | null } }[] }>(
    'GET',
    '/v1/leads?limit=100',
  )
  expect(items.map(({ score }) => score.score)).not.toContain(null)
  expect(items.length).toBe(100)
  // An event of now and one of the past, both of leads that wait.
  const past = new Date(Date.now() - 7 * 24 * 60 * MINUTE).toISOString()
  for (const event of [
    { lead_id: `lead-${LEADS - 1}` },
    { lead_id: `lead-${LEADS - 2}`, timestamp: past },
  ])
    await call('POST', '/v1/events', { ...event, type: 'page_visit' })
  await kill(served)
  const killed = await readStateRebuild(database.app)
  expect(killed.status).toBe('running')
  expect(killed.done).toBeLessThan(LEADS)
  await held.query('rollback')
  held.release()

  served = await start()
  await until(async () => (await metric('running')) === 0)
  expect(await metric('done')).toBe(LEADS)
  expect(await call('GET', '/v1/features/rebuild')).toMatchObject({ status: 'done', progress: 1 })
  // Begun once, and what was done before the kill was not done again.
  const done = await readStateRebuild(database.app)
  expect(done.startedAt).toEqual(killed.startedAt)
  expect(done.rebuilt).toBeLessThanOrEqual(LEADS)
  expect(done.rebuilt).toBeGreaterThanOrEqual(LEADS - 2)

  await until(async () => (await count(FOLDED)) === LEADS)
  const states = await database.owner.query<{ person_id: string; state: Buffer }>(
    'select person_id, state from lead_states',
  )
  expect(states.rows.length).toBe(LEADS)
  const sessions = NUMERIC_FEATURES.findIndex(({ name }) => name === 'session_count')
  let visits = 0
  for (const { person_id, state } of states.rows) {
    const lead = { workspaceId: workspace, personId: Number(person_id) }
    const { track } = await rebuildTrack(database.app, lead, Number.MAX_SAFE_INTEGER)
    expect(state.equals(encodeState(track.state)), `person ${person_id}`).toBe(true)
    visits += extractFeatures(track.state, Date.now()).numeric[sessions]!
  }
  expect(visits).toBe(LEADS + 2)
}, 240_000)

test('the log tells of its beginning and its end', () => {
  expect(served.output()).toContain('feature definitions changed: states are rebuilt')
  expect(served.output()).toContain('"msg":"states rebuilt"')
})
