/** Webhooks of GoHighLevel on the running product: who is believed, and what becomes of them. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access -- answers of every shape are read */
import { generateKeyPairSync, sign } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { servedSink } from '../src/cli/import/served.ts'
import {
  backfill,
  createGhlClient,
  isSigned,
  loadOperations,
  seedLocation,
  startFake,
  webhookKeys,
} from '../src/integrations/index.ts'
import { EVENT_TYPES, eventTypeOfCode } from '../src/core/index.ts'
import { seededRandom } from '../src/math/index.ts'
import { systemClock } from '../src/platform/index.ts'
import { erasePerson } from '../src/store/index.ts'
import { startHub, type Hub } from './support/hub.ts'
import { makeWorkspace } from './support/workspaces.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 })
const LOCATION = 'loc1'
const TOKEN = 'pit-test-token'
const PATH = '/api/ghl/webhook'
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()

let hub: Hub
let admin: string
let mainId: number
beforeAll(async () => {
  // As it comes out of files of settings: line breaks written out.
  hub = await startHub({ GHL_WEBHOOK_PUBLIC_KEY: pem.replaceAll('\n', '\\n') })
  admin = await hub.login()
  mainId = await makeWorkspace(hub.database, 'main')
})
afterAll(() => hub.close())

async function send(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(hub.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  })
  const answer = (await response.json()) as object
  return {
    status: response.status,
    body: answer as { type?: string; name?: string; duplicate?: boolean; stored?: boolean },
  }
}
const signature = (body: string | Buffer): string =>
  sign(null, Buffer.from(body), privateKey).toString('base64')
const deliver = (payload: object) => {
  const body = JSON.stringify(payload)
  return send(PATH, body, { 'x-ghl-signature': signature(body) })
}

/** Many at once, as they come; answers whether they were stored. */
async function deliverAll(payloads: readonly object[]): Promise<Set<boolean | undefined>> {
  const stored = new Set<boolean | undefined>()
  for (let i = 0; i < payloads.length; i += 20)
    for (const { body } of await Promise.all(payloads.slice(i, i + 20).map(deliver)))
      stored.add(body.stored)
  return stored
}

let number = 0
const webhook = (type: string, fields: object, sentAt = Date.now()) => ({
  ...fields,
  type,
  locationId: LOCATION,
  timestamp: new Date(sentAt).toISOString(),
  webhookId: `webhook-${++number}`,
})

async function settled(): Promise<void> {
  for (;;) {
    const { rows } = await hub.database.owner.query<{ n: number }>(
      `select count(*)::int as n from ghl_deliveries where state = 'due'`,
    )
    if (rows[0]!.n === 0) return
    await sleep(20)
  }
}
async function stored(leadId?: string) {
  const { rows } = await hub.database.owner.query<{ event_id: string; type: number }>(
    `select l.body->>'event_id' as event_id, l.type from event_log l
     join persons p using (workspace_id, person_id)
     where $1::text is null or p.lead_id = $1 order by 1`,
    [leadId ?? null],
  )
  return rows.map(({ event_id, type }) => `${eventTypeOfCode(type)} ${event_id}`)
}
async function lead(leadId: string) {
  const { rows } = await hub.database.owner.query<{ attributes: Record<string, unknown> }>(
    'select attributes from persons where lead_id = $1',
    [leadId],
  )
  return rows[0]
}
async function endOf(type: string) {
  const { rows } = await hub.database.owner.query<{ state: string; detail: string; kept: boolean }>(
    `select state, detail, body is not null as kept from ghl_deliveries where type = $1
     order by delivery_id desc limit 1`,
    [type],
  )
  return rows[0]
}
const secretAddress = async (name = 'Workflows') => {
  const made = await hub.call('POST', '/v1/ghl/hooks', { as: admin, body: { name } })
  expect(made.status).toBe(201)
  return made.body as { hook_id: number; path: string; hint: string }
}

