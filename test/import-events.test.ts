/** import events and export events: round trips, repetition, interruption, garbage. */
import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportEvents } from '../src/cli/export/events.ts'
import { IMPORT_KINDS } from '../src/cli/import/index.ts'
import { collectExamples } from '../src/learning/collect.ts'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'
import { captureOn, makeWorkspace } from './support/workspaces.ts'

let database: TestDatabase
const folder = mkdtempSync(join(tmpdir(), 'enterprisehub-import-'))
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

interface Report {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  readonly links: number
  readonly lines: number
  readonly quarantine: string | null
}

interface Extra {
  readonly mapping?: string
  readonly history?: boolean
  readonly kind?: 'events' | 'outcomes'
}

async function load(file: string, workspaceId: number, extra: Extra = {}) {
  const { document } = await IMPORT_KINDS[extra.kind ?? 'events']({
    file,
    mapping: extra.mapping,
    ...(extra.history === true && { history: true }),
    database,
    workspaceId,
    dataDir: folder,
    dryRun: false,
    interactive: false,
    note: () => undefined,
    progress: () => ({ update: () => undefined, end: () => undefined }),
  })
  return document as Report
}

async function save(workspaceId: number, name: string, format: 'jsonl' | 'csv' = 'jsonl') {
  const out = join(folder, name)
  const onEvents = () => undefined
  const report = await exportEvents({ database, workspaceId, folder: out, format, onEvents })
  return { ...report, text: gunzipSync(readFileSync(report.file)).toString() }
}

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const at = (minute: number): string => new Date(Date.UTC(2026, 4, 1, 0, minute)).toISOString()

/** Events of every shape, among them some without event_id, without time and with two names. */
async function fill(workspaceId: number): Promise<void> {
  const capture = captureOn(database)
  const fates = await capture.take(
    workspaceId,
    [
      { lead_id: 'l1', type: 'page_visit' },
      { event_id: 'e1', anonymous_id: 'a1', type: 'page_visit', timestamp: '2026-05-01T00:00:00Z' },
      {
        lead_id: 'l1',
        anonymous_id: 'a1',
        type: 'property_view',
        property_id: 'h, "1"\n'.trim(),
        duration_seconds: 1.5,
        timestamp: at(1),
        properties: { ü: [1, { x: null }], price: 3e5 },
        context: { session_id: 's1', extra: true },
      },
      { lead_id: 'l2', anonymous_id: 'a2', type: 'property_view' },
      { event_id: 'e5', lead_id: 'l2', type: 'offer_submitted', timestamp: at(5) },
    ],
    Date.now(),
  )
  expect(fates.map(({ status }) => status)).toEqual(Array(5).fill('accepted'))
}

test('a refused event links nobody, and a time out of range is told with the limits', async () => {
  const workspace = await makeWorkspace(database, 'refused')
  const capture = captureOn(database)
  const first = { event_id: 'x1', lead_id: 'kept', type: 'page_visit', timestamp: at(1) }
  await capture.take(workspace, [first], Date.now())
  const both = { anonymous_id: 'device', lead_id: 'kept', type: 'page_visit' }
  const lines = [
    { ...both, event_id: 'x1', timestamp: at(2) },
    { ...both, event_id: 'x2', timestamp: '1900-01-01T00:00:00Z' },
  ]
  const file = fileOf('refused.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'))
  const { rejected, quarantine } = await load(file, workspace)
  expect(rejected).toBe(2)
  const reasons = readFileSync(quarantine!, 'utf8')
  expect(reasons).toContain('out of range: at most 36500 days back and 5 minutes ahead')
  expect(reasons).toContain('its event_id is stored with another content')
  const links = 'select count(*)::int as n from person_links where workspace_id = $1'
  expect((await database.owner.query(links, [workspace])).rows).toEqual([{ n: 0 }])
  const stored = JSON.stringify({ ...both, event_id: 'x3', timestamp: at(3) })
  await load(fileOf('stored.jsonl', stored), workspace)
  expect((await database.owner.query(links, [workspace])).rows).toEqual([{ n: 1 }])
})

test('what was exported is imported: the same again elsewhere, nothing at home', async () => {
  const [home, away] = [
    await makeWorkspace(database, 'home'),
    await makeWorkspace(database, 'away'),
  ]
  await fill(home)
  const first = await save(home, 'first')
  expect(first).toMatchObject({ events: 5, links: 2 })
  expect(await load(first.file, away)).toMatchObject({ accepted: 5, duplicates: 0, rejected: 0 })
  expect((await save(away, 'second')).text).toBe(first.text)
  const again = { accepted: 0, duplicates: 5, rejected: 0, quarantine: null }
  expect(await load(first.file, home)).toMatchObject(again)
  expect(await load(first.file, away)).toMatchObject(again)
  expect((await save(home, 'third')).text).toBe(first.text)

  const table = await save(home, 'table', 'csv')
  expect(await load(table.file, home)).toMatchObject({ accepted: 0, rejected: 0, duplicates: 5 })
})

