/** What people do with leads, and taking it back: over HTTP against a whole product. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment --
   answers of every shape are read here, and a wrong guess fails the test */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHub, type Hub, type Reply } from './support/hub.ts'

let hub: Hub
let admin: string
const PASSWORD = 'long enough for all'
const DAY = 86_400_000

beforeAll(async () => {
  hub = await startHub()
  admin = await hub.login()
})
afterAll(() => hub.close())

const post = (path: string, body: unknown, as = admin): Promise<Reply> =>
  hub.call('POST', path, { as, body })
const get = (path: string, as = admin): Promise<Reply> => hub.call('GET', path, { as })
const undo = (lead: string, position: unknown, as = admin): Promise<Reply> =>
  post(`/v1/leads/${lead}/undo`, { position }, as)
const ahead = (days: number): string => new Date(Date.now() + days * DAY).toISOString()

async function person(team: string, email: string): Promise<{ id: number; as: string }> {
  const body = { email, name: email, role: 'agent', team, password: PASSWORD }
  const added = await post('/v1/users', body)
  return { id: added.body.user_id as number, as: await hub.login(email, PASSWORD) }
}

const ids = (reply: Reply): string[] =>
  (reply.body.items as { lead_id: string }[]).map((lead) => lead.lead_id)

/** A feature of a lead as it is served, once everything is folded. */
async function feature(lead: string, name: string): Promise<unknown> {
  const { body } = await get(`/v1/leads/${lead}/features`)
  const items = body.items as { feature: string; value: unknown }[]
  return items.find((item) => item.feature === name)!.value
}

test('a call is logged with its result, and undone it did not happen', async () => {
  await post('/v1/leads', { lead_id: 'c1', name: 'Cal' })
  const call = await post('/v1/leads/c1/calls', { result: 'voicemail', note: 'call after six' })
  expect(call.status).toBe(201)
  const at = call.body.position as number
  const first = (await get('/v1/leads/c1/timeline')).body.items[0]
  expect(first).toMatchObject({ type: 'call_placed', position: at, undone_at: null })
  expect(first.properties).toMatchObject({ result: 'voicemail', note: 'call after six' })
  expect(first.properties.by).toMatch(/^user:\d+$/)
  expect((await post('/v1/leads/c1/calls', { result: 'sang' })).status).toBe(400)
  const list = await get('/v1/leads?q=c1')
  expect(list.body.items[0].last_event.type).toBe('call_placed')

  expect((await undo('c1', at)).body.undone).toEqual({ position: at, type: 'call_placed' })
  const { items } = (await get('/v1/leads/c1/timeline')).body
  expect(items).toHaveLength(1)
  expect(items[0].undone_at).not.toBeNull()
  expect((await get('/v1/leads?q=c1')).body.items[0].last_event).toBeNull()
  expect((await undo('c1', at)).status).toBe(409)
  expect((await undo('c1', at + 1_000_000)).status).toBe(404)
})

test('every outcome has its success score, and a workspace may say otherwise', async () => {
  const usual = {
    property_purchased: 1,
    offer_submitted: 0.9,
    listing_signed: 0.9,
    converted_to_seller: 0.8,
    tour_scheduled: 0.7,
    inquiry_submitted: 0.5,
    email_open: 0.3,
    deal_fell_through: 0.2,
    inactivity: -0.3,
    agent_changed: -0.5,
    lost: -0.6,
    churn: -0.8,
    unsubscribed: -1,
  }
  const scoreOf = async (outcome_type: string): Promise<unknown> => {
    const told = await post('/v1/outcomes', { lead_id: 'o1', outcome_type })
    expect(told.status).toBe(201)
    return told.body.success_score
  }
  for (const [type, score] of Object.entries(usual)) expect(await scoreOf(type), type).toBe(score)
  const told = (await get('/v1/leads/o1/timeline')).body.items as { type: string }[]
  expect(told.map(({ type }) => type).toSorted()).toEqual(Object.keys(usual).toSorted())
  const set = (settings: object) =>
    hub.database.owner.query(`update workspaces set settings = $1 where slug = 'main'`, [settings])
  await set({ outcomes: { success: { tour_scheduled: 0.4 } } })
  expect([await scoreOf('tour_scheduled'), await scoreOf('churn')]).toEqual([0.4, -0.8])
  await set({ outcomes: { success: { tour_scheduled: 4 } } })
  const wrong = await post('/v1/outcomes', { lead_id: 'o1', outcome_type: 'tour_scheduled' })
  expect(wrong.status).toBe(400)
  expect(wrong.body.detail).toContain('outcomes.success.tour_scheduled')
  await set({})
})