describe('who is believed', () => {
  test('only the bytes that were signed, with the key of the settings', async () => {
    const body = JSON.stringify(webhook('ContactCreate', { id: 'signed-1', name: 'Ann Lee' }))
    const good = signature(body)
    const foreign = generateKeyPairSync('ed25519').privateKey
    const others: [string | Buffer, Record<string, string>][] = [
      [body, {}],
      [body, { 'x-ghl-signature': 'N/A' }],
      [body, { 'x-ghl-signature': '' }],
      // The last byte of a signature is 0 for one in sixteen: another one, whatever it is.
      [body, { 'x-ghl-signature': `${good.slice(0, -4)}${good.endsWith('AA==') ? 'AQ' : 'AA'}==` }],
      [body, { 'x-ghl-signature': sign(null, Buffer.from(body), foreign).toString('base64') }],
      [body, { 'x-wh-signature': good }],
      [`${body} `, { 'x-ghl-signature': good }],
      [JSON.stringify(JSON.parse(body), null, 1), { 'x-ghl-signature': good }],
      [body.replace('Ann', 'Bob'), { 'x-ghl-signature': good }],
    ]
    for (const [bytes, headers] of others) {
      const answer = await send(PATH, bytes, headers)
      expect([answer.status, answer.body.type]).toEqual([
        401,
        'https://enterprisehub.dev/problems/webhook-not-verified',
      ])
    }
    const { rows } = await hub.database.owner.query('select from ghl_deliveries')
    expect(rows.length).toBe(0)
    const answer = await send(PATH, body, { 'x-ghl-signature': good })
    expect(answer).toEqual({
      status: 200,
      body: { received: true, stored: true, duplicate: false },
    })
    await settled()
    expect((await lead('signed-1'))?.attributes['name']).toBe('Ann Lee')
  })

  test('whatever is signed but no JSON object is told so; too large is refused', async () => {
    for (const body of ['', '[1]', 'null', '{"a":', Buffer.from([0xff, 0x7b])]) {
      const answer = await send(PATH, body, { 'x-ghl-signature': signature(body) })
      expect([answer.status, answer.body.type]).toEqual([
        400,
        'https://enterprisehub.dev/problems/malformed-json',
      ])
    }
    const huge = JSON.stringify({ text: 'x'.repeat(1_100_000) })
    expect((await send(PATH, huge, { 'x-ghl-signature': signature(huge) })).status).toBe(413)
  })

  test('a flood of wrong signatures is told to wait; right ones still come through', async () => {
    const statuses = new Set<number>()
    for (let i = 0; i < 130; i++)
      statuses.add((await send(PATH, '{}', { 'x-ghl-signature': 'wrong' })).status)
    expect([...statuses].sort()).toEqual([401, 429])
    const { status } = await deliver(webhook('ContactUpdate', { id: 'signed-1' }))
    expect(status).toBe(200)
  })

  test('the first location is adopted where the key is given; any further is not stored', async () => {
    const { body } = await deliver({ ...webhook('ContactCreate', { id: 'x' }), locationId: 'loc2' })
    expect(body).toEqual({ received: true, stored: false, duplicate: false })
    await settled()
    expect(await lead('x')).toBeUndefined()
  })

  test('a setting that is no Ed25519 key is refused; two of them both count', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    const wrong = rsa.export({ type: 'spki', format: 'pem' }).toString()
    for (const text of [wrong, pem + wrong, pem.slice(0, -30), 'nonsense'])
      expect(() => webhookKeys(text)).toThrow(/must hold Ed25519/)
    const next = generateKeyPairSync('ed25519')
    const both = webhookKeys(
      `${next.publicKey.export({ type: 'spki', format: 'pem' }).toString()}${pem}`,
    )
    expect(isSigned(Buffer.from('x'), signature('x'), both)).toBe(true)
    expect(isSigned(Buffer.from('x'), signature('x'), both.slice(0, 1))).toBe(false)
    expect(webhookKeys(undefined)).toHaveLength(1)
  })
})

