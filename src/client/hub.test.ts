import { afterEach, beforeEach, expect, expectTypeOf, test, vi } from 'vitest'
import { EVENT_TYPES, PUBLIC_EVENT_TYPES } from '../core/index.ts'
import { EnterpriseHub, type ClientError, type EnterpriseHubOptions } from './index.ts'

interface Sent {
  readonly url: string
  readonly init: RequestInit
  readonly body: { events: Record<string, unknown>[] } & Record<string, unknown>
  readonly at: number
}

type Answerer = (sent: Sent) => Response | Promise<Response>

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers })
const taken: Answerer = ({ body }) =>
  json(202, { accepted: body.events.length, duplicates: 0, rejected: [] })
const problem = (status: number, code: string) => ({
  type: `https://enterprisehub.dev/problems/${code}`,
  title: code,
  status,
  detail: 'why',
  remedy: 'what to do',
})

function hubOn(answers: Answerer[], options: Partial<EnterpriseHubOptions> = {}) {
  const sent: Sent[] = []
  const errors: ClientError[] = []
  const hub = new EnterpriseHub({
    url: 'https://hub.example.com/',
    apiKey: 'eh_pk_test',
    onError: (error) => errors.push(error),
    fetch: async (input, init) => {
      const body = JSON.parse(init?.body as string) as Sent['body']
      const request = { url: input as string, init: init!, body, at: Date.now() }
      sent.push(request)
      return (answers.length > 1 ? answers.shift()! : answers[0]!)(request)
    },
    ...options,
  })
  return { hub, sent, errors }
}

const view = { leadId: 'l1', propertyId: 'p1' }

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 2, 1) })
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('the two lines of the README record an event', async () => {
  const { hub, sent } = hubOn([taken])
  const receipt = hub.recordInteraction({
    leadId: 'lead_123',
    type: 'property_view',
    propertyId: 'prop_456',
  })
  await vi.runAllTimersAsync()
  const [request] = sent
  expect(request!.url).toBe('https://hub.example.com/v1/events')
  expect(request!.init.headers).toMatchObject({ authorization: 'Bearer eh_pk_test' })
  const event_id = request!.body.events[0]!['event_id'] as string
  expect(event_id).toMatch(/^[0-9a-f]{32}$/)
  expect(request!.body.events).toEqual([
    {
      event_id,
      lead_id: 'lead_123',
      type: 'property_view',
      property_id: 'prop_456',
      timestamp: '2026-03-01T00:00:00.000Z',
    },
  ])
  expect(await receipt).toEqual({ status: 'stored', eventId: event_id })
})

test('there is a method for every public event type, and for no other', async () => {
  const { hub, sent } = hubOn([taken])
  const methods = hub as unknown as Record<string, (i: object) => Promise<unknown>>
  const camel = (name: string) => name.replace(/_(.)/g, (_, c: string) => c.toUpperCase())
  for (const name of PUBLIC_EVENT_TYPES) void methods[camel(name)]!(view)
  await vi.runAllTimersAsync()
  expect(sent.flatMap(({ body }) => body.events.map(({ type }) => type))).toEqual(
    PUBLIC_EVENT_TYPES,
  )
  for (const name of Object.keys(EVENT_TYPES).filter((n) => EVENT_TYPES[n as never]['code'] >= 80))
    expect(methods[camel(name)]).toBeUndefined()
  expectTypeOf(hub.propertySwipe).parameter(0).toHaveProperty('propertyId').toBeString()
  expectTypeOf(hub).not.toHaveProperty('engagementGraded')
})

test('events travel in batches, by size at once and by interval otherwise', async () => {
  const { hub, sent } = hubOn([taken], { batchSize: 3, intervalMs: 1_000 })
  for (let i = 0; i < 7; i++) void hub.pageVisit({ leadId: `l${i}` })
  await vi.advanceTimersByTimeAsync(10)
  expect(sent.map(({ body }) => body.events.length)).toEqual([3, 3, 1])
  void hub.pageVisit({ leadId: 'late' })
  await vi.advanceTimersByTimeAsync(999)
  expect(sent).toHaveLength(3)
  await vi.advanceTimersByTimeAsync(1)
  expect(sent).toHaveLength(4)
})

test('what failed is sent again unchanged under the same event_id, later each time', async () => {
  const down: Answerer = () => Promise.reject(new TypeError('connection refused'))
  const broken: Answerer = () => json(503, problem(503, 'unavailable'))
  const { hub, sent, errors } = hubOn([down, broken, broken, taken], { intervalMs: 0 })
  const properties = { rooms: 3 }
  const receipt = hub.propertyView({ ...view, properties })
  properties.rooms = 4
  await vi.runAllTimersAsync()
  expect(await receipt).toMatchObject({ status: 'stored' })
  expect(new Set(sent.map(({ init }) => init.body as string)).size).toBe(1)
  // Full jitter at 0.5: half of 500, 1,000 and 2,000 ms.
  expect(sent.slice(1).map(({ at }, i) => at - sent[i]!.at)).toEqual([250, 500, 1_000])
  expect(errors.map(({ kind }) => kind)).toEqual(['retrying', 'retrying', 'retrying'])
  expect(hub.statistics()).toMatchObject({ stored: 1, retries: 3, queued: 0 })
})

