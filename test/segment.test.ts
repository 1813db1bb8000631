/** Segment's SDK from npm, unchanged, against the running product through a faulty network. */
import { createServer, request as ask, type IncomingMessage, type Server } from 'node:http'
import { rmSync } from 'node:fs'
import { Analytics } from '@segment/analytics-node'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeKey } from './support/keys.ts'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'
import { freePort, productFolder, serve, stop, type Served } from './support/served.ts'

let database: TestDatabase
let folder: string
let served: Served
let key: string
let proxy: Server
let host: string
/** What the network does to the next calls; nothing once they are used up. */
let faults: ('answer lost' | 'unavailable' | 'reset')[] = []
let calls = 0

async function read(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function startProxy(target: string): Promise<Server> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await read(request)
      calls++
      const fault = faults.shift()
      if (fault === 'reset') {
        request.socket.destroy()
        return
      }
      if (fault === 'unavailable') {
        response.writeHead(503).end()
        return
      }
      const { method, headers, url = '' } = request
      const onward = ask(new URL(url, target), { method: method!, headers }, (answer) => {
        void read(answer).then((text) => {
          // Stored, but the caller never hears of it.
          if (fault === 'answer lost') request.socket.destroy()
          else response.writeHead(answer.statusCode!, answer.headers).end(text)
        })
      })
      onward.end(body)
    })()
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

beforeAll(async () => {
  database = await freshDatabase()
  folder = productFolder('segment')
  key = await makeKey(database, 'main', ['events:write'])
  const environment = { DATABASE_URL: database.url, EH_UNSAFE_DATABASE: 'on' }
  served = await serve(folder, await freePort(), environment)
  proxy = await startProxy(served.url)
  host = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`
})
afterAll(async () => {
  proxy.closeAllConnections()
  proxy.close()
  await stop(served)
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  faults = []
  calls = 0
})

interface Stored {
  readonly event_id: string
  readonly body: { property_id?: string; properties?: Record<string, unknown> }
}

async function stored(lead: string): Promise<Stored[]> {
  const { rows } = await database.owner.query<Stored>(
    `select e.body->>'event_id' as event_id, e.body
     from event_log e where e.person_id in (
       select coalesce(l.target_id, p.person_id) from persons p
       left join person_links l on l.person_id = p.person_id where p.lead_id = $1
       union select l.person_id from person_links l join persons p on p.person_id = l.target_id
       where p.lead_id = $1)
     order by e.position`,
    [lead],
  )
  return rows
}

test('identify, track, page, screen, alias and group of the SDK arrive, each once', async () => {
  const errors: unknown[] = []
  const analytics = new Analytics({ writeKey: key, host, flushAt: 3 })
  analytics.on('error', (error) => errors.push(error))
  analytics.track({
    anonymousId: 'device-1',
    event: 'Product Viewed',
    properties: { product_id: 'house-1', price: 450_000 },
  })
  analytics.identify({ userId: 'lead-1', anonymousId: 'device-1', traits: { name: 'Ada' } })
  analytics.track({ userId: 'lead-1', event: 'inquirySubmitted', properties: { text: 'Hello' } })
  analytics.page({ userId: 'lead-1', name: 'Search', properties: { path: '/homes' } })
  analytics.screen({ userId: 'lead-1', name: 'Map' })
  analytics.group({ userId: 'lead-1', groupId: 'family' })
  analytics.alias({ userId: 'lead-1', previousId: 'device-0' })
  await analytics.closeAndFlush({ timeout: 10_000 })
  expect(errors).toEqual([])
  expect(calls).toBe(3)
  const { rows } = await database.owner.query<{ body: Stored['body'] }>(
    `select body from event_log where body ? 'event_id'`,
  )
  // Batches are on their way at the same time.
  const names = rows.map(
    ({ body: { property_id, properties } }) =>
      property_id ?? properties?.['page_name'] ?? properties?.['segment_event'],
  )
  expect(names.toSorted()).toEqual(['Map', 'Search', 'house-1', 'inquirySubmitted'])
  expect((await stored('lead-1')).length).toBeGreaterThanOrEqual(4)
})

test('a call that fails, or whose answer is lost, is repeated and stored once', async () => {
  const errors: unknown[] = []
  const analytics = new Analytics({ writeKey: key, host, flushAt: 10, maxRetries: 5 })
  analytics.on('error', (error) => errors.push(error))
  faults = ['answer lost', 'unavailable', 'reset', 'answer lost']
  for (let i = 0; i < 30; i++)
    analytics.track({ userId: 'lead-2', event: 'page_visit', messageId: `retry-${i}` })
  await analytics.closeAndFlush({ timeout: 15_000 })
  expect(errors).toEqual([])
  expect(faults).toEqual([])
  expect(calls).toBe(7)
  const ids = (await stored('lead-2')).map(({ event_id }) => event_id)
  expect(ids.toSorted()).toEqual(Array.from({ length: 30 }, (_, i) => `retry-${i}`).toSorted())
})

test('a wrong write key is told to the host program', async () => {
  const errors: { code?: string }[] = []
  const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`
  const analytics = new Analytics({ writeKey: wrong, host, maxRetries: 0 })
  analytics.on('error', (error) => errors.push(error as { code?: string }))
  analytics.track({ userId: 'lead-3', event: 'page_visit' })
  await analytics.closeAndFlush({ timeout: 5_000 })
  expect(errors).toHaveLength(1)
  expect(await stored('lead-3')).toEqual([])
})

const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
  const response = await fetch(served.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('the write key may come in the body, and counts nowhere else', async () => {
  const message = { userId: 'lead-4', event: 'page_visit', messageId: 'in-body' }
  expect((await post('/v1/track', { ...message, writeKey: key })).status).toBe(200)
  const batch = [{ ...message, type: 'track', messageId: 'in-batch' }]
  expect((await post('/v1/batch', { batch, writeKey: key })).body).toEqual({ success: true })
  expect((await stored('lead-4')).map(({ event_id }) => event_id)).toEqual(['in-body', 'in-batch'])
  expect((await post('/v1/track', message)).status).toBe(401)
  expect((await post('/v1/track', { ...message, writeKey: 7 })).status).toBe(401)
  expect((await post('/v1/track', { ...message, writeKey: 'eh_sk_nonsense' })).status).toBe(401)
  const header = { authorization: 'Bearer eh_sk_nonsense' }
  expect((await post('/v1/track', { ...message, writeKey: key }, header)).status).toBe(401)
  const event = { lead_id: 'lead-4', type: 'page_visit', writeKey: key }
  expect((await post('/v1/events', event)).status).toBe(401)
})