describe('what becomes of them', () => {
  test('the same webhookId is taken once, whatever it says then', async () => {
    const first = webhook('InboundMessage', {
      contactId: 'signed-1',
      messageId: 'm-1',
      messageType: 'SMS',
      direction: 'inbound',
      body: 'Is it still available?',
      dateAdded: '2026-03-01T10:00:00.000Z',
    })
    expect((await deliver(first)).body.duplicate).toBe(false)
    expect((await deliver(first)).body.duplicate).toBe(true)
    expect((await deliver({ ...first, messageId: 'm-2' })).body.duplicate).toBe(true)
    await settled()
    expect(await stored('signed-1')).toEqual(['sms_received ghl-message-m-1'])
    expect(await endOf('InboundMessage')).toEqual({ state: 'done', detail: null, kept: false })
    // The same message in a delivery of its own is the same event.
    await deliver({ ...first, webhookId: 'another' })
    await settled()
    expect(await stored('signed-1')).toEqual(['sms_received ghl-message-m-1'])
  })

  test('news in any order, any of them repeated, end in the same picture', async () => {
    const story = (id: string) => {
      const at = Date.parse('2026-04-01T00:00:00Z')
      const opportunity = (status: string, day: number) =>
        webhook(
          'OpportunityStatusUpdate',
          { id: `o-${id}`, contactId: id, status, monetaryValue: 5, dateAdded: '2026-04-01' },
          at + day * 86_400_000,
        )
      const contact = { id, dateAdded: '2026-04-01T00:00:00Z' }
      const message = { contactId: id, messageType: 'SMS', body: 'Hello' }
      return [
        webhook('ContactCreate', { ...contact, name: 'Ann', city: 'Austin' }, at),
        webhook('ContactUpdate', { ...contact, name: 'Ann Lee', city: 'Dallas' }, at + 1_000),
        webhook('InboundMessage', { ...message, messageId: `1-${id}`, dateAdded: '2026-04-02' }),
        webhook('OutboundMessage', { ...message, messageId: `2-${id}`, dateAdded: '2026-04-03' }),
        opportunity('open', 3),
        opportunity('lost', 5),
        webhook('NoteCreate', { id: `n-${id}`, contactId: id, body: 'x', dateAdded: '2026-04-04' }),
      ]
    }
    let n = 0
    const indexes = [...story('').keys()]
    const order = fc.shuffledSubarray(indexes, { minLength: indexes.length })
    await fc.assert(
      fc.asyncProperty(order, fc.subarray(indexes), async (orders, again) => {
        const id = `story-${++n}`
        const all = story(id)
        for (const i of [...orders, ...again]) expect((await deliver(all[i]!)).status).toBe(200)
        await settled()
        expect((await stored(id)).map((text) => text.replaceAll(id, 'story'))).toEqual([
          'sms_received ghl-message-1-story',
          'sms_sent ghl-message-2-story',
          'note_added ghl-note-n-story',
          'lost ghl-opportunity-o-story-lost',
        ])
        expect((await lead(id))?.attributes).toMatchObject({ name: 'Ann Lee', city: 'Dallas' })
      }),
      { numRuns: 6, endOnFailure: true },
    )
  })

  test('what nobody knows is kept with its reason; what is of no use is not', async () => {
    await deliver(webhook('SomethingNew', { contactId: 'signed-1', what: 'ever' }))
    await deliver(webhook('TaskCreate', { contactId: 'signed-1' }))
    await deliver(webhook('NoteCreate', { contactId: 'signed-1', body: 'no id' }))
    await settled()
    expect(await endOf('SomethingNew')).toEqual({
      state: 'quarantined',
      detail: 'unknown type "SomethingNew"',
      kept: true,
    })
    expect(await endOf('TaskCreate')).toMatchObject({ state: 'done', kept: false })
    expect(await endOf('NoteCreate')).toMatchObject({ state: 'quarantined', kept: true })
    expect((await endOf('NoteCreate'))?.detail).toMatch(/^not a note: /)
  })

  test('what a recipient did with an e-mail is told of the lead with that address, once', async () => {
    await deliver(webhook('ContactCreate', { id: 'reader', email: 'Reader@Example.com' }))
    await settled()
    const statistic = (event: string, fields: object = {}) =>
      webhook('LCEmailStats', {
        webhookPayload: {
          ...{ event, id: `stat-${event}`, timestamp: 1_772_000_000 },
          ...{ recipient: 'reader@example.com', ...fields },
        },
      })
    for (const event of ['opened', 'clicked', 'clicked', 'unsubscribed', 'delivered', 'failed'])
      await deliver(statistic(event, { url: 'https://example.com/home-1' }))
    await deliver(statistic('opened', { recipient: 'nobody@example.com' }))
    await settled()
    expect(await endOf('LCEmailStats')).toMatchObject({
      state: 'done',
      detail: 'its recipient is no lead',
      kept: false,
    })
    const types = (await stored('reader')).map((text) => text.split(' ')[0])
    expect(types.sort()).toEqual(['email_click', 'email_open', 'unsubscribed'])
    for (const odd of [statistic('teleported'), statistic('opened', { timestamp: 'soon' })]) {
      await deliver(odd)
      await settled()
      expect(await endOf('LCEmailStats')).toMatchObject({ state: 'quarantined', kept: true })
    }
  })

  test('an opportunity or appointment that is edited counts as it is now, however often it changed', async () => {
    await deliver(webhook('ContactCreate', { id: 'edited', name: 'Eve' }))
    const deal = (status: string, day: number) =>
      webhook(
        'OpportunityStatusUpdate',
        { id: 'deal', contactId: 'edited', status, dateAdded: '2026-04-01' },
        Date.parse(`2026-04-0${day}T00:00:00Z`),
      )
    const visit = (appointmentStatus: string, startTime = '2026-04-05T10:00:00Z') =>
      webhook('AppointmentUpdate', {
        appointment: {
          ...{ id: 'visit', contactId: 'edited', title: 'Tour', appointmentStatus, startTime },
          ...{ dateAdded: '2026-04-01T10:00:00Z' },
        },
      })
    const holding = async () => {
      const { rows } = await hub.database.owner.query<{ event_id: string; day: string }>(
        `select l.body->>'event_id' as event_id, to_char(l.event_time, 'MM-DD') as day
         from event_log l join persons p using (workspace_id, person_id)
         where p.lead_id = 'edited' and l.type <> $1 and not exists (select from event_log u
           where u.workspace_id = l.workspace_id and u.type = $1
             and u.body->'properties'->'target_position' = to_jsonb(l.position)) order by 1`,
        [EVENT_TYPES.entry_undone.code],
      )
      return rows.map(({ event_id, day }) => `${event_id.replace('ghl-', '')} ${day}`)
    }
    for (const news of [deal('open', 2), deal('won', 3), deal('won', 4), deal('lost', 5)])
      await deliver(news)
    await settled()
    expect(await holding()).toEqual(['opportunity-deal-lost 04-05'])
    // Told late, and long since overtaken.
    await deliver(deal('won', 3))
    await settled()
    expect(await holding()).toEqual(['opportunity-deal-lost 04-05'])
    await deliver(deal('won', 6))
    await settled()
    expect(await holding()).toEqual(['opportunity-deal-won-2 04-06'])
    await deliver(deal('open', 7))
    await settled()
    expect(await holding()).toEqual([])
    for (const news of [visit('confirmed'), visit('showed'), visit('showed')]) await deliver(news)
    await settled()
    const came = ['appointment-visit-booked 04-01', 'appointment-visit-showed 04-05']
    expect(await holding()).toEqual(came)
    await deliver(visit('showed', '2026-04-08T10:00:00Z'))
    await settled()
    expect(await holding()).toEqual([
      'appointment-visit-booked-2 04-01',
      'appointment-visit-showed-2 04-08',
    ])
    await deliver(visit('noshow', '2026-04-08T10:00:00Z'))
    await settled()
    expect(await holding()).toEqual([
      'appointment-visit-booked-2 04-01',
      'appointment-visit-noshow 04-08',
    ])
    const { rows } = await hub.database.owner.query(`select type from outcomes o
      join persons p using (workspace_id, person_id) where p.lead_id = 'edited'`)
    expect(rows).toEqual([{ type: EVENT_TYPES.tour_scheduled.code }])
  })

  test('hostile fields never stop those that come after', async () => {
    const types = ['ContactUpdate', 'InboundMessage', 'AppointmentCreate', 'OpportunityUpdate']
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom('\u0000', '\ud800', 1e300, -1, ''))
    const keys = ['id', 'contactId', 'dateAdded', 'appointment', 'status', 'email', 'phone', 'tags']
    const record = fc.dictionary(fc.constantFrom(...keys, 'timestamp', 'customFields'), field)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...types), record, async (type, fields) => {
        const body = { ...webhook(type, {}), contactId: 'signed-1', ...fields }
        const { status } = await deliver({ ...body, locationId: LOCATION, type })
        expect(status).toBe(200)
      }),
      { numRuns: 80, endOnFailure: true },
    )
    await settled()
    const { rows } = await hub.database.owner.query(
      `select detail from ghl_deliveries where detail like 'could not be taken in%'`,
    )
    expect(rows).toEqual([])
  })

  test('who was erased stays erased, and what waited for them is gone', async () => {
    await deliver(webhook('ContactCreate', { id: 'gone', name: 'Zed', email: 'zed@example.com' }))
    await settled()
    await deliver(webhook('SomethingNew', { contactId: 'gone', text: 'about Zed' }))
    await settled()
    const { rows } = await hub.database.owner.query<{ person_id: string }>(
      `select person_id from persons where lead_id = 'gone'`,
    )
    await erasePerson(hub.database.app, mainId, Number(rows[0]!.person_id))
    expect(await endOf('SomethingNew')).toEqual({ state: 'done', detail: 'erased', kept: false })
    await deliver(webhook('ContactUpdate', { id: 'gone', name: 'Zed' }))
    await deliver(
      webhook('InboundMessage', { contactId: 'gone', messageId: 'late', messageType: 'SMS' }),
    )
    await settled()
    expect(await lead('gone')).toBeUndefined()
    expect(await endOf('ContactUpdate')).toEqual({ state: 'done', detail: 'erased', kept: false })
    expect(await endOf('InboundMessage')).toEqual({ state: 'done', detail: 'erased', kept: false })
  })
})

