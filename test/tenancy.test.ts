/** Nobody crosses from one workspace into another: on any route, and with raw SQL. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment --
   answers of every shape are read here, and a wrong guess fails the test */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ADMIN, startHub, type Hub } from './support/hub.ts'

/** Stands in everything that belongs to the other workspace. */
const MARK = 'belongs-to-the-other'
const PASSWORD = 'another long password'
const CHANNEL = 'fastify.initialization'

interface Route {
  readonly method: string
  readonly url: string
}

let hub: Hub
let mine: string
let theirs: string
let other: {
  workspaceId: number
  userId: number
  keyId: number
  importId: number
  filterId: number
  invitationId: number
  hookId: number
  enrichmentId: number
  /** Log position of a note. */
  noteAt: number
}
const routes: Route[] = []

function collect(message: unknown): void {
  const { fastify } = message as { fastify: FastifyInstance }
  fastify.addHook('onRoute', ({ method, url, config }: RouteOptions) => {
    const access = config?.access
    if (access === undefined || access === 'public') return
    for (const one of [method].flat()) if (one !== 'HEAD') routes.push({ method: one, url })
  })
}

beforeAll(async () => {
  subscribe(CHANNEL, collect)
  hub = await startHub()
  unsubscribe(CHANNEL, collect)
  mine = await hub.login()
  const made = await hub.call('POST', '/v1/workspaces', {
    as: mine,
    body: { slug: 'other', name: `Other ${MARK}` },
  })
  const entered = await hub.call('POST', '/v1/session/workspace', {
    as: mine,
    body: { workspace: 'other' },
  })
  const email = `boss@${MARK}.example`
  const added = await hub.call('POST', '/v1/users', {
    as: entered.body.access_token as string,
    body: { email, name: MARK, role: 'admin', password: PASSWORD },
  })
  const workspaceId = made.body.workspace_id as number
  // From here on the first administrator has no business there.
  await hub.database.owner.query(
    `delete from memberships where workspace_id = $1 and user_id <> $2`,
    [workspaceId, added.body.user_id],
  )
  theirs = await hub.login(email, PASSWORD)
  const key = await hub.call('POST', '/v1/keys', {
    as: theirs,
    body: { kind: 'secret', name: MARK, scopes: ['admin'] },
  })
  for (const n of [1, 2, 3, 4])
    await hub.call('POST', '/v1/leads', {
      as: theirs,
      body: { lead_id: `${MARK}-${n}`, name: MARK, email: `lead${n}@${MARK}.example` },
    })
  await hub.call('POST', '/v1/events', {
    as: theirs,
    body: { lead_id: `${MARK}-1`, type: 'page_visit', properties: { page: MARK } },
  })
  await hub.call('POST', '/v1/properties', {
    as: theirs,
    body: { ListingId: `${MARK}-home`, City: MARK },
  })
  const keyId = key.body.key_id as number
  const noted = await hub.call('POST', `/v1/leads/${MARK}-1/notes`, {
    as: theirs,
    body: { text: MARK },
  })
  const kept = await hub.call('POST', '/v1/saved-filters', {
    as: theirs,
    body: { name: MARK, query: { stage: MARK } },
  })
  const hook = await hub.call('POST', '/v1/ghl/hooks', { as: theirs, body: { name: MARK } })
  const delivery = JSON.stringify({ contact_id: `${MARK}-5`, customData: {}, note: MARK })
  await fetch(hub.url + (hook.body.path as string), { method: 'POST', body: delivery })
  await hub.folded()
  // Scores are written a moment after the states they are of.
  const unscored = async () =>
    (
      await hub.database.owner.query(
        `select from lead_states l join persons p using (workspace_id, person_id)
         left join lead_scores s using (workspace_id, person_id)
         where p.lead_id is not null and s.position is distinct from l.position`,
      )
    ).rowCount
  await vi.waitFor(async () => expect(await unscored()).toBe(0), { timeout: 30_000, interval: 50 })
  const sent = await fetch(`${hub.url}/v1/imports?kind=listings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${theirs}`, 'content-type': 'text/csv' },
    body: `id,city\n${MARK}-home,${MARK}\n`,
  })
  const importId = ((await sent.json()) as { import_id: number }).import_id
  const status = async (): Promise<unknown> =>
    (await hub.call('GET', `/v1/imports/${importId}`, { as: theirs })).body.status as unknown
  while ((await status()) === 'running') await sleep(50)
  const invited = await hub.call('POST', '/v1/invitations', {
    as: theirs,
    body: { email: `invited@${MARK}.example`, role: 'agent', team: MARK },
  })
  const filterId = kept.body.filter_id as number
  const noteAt = noted.body.position as number
  const hookId = hook.body.hook_id as number
  // Last: it is asked about leads that are new or changed from here on.
  const enrichment = await hub.call('POST', '/v1/enrichment-hooks', {
    as: theirs,
    body: { name: MARK, url: `https://${MARK}.example/enrich` },
  })
  other = {
    workspaceId,
    userId: added.body.user_id as number,
    keyId,
    importId,
    filterId,
    invitationId: invited.body.invitation_id as number,
    hookId,
    enrichmentId: enrichment.body.hook_id as number,
    noteAt,
  }
})
afterAll(() => hub.close())

