import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../../math/index.ts'
import { systemClock } from '../../../platform/index.ts'
import type { Faults } from './faults.ts'
import { loadOperations } from './operations.ts'
import { seedLocation } from './seed.ts'
import { FAKE_ADMIN_PATH, startFake, type RunningFake } from './server.ts'

const UNTIL = Date.parse('2026-06-01T00:00:00Z')
const seed = (contacts = 60) =>
  seedLocation({
    locationId: 'loc1',
    contacts,
    messages: contacts * 5,
    users: 3,
    until: UNTIL,
    random: seededRandom(7),
  })
const shared = process.env['EH_SHARED'] ?? '../shared'
const hasFiles = existsSync(join(shared, 'specs/ghl/v2-patched'))

let fake: RunningFake | undefined
afterEach(() => fake?.close())

async function start(faults: Faults = {}, folder?: string): Promise<void> {
  fake = await startFake({
    operations: await loadOperations(folder),
    location: seed(),
    token: 'pit-test',
    port: 0,
    clock: systemClock,
    faults,
  })
}

interface Page {
  message?: unknown
  total?: number
  nextCursor?: string
  contacts: { id: string; firstName?: string; searchAfter?: unknown }[]
  messages: { id: string }[]
}

const V = '2021-07-28'
async function ask(
  path: string,
  options: { version?: string; token?: string; body?: object } = {},
) {
  const { version = V, token = 'pit-test', body } = options
  const response = await fetch(fake!.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(version !== '' && { version }),
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const { status, headers } = response
  return { status, headers, body: (await response.json()) as Page }
}

test('the same seed makes the same location, and nothing happens after its end', () => {
  expect(seed()).toEqual(seed())
  const { messages, contacts, opportunities } = seed()
  expect([messages.length, contacts.length]).toEqual([300, 60])
  for (const { dateAdded } of messages) expect(Date.parse(String(dateAdded))).toBeLessThan(UNTIL)
  expect(new Set(opportunities.map(({ status }) => status)).size).toBeGreaterThan(2)
})

describe.each([
  ['the schemas of the product', undefined],
  ['the OpenAPI files', shared],
])('checked against %s', (_name, folder) => {
  test.skipIf(folder !== undefined && !hasFiles)('requests are refused as there', async () => {
    await start({}, folder)
    const search = { locationId: 'loc1', pageLimit: 20 }
    expect((await ask('/contacts/search', { token: 'other', body: search })).status).toBe(401)
    const unversioned = await ask('/contacts/search', { version: '', body: search })
    expect(unversioned.body.message).toMatch(/version header was not found/)
    const wrong = await ask('/calendars/?locationId=loc1')
    expect([wrong.status, wrong.body.message]).toEqual([401, 'version header is invalid.'])
    const stranger = await ask('/opportunities/search?location_id=loc1&nonsense=1')
    expect(stranger.status).toBe(422)
    expect(stranger.body.message).toEqual(['property nonsense should not exist'])
    expect((await ask('/opportunities/search')).status).toBe(422)
    const body = { locationId: 'loc1', pageLimit: 'many' }
    expect((await ask('/contacts/search', { body })).status).toBe(422)
    expect((await ask('/opportunities/search?location_id=other')).status).toBe(403)
    expect((await ask('/no/such/path')).status).toBe(404)
  })
})

test('pages of contacts and messages hold each record once', async () => {
  await start()
  const contacts: string[] = []
  let searchAfter: unknown
  for (;;) {
    const body = {
      locationId: 'loc1',
      pageLimit: 25,
      ...(searchAfter !== undefined && { searchAfter }),
    }
    const page = (await ask('/contacts/search', { body })).body
    if (page.contacts.length === 0) break
    contacts.push(...page.contacts.map(({ id }) => id))
    searchAfter = page.contacts.at(-1).searchAfter
  }
  expect(new Set(contacts).size).toBe(60)
  expect(contacts.length).toBe(60)
  const messages: string[] = []
  for (const channel of ['', '&channel=Email']) {
    let cursor = ''
    do {
      const path = `/conversations/messages/export?locationId=loc1&limit=50&sortOrder=asc${channel}`
      const page = (await ask(path + cursor, { version: '2021-04-15' })).body
      messages.push(...page.messages.map(({ id }) => id))
      cursor = page.nextCursor === undefined ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`
    } while (cursor !== '')
  }
  expect(new Set(messages).size).toBe(300)
  expect(messages.length).toBe(300)
})

test('the limit is told in headers and kept, faults can be switched while it runs', async () => {
  await start({ burst: 2 })
  const first = await ask('/opportunities/pipelines?locationId=loc1')
  expect(first.headers.get('x-ratelimit-remaining')).toBe('1')
  expect(first.headers.get('x-ratelimit-max')).toBe('2')
  expect(first.headers.get('x-ratelimit-daily-remaining')).toBe('199999')
  await ask('/opportunities/pipelines?locationId=loc1')
  expect((await ask('/opportunities/pipelines?locationId=loc1')).status).toBe(429)
  const set = await ask(FAKE_ADMIN_PATH, { body: { burst: null, expire_after: 4 } })
  expect(set.body).toMatchObject({ requests: 3, refused: 1 })
  expect((await ask('/opportunities/pipelines?locationId=loc1')).status).toBe(200)
  const expired = await ask('/opportunities/pipelines?locationId=loc1')
  expect([expired.status, expired.body.message]).toEqual([401, 'The token has expired.'])
  expect((await ask(FAKE_ADMIN_PATH, { body: { expire_after: 'soon' } })).status).toBe(422)
})

test('a request may hang until the caller gives up', async () => {
  await start({ hang_every: 1 })
  const signal = AbortSignal.timeout(200)
  await expect(fetch(`${fake!.url}/calendars/`, { signal })).rejects.toThrow(/timeout/)
})

test.skipIf(!hasFiles)('what is created is kept, also when the answer is a failure', async () => {
  await start({ fail_after_create: true }, shared)
  const made = await ask('/contacts/', { body: { locationId: 'loc1', firstName: 'Zoe' } })
  expect(made.status).toBe(500)
  const body = { locationId: 'loc1', pageLimit: 100 }
  const found = (await ask('/contacts/search', { body })).body
  expect(found.total).toBe(61)
  expect(found.contacts[0]!.firstName).toBe('Zoe')
})
