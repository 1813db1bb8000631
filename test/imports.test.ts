/** Files over HTTP: dry run, edited mapping, import, progress, refusals. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment --
   answers of every shape are read here, and a wrong guess fails the test */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startHub, type Hub, type Reply } from './support/hub.ts'

const REAL = join(process.env['EH_SHARED'] ?? '../shared', 'data/xeducation-leads/leads.csv.gz')
const PASSWORD = 'long enough for all'

let hub: Hub
let admin: string
/** Uploads of this file's hub only: others import at the same time. */
const temporary = mkdtempSync(join(tmpdir(), 'eh-imports-'))
const uploads = (): string[] =>
  readdirSync(temporary).filter((name) => name.startsWith('enterprisehub-upload-'))

beforeAll(async () => {
  vi.stubEnv('TMPDIR', temporary)
  hub = await startHub()
  admin = await hub.login()
})
afterAll(async () => {
  await hub.close()
  vi.unstubAllEnvs()
  rmSync(temporary, { recursive: true, force: true })
})

async function send(query: string, body: BodyInit, type?: string, as = admin): Promise<Reply> {
  const response = await fetch(`${hub.url}/v1/imports?${query}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${as}`,
      ...(type === undefined ? {} : { 'content-type': type }),
    },
    body,
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

function form(file: string | Uint8Array<ArrayBuffer>, mapping?: unknown): FormData {
  const data = new FormData()
  if (mapping !== undefined) data.append('mapping', JSON.stringify(mapping))
  data.append('file', new Blob([file]), 'leads.csv')
  return data
}

async function finished(sent: Reply): Promise<Reply> {
  const id = String(sent.body.import_id)
  for (let i = 0; i < 1_100; i++) {
    const reply = await hub.call('GET', `/v1/imports/${id}`, { as: admin })
    if (reply.body.status !== 'running') return reply
    await sleep(50)
  }
  throw new Error('the import does not end')
}

const leadCount = async (): Promise<number> => {
  const { rows } = await hub.database.owner.query<{ n: number }>(
    'select count(*)::int as n from persons',
  )
  return rows[0]!.n
}

const SMALL = 'Contact ID,Source,Visits,Won\na,web,3,yes\n,web,1,no\nb,phone,x,no\nb,web,2,no\n'

test('a dry run answers the mapping; edited, it imports; again, it changes nothing', async () => {
  const plan = await send('kind=leads&dry_run=true', SMALL, 'text/csv')
  expect(plan.status).toBe(200)
  expect(plan.body).toMatchObject({ dry_run: true, rows: 4, rejected: 2 })
  expect(await leadCount()).toBe(0)

  const { columns } = plan.body.mapping
  const source = { as: 'attribute', type: 'category', known_at: 'during', policy: 'proxy' }
  const mapping = { columns: { ...columns, Source: source } }
  for (const expected of [
    { created: 2, unchanged: 0 },
    { created: 0, unchanged: 2 },
  ]) {
    const sent = await send('kind=leads', form(SMALL, mapping))
    expect(sent.status).toBe(202)
    const { body } = await finished(sent)
    expect(body).toMatchObject({ kind: 'leads', status: 'done', progress: 1, error: null })
    expect(body.result).toMatchObject(expected)
    expect(body.result.rejections).toEqual([
      { line: 3, reason: '"Contact ID" is empty' },
      { line: 5, reason: '"Contact ID" repeats that of line 4' },
    ])
  }
  const { rows } = await hub.database.owner.query(
    `select known_at, policy from attribute_declarations where name = 'Source'`,
  )
  expect(rows).toEqual([{ known_at: 'during', policy: 'proxy' }])
  const list = await hub.call('GET', '/v1/imports?limit=1', { as: admin })
  const next = await hub.call('GET', `/v1/imports?limit=1&cursor=${list.body.next_cursor}`, {
    as: admin,
  })
  const [one, other] = [list, next].map(({ body }) => Number(body.items[0].import_id))
  expect(one).toBeGreaterThan(other!)
  expect(next.body.next_cursor).toBeNull()
})

test('JSON lines are a table too; a dry run names what would be rejected', async () => {
  const lines = ['{"id": "j1", "Visits": 3, "Won": "yes"}', '', 'no', '{"id": "j2", "Plan": [1]}']
  const plan = await send('kind=leads&dry_run=true', lines.join('\n'), 'application/jsonl')
  expect(plan.status).toBe(200)
  expect(plan.body).toMatchObject({
    rows: 3,
    leads: 2,
    mapping: { columns: { id: { as: 'lead_id' }, Visits: {}, Won: {}, Plan: {} } },
    rejections: [{ line: 3, reason: 'no JSON object of up to 1 MB' }],
  })
})

test('listings arrive in RESO names, packed or not', async () => {
  const text = 'id,price,bedrooms,zipcode\nhome-1,500000,3,98001\n'
  const sent = await send('kind=listings', gzipSync(text), 'application/gzip')
  expect((await finished(sent)).body.result).toMatchObject({ listings: 1 })
  const { body } = await hub.call('GET', '/v1/properties', { as: admin })
  expect(body.items).toEqual([
    { ListingId: 'home-1', ListPrice: 500_000, BedroomsTotal: 3, PostalCode: '98001' },
  ])
})

test('what is no file, too much or not allowed is refused and leaves nothing behind', async () => {
  const leads = await leadCount()
  const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024, 'a,b\n'))
  const cut = gzipSync(SMALL).subarray(0, 30)
  const cutForm = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b'
  const king = { columns: { Won: { as: 'king' } } }
  const refusals: [Promise<Reply>, number, RegExp][] = [
    [send('kind=leads', '{}', 'application/json'), 415, /media type/],
    [send('kind=people', SMALL, 'text/csv'), 400, /kind/],
    [send('kind=leads', '', 'text/csv'), 400, /^The file is empty/],
    [send('kind=leads', 'x,y\n1,2\n', 'text/csv'), 400, /No column identifies the lead/],
    [send('kind=leads', form(SMALL, king)), 400, /^mapping: /],
    [send('kind=leads', new URLSearchParams({ a: 'b' })), 415, /media type/],
    [send('kind=leads', SMALL, 'multipart/form-data'), 400, /no form data: .*Boundary not found/],
    [send('kind=leads', cutForm, 'multipart/form-data; boundary=x'), 400, /no form data: /],
    [send('kind=leads', cut, 'application/gzip'), 400, /damaged/],
    [send('kind=leads', bomb, 'application/gzip'), 413, /more than 50 MiB/],
  ]
  for (const [sent, status, says] of refusals) {
    const { status: got, body } = await sent
    expect([got, body.detail]).toEqual([status, expect.stringMatching(says)])
    expect(JSON.stringify(body)).not.toContain(tmpdir())
  }
  const empty = new FormData()
  empty.append('mapping', '{}')
  expect((await send('kind=leads', empty)).status).toBe(400)
  const agent = { email: 'agent@example.com', name: 'A', role: 'agent', password: PASSWORD }
  await hub.call('POST', '/v1/users', { as: admin, body: agent })
  const as = await hub.login(agent.email, PASSWORD)
  expect((await send('kind=leads', SMALL, 'text/csv', as)).status).toBe(403)
  expect((await hub.call('GET', '/v1/imports/999999', { as: admin })).status).toBe(404)
  expect(await leadCount()).toBe(leads)
  expect(uploads()).toEqual([])
})

