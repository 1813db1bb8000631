/** Imports of GoHighLevel over HTTP, against the stand-in of its API. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access -- answers of every shape are read */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { loadOperations, seedLocation, startFake } from '../src/integrations/index.ts'
import { seededRandom } from '../src/math/index.ts'
import { systemClock } from '../src/platform/index.ts'
import type { AuditItem, GhlAnswer, GhlImportAnswer } from '../src/contract/index.ts'
import { startHub, type Hub } from './support/hub.ts'

vi.setConfig({ testTimeout: 240_000 })
const TOKEN = 'pit-test-token'
const LOCATION = 'loc1'
const open: { close: () => Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function setting(contacts = 12) {
  const fake = await startFake({
    operations: await loadOperations(process.env['EH_SHARED'] ?? '../shared'),
    location: seedLocation({
      ...{ locationId: LOCATION, contacts, messages: contacts * 6, users: 2 },
      ...{ until: Date.parse('2026-06-01T00:00:00Z'), random: seededRandom(5) },
    }),
    ...{ token: TOKEN, port: 0, clock: systemClock, faults: { burst: null } },
  })
  open.push(fake)
  const hub = await startHub({ GHL_BASE_URL: fake.url })
  open.push(hub)
  const as = await hub.login()
  const post = (path: string, body?: object) => hub.call('POST', `/v1/ghl${path}`, { as, body })
  const state = async () => (await hub.call('GET', '/v1/ghl', { as })).body as GhlAnswer
  const until = async (...states: GhlImportAnswer['state'][]): Promise<GhlImportAnswer> => {
    for (;;) {
      const found = (await state()).imports[0]
      if (found !== undefined && states.includes(found.state)) return found
      await sleep(50)
    }
  }
  const fault = (body: object) =>
    fetch(`${fake.url}/__fake`, { method: 'POST', body: JSON.stringify(body) })
  return { hub, as, post, state, until, fault }
}
const order = (fields: object = {}) => ({ location_id: LOCATION, token: TOKEN, ...fields })
const leads = async ({ database }: Hub): Promise<number> =>
  (await database.owner.query('select from persons where lead_id is not null')).rows.length

test('a location is connected with its token and imported, with progress and counts', async () => {
  const { hub, post, state, until } = await setting()
  expect(await state()).toMatchObject({ locations: [], imports: [] })
  const begun = await post('/imports', order({ history: true }))
  expect([begun.status, begun.body.state]).toEqual([202, 'running'])
  const end = await until('done')
  expect(end).toMatchObject({ fraction: 1, error: null, token_held: false, history: true })
  expect(end.counts.leads['created']).toBe(12)
  expect(end.counts.events['new']).toBeGreaterThan(60)
  expect(await leads(hub)).toBe(12)
  const { locations, webhooks } = await state()
  expect(locations).toMatchObject([{ location_id: LOCATION }])
  expect(webhooks).toMatchObject({ path: '/api/ghl/webhook', received: 0, refused: 0 })
  expect(hub.logged()).not.toContain(TOKEN)
  const { rows } = await hub.database.owner.query<{ all: string }>(
    'select jsonb_agg(to_jsonb(b))::text as all from ghl_backfills b',
  )
  expect(rows[0]!.all).not.toContain(TOKEN)
  // Once more: nothing is new.
  expect((await post('/imports', order())).status).toBe(202)
  expect((await until('done')).counts.events['new']).toBe(0)
})

test('a token that does not open the location connects nothing', async () => {
  const { hub, post, state } = await setting()
  for (const wrong of [order({ token: 'pit-wrong-token' }), order({ location_id: 'another' })]) {
    const answer = await post('/imports', wrong)
    expect([answer.status, answer.body.errors[0].path]).toEqual([422, '/token'])
    expect(answer.body.detail).toMatch(/Private Integrations/)
  }
  expect(await state()).toMatchObject({ locations: [], imports: [] })
  expect(hub.logged()).not.toContain('pit-wrong-token')
})

test('paused, gone on with, cancelled: by what is held, and never twice at once', async () => {
  const { hub, as, post, until, fault } = await setting(40)
  await fault({ delay_ms: 150 })
  await post('/imports', order())
  expect((await post('/imports', order())).status).toBe(409)
  while ((await leads(hub)) === 0) await sleep(20)
  const paused = await post(`/imports/${LOCATION}/pause`)
  expect(paused.body).toMatchObject({ state: 'paused', token_held: true })
  await sleep(600)
  const { fraction } = await until('paused')
  expect(fraction).toBeLessThan(1)
  expect((await post(`/imports/${LOCATION}/pause`)).status).toBe(409)
  await fault({ delay_ms: 0 })
  const again = await post(`/imports/${LOCATION}/resume`, {})
  expect([again.status, again.body.state]).toEqual([202, 'running'])
  expect((await until('done')).counts.leads['created']).toBe(40)
  expect((await post(`/imports/${LOCATION}/resume`, {})).status).toBe(409)

  await fault({ delay_ms: 150 })
  await post('/imports', order())
  const cancelled = await post(`/imports/${LOCATION}/cancel`)
  expect(cancelled.body).toMatchObject({ state: 'cancelled', token_held: false })
  expect(await leads(hub)).toBe(40)

  const audit = await hub.call('GET', '/v1/audit?kind=ghl_import', { as })
  const said = (audit.body.items as AuditItem[]).map(({ action, subject, actor, details }) => {
    expect([subject, actor, details]).toEqual([`ghl-location:${LOCATION}`, 'user:1', {}])
    return action.split('.')[1]
  })
  expect(said).toEqual(['cancelled', 'started', 'resumed', 'paused', 'started'])
  expect(JSON.stringify(audit.body)).not.toContain(TOKEN)
})

test('an expired token fails the import with what to do; a new one goes on with it', async () => {
  const { post, until, fault } = await setting(30)
  await fault({ expire_after: 20 })
  await post('/imports', order())
  const failed = await until('failed')
  expect(failed.error).toMatch(/does not accept the token.*Make a new one/)
  expect(failed.token_held).toBe(false)
  const without = await post(`/imports/${LOCATION}/resume`, {})
  expect([without.status, without.body.detail]).toEqual([
    400,
    'the token is needed again: it is kept nowhere',
  ])
  await fault({ expire_after: null })
  await post(`/imports/${LOCATION}/resume`, { token: TOKEN })
  expect((await until('done')).counts.leads['created']).toBe(30)
})

test('after a restart the import waits for the token, and goes on where it was', async () => {
  const { hub, post, until } = await setting()
  await post('/imports', order())
  await until('done')
  // What a process leaves behind that was killed at the second step.
  await hub.database.owner.query(
    `update ghl_backfills set state = 'running', finished_at = null, fraction = 0.4,
       cursor = '{"step":1,"at":null,"done":0}', touched_at = now() - interval '5 minutes'`,
  )
  const left = await until('interrupted')
  expect(left.error).toMatch(/give the token again/)
  expect((await post(`/imports/${LOCATION}/resume`, {})).status).toBe(400)
  expect((await post(`/imports/${LOCATION}/resume`, { token: TOKEN })).status).toBe(202)
  await until('done')
})

test('only administrators; an import that nobody began is not there', async () => {
  const { hub, as, post } = await setting(1)
  const password = 'twelve letters or more'
  const lead = { email: 'lead@example.com', name: 'Lead', role: 'lead', password }
  await hub.call('POST', '/v1/users', { as, body: lead })
  const other = await hub.login(lead.email, password)
  expect((await hub.call('GET', '/v1/ghl', { as: other })).status).toBe(403)
  expect((await hub.call('POST', '/v1/ghl/imports', { as: other, body: order() })).status).toBe(403)
  for (const verb of ['pause', 'cancel', 'resume'])
    expect((await post(`/imports/nothing/${verb}`, {})).status).toBe(404)
  expect((await post('/imports', order({ location_id: '../../x' }))).status).toBe(400)
  expect((await post('/imports', order({ token: 'with space and\nline' }))).status).toBe(400)
})
