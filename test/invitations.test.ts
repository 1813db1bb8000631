/** Invitations, one-time links for passwords, and what ends when somebody is disabled. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment --
   answers of every shape are read here, and a wrong guess fails the test */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN, startHub, type Hub, type Reply } from './support/hub.ts'
import { watch } from './support/watch.ts'

const PASSWORD = 'a password of some length'

let hub: Hub
let admin: string
beforeAll(async () => {
  hub = await startHub()
  admin = await hub.login()
}, 60_000)
afterAll(() => hub.close())

const post = (path: string, body: unknown, as?: string) => hub.call('POST', path, { as, body })
const invite = async (email: string, role = 'agent') =>
  post('/v1/invitations', { email, role, team: 'north' }, admin)
const tokenOf = ({ body }: Reply): string => (body.path as string).split('#')[1]!
const accept = (token: string, more: object = {}) =>
  post('/api/auth/links/invitation', { token, password: PASSWORD, name: 'Ann Agent', ...more })
const codeOf = ({ body }: Reply): string => (body.type as string).split('/').pop()!
const listed = async () =>
  (await hub.call('GET', '/v1/invitations', { as: admin })).body.items as { email: string }[]

/** A member who came by invitation. */
async function join(email: string, role = 'agent'): Promise<{ as: string; userId: number }> {
  const { status, body } = await accept(tokenOf(await invite(email, role)))
  expect(status).toBe(200)
  return { as: body.access_token as string, userId: body.user.user_id as number }
}

test('an invitation is used once, and makes a member with the role that was meant', async () => {
  const made = await invite('Ann@Example.com')
  expect(made.status).toBe(201)
  expect(made.body.path).toMatch(/^\/join#eh_in_[\w-]{43}$/)
  const days = (Date.parse(made.body.expires_at as string) - Date.now()) / 86_400_000
  expect(days).toBeGreaterThan(6.9)
  expect(days).toBeLessThan(7.01)
  const token = tokenOf(made)
  const stored = await hub.database.owner.query('select * from one_time_links')
  expect(JSON.stringify(stored.rows)).not.toContain(token.slice(6))
  expect(JSON.stringify((await listed())[0])).not.toContain('eh_in_')

  const seen = await post('/api/auth/links', { token })
  expect(seen.body).toMatchObject({
    kind: 'invitation',
    email: 'ann@example.com',
    workspace: 'Main',
    role: 'agent',
    has_account: false,
  })
  const joined = await accept(token, { time_zone: 'America/Denver' })
  expect(joined.status).toBe(200)
  expect(joined.body.user).toMatchObject({
    email: 'ann@example.com',
    name: 'Ann Agent',
    role: 'agent',
    team: 'north',
    time_zone: 'America/Denver',
  })
  expect(joined.headers.get('set-cookie')).toContain('eh_refresh=')
  expect((await hub.call('GET', '/v1/audit', { as: joined.body.access_token })).status).toBe(403)
  expect(await hub.login('ann@example.com', PASSWORD)).toBeTruthy()
  const again = await accept(token)
  expect([again.status, codeOf(again)]).toEqual([410, 'link-used'])
  expect((await listed()).length).toBe(0)
  expect((await invite('ann@example.com')).status).toBe(409)
  const audit = await hub.call('GET', '/v1/audit', { as: admin })
  const actions = (audit.body.items as { action: string }[]).map(({ action }) => action)
  expect(actions).toEqual(expect.arrayContaining(['invitation.created', 'invitation.accepted']))
})

test('of two who come at the same moment with one link, one joins', async () => {
  const token = tokenOf(await invite('twice@example.com'))
  const replies = await Promise.all([accept(token), accept(token)])
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 410])
})

test('links that are unknown, of another kind, revoked, replaced or expired say so', async () => {
  for (const token of ['', 'x', `eh_in_${'a'.repeat(43)}`, `eh_pw_${'a'.repeat(43)}`]) {
    const reply = await accept(token)
    expect([reply.status, codeOf(reply)], token).toEqual([404, 'link-unknown'])
    expect(reply.body.remedy).toContain('ask whoever sent it')
  }
  const first = await invite('late@example.com')
  const second = await invite('late@example.com')
  expect(codeOf(await accept(tokenOf(first)))).toBe('link-revoked')
  const reset = await post('/api/auth/links/password', {
    token: tokenOf(second),
    password: PASSWORD,
  })
  expect(codeOf(reset)).toBe('link-unknown')
  await hub.database.owner.query(
    `update one_time_links set expires_at = now() - interval '1 second' where link_id = $1`,
    [second.body.invitation_id],
  )
  expect(codeOf(await accept(tokenOf(second)))).toBe('link-expired')
  const third = await invite('late@example.com')
  const path = `/v1/invitations/${third.body.invitation_id}`
  expect((await hub.call('DELETE', path, { as: admin })).status).toBe(204)
  expect((await hub.call('DELETE', path, { as: admin })).status).toBe(404)
  expect(codeOf(await accept(tokenOf(third)))).toBe('link-revoked')
  expect((await listed()).map(({ email }) => email)).not.toContain('late@example.com')
})

