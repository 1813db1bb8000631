/** Sign-in, tokens and keys: over HTTP against a whole product. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment --
   answers of every shape are read here, and a wrong guess fails the test */
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditItem } from '../src/contract/index.ts'
import { ADMIN, startHub, type Hub } from './support/hub.ts'

let hub: Hub
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.close())

/** A token made here, not by the product: RFC 7515 and 7519 by hand. */
function signed(claims: object, secret: string, alg = 'HS256'): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg, typ: 'JWT' })}.${part(claims)}`
  if (alg === 'none') return `${text}.`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as {
    sub: number
    workspace: number
    iat: number
    exp: number
  }

test('login gives a short-lived token that opens what its role may', async () => {
  const { status, body } = await hub.call('POST', '/api/auth/login', { body: ADMIN })
  expect(status).toBe(200)
  expect(body.user).toMatchObject({ email: ADMIN.email, role: 'admin' })
  expect(body.user.workspace.slug).toBe('main')
  expect(body.expires_in).toBeLessThanOrEqual(3_600)
  expect(body.refresh_token).toBeUndefined()
  const claims = claimsOf(body.access_token as string)
  expect(claims.exp - claims.iat).toBe(body.expires_in)
  const me = await hub.call('GET', '/v1/me', { as: body.access_token as string })
  expect(me.body.user.email).toBe(ADMIN.email)
  expect(me.body.workspaces).toEqual([{ slug: 'main', name: 'Main', role: 'admin' }])
})

test('wrong passwords and unknown e-mails get the same answer', async () => {
  const bodies = [
    { email: ADMIN.email, password: 'wrong' },
    { email: 'nobody@example.com', password: 'wrong' },
  ]
  for (const body of bodies) {
    const reply = await hub.call('POST', '/api/auth/login', { body })
    expect(reply.status).toBe(401)
    expect(reply.body.type).toMatch(/wrong-credentials$/)
    delete reply.body.instance
    expect(JSON.stringify(reply.body)).not.toContain(body.email)
  }
  // Both stand in the audit log, without what was typed.
  const as = await hub.login()
  const audit = await hub.call('GET', '/v1/audit?kind=session.refused', { as })
  const said = (audit.body.items as AuditItem[]).map(({ actor, subject, details }) => [
    ...[actor, subject, details],
  ])
  expect(said.slice(0, 2)).toEqual([
    ['system', 'account:unknown', {}],
    ['user:1', 'user:1', {}],
  ])
  expect(JSON.stringify([audit.body, hub.logged()])).not.toContain('nobody@example.com')
})

test('guessing is slowed: 429 with Retry-After, also for the right password', async () => {
  const email = 'guessed@example.com'
  const guess = () => hub.call('POST', '/api/auth/login', { body: { email, password: 'a guess' } })
  const statuses: number[] = []
  for (let i = 0; i < 11; i++) statuses.push((await guess()).status)
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401))
  expect(statuses[10]).toBe(429)
  const reply = await guess()
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(reply.headers.get('content-type')).toMatch('application/problem+json')
  await hub.login()
})

test('an expired, foreign, unsigned or garbled token opens nothing', async () => {
  const claims = claimsOf(await hub.login())
  const now = Math.floor(Date.now() / 1_000)
  const me = async (as: string) => (await hub.call('GET', '/v1/me', { as })).status
  expect(await me(signed({ ...claims, exp: now + 60 }, hub.jwtSecret))).toBe(200)
  expect(await me(signed({ ...claims, iat: now - 90, exp: now - 30 }, hub.jwtSecret))).toBe(401)
  expect(await me(signed({ ...claims, exp: now + 61 }, 'another secret'))).toBe(401)
  expect(await me(signed({ ...claims, exp: now + 62 }, '', 'none'))).toBe(401)
  const stale = { ...claims, token_version: 99, exp: now + 63 }
  expect(await me(signed(stale, hub.jwtSecret))).toBe(401)
  const elsewhere = { ...claims, workspace: 99, exp: now + 64 }
  expect(await me(signed(elsewhere, hub.jwtSecret))).toBe(401)
  expect(await me('garbled')).toBe(401)
  expect((await hub.call('GET', '/v1/me')).status).toBe(401)
})

test('a token stops working when its time is over, kept answer or not', async () => {
  const claims = claimsOf(await hub.login())
  const exp = Math.ceil(Date.now() / 1_000) + 1
  const as = signed({ ...claims, exp }, hub.jwtSecret)
  expect((await hub.call('GET', '/v1/me', { as })).status).toBe(200)
  await new Promise((resolve) => setTimeout(resolve, exp * 1_000 - Date.now() + 50))
  expect((await hub.call('GET', '/v1/me', { as })).status).toBe(401)
})

test('refresh tokens rotate, and sign-out ends them', async () => {
  const login = await hub.call('POST', '/api/auth/login', {
    body: { ...ADMIN, refresh_transport: 'body' },
  })
  const first = login.body.refresh_token as string
  const refresh = (refresh_token: string) =>
    hub.call('POST', '/api/auth/refresh', { body: { refresh_token } })
  const second = (await refresh(first)).body.refresh_token as string
  expect(second).not.toBe(first)
  expect((await refresh(first)).status).toBe(401)
  // Two tabs: only the second is refused. Much later it is a thief: the family ends.
  await hub.database.owner.query(
    `update refresh_tokens set revoked_at = revoked_at - interval '1 minute'`,
  )
  expect((await refresh(first)).status).toBe(401)
  expect((await refresh(second)).status).toBe(401)
  const stored = await hub.database.owner.query(`select * from refresh_tokens`)
  expect(JSON.stringify(stored.rows)).not.toContain(second)

  const again = await hub.call('POST', '/api/auth/login', { body: ADMIN })
  const cookie = again.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/^eh_refresh=eh_rt_.*HttpOnly; SameSite=Strict/)
  const sent = { headers: { cookie: cookie.split(';')[0]! } }
  const out = await hub.call('POST', '/api/auth/logout', sent)
  expect(out.status).toBe(204)
  expect((await hub.call('POST', '/api/auth/refresh', sent)).status).toBe(401)
})

test('secret keys: hashed, scoped, accepted as Basic user name, revoked within 5 s', async () => {
  const as = await hub.login()
  const make = { kind: 'secret', name: 'site', scopes: ['events:write'] }
  const made = await hub.call('POST', '/v1/keys', { as, body: make })
  expect(made.status).toBe(201)
  const { key, key_id } = made.body as { key: string; key_id: number }
  expect(key).toMatch(/^eh_sk_[\w-]{43}$/)
  const listed = await hub.call('GET', '/v1/keys', { as })
  expect(JSON.stringify(listed.body)).not.toContain(key)
  const rows = await hub.database.owner.query('select * from api_keys')
  expect(JSON.stringify(rows.rows)).not.toContain(key)

  const event = { lead_id: 'lead_1', type: 'page_visit' }
  const send = (options: object) => hub.call('POST', '/v1/events', { body: event, ...options })
  expect((await send({ as: key })).status).toBe(202)
  const basic = `Basic ${Buffer.from(`${key}:`).toString('base64')}`
  expect((await send({ headers: { authorization: basic } })).status).toBe(202)
  expect((await hub.call('GET', '/v1/keys', { as: key })).status).toBe(403)
  expect((await send({ as: `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}` })).status).toBe(
    401,
  )

  expect((await hub.call('DELETE', `/v1/keys/${key_id}`, { as })).status).toBe(204)
  expect((await hub.call('DELETE', `/v1/keys/${key_id}`, { as })).status).toBe(404)
  const revokedAt = Date.now()
  while ((await send({ as: key })).status !== 401) {
    expect(Date.now() - revokedAt).toBeLessThan(5_000)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
})

test('publishable keys: what the lead does on the website, refused event by event', async () => {
  const as = await hub.login()
  const origin = 'https://rentals.example.com'
  const body = { kind: 'publishable', name: 'site', origins: [origin] }
  const { key } = (await hub.call('POST', '/v1/keys', { as, body })).body as { key: string }
  const send = (path: string, sent: object) =>
    hub.call('POST', path, { as: key, body: sent, headers: { origin } })
  const all = (await hub.call('GET', '/v1/event-types')).body.items as {
    type: string
    actor: string
    from_websites: boolean
  }[]
  const may = (name: string) => all.find(({ type }) => type === name)!.from_websites
  expect(all.filter(({ actor }) => actor !== 'lead').some(({ type }) => may(type))).toBe(false)
  for (const type of ['offer_submitted', 'property_purchased', 'lost', 'call_placed', 'inactivity'])
    expect(may(type), type).toBe(false)
  for (const type of ['page_visit', 'inquiry_submitted', 'tour_scheduled', 'unsubscribed'])
    expect(may(type), type).toBe(true)
  const events = all.map(({ type }, i) => ({ event_id: `w${i}`, anonymous_id: 'w', type }))
  const { status, body: answer } = await send('/v1/events', { events })
  expect(status).toBe(202)
  const rejected = answer.rejected as { index: number; problem: { type: string; detail: string } }[]
  expect(rejected.map(({ index }) => all[index]!.type)).toEqual(
    all.filter(({ from_websites }) => !from_websites).map(({ type }) => type),
  )
  for (const { index, problem } of rejected) {
    expect(problem.type).toMatch(/event-type-not-allowed$/)
    expect(problem.detail).toContain(all[index]!.type)
  }
  expect(answer.accepted).toBe(all.length - rejected.length)
  const lost = { anonymous_id: 'w', type: 'lost' }
  expect((await send('/v1/events', lost)).status).toBe(403)
  const batch = ['page_visit', 'lost', 'Order Completed'].map((event, i) => ({
    type: 'track',
    messageId: `s${i}`,
    anonymousId: 'w',
    event,
  }))
  const segment = (await send('/v1/batch', { batch })).body.rejected as { index: number }[]
  expect(segment.map(({ index }) => index)).toEqual([1, 2])
  expect((await send('/v1/track', { anonymousId: 'w', event: 'email_sent' })).status).toBe(403)
})

test('publishable keys: only capture, only from their websites', async () => {
  const as = await hub.login()
  const site = 'https://homes.example.com'
  const body = { kind: 'publishable', name: 'site', origins: [site] }
  const { key } = (await hub.call('POST', '/v1/keys', { as, body })).body as { key: string }
  expect(key).toMatch(/^eh_pk_/)
  const event = { anonymous_id: 'a_1', type: 'page_visit' }
  const send = (origin?: string) =>
    hub.call('POST', '/v1/events', {
      as: key,
      body: event,
      headers: origin === undefined ? {} : { origin },
    })
  const good = await send(site)
  expect(good.status).toBe(202)
  expect(good.headers.get('access-control-allow-origin')).toBe(site)
  expect((await send('https://elsewhere.example.com')).status).toBe(403)
  expect((await send()).status).toBe(403)
  const outcome = { lead_id: 'l', outcome_type: 'lost' }
  const headers = { origin: site }
  const refused = await hub.call('POST', '/v1/outcomes', { as: key, body: outcome, headers })
  expect(refused.status).toBe(403)
  const preflight = await hub.call('OPTIONS', '/v1/events', {
    headers: { origin: site, 'access-control-request-method': 'POST' },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toMatch('authorization')
  const closed = await hub.call('OPTIONS', '/v1/keys', { headers })
  expect(closed.headers.get('access-control-allow-origin')).toBeNull()
  const wrong = { kind: 'publishable', name: 'x', scopes: ['admin'] }
  expect((await hub.call('POST', '/v1/keys', { as, body: wrong })).status).toBe(400)
})