test('Retry-After is honoured, in seconds and as a date', async () => {
  const later: Answerer = () => json(429, problem(429, 'rate-limited'), { 'retry-after': '7' })
  const at: Answerer = () =>
    json(503, problem(503, 'unavailable'), { 'retry-after': 'Sun, 01 Mar 2026 00:01:00 GMT' })
  const { hub, sent } = hubOn([later, at, taken], { intervalMs: 0 })
  void hub.propertyView(view)
  await vi.runAllTimersAsync()
  const start = Date.UTC(2026, 2, 1)
  expect(sent.map((request) => request.at - start)).toEqual([0, 7_000, 60_000])
})

test.each([400, 401, 403, 404, 413, 422, 302])('HTTP %i is final', async (status) => {
  const { hub, sent, errors } = hubOn([() => json(status, problem(status, 'forbidden'))])
  const receipt = hub.propertyView(view)
  await vi.runAllTimersAsync()
  expect(await receipt).toMatchObject({ status: 'rejected', problem: { status } })
  expect(sent).toHaveLength(1)
  expect(errors).toMatchObject([{ kind: 'rejected' }])
})

test.each([408, 429, 500, 502, 503])('HTTP %i is tried again', async (status) => {
  const { hub, sent } = hubOn([() => json(status, {}), taken])
  const receipt = hub.propertyView(view)
  await vi.runAllTimersAsync()
  expect(await receipt).toMatchObject({ status: 'stored' })
  expect(sent).toHaveLength(2)
})

test('a bad event of a batch is named and does not take the others with it', async () => {
  const second: Answerer = () =>
    json(202, {
      accepted: 1,
      duplicates: 1,
      rejected: [{ index: 1, problem: problem(422, 'unknown-event-type') }],
    })
  const { hub } = hubOn([second])
  const receipts = ['a', 'b', 'c'].map((eventId) => hub.pageVisit({ leadId: 'l', eventId }))
  await vi.runAllTimersAsync()
  expect((await Promise.all(receipts)).map(({ status, eventId }) => [eventId, status])).toEqual([
    ['a', 'stored'],
    ['b', 'rejected'],
    ['c', 'stored'],
  ])
})

test('an answer that does not account for every event is no acknowledgement', async () => {
  const short: Answerer = () => json(202, { accepted: 0, duplicates: 0, rejected: [] })
  const page: Answerer = () => new Response('<html>hello</html>', { status: 200 })
  const { hub, sent } = hubOn([short, page, taken])
  const receipt = hub.propertyView(view)
  await vi.runAllTimersAsync()
  expect(await receipt).toMatchObject({ status: 'stored' })
  expect(sent).toHaveLength(3)
})

test('with a clock that is far off, the server gives the time', async () => {
  const wrong: Answerer = () =>
    json(202, {
      accepted: 0,
      duplicates: 0,
      rejected: [{ index: 0, problem: problem(422, 'event-time-out-of-range') }],
    })
  const { hub, sent } = hubOn([wrong, taken])
  const receipt = hub.propertyView(view)
  await vi.runAllTimersAsync()
  expect(await receipt).toMatchObject({ status: 'stored' })
  const [first, again] = sent.map(({ body }) => body.events[0]!)
  expect(again).toEqual({ ...first, timestamp: undefined })
  expect(again).not.toHaveProperty('timestamp')
  // A time the caller gave is the caller's fault.
  const { hub: other } = hubOn([wrong])
  const refused = other.propertyView({ ...view, timestamp: new Date(0) })
  await vi.runAllTimersAsync()
  expect(await refused).toMatchObject({ status: 'rejected' })
})

test('a full queue turns the newest away, and counts it', async () => {
  const { hub, sent, errors } = hubOn([taken], { queueMax: 2 })
  const receipts = [1, 2, 3].map((i) => hub.pageVisit({ leadId: `l${i}` }))
  expect(await receipts[2]).toMatchObject({ status: 'dropped', reason: 'queue-full' })
  await vi.runAllTimersAsync()
  expect(sent[0]!.body.events.map((event) => event['lead_id'])).toEqual(['l1', 'l2'])
  expect(hub.statistics()).toMatchObject({ stored: 2, dropped: { 'queue-full': 1 } })
  expect(errors).toMatchObject([{ kind: 'dropped' }])
  const small = hubOn([taken], { queueBytesMax: 200 })
  const big = small.hub.pageVisit({ leadId: 'l', properties: { text: 'x'.repeat(300) } })
  expect(await big).toMatchObject({ reason: 'queue-full' })
})

