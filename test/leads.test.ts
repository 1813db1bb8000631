/** Leads, roles, the audit log and erasure: over HTTP against a whole product. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment --
   answers of every shape are read here, and a wrong guess fails the test */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readLeadScore } from '../src/store/index.ts'
import { startHub, type Hub, type Reply } from './support/hub.ts'

let hub: Hub
let admin: string
const PASSWORD = 'long enough for all'

beforeAll(async () => {
  hub = await startHub()
  admin = await hub.login()
})
afterAll(() => hub.close())

const post = (path: string, body: unknown, as = admin): Promise<Reply> =>
  hub.call('POST', path, { as, body })
const get = (path: string, as = admin): Promise<Reply> => hub.call('GET', path, { as })

async function person(
  role: string,
  team: string,
  email: string,
): Promise<{ id: number; as: string }> {
  const body = { email, name: email, role, team, password: PASSWORD }
  const added = await post('/v1/users', body)
  return { id: added.body.user_id as number, as: await hub.login(email, PASSWORD) }
}

test('leads: made, found, changed, paged', async () => {
  const made = await post('/v1/leads', {
    lead_id: 'lead_a',
    name: 'Ada Field',
    email: 'Ada@Example.com',
    phone: '(201) 555-0123',
    segment: 'move_up',
    budget: 500_000,
  })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ email: 'ada@example.com', segment: 'move_up', owner_id: null })
  expect(made.body.attributes).toEqual({ budget: 500_000 })
  const twin = await post('/v1/leads', { lead_id: 'lead_b', email: 'ada@example.com' })
  expect(twin.body.possible_duplicates).toEqual(['lead_a'])
  expect((await post('/v1/leads', { lead_id: 'lead_a', stage: 'active' })).status).toBe(200)
  const body = { name: null, attributes: { pets: 2 } }
  const changed = await hub.call('PATCH', '/v1/leads/lead_a', { as: admin, body })
  expect(changed.body).toMatchObject({ name: null, stage: 'active', email: 'ada@example.com' })
  expect(changed.body.attributes).toEqual({ budget: 500_000, pets: 2 })

  const found = await get('/v1/leads?q=ADA%40')
  const items = found.body.items as { lead_id: string }[]
  expect(items.map((lead) => lead.lead_id)).toEqual(['lead_b', 'lead_a'])
  expect((await get('/v1/leads?q=%25')).body.items).toEqual([])
  const first = await get('/v1/leads?limit=1')
  expect(first.body.items).toHaveLength(1)
  const second = await get(`/v1/leads?limit=1&cursor=${first.body.next_cursor}`)
  expect(second.body.items[0].lead_id).toBe('lead_a')
  expect(second.body.next_cursor).toBeNull()
  expect((await get('/v1/leads?cursor=nonsense')).status).toBe(400)
  expect((await get('/v1/leads/nobody')).status).toBe(404)
})

test('text that cannot be stored is refused, not a fault', async () => {
  for (const text of ['a\0b', '\ud800']) {
    expect((await post('/v1/leads', { lead_id: 'lead_x', name: text })).status).toBe(400)
    expect((await post('/v1/leads', { lead_id: 'x', attributes: { [text]: 1 } })).status).toBe(400)
    expect((await post('/v1/leads/lead_a/notes', { text })).status).toBe(400)
    const login = await post('/api/auth/login', { email: text, password: text })
    expect(login.status).toBeLessThan(500)
  }
})