test('an undone tour leaves the features of the lead, served and kept', async () => {
  await post('/v1/leads', { lead_id: 't1' })
  const tour = { lead_id: 't1', outcome_type: 'tour_scheduled', details: { property_id: 'h' } }
  const first = await post('/v1/outcomes', tour)
  await post('/v1/outcomes', tour)
  expect(first.status).toBe(201)
  await hub.folded()
  expect(await feature('t1', 'tour_request_count')).toBe(2)
  const kept = `select encode(s.state, 'hex') as state from lead_states s join persons p
    using (workspace_id, person_id) where p.lead_id = $1`
  await undo('t1', first.body.position)
  await hub.folded()
  expect(await feature('t1', 'tour_request_count')).toBe(1)
  // What the worker keeps is what a fold from the log gives.
  const rows = await hub.database.owner.query<{ state: string }>(kept, ['t1'])
  const { decodeState, rebuildTrack } = await import('../src/features/index.ts')
  const { rows: who } = await hub.database.owner.query<{ w: number; p: string }>(
    `select workspace_id as w, person_id as p from persons where lead_id = 't1'`,
  )
  const lead = { workspaceId: who[0]!.w, personId: Number(who[0]!.p) }
  const { track } = await rebuildTrack(hub.database.app, lead, Number.MAX_SAFE_INTEGER)
  expect(decodeState(Buffer.from(rows.rows[0]!.state, 'hex'))).toEqual(track.state)
  // So does a log that is folded from its beginning, lead by lead.
  const { rows: whole } = await hub.database.app.query<{ position: string }>(
    'select position from read_leads($1, $2, $3)',
    [[lead.workspaceId], [lead.personId], Number.MAX_SAFE_INTEGER],
  )
  const positions = whole.map(({ position }) => Number(position))
  expect(positions).not.toContain(first.body.position)
  expect(positions).toHaveLength(2)
  const { rows: outcomes } = await hub.database.owner.query(
    'select from outcomes where person_id = $1',
    [lead.personId],
  )
  expect(outcomes).toHaveLength(1)
})

test('an event is taken back by its event_id, too', async () => {
  const event = { lead_id: 'e1', type: 'tour_completed', event_id: 'tour-of-e1' }
  await post('/v1/events', event)
  const taken = await post('/v1/leads/e1/undo', { event_id: 'tour-of-e1' })
  expect(taken.body.undone.type).toBe('tour_completed')
  expect((await post('/v1/leads/e1/undo', { event_id: 'none' })).status).toBe(404)
  expect((await post('/v1/leads/e1/undo', {})).status).toBe(400)
})

test('what a lead reported itself cannot be taken back by others', async () => {
  await post('/v1/outcomes', { lead_id: 'u1', outcome_type: 'unsubscribed' })
  const { position, undoable } = (await get('/v1/leads/u1/timeline')).body.items[0]
  expect(undoable).toBe(false)
  expect((await undo('u1', position)).status).toBe(409)
})