describe('secret addresses', () => {
  const run = (fields: object = {}) => ({
    contact_id: 'flow-1',
    first_name: 'Mia',
    last_name: 'Park',
    full_name: 'Mia Park',
    email: 'mia@example.com',
    phone: '+15125550117',
    tags: 'buyer, relocating',
    country: 'US',
    date_created: '2026-02-01T12:00:00.000Z',
    contact_type: 'lead',
    location: { id: LOCATION, name: 'Team' },
    workflow: { id: 'w1', name: 'New lead' },
    triggerData: {},
    customData: {},
    ...fields,
  })

  test('take workflows unsigned, once within the hour, with events that they name', async () => {
    const { path, hint } = await secretAddress()
    expect(path).toMatch(/^\/api\/ghl\/webhook\/[\w-]{43}$/)
    const first = await send(path, JSON.stringify(run()))
    expect(first).toEqual({ status: 200, body: { received: true, stored: true, duplicate: false } })
    expect((await send(path, JSON.stringify(run()))).body.duplicate).toBe(true)
    const toured = run({
      customData: { event_type: 'tour_completed', timestamp: '2026-02-03T10:00:00Z', who: 'Jo' },
    })
    await send(path, JSON.stringify(toured))
    await send(path, JSON.stringify(run({ customData: { event_type: 'nonsense' } })))
    await settled()
    const { attributes } = (await lead('flow-1'))!
    expect(attributes).toMatchObject({ name: 'Mia Park', tags: ['buyer', 'relocating'] })
    const [event, ...more] = await stored('flow-1')
    expect(event).toMatch(/^tour_completed ghl-workflow-/)
    expect(more).toEqual([])
    expect((await endOf('workflow'))?.detail).toBe('customData.event_type is no event type')
    const listed = await hub.call('GET', '/v1/ghl/hooks', { as: admin })
    expect(listed.body.items[0]).toMatchObject({ name: 'Workflows', hint, revoked_at: null })
    expect(JSON.stringify(listed.body)).not.toContain(path.slice(-43))
    expect(hub.logged()).not.toContain(path.slice(-43))
  })

  test('a revoked or guessed address does not exist; only administrators make them', async () => {
    const { path, hook_id } = await secretAddress('Old')
    expect((await hub.call('DELETE', `/v1/ghl/hooks/${hook_id}`, { as: admin })).status).toBe(204)
    const guess = `${PATH}/${'A'.repeat(43)}`
    for (const address of [path, guess, `${PATH}/short`, `${PATH}/%00`]) {
      const { status } = await send(address, JSON.stringify(run({ contact_id: 'flow-2' })))
      expect([404, 429]).toContain(status)
    }
    await settled()
    expect(await lead('flow-2')).toBeUndefined()
    expect((await hub.call('DELETE', '/v1/ghl/hooks/999', { as: admin })).status).toBe(404)
    const body = { email: 'agent@example.com', name: 'Agent', role: 'agent' }
    const password = 'twelve letters or more'
    await hub.call('POST', '/v1/users', { as: admin, body: { ...body, password } })
    const agent = await hub.login(body.email, password)
    for (const method of ['GET', 'POST'])
      expect(
        (
          await hub.call(method, '/v1/ghl/hooks', {
            as: agent,
            ...(method === 'POST' && { body: { name: 'x' } }),
          })
        ).status,
      ).toBe(403)
  })
})