test('what cannot be delivered for too long is given up', async () => {
  const down: Answerer = () => Promise.reject(new TypeError('down'))
  const { hub } = hubOn([down], { retryForMs: 60_000 })
  const receipt = hub.propertyView(view)
  await vi.runAllTimersAsync()
  expect(await receipt).toMatchObject({ status: 'dropped', reason: 'gave-up' })
  expect(hub.statistics().queued).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('a silent server is a failed one', async () => {
  const silent: Answerer = ({ init }) =>
    new Promise((_, reject) =>
      init.signal!.addEventListener('abort', () => reject(new Error('aborted'))),
    )
  const { hub, errors } = hubOn([silent, taken], { requestTimeoutMs: 2_000 })
  const receipt = hub.propertyView(view)
  await vi.runAllTimersAsync()
  expect(await receipt).toMatchObject({ status: 'stored' })
  expect(errors[0]?.message).toMatch(/no answer in 2000 ms/)
})

test('nothing thrown and nothing rejected, whatever the host gives', async () => {
  const angry = { onError: () => expect.unreachable('ignored') }
  const { hub } = hubOn([taken], angry)
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  const getter = Object.defineProperty({}, 'type', { get: () => expect.unreachable() })
  const receipts = [
    hub.propertyView(undefined as never),
    hub.recordInteraction(null as never),
    hub.recordInteraction(getter as never),
    hub.propertyView({ ...view, properties: circular }),
    hub.propertyView({ ...view, properties: { big: 1n } }),
    hub.propertyView({ ...view, timestamp: new Date(NaN) }),
    hub.identify(undefined as never),
    hub.recordOutcome(undefined as never),
  ]
  for (const receipt of await Promise.all(receipts))
    expect(receipt).toMatchObject({ status: 'dropped', reason: 'invalid' })
  const errors: ClientError[] = []
  const onError = (error: ClientError) => errors.push(error)
  const lost = new EnterpriseHub({ url: 'hub', apiKey: 'k', onError })
  expect(await lost.propertyView(view)).toMatchObject({ reason: 'invalid' })
  expect(errors).toMatchObject([{ kind: 'configuration' }, { kind: 'dropped' }])
  new EnterpriseHub(undefined as never)
})

test('flush waits for what is queued; a closed client takes nothing', async () => {
  const { hub, sent } = hubOn([taken], { intervalMs: 60_000 })
  void hub.propertyView(view)
  const flushed = hub.flush()
  await vi.advanceTimersByTimeAsync(0)
  await flushed
  expect(sent).toHaveLength(1)
  void hub.propertyView(view)
  const closed = hub.close()
  await vi.advanceTimersByTimeAsync(0)
  await closed
  expect(sent).toHaveLength(2)
  expect(await hub.propertyView(view)).toMatchObject({ reason: 'closed' })
  const { hub: stuck } = hubOn([() => new Promise<Response>(() => undefined)])
  const receipt = stuck.propertyView(view)
  const ended = stuck.close({ timeoutMs: 500 })
  await vi.advanceTimersByTimeAsync(500)
  await ended
  expect(await receipt).toMatchObject({ status: 'dropped', reason: 'closed' })
})

test('a page that goes sends what is queued in a request that outlives it', async () => {
  const page = new EventTarget()
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  const { hub, sent } = hubOn([taken], { intervalMs: 60_000 })
  const receipt = hub.propertyView(view)
  document.dispatchEvent(new Event('visibilitychange'))
  expect(sent).toHaveLength(0)
  document.visibilityState = 'hidden'
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(0)
  expect(sent[0]!.init.keepalive).toBe(true)
  expect(await receipt).toMatchObject({ status: 'stored' })
  void hub.propertyView(view)
  page.dispatchEvent(new Event('pagehide'))
  expect(sent).toHaveLength(2)
  await vi.runAllTimersAsync()
  expect(sent).toHaveLength(2)
  await hub.close()
  vi.unstubAllGlobals()
})

test('identify and outcomes go to their own routes, in order', async () => {
  const one: Answerer = () => json(200, { success: true })
  const outcome: Answerer = () => json(201, { outcome_recorded: true })
  const { hub, sent } = hubOn([taken, one, outcome], { intervalMs: 0 })
  void hub.pageVisit({ anonymousId: 'a1', context: { sessionId: 's1', deviceType: 'phone' } })
  void hub.identify({ anonymousId: 'a1', leadId: 'l1' })
  void hub.recordOutcome({ leadId: 'l1', outcomeType: 'offer_submitted', details: { price: 1 } })
  await vi.runAllTimersAsync()
  expect(sent.map(({ url }) => new URL(url).pathname)).toEqual([
    '/v1/events',
    '/v1/identify',
    '/v1/outcomes',
  ])
  expect(sent[0]!.body.events[0]).toMatchObject({
    context: { session_id: 's1', device_type: 'phone' },
  })
  expect(sent[1]!.body).toMatchObject({ userId: 'l1', anonymousId: 'a1' })
  expect(sent[2]!.body).toMatchObject({ outcome_type: 'offer_submitted', details: { price: 1 } })
  expect(hub.statistics().stored).toBe(3)
})