test('timeline and features tell what happened', async () => {
  const event = { lead_id: 'lead_a', type: 'email_open', timestamp: new Date().toISOString() }
  await post('/v1/events', { ...event, event_id: 'open-1' })
  await post('/v1/events', {
    lead_id: 'lead_a',
    type: 'property_view',
    property_id: 'home_1',
    timestamp: new Date(Date.now() - 3_600_000).toISOString(),
  })
  await post('/v1/leads/lead_a/notes', { text: 'likes gardens' })
  const types = (reply: Reply): string[] =>
    (reply.body.items as { type: string }[]).map(({ type }) => type)
  const first = await get('/v1/leads/lead_a/timeline?limit=2')
  expect(types(first)).toEqual(['note_added', 'email_open'])
  expect(first.body.items[1].grade).toBe('unknown')
  const rest = await get(`/v1/leads/lead_a/timeline?limit=2&cursor=${first.body.next_cursor}`)
  // Changes made by hand are entries, too.
  expect(types(rest)).toEqual(['lead_changed', 'lead_changed'])
  const last = await get(`/v1/leads/lead_a/timeline?limit=2&cursor=${rest.body.next_cursor}`)
  expect(types(last)).toEqual(['property_view'])
  expect(last.body.next_cursor).toBeNull()
  // A grade is an entry of its own; the timeline shows it on what it grades.
  const { position } = first.body.items[1] as { position: number }
  await hub.database.owner.query(
    `select append_entry(p.workspace_id, p.person_id, 80::smallint, now(), $1)
     from persons p where lead_id = 'lead_a'`,
    [{ properties: { target_position: position, grade: 'human' } }],
  )
  const graded = await get('/v1/leads/lead_a/timeline')
  expect(graded.body.items[1]).toMatchObject({ type: 'email_open', grade: 'human' })
  const features = await get('/v1/leads/lead_a/features')
  const items = features.body.items as { feature: string; value: unknown }[]
  const views = items.find(({ feature }) => feature === 'total_property_views')
  expect(views?.value).toBe(1)
})

test('agents see their own and their team’s leads; roles bound what they may do', async () => {
  const north = await person('agent', 'north', 'n1@example.com')
  const mate = await person('agent', 'north', 'n2@example.com')
  const south = await person('agent', 'south', 's1@example.com')
  const lead = await person('lead', '', 'lead@example.com')
  const made = await post('/v1/leads', { lead_id: 'lead_n' }, north.as)
  expect(made.body.owner_id).toBe(north.id)
  for (const path of ['', '/timeline', '/features']) {
    expect((await get(`/v1/leads/lead_n${path}`, mate.as)).status).toBe(200)
    expect((await get(`/v1/leads/lead_n${path}`, south.as)).status).toBe(404)
    expect((await get(`/v1/leads/lead_n${path}`, lead.as)).status).toBe(200)
  }
  expect((await get('/v1/leads', south.as)).body.items).toEqual([])
  expect((await get('/v1/leads', mate.as)).body.items).toHaveLength(1)
  expect((await post('/v1/leads', { lead_id: 'lead_n' }, south.as)).status).toBe(409)
  expect((await post('/v1/leads/lead_n/assign', { user_id: south.id })).status).toBe(200)
  expect((await get('/v1/leads/lead_n', south.as)).status).toBe(200)
  expect((await get('/v1/leads/lead_n', north.as)).status).toBe(404)
  expect((await get('/v1/leads/lead_n/export', south.as)).status).toBe(403)
  expect((await get('/v1/keys', lead.as)).status).toBe(403)
  expect((await get('/v1/audit', lead.as)).status).toBe(403)
  expect((await hub.call('DELETE', '/v1/leads/lead_n', { as: south.as })).status).toBe(403)
})