describe('beside the import', () => {
  const UNTIL = Date.parse('2026-06-01T00:00:00Z')

  /** A location that is imported into a workspace of its own. */
  async function imported(slug: string) {
    const operations = await loadOperations(process.env['EH_SHARED'] ?? '../shared')
    const random = seededRandom(11)
    const shape = { locationId: slug, contacts: 20, messages: 120, users: 2, until: UNTIL }
    const location = seedLocation({ ...shape, random })
    const faults = { burst: null }
    const fake = await startFake({
      ...{ operations, location, faults, token: TOKEN, port: 0, clock: systemClock },
    })
    const { database } = hub
    const workspaceId = await makeWorkspace(database, slug)
    const run = () =>
      backfill({
        database,
        workspaceId,
        client: createGhlClient({
          ...{ baseUrl: fake.url, token: TOKEN, rate: 1e6, timeoutMs: 5_000 },
          ...{ clock: systemClock, random: seededRandom(1), sleep },
        }),
        locationId: slug,
        clock: systemClock,
        history: false,
        sellerPipelines: [],
        openSink: servedSink(database),
        onProgress: () => undefined,
      })
    /** What GoHighLevel would have sent for everything that is there. */
    const webhooks = [
      ...location.contacts.map((one) => webhook('ContactUpdate', one, UNTIL)),
      ...location.messages.map(({ id, messageType, meta, ...message }) =>
        webhook(message.direction === 'inbound' ? 'InboundMessage' : 'OutboundMessage', {
          ...message,
          ...meta,
          messageId: id,
          messageType: messageType!.replace('TYPE_', ''),
        }),
      ),
      ...location.appointments.map((appointment) =>
        webhook('AppointmentUpdate', { appointment }, UNTIL),
      ),
      ...location.opportunities.map(({ createdAt, ...one }) =>
        webhook(
          'OpportunityUpdate',
          {
            ...{ id: one.id, contactId: one.contactId, status: one.status },
            ...{ pipelineId: one.pipelineId, pipelineStageId: one.pipelineStageId },
            ...{ monetaryValue: one.monetaryValue, dateAdded: createdAt },
          },
          UNTIL,
        ),
      ),
      ...[...location.notes.values()].flat().map((note) => webhook('NoteCreate', note, UNTIL)),
    ].map((payload) => ({ ...payload, locationId: slug }))
    const picture = async () => {
      const { rows: events } = await database.owner.query(
        `select l.type, p.lead_id, l.body->>'event_id' as id from event_log l
         join persons p using (workspace_id, person_id) where l.workspace_id = $1 order by 2, 3`,
        [workspaceId],
      )
      const { rows: leads } = await database.owner.query(
        `select lead_id, stage, attributes from persons where workspace_id = $1 order by 1`,
        [workspaceId],
      )
      return { events, leads }
    }
    const close = () => fake.close()
    return { location, run, webhooks, picture, workspaceId, [Symbol.asyncDispose]: close }
  }

  test('webhooks of what was imported add nothing', async () => {
    await using here = await imported('import-first')
    await here.run()
    const before = await here.picture()
    expect(before.events.length).toBeGreaterThan(120)
    expect(await deliverAll(here.webhooks)).toEqual(new Set([true]))
    await settled()
    expect(await here.picture()).toEqual(before)
  })

  test('an import of what webhooks told adds nothing that they told', async () => {
    await using here = await imported('webhooks-first')
    // Connected, and nothing read yet: what a token that expires at once leaves behind.
    await hub.database.owner.query(
      `insert into ghl_locations (workspace_id, location_id, settings)
       select $1, 'webhooks-first', settings from ghl_locations where location_id = 'import-first'`,
      [here.workspaceId],
    )
    await deliverAll(here.webhooks)
    await settled()
    const { events } = await here.picture()
    expect(events.length).toBeGreaterThan(120)
    const { counts } = await here.run()
    const after = await here.picture()
    expect(after.events).toEqual(events)
    expect(counts.refused).toEqual({})
    expect(counts.events.new).toBe(0)
  })

  test('messages that came without an id are there once, however often the import is repeated', async () => {
    await using here = await imported('unnamed-first')
    await hub.database.owner.query(
      `insert into ghl_locations (workspace_id, location_id, settings)
       select $1, 'unnamed-first', settings from ghl_locations where location_id = 'import-first'`,
      [here.workspaceId],
    )
    const isMessage = ({ type }: { type: string }) => /^(In|Out)boundMessage$/.test(type)
    await deliverAll(
      here.webhooks.map((one) => (isMessage(one) ? { ...one, messageId: undefined } : one)),
    )
    await settled()
    const { events } = await here.picture()
    expect(events.filter(({ id }) => String(id).includes('-unnamed-')).length).toBeGreaterThan(90)
    for (let i = 0; i < 2; i++) {
      const { counts } = await here.run()
      expect([counts.events.new, counts.refused]).toEqual([0, {}])
      expect((await here.picture()).events).toEqual(events)
    }
  })

  test('a location of one workspace never reaches another', async () => {
    const { rows } = await hub.database.owner.query<{ slug: string; locations: string[] }>(
      `select w.slug, array_agg(distinct l.location_id) as locations
       from ghl_locations l join workspaces w using (workspace_id) group by 1 order by 1`,
    )
    expect(rows).toEqual([
      { slug: 'import-first', locations: ['import-first'] },
      { slug: 'main', locations: [LOCATION] },
      { slug: 'unnamed-first', locations: ['unnamed-first'] },
      { slug: 'webhooks-first', locations: ['webhooks-first'] },
    ])
    const payload = webhook('ContactCreate', { id: 'only-here', name: 'Una' })
    await deliver({ ...payload, locationId: 'import-first' })
    await settled()
    const { rows: where } = await hub.database.owner.query<{ slug: string }>(
      `select w.slug from persons p join workspaces w using (workspace_id)
       where p.lead_id = 'only-here'`,
    )
    expect(where).toEqual([{ slug: 'import-first' }])
  })
})
