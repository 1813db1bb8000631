/** Enrichment hooks: asked about new and changed leads, signed; answers become entries. */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {
  EnrichmentHookAnswer,
  EnrichmentHooksAnswer,
  LeadAnswer,
  TimelineAnswer,
} from '../src/contract/index.ts'
import { startHub, type Hub } from './support/hub.ts'

interface Asked {
  readonly body: string
  readonly headers: IncomingHttpHeaders
  readonly lead: { lead_id: string; schema_version: number }
}

let hub: Hub
let as: string
let outside: Server
let url: string
const asked: Asked[] = []
/** What the outside answers, by lead. */
const answers = new Map<string, { status: number; body: string }>()

beforeAll(async () => {
  outside = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const { lead } = JSON.parse(body) as Asked
      asked.push({ body, headers: request.headers, lead })
      const usual = { status: lead.lead_id.startsWith('bulk-') ? 503 : 204, body: '' }
      const { status, body: text } = answers.get(lead.lead_id) ?? usual
      response.writeHead(status).end(text)
    })
  })
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(outside.address() as AddressInfo).port}/enrich`
  hub = await startHub({ ENRICHMENT_PRIVATE_ADDRESSES: 'on' })
  as = await hub.login()
})
afterAll(async () => {
  await hub.close()
  outside.close()
})

const SLOW = { timeout: 30_000, interval: 50 }
const about = (lead: string): Asked[] => asked.filter((one) => one.lead.lead_id === lead)
const make = (lead_id: string, rest: object = {}) =>
  hub.call('POST', '/v1/leads', { as, body: { lead_id, ...rest } })
const register = async (name: string): Promise<EnrichmentHookAnswer> => {
  const made = await hub.call('POST', '/v1/enrichment-hooks', { as, body: { name, url } })
  expect(made.status).toBe(201)
  return made.body as EnrichmentHookAnswer
}
const hooks = async () =>
  ((await hub.call('GET', '/v1/enrichment-hooks', { as })).body as EnrichmentHooksAnswer).items

test('a new lead is asked about, signed; the answer is an entry that can be undone', async () => {
  await make('before')
  const { secret, hook_id } = await register('scores of homes')
  answers.set('ada', { status: 200, body: '{"attributes":{"household_income":90000}}' })
  await make('ada', { name: 'Ada' })
  await expect.poll(() => about('ada').length, SLOW).toBe(1)
  const [{ body, headers }] = about('ada') as [Asked]
  const signature = String(headers['x-enterprisehub-signature'])
  const time = /^t=(\d+),v1=/.exec(signature)![1]!
  const key = Buffer.from(secret, 'base64url')
  const mac = createHmac('sha256', key).update(`${time}.${body}`).digest('hex')
  expect(signature).toBe(`t=${time},v1=${mac}`)
  expect(JSON.parse(body)).toMatchObject({ lead: { schema_version: 2, contact: { name: 'Ada' } } })
  const lead = async () => (await hub.call('GET', '/v1/leads/ada', { as })).body as LeadAnswer
  await expect
    .poll(async () => (await lead()).attributes, SLOW)
    .toEqual({ household_income: 90_000 })
  const timeline = await hub.call('GET', '/v1/leads/ada/timeline', { as })
  const [entry] = (timeline.body as TimelineAnswer).items
  expect(entry).toMatchObject({ type: 'lead_changed', properties: { by: `hook:${hook_id}` } })
  // Its own change is no news to it, and leads from before it are not asked about.
  await expect.poll(async () => (await hooks())[0], SLOW).toMatchObject({ waiting: 0, answered: 1 })
  const undone = { position: entry!.position }
  expect((await hub.call('POST', '/v1/leads/ada/undo', { as, body: undone })).status).toBe(200)
  await expect.poll(() => about('ada').length, SLOW).toBe(2)
  expect(about('before')).toEqual([])
})

test('leads known by events only are asked about too, and a change asks again', async () => {
  const body = { lead_id: 'eve', type: 'page_visit' }
  expect((await hub.call('POST', '/v1/events', { as, body })).status).toBe(202)
  await expect.poll(() => about('eve').length, SLOW).toBe(1)
  await hub.call('PATCH', '/v1/leads/eve', { as, body: { segment: 'investor' } })
  await expect.poll(() => about('eve').length, SLOW).toBe(2)
  expect(about('eve')[1]!.lead).toMatchObject({ segment: 'investor' })
})

test('what fails is said; what may pass is tried again, what is refused is not', async () => {
  const broken = {
    teapot: [418, ''],
    noise: [200, 'not json'],
    shape: [200, '{"attributes":{"x":{"deep":1}}}'],
    trait: [200, '{"attributes":{"religion":"x"}}'],
  } as const
  for (const [id, [status, body]] of Object.entries(broken)) {
    answers.set(id, { status, body })
    const { failed } = (await hooks())[0]!
    await make(id)
    await expect.poll(async () => (await hooks())[0]!.failed, SLOW).toBe(failed + 1)
    const lead = await hub.call('GET', `/v1/leads/${id}`, { as })
    expect(lead.body).toMatchObject({ attributes: {} })
    expect(about(id).length).toBe(1)
  }
  expect((await hooks())[0]!.last_failure).toMatch(/religion.*protected/)
  answers.set('busy', { status: 503, body: '' })
  await make('busy')
  await expect
    .poll(async () => (await hooks())[0], SLOW)
    .toMatchObject({ waiting: 1, last_failure: 'answered 503' })
  // Erased, it is not asked about again.
  expect((await hub.call('DELETE', '/v1/leads/busy', { as })).status).toBe(200)
  expect((await hooks())[0]).toMatchObject({ waiting: 0 })
})

test('a full queue takes no more, and a revoked hook is asked nothing', async () => {
  const { hook_id } = (await hooks())[0]!
  await hub.database.owner.query(
    `insert into persons (workspace_id, person_id, lead_id)
     select h.workspace_id, 1000000 + n, 'bulk-' || n from enrichment_hooks h,
       generate_series(1, 10000) n where h.hook_id = $1`,
    [hook_id],
  )
  const first = async () => (await hooks())[0]!
  await expect.poll(first, SLOW).toMatchObject({ waiting: 10_000, is_full: true })
  await make('one-more')
  expect(await first()).toMatchObject({ waiting: 10_000 })
  const gone = await hub.call('DELETE', `/v1/enrichment-hooks/${hook_id}`, { as })
  expect(gone.status).toBe(204)
  expect((await hooks())[0]).toMatchObject({ waiting: 0 })
  await make('late')
  expect((await hooks())[0]).toMatchObject({ waiting: 0 })
  const again = await hub.call('DELETE', `/v1/enrichment-hooks/${hook_id}`, { as })
  expect(again.status).toBe(404)
})

test('by default no address of the own network may be registered', async () => {
  await using other = await startHub()
  const token = await other.login()
  for (const wrong of [url, 'https://127.0.0.1/x', 'https://localhost/x', 'http://example.com']) {
    const body = { name: 'inside', url: wrong }
    const made = await other.call('POST', '/v1/enrichment-hooks', { as: token, body })
    expect([wrong, made.status]).toEqual([wrong, 400])
  }
})