/** The path of a route with the other workspace's numbers and names in it. */
function aim(url: string): string {
  const id = url.startsWith('/v1/keys')
    ? other.keyId
    : url.startsWith('/v1/users')
      ? other.userId
      : url.startsWith('/v1/imports')
        ? other.importId
        : url.startsWith('/v1/saved-filters')
          ? other.filterId
          : url.startsWith('/v1/invitations')
            ? other.invitationId
            : url.startsWith('/v1/ghl/hooks')
              ? other.hookId
              : url.startsWith('/v1/enrichment-hooks')
                ? other.enrichmentId
                : `${MARK}-1`
  return url.replace(/:\w+/g, String(id)).replace('*', `${MARK}-1`)
}

/** Bodies that succeed in the workspace they belong to. */
function bodyOf({ method, url }: Route): unknown {
  if (method === 'GET' || method === 'DELETE') return undefined
  const lead_id = `${MARK}-2`
  const known: Record<string, unknown> = {
    'PATCH /v1/users/:id': { team: MARK },
    'PATCH /v1/leads/:id': { name: MARK },
    'POST /v1/leads/:id/merge': { lead_id },
    'POST /v1/leads/:id/unmerge': { lead_id },
    'POST /v1/leads/:id/notes': { text: MARK },
    'POST /v1/leads/:id/assign': { user_id: other.userId },
    'POST /v1/leads/:id/calls': { result: 'reached', note: MARK },
    'POST /v1/leads/:id/feedback': { verdict: 'too_high', because: MARK },
    'POST /v1/leads/:id/snooze': { until: new Date(Date.now() + 86_400_000).toISOString() },
    'POST /v1/leads/:id/hide': {},
    'POST /v1/leads/:id/undo': { position: other.noteAt },
    'POST /v1/saved-filters': { name: 'mine', query: {} },
    'POST /v1/session/workspace': { workspace: 'other' },
    'POST /v1/invitations': { email: 'mine@example.com', role: 'agent' },
    'PATCH /v1/me': { name: 'mine' },
    'POST /v1/me/password': { current_password: 'wrong', new_password: 'not to be taken' },
    'POST /v1/leads': { lead_id: `${MARK}-3`, name: 'mine' },
    'POST /v1/enrichment-hooks': { name: 'mine', url: 'https://mine.example/enrich' },
    'POST /v1/events': { lead_id: `${MARK}-3`, type: 'page_visit' },
    'POST /v1/properties': { ListingId: `${MARK}-home`, City: 'mine' },
  }
  const guess = { lead_id: `${MARK}-3`, lead_ids: [`${MARK}-3`], user_id: other.userId }
  return known[`${method} ${url}`] ?? guess
}