test('a role taken away is gone within 5 s; the last administrator stays', async () => {
  const second = await person('admin', '', 'second@example.com')
  expect((await get('/v1/keys', second.as)).status).toBe(200)
  const path = `/v1/users/${second.id}`
  await hub.call('PATCH', path, { as: admin, body: { disabled: true } })
  const since = Date.now()
  while ((await get('/v1/keys', second.as)).status !== 401) {
    expect(Date.now() - since).toBeLessThan(5_000)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const me = await get('/v1/me')
  const own = `/v1/users/${me.body.user.user_id}`
  const last = await hub.call('PATCH', own, { as: admin, body: { role: 'agent' } })
  expect(last.status).toBe(409)
})

test('a lead that waits for its next score is shown with its last, and its moment', async () => {
  await post('/v1/leads', { lead_id: 'lead_q', name: 'Quinn' })
  await post('/v1/events', { lead_id: 'lead_q', type: 'page_visit' })
  const listed = async () => {
    const { body } = await get('/v1/leads?q=Quinn')
    return body.items[0].score as { computed_at: string } | null
  }
  await expect.poll(listed).not.toBeNull()
  const { rows } = await hub.database.owner.query<{ workspace_id: number; person_id: string }>(
    `select workspace_id, person_id from persons where lead_id = 'lead_q'`,
  )
  const { workspace_id, person_id } = rows[0]!
  const client = await hub.database.owner.connect()
  try {
    // Nothing of it is committed: nobody scores the lead meanwhile.
    await client.query('begin')
    await client.query(`select set_config('eh.workspace_id', $1, true)`, [String(workspace_id)])
    const before = await readLeadScore(client, Number(person_id))
    expect(before!.computedAt).toBeInstanceOf(Date)
    const isQueued = async () => {
      const { rows: found } = await client.query<{ queued: boolean }>(
        `select computed_at = '-infinity' as queued from lead_scores where person_id = $1`,
        [person_id],
      )
      return found[0]!.queued
    }
    // Twice: its attributes changed again before it was scored.
    for (let i = 0; i < 2; i++) {
      await client.query('select queue_lead_scores($1)', [[person_id]])
      expect(await isQueued()).toBe(true)
      expect(await readLeadScore(client, Number(person_id))).toEqual(before)
    }
    await client.query(
      `update lead_scores set position = -1, computed_at = $2 where person_id = $1`,
      [person_id, before!.computedAt],
    )
    await client.query(
      `insert into lead_states (workspace_id, person_id, position, state)
       values ($1, $2, 0, '') on conflict do nothing`,
      [workspace_id, person_id],
    )
    await client.query('select queue_unscored_leads($1)', [workspace_id])
    expect(await isQueued()).toBe(true)
    expect(await readLeadScore(client, Number(person_id))).toEqual({ ...before, position: -1 })
  } finally {
    await client.query('rollback')
    client.release()
  }
})

test('merge joins two histories, and its undo parts them', async () => {
  for (const lead_id of ['m1', 'm2']) {
    await post('/v1/leads', { lead_id })
    await post('/v1/events', { lead_id, type: 'page_visit' })
  }
  const visits = async (id: string): Promise<number> => {
    const { body } = await get(`/v1/leads/${id}/timeline`)
    return (body.items as { type: string }[]).filter(({ type }) => type === 'page_visit').length
  }
  expect((await post('/v1/leads/m1/merge', { lead_id: 'm2' })).body.status).toBe('merged')
  expect((await post('/v1/leads/m1/merge', { lead_id: 'm2' })).body.status).toBe('already')
  expect((await get('/v1/leads/m2')).body.lead_id).toBe('m1')
  expect(await visits('m1')).toBe(2)
  expect((await post('/v1/leads/m1/unmerge', { lead_id: 'm2' })).body.status).toBe('unmerged')
  expect((await post('/v1/leads/m1/unmerge', { lead_id: 'm2' })).status).toBe(409)
  expect(await visits('m1')).toBe(1)
  expect(await visits('m2')).toBe(1)
})

test('a listing is frozen on the events about it', async () => {
  const home = { ListingId: 'home_9', ListPrice: 1, City: 'Springfield', PoolYN: true }
  await post('/v1/properties', { items: [home, { ...home, ListPrice: 750_000 }] })
  const event = { lead_id: 'lead_f', type: 'property_view', property_id: 'home_9' }
  await post('/v1/events', event)
  await post('/v1/properties', { ...home, ListPrice: 5 })
  const { body } = await get('/v1/leads/lead_f/timeline')
  expect(body.items[0].frozen.listing).toEqual({ ListPrice: 750_000, City: 'Springfield' })
  expect((await get('/v1/properties')).body.items).toEqual([{ ...home, ListPrice: 5 }])
})

test('erasing a person empties every table, and they stay erased', async () => {
  const email = 'erased@example.com'
  await post('/v1/leads', { lead_id: 'gone_1', name: 'Gone Girl', email })
  await post('/v1/events', { lead_id: 'gone_1', anonymous_id: 'gone_device', type: 'page_visit' })
  await hub.folded()
  const owner = hub.database.owner
  await owner.query(
    `insert into predictions (workspace_id, person_id, model, version, as_of_position, details)
     select workspace_id, person_id, 'lead_scoring', 1, 1, '{"for": "gone_1"}' from persons
     where lead_id = 'gone_1'`,
  )
  const copy = await get('/v1/leads/gone_1/export')
  expect(copy.body.lead.name).toBe('Gone Girl')
  expect(copy.body.predictions).toHaveLength(1)
  expect(copy.body.identities).toContainEqual({ kind: 'anonymous_id', value: 'gone_device' })
  const { rows } = await owner.query<{ person_id: string }>(
    `select person_id from persons where lead_id = 'gone_1'`,
  )
  const state = `select from lead_states where person_id = $1 and length(state) > 0`
  expect((await owner.query(state, [rows[0]!.person_id])).rowCount).toBe(1)

  const erased = await hub.call('DELETE', '/v1/leads/gone_1', { as: admin })
  expect(erased.body.erased).toBe(true)
  await hub.folded()
  const { rows: tables } = await owner.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r'
     and relnamespace = 'public'::regnamespace`,
  )
  for (const { name } of tables) {
    const found = await owner.query(`select from ${name} x where to_jsonb(x)::text ~* $1`, [
      'gone_|gone girl|erased@example',
    ])
    expect(found.rowCount, name).toBe(0)
  }
  for (const who of [{ lead_id: 'gone_1' }, { anonymous_id: 'gone_device' }]) {
    const again = await post('/v1/events', { ...who, type: 'page_visit' })
    expect(again.status).toBe(410)
    expect(again.body.type).toMatch(/person-erased$/)
  }
  expect((await post('/v1/leads', { lead_id: 'gone_1' })).status).toBe(410)
  expect((await post('/v1/leads', { lead_id: 'new_id', email })).status).toBe(410)
  expect((await get('/v1/leads/new_id')).status).toBe(404)
  expect((await get('/v1/leads/gone_1')).status).toBe(404)
})

test('the audit log tells who did what, and notices when it was changed', async () => {
  const { body } = await get('/v1/audit?limit=200')
  const actions = new Set((body.items as { action: string }[]).map(({ action }) => action))
  for (const action of [
    'session.opened',
    'user.added',
    'user.changed',
    'lead.merged',
    'lead.unmerged',
    'lead.exported',
    'lead.erased',
  ])
    expect(actions).toContain(action)
  expect((await get('/v1/audit/verification')).body).toEqual({
    intact: true,
    first_broken_entry: null,
  })
  await hub.database.owner.query(
    `update audit_log set actor = 'user:99' where action = 'lead.erased'`,
  )
  const broken = await get('/v1/audit/verification')
  expect(broken.body.intact).toBe(false)
  expect(broken.body.first_broken_entry).toBeGreaterThan(1)
  await hub.database.owner.query(
    `update audit_log set actor = 'user:1' where action = 'lead.erased'`,
  )
  expect((await get('/v1/audit/verification')).body.intact).toBe(true)
  await hub.database.owner.query(`delete from audit_log where entry_no = 2`)
  expect((await get('/v1/audit/verification')).body.first_broken_entry).toBe(3)
})