test('a table is mapped by its header; rows without event_id are told apart by content', async () => {
  const workspace = await makeWorkspace(database, 'table')
  const text = [
    'Contact ID,Event,Date,Listing ID,Price,utm_source',
    `c1,property_view,${at(1)},h1,450000,google`,
    `c1,property_view,${at(1)},h1,450000,google`,
    `c1,page_visit,${at(2)},,,`,
    `c1,teleported,${at(3)},,,`,
    `,page_visit,${at(4)},,,`,
    `c2,page_visit,yesterday,,,`,
    'c2,page_visit,,,,',
    'c2,page_visit',
  ].join('\n')
  const file = fileOf('table.csv', text)
  const done = await load(file, workspace)
  expect(done).toMatchObject({ accepted: 2, duplicates: 1, rejected: 5 })
  const lines = readFileSync(done.quarantine ?? '', 'utf8')
    .trim()
    .split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual([5, 6, 7, 8, 9])
  expect(await load(file, workspace)).toMatchObject({ accepted: 0, duplicates: 3, rejected: 5 })
  const [view] = (await save(workspace, 'mapped')).text.split('\n')
  expect(JSON.parse(view ?? '')).toMatchObject({
    lead_id: 'c1',
    type: 'property_view',
    timestamp: at(1),
    property_id: 'h1',
    properties: { Price: 450_000 },
    context: { traffic_source: 'google' },
  })
})

const line = (n: number): string =>
  JSON.stringify({ event_id: `k${n}`, lead_id: `l${n % 50}`, type: 'page_visit', timestamp: at(n) })