test('snoozed and hidden leads leave the call-next list, and come back', async () => {
  for (const lead_id of ['s1', 's2', 's3']) await post('/v1/leads', { lead_id, stage: 'sight' })
  const shown = async (more = ''): Promise<string[]> =>
    ids(await get(`/v1/leads?stage=sight${more}`)).sort()
  const snoozed = await post('/v1/leads/s1/snooze', { until: ahead(3) })
  const hidden = await post('/v1/leads/s2/hide', {})
  expect(await shown('&sort=call_next')).toEqual(['s3'])
  expect(await shown('&show=active')).toEqual(['s3'])
  expect(await shown('&show=snoozed')).toEqual(['s1'])
  expect(await shown('&show=hidden')).toEqual(['s2'])
  expect(await shown()).toEqual(['s1', 's2', 's3'])
  expect((await get('/v1/leads/s1')).body.snoozed_until).toMatch(/Z$/)
  for (const until of ['yesterday', ahead(-1), ahead(4_000)])
    expect((await post('/v1/leads/s1/snooze', { until })).status).toBe(400)
  await undo('s1', snoozed.body.position)
  await undo('s2', hidden.body.position)
  expect(await shown('&sort=call_next')).toEqual(['s1', 's2', 's3'])
  // A time that has passed no longer counts.
  await post('/v1/leads/s1/snooze', { until: ahead(1) })
  await hub.database.owner.query(
    `update persons set snoozed_until = now() - interval '1 second' where lead_id = 's1'`,
  )
  expect(await shown('&sort=call_next')).toEqual(['s1', 's2', 's3'])
  await post('/v1/leads/s2/hide', {})
  await post('/v1/leads/s2/hide', { hidden: false })
  expect(await shown('&show=hidden')).toEqual([])
})

test('a change is an entry; undone, each field falls back to what still holds', async () => {
  await post('/v1/leads', { lead_id: 'p1', name: 'Ann', stage: 'new', email: 'ann@x.example' })
  const patch = async (body: unknown): Promise<number> =>
    (await hub.call('PATCH', '/v1/leads/p1', { as: admin, body })).body.position as number
  const first = await patch({ stage: 'active', name: 'Anne', email: 'anne@x.example' })
  const second = await patch({ stage: 'closed' })
  expect(await patch({ stage: 'closed' })).toBeUndefined()
  await undo('p1', first)
  const lead = async (): Promise<unknown> => (await get('/v1/leads/p1')).body as unknown
  expect(await lead()).toMatchObject({ stage: 'closed', name: 'Ann', email: 'ann@x.example' })
  await undo('p1', second)
  expect(await lead()).toMatchObject({ stage: 'new', name: 'Ann' })
  // The address is a name of the person again.
  const twin = await post('/v1/leads', { lead_id: 'p2', email: 'ann@x.example' })
  expect(twin.body.possible_duplicates).toEqual(['p1'])
  const erased = await post('/v1/leads', { lead_id: 'p3', email: 'anne@x.example' })
  expect(erased.body.possible_duplicates).toBeUndefined()
})

test('an assignment is undone by whoever slipped, also when the lead is gone for them', async () => {
  const north = await person('north', 'n@example.com')
  const south = await person('south', 's@example.com')
  await post('/v1/leads', { lead_id: 'a1' }, north.as)
  expect((await get('/v1/leads/a1', south.as)).status).toBe(404)
  for (const [path, body] of [
    ['calls', { result: 'reached' }],
    ['notes', { text: 'x' }],
    ['snooze', { until: ahead(1) }],
    ['hide', {}],
    ['feedback', { verdict: 'right' }],
  ] as const)
    expect((await post(`/v1/leads/a1/${path}`, body, south.as)).status, path).toBe(404)
  const lost = { lead_id: 'a1', outcome_type: 'lost', details: { reason: 'other agent' } }
  expect((await post('/v1/outcomes', lost, south.as)).status).toBe(404)
  const given = await post('/v1/leads/a1/assign', { user_id: south.id }, north.as)
  const note = await post('/v1/leads/a1/notes', { text: 'mine now' }, south.as)
  expect((await undo('a1', note.body.position, north.as)).status).toBe(404)
  expect((await get('/v1/leads/a1', north.as)).status).toBe(404)
  expect((await undo('a1', given.body.position, north.as)).status).toBe(200)
  expect((await get('/v1/leads/a1')).body.owner_id).toBe(north.id)
  expect((await undo('a1', note.body.position, south.as)).status).toBe(404)
  expect(ids(await get(`/v1/leads?owner_id=${north.id}`))).toEqual(['a1'])
  expect(ids(await get('/v1/leads?unassigned=true'))).not.toContain('a1')
})

