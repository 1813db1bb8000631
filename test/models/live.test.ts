/** GET /ws on the real server: frames, resuming, slow clients, whose leads one sees. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:net'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SocketFrame } from '../../src/contract/index.ts'
import { publishVersion, setAlias } from '../../src/models/index.ts'
import { exampleModel } from '../support/example-model.ts'
import { startHub, type Hub } from '../support/hub.ts'
import { makeKey } from '../support/keys.ts'
import { watch } from '../support/watch.ts'

const PASSWORD = 'long enough for all'
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
  await publishVersion(hub.registry, main, exampleModel(1), { createdBy: 'test' })
  const order = { name: 'lead_scoring', alias: 'champion', version: 1 } as const
  // Told within two seconds: seen out here, or a test below would meet it.
  using client = await watch(hub.url, admin)
  client.send({ subscribe: ['models'] })
  await client.until(subscribed)
  await setAlias(hub.registry, main, { ...order, actor: 'test', reason: 'first' })
  await client.until(({ type }) => type === 'model')
})
afterAll(() => hub.close())

const act = (leadId: string, count = 1, as = admin) =>
  hub.call('POST', '/v1/events', {
    as,
    body: {
      events: Array.from({ length: count }, () => ({ lead_id: leadId, type: 'property_view' })),
    },
  })

const scoreOf = (leadId: string) => (frame: SocketFrame) =>
  frame.type === 'score' && frame.data.lead_id === leadId
const subscribed = (frame: SocketFrame) => frame.type === 'subscribed'

test('an event becomes an event frame and a score frame', async () => {
  await act('first', 8)
  using client = await watch(hub.url, admin)
  client.send({ subscribe: ['scores', 'events'] })
  await client.until(subscribed)
  await act('first')
  const score = await client.until(scoreOf('first'))
  const event = await client.until(({ type }) => type === 'event')
  expect(score).toMatchObject({
    data: {
      lead_id: 'first',
      abstained: false,
      model_version: 1,
      last_event: { type: 'property_view', label: 'Viewed a property' },
    },
  })
  expect(event).toMatchObject({ data: { lead_id: 'first', type: 'property_view' } })
  const numbers = client.frames.map(({ seq }) => seq)
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
})

test('only what was asked for comes', async () => {
  using client = await watch(hub.url, admin)
  client.send({ subscribe: ['models'] })
  await client.until(subscribed)
  await act('first')
  await hub.folded()
  await sleep(300)
  expect(client.frames.map(({ type }) => type)).toEqual(['subscribed'])
  const order = { name: 'lead_scoring', alias: 'shadow', version: 1 } as const
  await setAlias(hub.registry, main, { ...order, actor: 'test', reason: 'try' })
  const frame = await client.until(({ type }) => type === 'model')
  expect(frame.data).toMatchObject({ model: 'lead_scoring', alias: 'shadow', version: 1 })
})

test('who comes back misses nothing', async () => {
  const seen = async (): Promise<number> => {
    using client = await watch(hub.url, admin)
    client.send({ subscribe: ['events'] })
    await client.until(subscribed)
    await act('second')
    return (await client.until(({ type }) => type === 'event')).seq
  }
  const last = await seen()
  for (let i = 0; i < 5; i++) await act(`away-${i}`)
  await hub.folded()
  using client = await watch(hub.url, admin)
  client.send({ subscribe: ['events'], after_seq: last })
  await client.until((frame) => frame.type === 'event' && frame.data.lead_id === 'away-4')
  const leads = client.frames.flatMap((f) => (f.type === 'event' ? [f.data.lead_id] : []))
  expect(leads).toEqual(['away-0', 'away-1', 'away-2', 'away-3', 'away-4'])
})

test('who was away too long is told to read anew', async () => {
  using client = await watch(hub.url, admin)
  client.send({ subscribe: ['events'], after_seq: 5 })
  const reset = await client.until(({ type }) => type === 'reset')
  await act('third')
  const next = await client.until(({ type }) => type === 'event')
  expect(next.seq).toBeGreaterThan(reset.seq)
})

test('what is not understood is answered, and too much of it ends the connection', async () => {
  using client = await watch(hub.url, admin)
  client.send('{')
  expect((await client.until(({ type }) => type === 'error')).data).toEqual({
    detail: 'send JSON: {"subscribe": ["scores"]}',
  })
  client.send({ subscribe: ['everything'] })
  for (let i = 0; i < 30; i++) client.send('?')
  expect(await client.closed).toMatchObject({ code: 1008 })
  using large = await watch(hub.url, admin)
  large.send('x'.repeat(10_000))
  expect((await large.closed).code).toBe(1009)
})

test('without credentials, with wrong ones or a key of another scope there is no socket', async () => {
  const key = await makeKey(hub.database, 'main', ['events:write'])
  for (const token of ['nonsense', key, ''])
    await expect(watch(hub.url, token)).rejects.toThrow('refused')
  using allowed = await watch(hub.url, await makeKey(hub.database, 'main', ['leads:read']))
  allowed.send({ subscribe: [] })
  await allowed.until(subscribed)
})

test('nobody sees another workspace, and an agent only leads of their own or their team', async () => {
  const elsewhere = await makeKey(hub.database, 'elsewhere', ['events:write', 'leads:read'])
  const added = await hub.call('POST', '/v1/users', {
    as: admin,
    body: { email: 'a@x.example', name: 'A', role: 'agent', password: PASSWORD },
  })
  const { user_id } = added.body as { user_id: number }
  const agent = await hub.login('a@x.example', PASSWORD)
  await act('mine')
  await hub.call('POST', '/v1/leads/mine/assign', { as: admin, body: { user_id } })
  using stranger = await watch(hub.url, elsewhere)
  using own = await watch(hub.url, agent)
  using all = await watch(hub.url, admin)
  for (const client of [stranger, own, all]) {
    client.send({ subscribe: ['events', 'scores'] })
    await client.until(subscribed)
  }
  await act('foreign', 1, elsewhere)
  await act('not-mine')
  await act('mine')
  await all.until(scoreOf('not-mine'))
  await own.until(scoreOf('mine'))
  await stranger.until(scoreOf('foreign'))
  const about = ({ frames }: { frames: SocketFrame[] }) =>
    new Set(frames.flatMap((f) => ('lead_id' in f.data ? [f.data.lead_id] : [])))
  expect(about(stranger)).toEqual(new Set(['foreign']))
  expect(about(own)).toEqual(new Set(['mine']))
  expect(about(all)).toEqual(new Set(['mine', 'not-mine']))
})

/** A client that opens a socket and then reads nothing. */
async function deaf(token: string) {
  const { hostname, port } = new URL(hub.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const key = randomBytes(16).toString('base64')
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Protocol: enterprisehub.v1, bearer.${token}\r\n\r\n`,
  )
  await once(socket, 'data')
  const text = Buffer.from('{"subscribe":["scores","events"]}')
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]))
  await once(socket, 'data')
  socket.pause()
  return socket
}

test('a client that does not read holds up nobody and is caught up with what counts', async () => {
  const slow = await deaf(admin)
  using quick = await watch(hub.url, admin)
  quick.send({ subscribe: ['events'] })
  await quick.until(subscribed)
  const note = 'x'.repeat(3_000)
  const batch = (n: number) => ({
    events: Array.from({ length: 500 }, (_, i) => ({
      lead_id: `crowd-${i % 50}`,
      type: 'page_visit',
      event_id: `crowd-${n}-${i}`,
      properties: { note },
    })),
  })
  for (let n = 0; n < 40; n++) await hub.call('POST', '/v1/events', { as: admin, body: batch(n) })
  await hub.folded()
  await act('the end')
  await quick.until((f) => f.type === 'event' && f.data.lead_id === 'the end')
  let heard = ''
  slow.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
  slow.resume()
  for (let i = 0; i < 3_000 && !heard.includes('"the end"'); i++) await sleep(10)
  expect(heard).toContain('"the end"')
  slow.destroy()
})