test('garbage is refused in one line, or quarantined by line', async () => {
  const workspace = await makeWorkspace(database, 'garbage')
  const refuse = (file: string, says: RegExp) => expect(load(file, workspace)).rejects.toThrow(says)
  await refuse(fileOf('empty.csv', ''), /empty/)
  await refuse(fileOf('empty.jsonl', ''), /empty/)
  await refuse(fileOf('binary.csv', Buffer.from([0, 1, 2, 3, 0, 255])), /not a text file|No column/)
  await refuse(fileOf('other.csv', 'a,b\n1,2\n'), /No column is the event's type/)
  await refuse(join(folder, 'missing.jsonl'), /no such file/)
  expect(await load(fileOf('header.csv', 'lead_id,type,time\n'), workspace)).toMatchObject({
    accepted: 0,
    rejected: 0,
  })
  const bad = [
    line(1),
    '{"broken',
    '[]',
    'null',
    `{"event_id":"x","lead_id":"a\\u0000","type":"page_visit","timestamp":"${at(1)}"}`,
    `{"event_id":"y","lead_id":"a","type":"page_visit","timestamp":"2099-01-01T00:00:00Z"}`,
    `{"lead_id":"a","type":"page_visit","timestamp":"${at(1)}","properties":${'{"a":'.repeat(60)}1${'}'.repeat(60)}}`,
    `{"pad":"${'x'.repeat(1_100_000)}"}`,
    '{"link":{"lead_id":7}}',
    '{"link":{"lead_id":"a\\u0000","anonymous_id":"b"}}',
    '{"link":{"lead_id":"a","anonymous_id":"\\ud800"}}',
    '',
    line(2),
  ].join('\n')
  const mixed = Buffer.concat([Buffer.from(`${bad}\n`), Buffer.from([0xff, 0xfe, 0xfd, 10])])
  const file = fileOf('mixed.jsonl', mixed)
  expect(await load(file, workspace)).toMatchObject({ accepted: 2, rejected: 11, lines: 14 })
  const cut = gzipSync(Array.from({ length: 5_000 }, (_, n) => line(n + 10)).join('\n'))
  await refuse(fileOf('cut.jsonl.gz', cut.subarray(0, cut.length / 2)), /ends too early|damaged/)
  // What stood before the damage is in; the whole file completes it.
  const whole = await load(fileOf('whole.jsonl.gz', cut), workspace)
  expect(whole.accepted + whole.duplicates).toBe(5_000)
})

test('a link that is refused is rejected, not counted as made', async () => {
  const workspace = await makeWorkspace(database, 'links')
  const link = (lead_id: string) => JSON.stringify({ link: { lead_id, anonymous_id: 'cookie' } })
  const file = fileOf(
    'links.jsonl',
    [link('one'), link('one'), link('two'), link('two')].join('\n'),
  )
  expect(await load(file, workspace)).toMatchObject({ links: 2, rejected: 2 })
})

test('killed in the middle it goes on where it was, and nothing is doubled', async () => {
  const workspace = await makeWorkspace(database, 'killed')
  const file = fileOf('long.jsonl', '')
  for (let n = 0; n < 30_000; n += 1_000)
    appendFileSync(
      file,
      Array.from({ length: 1_000 }, (_, i) =>
        JSON.stringify({ lead_id: `l${(n + i) % 90}`, type: 'page_visit', timestamp: at(n + i) }),
      ).join('\n') + '\n',
    )
  const counted = async (): Promise<number> => {
    const { rows } = await database.owner.query<{ n: number }>(
      'select count(*)::int as n from event_log where workspace_id = $1',
      [workspace],
    )
    return rows[0]!.n
  }
  const main = join(import.meta.dirname, '../src/cli/main.ts')
  const start = () =>
    spawn(process.execPath, [main, 'import', 'events', file, '--workspace', 'killed', '--json'], {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: database.url,
        DATA_DIR: folder,
        EH_UNSAFE_DATABASE: 'on',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const first = start()
  const ended = new Promise((resolve) => first.once('exit', resolve))
  for (let i = 0; i < 600 && first.exitCode === null && (await counted()) < 3_000; i++)
    await sleep(20)
  first.kill('SIGKILL')
  await ended
  const before = await counted()
  expect(before).toBeGreaterThan(0)
  const second = start()
  let output = ''
  let errors = ''
  second.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  second.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const code = await new Promise((resolve) => second.once('close', resolve))
  expect(code, errors).toBe(0)
  expect(await counted()).toBe(30_000)
  const report = JSON.parse(output) as Report
  expect(report.accepted + report.duplicates).toBeGreaterThanOrEqual(30_000)
  if (before < 30_000) expect(errors).toMatch(/going on after line/)
})

const DAY_MS = 86_400_000

test('history that is declared as such makes rows to learn from; the same without makes none', async () => {
  const [told, untold] = [
    await makeWorkspace(database, 'told'),
    await makeWorkspace(database, 'untold'),
  ]
  const start = Date.now() - 300 * DAY_MS
  const day = (days: number): string => new Date(start + days * DAY_MS).toISOString()
  const visit = (days: number) => ({ type: 'property_view', timestamp: day(days) })
  const lines = [
    { ...visit(200), lead_id: 'h1' },
    ...Array.from({ length: 20 }, (_, i) => ({ ...visit(i), anonymous_id: 'device' })),
    { link: { anonymous_id: 'device', lead_id: 'h1', timestamp: day(30) } },
  ]
  const file = fileOf('history.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'))
  const outcome = { lead_id: 'h1', outcome_type: 'offer_submitted', timestamp: day(100) }
  const lost = { ...outcome, outcome_type: 'teleported' }
  const ends = fileOf('ends.jsonl', `${JSON.stringify(outcome)}\n${JSON.stringify(lost)}\n`)
  const rows = async (workspaceId: number) => {
    const found = await collectExamples(database, {
      workspaceId,
      now: Date.now(),
      horizonDays: 90,
      seed: 1,
    })
    return [found.rows, found.labels.reduce((sum, y) => sum + y, 0)]
  }
  const history = { history: true }
  expect(await load(file, untold)).toMatchObject({ accepted: 21, links: 1 })
  expect(await rows(untold)).toEqual([0, 0])
  expect(await load(file, told, history)).toMatchObject({ accepted: 21, links: 1 })
  const before = await rows(told)
  // Every fourteen days from the first visit until 90 days ago; the device's first 30 as its own.
  expect(before[0]).toBeGreaterThanOrEqual(12)
  expect(before[1]).toBe(0)
  expect(await load(ends, told, { ...history, kind: 'outcomes' })).toMatchObject({
    accepted: 1,
    rejected: 1,
  })
  const after = await rows(told)
  expect(after[0]).toBe(before[0])
  expect(after[1]).toBeGreaterThanOrEqual(5)
  // Whoever forgot to say so imports again.
  expect(await load(file, untold, history)).toMatchObject({ accepted: 0, duplicates: 21 })
  expect((await rows(untold))[0]).toBeGreaterThan(0)
})