test('feedback names a score, and is gone when undone', async () => {
  await post('/v1/leads', { lead_id: 'f1' })
  const body = { score_id: 'lead_scoring:3:77', verdict: 'too_high', because: 'is a neighbour' }
  const given = await post('/v1/leads/f1/feedback', body)
  expect(given.status).toBe(201)
  const kept = async (): Promise<unknown[]> =>
    (await get('/v1/leads/f1/export')).body.feedback as unknown[]
  expect(await kept()).toMatchObject([{ verdict: 'too_high', because: 'is a neighbour' }])
  await undo('f1', given.body.position)
  expect(await kept()).toEqual([])
  expect((await post('/v1/leads/f1/feedback', { ...body, score_id: 'x' })).status).toBe(400)
})

test('leads are found by any part of name, e-mail, phone and id', async () => {
  const lead = { lead_id: 'Q-77', name: 'Zoë van Dyke', email: 'Zoe@Dykes.example' }
  await post('/v1/leads', { ...lead, phone: '(201) 555-0187' })
  const found = async (q: string): Promise<string[]> =>
    ids(await get(`/v1/leads?q=${encodeURIComponent(q)}`))
  for (const q of [
    'zoë',
    'ZOË',
    'dyke',
    'dyke zoë',
    'an dy',
    '@dykes',
    'zoe@dykes.example',
    'q-77',
  ])
    expect(await found(q), q).toEqual(['Q-77'])
  for (const q of ['0187', '555-0187', '201.555.0187', '+1 (201) 555 0187', '2015550187'])
    expect(await found(q), q).toEqual(['Q-77'])
  for (const q of ['zoë smith', '%', '_', '\\', 'dyke%', '9999'])
    expect(await found(q), q).toEqual([])
  expect(await found('zo')).toEqual(['Q-77'])
})

test('saved filters belong to whoever saved them', async () => {
  const other = await person('', 'filters@example.com')
  const query = { stage: 'active', sort: 'score', show: 'active' }
  const saved = await post('/v1/saved-filters', { name: 'hot', query })
  expect(saved.body).toMatchObject({ name: 'hot', query })
  const again = await post('/v1/saved-filters', { name: 'hot', query: { segment: 'luxury' } })
  expect(again.body.filter_id).toBe(saved.body.filter_id)
  const list = (await get('/v1/saved-filters')).body.items as unknown[]
  expect(list).toEqual([again.body])
  expect((await get('/v1/saved-filters', other.as)).body.items).toEqual([])
  const path = `/v1/saved-filters/${saved.body.filter_id}`
  expect((await hub.call('DELETE', path, { as: other.as })).status).toBe(404)
  expect((await hub.call('DELETE', path, { as: admin })).status).toBe(204)
  expect((await post('/v1/saved-filters', { name: 'x', query: { limit: 3 } })).status).toBe(400)
})

test('what was done stands in the audit log, and its chain is whole', async () => {
  const { body } = await get('/v1/audit?limit=200')
  const actions = (body.items as { action: string }[]).map(({ action }) => action)
  for (const action of ['changed', 'assigned', 'snoozed', 'hidden', 'undone', 'score_disputed'])
    expect(actions).toContain(`lead.${action}`)
  expect((await get('/v1/audit/verification')).body.intact).toBe(true)
})

