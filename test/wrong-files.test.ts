/** Files as people really have them: each ends in what to do, or in what can honestly be said. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment --
   answers of every shape are read here, and a wrong guess fails the test */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImportDocument, LeadMapping } from '../src/contract/index.ts'
import { startHub, type Hub, type Reply } from './support/hub.ts'

let hub: Hub
let as: string
beforeAll(async () => {
  hub = await startHub()
  as = await hub.login()
})
afterAll(() => hub.close())

async function send(file: string | Buffer, mapping?: unknown, isDry = true): Promise<Reply> {
  const data = new FormData()
  if (mapping !== undefined) data.append('mapping', JSON.stringify(mapping))
  data.append('file', new Blob([new Uint8Array(Buffer.from(file))]), 'leads.csv')
  const response = await fetch(`${hub.url}/v1/imports?kind=leads${isDry ? '&dry_run=true' : ''}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as}` },
    body: data,
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

async function imported(file: string | Buffer, mapping?: unknown): Promise<ImportDocument> {
  const sent = await send(file, mapping, false)
  expect(sent.status).toBe(202)
  for (;;) {
    const { body } = await hub.call('GET', `/v1/imports/${sent.body.import_id}`, { as })
    if (body.status === 'done') return body.result as ImportDocument
    expect(body.status).toBe('running')
    await sleep(20)
  }
}

const rows = (header: string, row: (i: number) => string, count = 60): string =>
  [header, ...Array.from({ length: count }, (_, i) => row(i))].join('\n')

test('other formats under the name of a CSV are refused with what to do', async () => {
  const zip = (name: string) => Buffer.from(`PK\x03\x04\x14\x00\x00\x00\x08\x00${name}`, 'latin1')
  const files: [Buffer | string, RegExp][] = [
    ['', /^The file is empty/],
    [zip('[Content_Types].xml'), /^The file is an Excel workbook.*save it as "CSV UTF-8"/],
    [zip('mimetypeapplication/vnd.oasis.opendocument'), /spreadsheet: save it as CSV/],
    [zip('leads.csv'), /ZIP archive: unpack it/],
    [Buffer.from('d0cf11e0a1b11ae1', 'hex'), /old Excel workbook/],
    ['%PDF-1.4', /PDF/],
    ['\ufeff<!DOCTYPE html><html>', /web page/],
  ]
  for (const [file, says] of files) {
    const { status, body } = await send(file)
    expect([status, body.type]).toEqual([400, expect.stringMatching(/unusable-file$/)])
    expect(body.detail).toMatch(says)
    expect(body.remedy).toMatch(/Nothing was changed/)
  }
})

test('a header without rows, and columns nobody can guess, are said before anything is done', async () => {
  const bare = await send('Contact ID,Won\n')
  expect(bare.body.fault).toMatch(/header and no rows/)
  const odd = rows('who,what', (i) => `p${i},${i % 2}`)
  const plan = await send(odd)
  expect([plan.status, plan.body.fault]).toEqual([
    200,
    expect.stringMatching(/identifies the lead/),
  ])
  const refused = await send(odd, undefined, false)
  expect([refused.status, refused.body.detail]).toEqual([400, plan.body.fault])

  // By hand: which column identifies the lead, which says what became of it, and by which value.
  expect(plan.body.choices).toEqual({ what: ['0', '1'] })
  const columns = { who: { as: 'lead_id' }, what: { as: 'converted', positive: 'yes' } }
  const wrong = await send(odd, { columns })
  expect(wrong.body.fault).toMatch(/"yes" does not occur in "what", which holds "0", "1"/)
  columns.what.positive = '1'
  const right = await send(odd, { columns })
  expect(right.body).toMatchObject({ labelled: 60, converted: 30 })
  expect(right.body.fault).toBeUndefined()
})

test('a label chosen by hand stands under the leak guard as a guessed one does', async () => {
  const file = rows('Ref,Deal size,Origin,How it went', (i) =>
    [
      i,
      i % 3 === 0 ? 1_000 + i : '',
      i % 2 ? 'web' : 'ads',
      i % 3 === 0 ? 'signed' : 'gone',
    ].join(),
  )
  const guess = (await send(file)).body.mapping as LeadMapping
  expect(guess.columns).toMatchObject({ Ref: { as: 'lead_id' }, 'Deal size': { as: 'attribute' } })
  const columns = { ...guess.columns, 'How it went': { as: 'converted', positive: 'signed' } }
  const plan = await send(file, { columns })
  expect(plan.body).toMatchObject({ labelled: 60, converted: 20 })
  expect(plan.body.suspicious).toMatchObject([{ column: 'Deal size' }])
  expect(plan.body.left_out_of_models).toContain('Deal size')
})

test('no outcome, or one only: imported all the same, and learning says why not yet', async () => {
  const silent = rows('Contact ID,Source', (i) => `s${i},web`)
  expect((await send(silent)).body).toMatchObject({ labelled: 0, converted: 0 })
  expect(await imported(silent)).toMatchObject({ created: 60 })
  const lost = rows('Contact ID,Source,Won', (i) => `l${i},web,no`)
  expect((await send(lost)).body).toMatchObject({
    labelled: 60,
    converted: 0,
    mapping: { columns: { Won: { as: 'converted' } } },
  })
  expect(await imported(lost)).toMatchObject({ created: 60 })
  const { body } = await hub.call('GET', '/v1/leads?limit=1', { as })
  expect(body.items[0].score?.score ?? null).toBeNull()
})

test('semicolons, decimal commas and windows-1252; who it is and how to reach them', async () => {
  const text = rows('Kundennummer;Vorname;Nachname;E-Mail;Telefon;Stadt;Minuten;Gekauft', (i) =>
    [
      `k${i}`,
      'Jörg',
      `Müller ${i}`,
      `J${i}@Example.com`,
      `+49 30 9018 20${10 + i}`,
      i % 2 ? 'Köln' : 'Bonn',
    ]
      .concat(`${i},5`, i % 3 === 0 ? 'ja' : 'nein')
      .join(';'),
  )
  const file = Buffer.from(text, 'latin1')
  expect((await send(file)).body).toMatchObject({
    rejected: 0,
    labelled: 60,
    converted: 20,
    mapping: {
      columns: {
        Kundennummer: { as: 'lead_id' },
        Vorname: { as: 'name' },
        Nachname: { as: 'name' },
        'E-Mail': { as: 'email' },
        Telefon: { as: 'phone' },
        Minuten: { type: 'number' },
        Gekauft: { as: 'converted', positive: 'ja' },
      },
    },
  })
  expect(await imported(file)).toMatchObject({ created: 60, changed: 0 })
  expect(await imported(file)).toMatchObject({ created: 0, unchanged: 60 })
  const { body } = await hub.call('GET', '/v1/leads/k7', { as })
  expect(body).toMatchObject({ name: 'Jörg Müller 7', email: 'J7@Example.com' })
  expect(body.attributes).toMatchObject({ Stadt: 'Köln', Minuten: 7.5 })
  const { rows: known } = await hub.database.owner.query(
    `select count(*)::int as n, min(value) filter (where kind = 3) as email,
       min(value) filter (where kind = 4) as phone
     from identities join persons using (workspace_id, person_id) where lead_id = 'k7' and kind > 2`,
  )
  expect(known).toEqual([{ n: 2, email: 'j7@example.com', phone: '+493090182017' }])
  const declared = await hub.database.owner.query('select name from attribute_declarations')
  const names = declared.rows.map((row: { name: string }) => row.name)
  expect(names).not.toEqual(expect.arrayContaining(['name']))
  expect(names).not.toEqual(expect.arrayContaining(['E-Mail']))

  // Whoever was erased stays so, under another identifier too.
  await hub.call('DELETE', '/v1/leads/k7', { as })
  const again = await imported(file)
  expect(again).toMatchObject({ created: 0 })
  const renamed = 'Contact ID,Email\nanother,j7@example.com\n'
  expect(await imported(renamed)).toMatchObject({ created: 0 })
})