/** Every row of the other workspace in every table. */
/** Written by folding and scoring when they get to it, whoever calls what meanwhile. */
const DERIVED = ['lead_states', 'lead_scores']

async function theirRows(): Promise<string> {
  const { rows: tables } = await hub.database.owner.query<{ name: string }>(
    `select c.table_name as name from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and c.column_name = 'workspace_id'
       and t.table_type = 'BASE TABLE' and c.table_name <> all($1) order by 1`,
    [DERIVED],
  )
  expect(tables.length).toBeGreaterThan(15)
  let text = ''
  for (const { name } of tables) {
    const { rows } = await hub.database.owner.query<{ row: string }>(
      `select to_jsonb(x)::text as row from ${name} x where workspace_id = $1 order by 1`,
      [other.workspaceId],
    )
    text += `${name}: ${rows.map(({ row }) => row).join('\n')}\n`
  }
  return text
}

const DESTRUCTIVE_LAST = (a: Route, b: Route): number =>
  Number(a.method === 'DELETE') - Number(b.method === 'DELETE')

test('no route lets a caller read or change another workspace', async () => {
  expect(routes.length).toBeGreaterThan(25)
  const before = await theirRows()
  expect(before).toContain(MARK)
  for (const route of routes) {
    const { status, body } = await hub.call(route.method, aim(route.url), {
      as: mine,
      body: bodyOf(route),
    })
    const name = `${route.method} ${route.url}`
    expect(status, name).toBeLessThan(500)
    if (route.url.includes(':id')) expect(status, name).toBe(404)
    if (route.method === 'GET') {
      // What the caller sent may come back (their own copy of the id); what is theirs may not.
      const leaked = JSON.stringify(body).replaceAll(`${MARK}-3`, '').replaceAll(`${MARK}-home`, '')
      expect(leaked, name).not.toContain(MARK)
    }
  }
  expect(await theirRows()).toBe(before)
})

test('the same requests succeed for their owner, so the refusals above mean something', async () => {
  const named = routes.filter(({ url }) => url.includes(':id')).sort(DESTRUCTIVE_LAST)
  expect(named.length).toBeGreaterThan(10)
  for (const route of named) {
    const { method, url } = route
    const { status } = await hub.call(method, aim(url), { as: theirs, body: bodyOf(route) })
    expect(status, `${method} ${url}`).toBeLessThan(300)
  }
})

test('raw SQL without WHERE on one reused connection sees one workspace only', async () => {
  // Tables, parts of tables and views, all that there are; see also row-security.test.ts.
  const { rows: relations } = await hub.database.owner.query<{ name: string; open: boolean }>(
    `select c.oid::regclass::text as name,
       has_any_column_privilege($1, c.oid, 'select') as open
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relnamespace = 'public'::regnamespace`,
    [hub.database.endpoint.user],
  )
  const named = (open: boolean): string[] =>
    relations.filter((relation) => relation.open === open).map(({ name }) => name)
  expect(named(false)).toEqual(expect.arrayContaining(['event_log_00000', 'refresh_tokens']))
  const client = await hub.database.app.connect()
  const { rows: main } = await hub.database.owner.query<{ workspace_id: number }>(
    `select workspace_id from workspaces where slug = 'main'`,
  )
  const seen = async (name: string): Promise<number[]> => {
    const text = `select distinct workspace_id from ${name}`
    const { rows } = await client.query<{ workspace_id: number }>(text)
    return rows.map(({ workspace_id }) => workspace_id)
  }
  let visible = 0
  try {
    for (const workspaceId of [main[0]!.workspace_id, other.workspaceId]) {
      await client.query('begin')
      await client.query(`select set_config('eh.workspace_id', $1, true)`, [String(workspaceId)])
      for (const name of named(true)) {
        const found = await seen(name)
        expect(
          found.filter((id) => id !== workspaceId),
          name,
        ).toEqual([])
        visible += found.length
      }
      await client.query('commit')
      for (const name of named(true))
        expect(await seen(name), `${name} outside of a workspace`).toEqual([])
    }
    expect(visible).toBeGreaterThan(8)
    for (const name of named(false)) await expect(seen(name), name).rejects.toThrow(/permission/)
    await expect(client.query('select password_hash from users')).rejects.toThrow(/permission/)
    const forged = `update audit_log set actor = 'x'`
    await expect(client.query(forged)).rejects.toThrow(/permission/)
  } finally {
    client.release()
  }
})