test('who is closed, lost or out of sight is not called, and the page says why', async () => {
  const stage = 'standing'
  const make = (lead_id: string, more = {}) => post('/v1/leads', { lead_id, stage, ...more })
  const outcome = (lead_id: string, outcome_type: string) =>
    post('/v1/outcomes', { lead_id, outcome_type })
  for (const id of ['open', 'bought', 'fell', 'lost', 'back', 'hid', 'slept']) await make(`k-${id}`)
  await make('k-refuses', { do_not_call: true })
  const bought = await outcome('k-bought', 'property_purchased')
  await outcome('k-fell', 'property_purchased')
  await outcome('k-fell', 'deal_fell_through')
  await outcome('k-lost', 'lost')
  await outcome('k-back', 'lost')
  await post('/v1/events', { lead_id: 'k-back', type: 'inquiry_submitted' })
  // A visit alone brings nobody back.
  await post('/v1/events', { lead_id: 'k-lost', type: 'page_visit' })
  for (const id of ['open', 'refuses', 'hid', 'slept'])
    await post('/v1/events', { lead_id: `k-${id}`, type: 'page_visit' })
  await post('/v1/leads/k-hid/hide', {})
  await post('/v1/leads/k-slept/snooze', { until: ahead(2) })
  await hub.folded()
  const onList = async (more: string): Promise<string[]> =>
    ids(await get(`/v1/leads?stage=${stage}${more}`)).sort()
  const called = ['k-back', 'k-fell', 'k-open']
  await expect.poll(() => onList('&sort=call_next'), { timeout: 30_000 }).toEqual(called)
  expect(await onList('&show=closed')).toEqual(['k-bought', 'k-lost'])
  expect(await onList('')).toHaveLength(8)
  const whys = new Map<string, string>()
  for (const id of await onList('')) {
    const { call_next } = (await get(`/v1/leads/${id}/score`)).body
    whys.set(id, String(call_next.not_called))
    if (call_next.not_called !== null) expect(call_next.reasons[0], id).toMatch(/\w+ \w+/)
  }
  expect(Object.fromEntries(whys)).toEqual({
    'k-back': 'null',
    'k-bought': 'closed',
    'k-fell': 'null',
    'k-hid': 'hidden',
    'k-lost': 'lost',
    'k-open': 'null',
    'k-refuses': 'do_not_call',
    'k-slept': 'snoozed',
  })
  // Undone, it did not happen.
  await undo('k-bought', bought.body.position)
  await expect
    .poll(() => onList('&sort=call_next'))
    .toEqual(['k-back', 'k-bought', 'k-fell', 'k-open'])
  expect((await get('/v1/lead-stages')).body.items).toContain(stage)
})

test('a merged lead is found by the names it had, by those who may see whom it counts as', async () => {
  const seller = await person('east', 'm@example.com')
  const other = await person('west', 'w@example.com')
  await post('/v1/leads', { lead_id: 'm-new', name: 'Carla Oakes' }, seller.as)
  await post('/v1/leads', { lead_id: 'm-old', name: 'Karla Birchwood', phone: '(202) 555-0143' })
  await post('/v1/leads/m-new/merge', { lead_id: 'm-old' })
  const found = async (q: string, as = admin): Promise<string[]> =>
    ids(await get(`/v1/leads?q=${encodeURIComponent(q)}`, as))
  for (const q of ['birchwood', 'karla', 'm-old', '555-0143', 'oakes'])
    expect(await found(q), q).toEqual(['m-new'])
  expect(await found('birchwood', seller.as)).toEqual(['m-new'])
  expect(await found('birchwood', other.as)).toEqual([])
  // Two letters are looked for in the order of the list.
  expect(await found('Bi')).toContain('m-new')
  await post('/v1/leads/m-new/unmerge', { lead_id: 'm-old' })
  expect(await found('birchwood')).toEqual(['m-old'])
  expect(await found('oakes')).toEqual(['m-new'])
})