test('what a newcomer sends is checked before the link is used up', async () => {
  const token = tokenOf(await invite('careful@example.com'))
  for (const more of [{ password: 'short' }, { name: undefined }, { time_zone: 'Mars/Base' }]) {
    const reply = await accept(token, more)
    expect([reply.status, codeOf(reply)]).toEqual([400, 'invalid-request'])
  }
  expect((await accept(token)).status).toBe(200)
})

test('half of a pair of surrogates, which nothing can store, is refused by name', async () => {
  const half = 'high \ud83d alone'
  const asked = [
    post('/v1/invitations', { email: 'h@example.com', role: 'agent', team: half }, admin),
    post(
      '/v1/invitations',
      { email: `${half.trim().replaceAll(' ', '')}@e.com`, role: 'agent' },
      admin,
    ),
    post('/v1/saved-filters', { name: half, filter: {} }, admin),
  ]
  for (const reply of await Promise.all(asked)) {
    expect([reply.status, codeOf(reply)]).toEqual([400, 'invalid-request'])
  }
  const whole = { email: 'whole@example.com', role: 'agent', team: 'north \u{1f3e1}' }
  expect((await post('/v1/invitations', whole, admin)).status).toBe(201)
})

test('only administrators invite, revoke and make links', async () => {
  const { as, userId } = await join('lead@example.com', 'lead')
  expect((await post('/v1/invitations', { email: 'x@y.z', role: 'admin' }, as)).status).toBe(403)
  expect((await hub.call('GET', '/v1/invitations', { as })).status).toBe(403)
  expect((await post(`/v1/users/${userId}/password-link`, {}, as)).status).toBe(403)
})

test('who has an account joins with its password, which stays', async () => {
  await post('/v1/workspaces', { slug: 'second', name: 'Second' }, admin)
  const entered = await post('/v1/session/workspace', { workspace: 'second' }, admin)
  const boss = entered.body.access_token as string
  await join('both@example.com')
  const made = await post('/v1/invitations', { email: 'both@example.com', role: 'lead' }, boss)
  const token = tokenOf(made)
  expect((await post('/api/auth/links', { token })).body.has_account).toBe(true)
  const wrong = await accept(token, { password: 'another long password' })
  expect(codeOf(wrong)).toBe('wrong-credentials')
  const joined = await post('/api/auth/links/invitation', { token, password: PASSWORD })
  expect(joined.body.user).toMatchObject({ name: 'Ann Agent', role: 'lead' })
  expect(joined.body.user.workspace.slug).toBe('second')
})