test('an import whose process died says so', async () => {
  const { rows } = await hub.database.owner.query<{ import_id: string }>(
    `insert into imports (workspace_id, kind, requested_by, touched_at)
     select workspace_id, 'leads', 'user:1', now() - interval '3 minutes'
     from workspaces where slug = 'main' returning import_id`,
  )
  const { body } = await hub.call('GET', `/v1/imports/${rows[0]!.import_id}`, { as: admin })
  expect(body).toMatchObject({ status: 'failed', error: expect.stringMatching(/send the file/) })
})

test.skipIf(!existsSync(REAL))(
  '9,240 real leads, with what the leak guard says',
  async () => {
    const leads = await leadCount()
    const sent = await send('kind=leads', form(new Uint8Array(readFileSync(REAL))))
    expect(sent.status).toBe(202)
    const suspicious = (sent.body.plan.suspicious as { column: string }[]).map((s) => s.column)
    expect(suspicious).toEqual(expect.arrayContaining(['Tags', 'Lead Quality']))
    expect(suspicious).not.toContain('Total Time Spent on Website')
    const { body } = await finished(sent)
    expect(body.result).toMatchObject({ created: 9_240, rejected: 0, rejections: [] })
    expect(await leadCount()).toBe(leads + 9_240)
  },
  60_000,
)