test('raw writes without WHERE reach one workspace only, and move no row to another', async () => {
  const { rows: tables } = await hub.database.owner.query<{
    name: string
    deletes: boolean
    updates: boolean
  }>(
    `select c.oid::regclass::text as name, has_table_privilege($1, c.oid, 'delete') as deletes,
       has_column_privilege($1, c.oid, 'workspace_id', 'update') as updates
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
     where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`,
    [hub.database.endpoint.user],
  )
  const before = await theirRows()
  const { rows: main } = await hub.database.owner.query<{ workspace_id: number }>(
    `select workspace_id from workspaces where slug = 'main'`,
  )
  const mainId = main[0]!.workspace_id
  const client = await hub.database.app.connect()
  let tried = 0
  /** Runs one statement inside workspace main and takes it back unless it was refused. */
  const attempt = async (text: string): Promise<Error | { rows: { workspace_id: number }[] }> => {
    tried++
    await client.query('begin')
    await client.query(`select set_config('eh.workspace_id', $1, true)`, [String(mainId)])
    try {
      return await client.query<{ workspace_id: number }>(text)
    } catch (error) {
      return error as Error
    } finally {
      await client.query('rollback')
    }
  }
  try {
    for (const { name } of tables.filter(({ deletes }) => deletes)) {
      const done = await attempt(`delete from ${name} returning workspace_id`)
      // A reference from another table may refuse it; the other workspace's rows may not be in it.
      if (done instanceof Error) expect(done.message, name).toMatch(/foreign key/)
      else for (const row of done.rows) expect(row.workspace_id, name).toBe(mainId)
    }
    for (const { name } of tables.filter(({ updates }) => updates)) {
      const text = `update ${name} set workspace_id = ${other.workspaceId} returning workspace_id`
      const done = await attempt(text)
      if (done instanceof Error) expect(done.message, name).toMatch(/row-level security/)
      else expect(done.rows, name).toEqual([])
    }
  } finally {
    client.release()
  }
  expect(tried).toBeGreaterThan(12)
  expect(await theirRows()).toBe(before)
})

test('what the planner knows of the rows is hidden too', async () => {
  await hub.database.owner.query('analyze')
  const { rows } = await hub.database.app.query<{ row: string }>(
    `select to_jsonb(s)::text as row from pg_stats s where schemaname = 'public'`,
  )
  expect(rows.map(({ row }) => row).join('\n')).not.toContain(MARK)
})

test('an administrator of one workspace does not take over an account of another', async () => {
  const email = `boss@${MARK}.example`
  const body = { email, name: 'x', role: 'agent', password: 'chosen by a stranger' }
  const added = await hub.call('POST', '/v1/users', { as: mine, body })
  expect(added.status).toBe(201)
  expect(added.body.password).toBeUndefined()
  const stranger = { email, password: body.password }
  expect((await hub.call('POST', '/api/auth/login', { body: stranger })).status).toBe(401)
  // Disabling them here leaves them their own workspace.
  const path = `/v1/users/${other.userId}`
  await hub.call('PATCH', path, { as: mine, body: { disabled: true } })
  const entered = await hub.call('POST', '/api/auth/login', { body: { email, password: PASSWORD } })
  expect(entered.body.user.workspace.slug).toBe('other')
})

test('the log holds no secret and no personal data', async () => {
  expect(hub.logged()).toContain('first administrator made')
  for (const secret of [ADMIN.password, ADMIN.email, PASSWORD, MARK, mine, theirs, 'eh_sk_'])
    expect(hub.logged()).not.toContain(secret)
})