test('a one-time link sets a new password and ends the sessions of the old one', async () => {
  const { as, userId } = await join('forgot@example.com')
  const made = await post(`/v1/users/${userId}/password-link`, {}, admin)
  expect(made.body.path).toMatch(/^\/new-password#eh_pw_/)
  const token = tokenOf(made)
  const set = (password: string) => post('/api/auth/links/password', { token, password })
  expect((await set('short')).status).toBe(400)
  const reply = await set('the new long password')
  expect(reply.body.user.email).toBe('forgot@example.com')
  expect((await hub.call('GET', '/v1/me', { as })).status).toBe(401)
  expect(codeOf(await set('the new long password'))).toBe('link-used')
  await expect(hub.login('forgot@example.com', PASSWORD)).rejects.toThrow('401')
  expect(await hub.login('forgot@example.com', 'the new long password')).toBeTruthy()
})

test('no link for an account in which others have a say', async () => {
  const { userId } = await join('shared@example.com')
  await hub.database.owner.query(
    `with w as (insert into workspaces (slug, name) values ('foreign', 'Foreign')
       returning workspace_id)
     insert into memberships (workspace_id, user_id, role) select workspace_id, $1, 'agent' from w`,
    [userId],
  )
  const made = await post(`/v1/users/${userId}/password-link`, {}, admin)
  expect([made.status, codeOf(made)]).toEqual([403, 'forbidden'])
  const path = `/v1/users/${userId}`
  const renamed = await hub.call('PATCH', path, { as: admin, body: { name: 'Mallory' } })
  expect(renamed.status).toBe(403)
  const moved = await hub.call('PATCH', path, { as: admin, body: { team: 'south' } })
  expect(moved.body).toMatchObject({ name: 'Ann Agent', team: 'south' })
})

test('who is disabled is out at once: token, refresh and socket', async () => {
  const { userId } = await join('gone@example.com')
  const body = { email: 'gone@example.com', password: PASSWORD, refresh_transport: 'body' }
  const login = await post('/api/auth/login', body)
  const as = login.body.access_token as string
  const me = () => hub.call('GET', '/v1/me', { as })
  expect((await me()).status).toBe(200)
  using socket = await watch(hub.url, as)
  const link = tokenOf(await post(`/v1/users/${userId}/password-link`, {}, admin))
  const path = `/v1/users/${userId}`
  await hub.call('PATCH', path, { as: admin, body: { disabled: true } })
  expect((await me()).status).toBe(401)
  expect((await socket.closed).code).toBe(4401)
  const refresh_token = login.body.refresh_token as string
  expect((await post('/api/auth/refresh', { refresh_token })).status).toBe(401)
  const reset = await post('/api/auth/links/password', { token: link, password: PASSWORD })
  expect(codeOf(reset)).toBe('link-revoked')
  await expect(hub.login('gone@example.com', PASSWORD)).rejects.toThrow('401')
  // Back again, but what they began before stays ended.
  await hub.call('PATCH', path, { as: admin, body: { disabled: false } })
  expect((await post('/api/auth/refresh', { refresh_token })).status).toBe(401)
  expect(await hub.login('gone@example.com', PASSWORD)).toBeTruthy()
})

test('the last administrator can be neither disabled nor made something else', async () => {
  const users = await hub.call('GET', '/v1/users', { as: admin })
  const me = (users.body.items as { user_id: number; email: string }[]).find(
    ({ email }) => email === ADMIN.email,
  )!
  for (const body of [{ disabled: true }, { role: 'agent' }]) {
    const reply = await hub.call('PATCH', `/v1/users/${me.user_id}`, { as: admin, body })
    expect([reply.status, codeOf(reply)]).toEqual([409, 'conflict'])
  }
  expect((await hub.call('GET', '/v1/me', { as: admin })).body.user.role).toBe('admin')
})

test('working hours and time zone: own ones, and an agent’s by their administrator', async () => {
  const { as, userId } = await join('hours@example.com')
  const day = { from: '00:00', to: '24:00' }
  const always = Object.fromEntries(
    ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].map((name) => [
      name,
      day,
    ]),
  )
  const mine = await hub.call('PATCH', '/v1/me', {
    as,
    body: { time_zone: 'Asia/Kolkata', working_hours: always },
  })
  expect(mine.body).toMatchObject({ time_zone: 'Asia/Kolkata', working_now: true })
  const off = await hub.call('PATCH', `/v1/users/${userId}`, {
    as: admin,
    body: { working_hours: {} },
  })
  expect(off.body).toMatchObject({ working_hours: {}, working_now: null })
  const wrong = [
    { time_zone: 'Nowhere/Town' },
    { working_hours: { monday: { from: '18:00', to: '09:00' } } },
    { working_hours: { monday: { from: '9', to: '17:00' } } },
    { working_hours: { someday: day } },
    { role: 'admin' },
    {},
  ]
  for (const body of wrong)
    expect((await hub.call('PATCH', '/v1/me', { as, body })).status, JSON.stringify(body)).toBe(400)
})

test('the audit log is read by actor and kind, in pages, and as a file', async () => {
  const { userId } = await join('=cmd@example.com')
  await hub.call('PATCH', `/v1/users/${userId}`, { as: admin, body: { name: '=1+1' } })
  await expect(hub.login('=cmd@example.com', 'not the password')).rejects.toThrow('401')
  const read = async (query: string) =>
    (await hub.call('GET', `/v1/audit?${query}`, { as: admin })).body as {
      items: { action: string; actor: string; actor_name: string | null; entry_no: number }[]
      next_cursor: string | null
    }
  const theirs = (await read(`actor=user:${userId}`)).items
  expect(theirs.map(({ action, actor_name }) => [action, actor_name])).toEqual([
    ['session.refused', '=1+1'],
    ['invitation.accepted', '=1+1'],
  ])
  const all = (await read('kind=invitation&limit=200')).items
  expect(new Set(all.map(({ action }) => action.split('.')[0]))).toEqual(new Set(['invitation']))
  const paged: number[] = []
  let cursor: string | null = null
  do {
    const page = await read(`kind=invitation&limit=3${cursor === null ? '' : `&cursor=${cursor}`}`)
    paged.push(...page.items.map(({ entry_no }) => entry_no))
    cursor = page.next_cursor
  } while (cursor !== null)
  expect(paged).toEqual(all.map(({ entry_no }) => entry_no))
  expect((await read('kind=invitation.revoked')).items.length).toBeGreaterThan(0)
  const path = `/v1/audit/export?actor=user:${userId}`
  const file = await hub.call('GET', path, { as: admin })
  expect(file.headers.get('content-type')).toContain('text/csv')
  const lines = (file.body as string).trim().split('\n')
  expect(lines.length).toBe(3)
  expect(lines[0]).toBe('entry_no,at,actor,actor_name,action,subject,details,hash')
  // Text in a spreadsheet, not a formula.
  expect(lines[1]).toContain(",'=1+1,session.refused,")
  const exported = await read('kind=audit.exported')
  expect(exported.items).toHaveLength(1)
  expect((await hub.call('GET', '/v1/audit?kind=A;B', { as: admin })).status).toBe(400)
})

test('tries of one address are limited', async () => {
  const statuses: number[] = []
  for (let i = 0; i < 62; i++) statuses.push((await accept('nothing')).status)
  expect(new Set(statuses)).toEqual(new Set([404, 429]))
  const reply = await accept('nothing')
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
})
