/** Two processes of the product over one database: what one is told, the other obeys. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment --
   answers of every shape are read here, and a wrong guess fails the test */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'
import { freePort, productFolder, serve, stop, type Served } from './support/served.ts'

const ADMIN = { email: 'owner@example.com', password: 'correct horse battery' }
/** What is revoked stops working everywhere within this time (see docs/concepts/security.md). */
const REVOKED_WITHIN_MS = 3_000
/** For a busy machine; the answers themselves take milliseconds. */
const SLACK_MS = 1_500

let database: TestDatabase
let folder: string
let one: Served
let two: Served
let admin: string

interface Answer {
  readonly status: number
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any
}

async function call(
  { url }: Served,
  method: string,
  path: string,
  { as, body }: { as?: string; body?: unknown } = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : text }
}

beforeAll(async () => {
  database = await freshDatabase()
  folder = productFolder('two')
  const environment = {
    DATABASE_URL: database.url,
    EH_UNSAFE_DATABASE: 'on',
    JWT_SECRET_KEY: 'a secret for tests of at least 32 characters',
    EH_ADMIN_EMAIL: ADMIN.email,
    EH_ADMIN_PASSWORD: ADMIN.password,
  }
  one = await serve(join(folder, 'one'), await freePort(), environment)
  two = await serve(join(folder, 'two'), await freePort(), environment)
  const entered = await call(one, 'POST', '/api/auth/login', { body: ADMIN })
  admin = entered.body.access_token as string
})
afterAll(async () => {
  for (const served of [one, two]) await stop(served)
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** Milliseconds from now until `two` refuses the credential. */
async function refusedAfter(as: string): Promise<number> {
  const start = performance.now()
  for (;;) {
    const { status } = await call(two, 'GET', '/v1/me', { as })
    if (status === 401 || performance.now() - start > 10_000) return performance.now() - start
    expect(status).toBe(200)
    await sleep(50)
  }
}

test('a key revoked in one process is refused by the other within seconds', async () => {
  const body = { kind: 'secret', name: 'k', scopes: ['leads:read'] }
  const made = await call(one, 'POST', '/v1/keys', { as: admin, body })
  const key = made.body.key as string
  // Freshly used, so that the answer is remembered there.
  expect((await call(two, 'GET', '/v1/me', { as: key })).status).toBe(200)
  const gone = await call(one, 'DELETE', `/v1/keys/${made.body.key_id}`, { as: admin })
  expect(gone.status).toBeLessThan(300)
  expect(await refusedAfter(key)).toBeLessThan(REVOKED_WITHIN_MS + SLACK_MS)
})

test('so are a user who was disabled, and the old sessions after a change of password', async () => {
  const enter = async (email: string): Promise<string> => {
    const body = { email, password: 'another long password' }
    await call(one, 'POST', '/v1/users', { as: admin, body: { ...body, name: 'A', role: 'agent' } })
    return (await call(two, 'POST', '/api/auth/login', { body })).body.access_token as string
  }
  const left = await enter('left@example.com')
  const changed = await enter('changed@example.com')
  for (const as of [left, changed])
    expect((await call(two, 'GET', '/v1/me', { as })).status).toBe(200)
  const users = await call(one, 'GET', '/v1/users', { as: admin })
  const found = (users.body.items as { email: string; user_id: number }[]).find(
    ({ email }) => email === 'left@example.com',
  )!
  await call(one, 'PATCH', `/v1/users/${found.user_id}`, { as: admin, body: { disabled: true } })
  await call(one, 'POST', '/v1/me/password', {
    as: changed,
    body: { current_password: 'another long password', new_password: 'yet another password' },
  })
  const waits = await Promise.all([refusedAfter(left), refusedAfter(changed)])
  expect(Math.max(...waits)).toBeLessThan(REVOKED_WITHIN_MS + SLACK_MS)
})

test('an erasure in one process takes the names out of the other’s memory', async () => {
  const remembered = async (served: Served): Promise<number> => {
    const { body } = await call(served, 'GET', '/metrics')
    return Number(/^enterprisehub_remembered_names (\d+)$/m.exec(body as string)?.[1])
  }
  const body = { lead_id: 'lead_gone', anonymous_id: 'visitor', type: 'page_visit' }
  for (const served of [one, two]) {
    expect((await call(served, 'POST', '/v1/events', { as: admin, body })).status).toBe(202)
    expect(await remembered(served)).toBeGreaterThan(1)
  }
  expect((await call(one, 'DELETE', '/v1/leads/lead_gone', { as: admin })).status).toBe(200)
  expect(await remembered(one)).toBe(0)
  const start = performance.now()
  while ((await remembered(two)) > 0 && performance.now() - start < 5_000) await sleep(20)
  expect(await remembered(two)).toBe(0)
  const again = await call(two, 'POST', '/v1/events', { as: admin, body })
  expect(JSON.stringify(again.body)).toContain('person-erased')
  // Refused: nothing of it is remembered.
  expect(await remembered(two)).toBe(0)
})

test('what the other process may have missed while it was cut off is forgotten too', async () => {
  const remembered = async (): Promise<number> => {
    const { body } = await call(two, 'GET', '/metrics')
    return Number(/^enterprisehub_remembered_names (\d+)$/m.exec(body as string)?.[1])
  }
  const body = { lead_id: 'lead_cut', anonymous_id: 'visitor_cut', type: 'page_visit' }
  await call(two, 'POST', '/v1/events', { as: admin, body })
  expect(await remembered()).toBeGreaterThan(1)
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'enterprisehub notices'`
  expect((await database.owner.query(cut)).rowCount).toBeGreaterThan(0)
  const start = performance.now()
  while ((await remembered()) > 0 && performance.now() - start < 5_000) await sleep(20)
  expect(await remembered()).toBe(0)
})

test('guesses at a password count in all processes together', async () => {
  const body = { email: 'changed@example.com', password: 'a guess' }
  const statuses: number[] = []
  for (let i = 0; i < 12; i++)
    statuses.push((await call(i % 2 ? two : one, 'POST', '/api/auth/login', { body })).status)
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401))
  expect(statuses.slice(10)).toEqual([429, 429])
  const right = { ...body, password: 'yet another password' }
  for (const served of [one, two])
    expect((await call(served, 'POST', '/api/auth/login', { body: right })).status).toBe(429)
  // Others get in.
  expect((await call(two, 'POST', '/api/auth/login', { body: ADMIN })).status).toBe(200)
})
