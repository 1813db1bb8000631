/** Capture against real PostgreSQL: fates, idempotency, identity, enrichment, order. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Capture, Fate } from '../../src/events/index.ts'
import { erasePerson, findPerson, readLog, readPerson } from '../../src/store/index.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { captureOn, makeWorkspace } from '../support/workspaces.ts'

const NOW = Date.UTC(2026, 2, 1, 12)
let database: TestDatabase
let capture: Capture
let main: number
let other: number

beforeAll(async () => {
  database = await freshDatabase()
  capture = captureOn(database)
  main = await makeWorkspace(database, 'main')
  other = await makeWorkspace(database, 'other')
})
afterAll(() => database.drop())

const view = (fields: object): object => ({ lead_id: 'lead_1', type: 'property_view', ...fields })
const codes = (fates: readonly Fate[]): string[] =>
  fates.map((fate) =>
    fate.status === 'rejected' ? fate.problem.type.replace(/.*\//, '') : fate.status,
  )
const person = async (workspace: number, kind: 1 | 2, value: string): Promise<number> =>
  (await database.withWorkspace(workspace, (client) => findPerson(client, { kind, value })))!

test('a batch with three bad events of a thousand stores 997 and names the three', async () => {
  const batch: unknown[] = Array.from({ length: 1_000 }, (_, i) => view({ event_id: `b${i}` }))
  batch[10] = view({ event_id: 'x', duration_seconds: 'long' })
  batch[500] = { type: 'property_view' }
  batch[999] = view({ type: 'teleported' })
  const fates = await capture.take(main, batch, NOW)
  const bad = fates.flatMap((fate, i) => (fate.status === 'rejected' ? [i] : []))
  expect(bad).toEqual([10, 500, 999])
  expect(codes(bad.map((i) => fates[i]!))).toEqual([
    'invalid-request',
    'invalid-request',
    'unknown-event-type',
  ])
  const kept = await database.withWorkspace(main, (client) =>
    client.query<{ event_type: string }>('select event_type from quarantine'),
  )
  expect(kept.rows).toEqual([{ event_type: 'teleported' }])
})

test('an event_id counts once: again is a duplicate, with another body a conflict', async () => {
  const first = view({ event_id: 'once', properties: { a: 1, b: { c: 2, d: 3 } } })
  const [stored] = await capture.take(main, [first], NOW)
  const reordered = view({ properties: { b: { d: 3, c: 2 }, a: 1 }, event_id: 'once' })
  const [again] = await capture.take(main, [reordered], NOW + 5_000)
  expect(again).toEqual({
    status: 'duplicate',
    position: (stored as { position: number }).position,
  })
  const changed = await capture.take(main, [view({ event_id: 'once', properties: { a: 2 } })], NOW)
  expect(codes(changed)).toEqual(['event-id-conflict'])
  expect(codes(await capture.take(other, [first], NOW))).toEqual(['accepted'])
  const twice = [
    view({ event_id: 'same' }),
    view({ event_id: 'same' }),
    view({ event_id: 'same', duration_seconds: 1 }),
  ]
  expect(codes(await capture.take(main, twice, NOW))).toEqual([
    'accepted',
    'duplicate',
    'event-id-conflict',
  ])
})

test('times: 400 days back and 5 minutes ahead, not more; garbage is refused', async () => {
  const at = (timestamp: unknown): object => view({ timestamp })
  const day = 86_400_000
  const iso = (ms: number): string => new Date(NOW + ms).toISOString()
  const fates = await capture.take(
    main,
    [
      at(iso(-399 * day)),
      at(iso(4 * 60_000)),
      at(iso(-401 * day)),
      at(iso(6 * 60_000)),
      at('yesterday'),
      at(5),
    ],
    NOW,
  )
  expect(codes(fates)).toEqual([
    'accepted',
    'accepted',
    'event-time-out-of-range',
    'event-time-out-of-range',
    'invalid-request',
    'invalid-request',
  ])
})

test('texts that cannot be stored are refused, texts that only look so are kept', async () => {
  const fates = await capture.take(
    main,
    [
      view({ properties: { text: 'a\u0000b' } }),
      view({ properties: { text: '\ud800' } }),
      view({ lead_id: 'x\u0000' }),
      view({ properties: { ['\udfff']: 1 } }),
      view({ properties: { text: '\\u0000 😀 \\ud800' } }),
      view({ properties: JSON.parse('{"__proto__":{"x":1}}') as object }),
    ],
    NOW,
  )
  expect(codes(fates)).toEqual([
    'invalid-text',
    'invalid-text',
    'invalid-request',
    'invalid-text',
    'accepted',
    'accepted',
  ])
})

test('what was anonymous counts for the lead once both are named, reversibly', async () => {
  await capture.take(main, [{ anonymous_id: 'device', type: 'page_visit' }], NOW)
  await capture.take(main, [view({ lead_id: 'ann', anonymous_id: 'device' })], NOW)
  const ann = await person(main, 1, 'ann')
  const entries = await readPerson(database.app, main, ann, Number.MAX_SAFE_INTEGER)
  expect(entries.map((entry) => entry.type)).toEqual([
    'page_visit',
    'property_view',
    'identity_linked',
  ])
  const link = entries[2]!
  const before = await readPerson(database.app, main, ann, link.position - 1)
  expect(before.map((entry) => entry.type)).toEqual(['property_view'])
  expect(await capture.identify(main, 'device', 'somebody-else')).toBe('taken')
  const device = await person(main, 2, 'device')
  await database.app.query(`select unlink_person($1, $2, '{}')`, [main, device])
  const after = await readPerson(database.app, main, ann, Number.MAX_SAFE_INTEGER)
  expect(after.map((entry) => entry.type)).not.toContain('page_visit')
})

test('an event that is refused links nobody', async () => {
  await capture.take(main, [{ anonymous_id: 'tablet', type: 'page_visit' }], NOW)
  const both = { lead_id: 'rex', anonymous_id: 'tablet', event_id: 'rex-1' }
  await capture.take(main, [view({ event_id: 'rex-1', lead_id: 'rex' })], NOW)
  const fates = await capture.take(main, [view(both), view({ ...both, type: 'nonsense' })], NOW)
  expect(codes(fates)).toEqual(['event-id-conflict', 'unknown-event-type'])
  const rex = await person(main, 1, 'rex')
  const entries = await readPerson(database.app, main, rex, Number.MAX_SAFE_INTEGER)
  expect(entries.map((entry) => entry.type)).toEqual(['property_view'])
})

test('what the listing was when it was viewed stays, whatever becomes of it', async () => {
  const list = (price: number) =>
    database.withWorkspace(main, (client) =>
      client.query(
        `insert into listings (workspace_id, listing_id, frozen) values ($1, 'h1', $2)
         on conflict (workspace_id, listing_id) do update set frozen = excluded.frozen`,
        [main, { ListPrice: price }],
      ),
    )
  await list(500_000)
  await capture.take(main, [view({ lead_id: 'bob', property_id: 'h1' })], NOW)
  await list(1)
  const bob = await person(main, 1, 'bob')
  const [entry] = await readPerson(database.app, main, bob, Number.MAX_SAFE_INTEGER)
  expect(entry?.body.frozen).toEqual({ listing: { ListPrice: 500_000 } })
})

test('an erased person is gone and stays away', async () => {
  await capture.take(main, [view({ lead_id: 'gone', event_id: 'g1' })], NOW)
  const id = await person(main, 1, 'gone')
  expect(await erasePerson(database.app, main, id)).toBe(1)
  expect(codes(await capture.take(main, [view({ lead_id: 'gone' })], NOW))).toEqual([
    'person-erased',
  ])
  expect(await person(main, 1, 'gone')).toBeUndefined()
  const left = await readPerson(database.app, main, id, Number.MAX_SAFE_INTEGER)
  expect(left.map((entry) => entry.type)).toEqual(['person_erased'])
  expect(codes(await capture.take(other, [view({ lead_id: 'gone' })], NOW))).toEqual(['accepted'])
})

test('a reader never passes a position that can still commit', async () => {
  // Not what a reader sees: other databases of the server may hold readers back for a moment.
  const end = await database.owner.query<{ last: string }>(
    'select max(position) as last from event_log',
  )
  const start = Number(end.rows[0]!.last)
  const blocker = await database.owner.connect()
  await blocker.query('begin')
  // An open transaction that appended: its position is drawn, its row not yet visible.
  await blocker.query(`select append_entry($1, 1, 3::smallint, now(), '{}')`, [main])
  await capture.take(main, [view({ lead_id: 'later' })], NOW)
  expect((await readLog(database.app, start, 100)).entries).toEqual([])
  await blocker.query('commit')
  blocker.release()
  const types = async () =>
    (await readLog(database.app, start, 100)).entries.map((entry) => entry.type)
  await expect.poll(types).toEqual(['page_visit', 'property_view'])
})

test('any mix of repeated and concurrent batches stores each event exactly once', async () => {
  let runs = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(12), { minLength: 1, maxLength: 8 }), {
        minLength: 1,
        maxLength: 12,
      }),
      async (batches) => {
        const salt = ++runs
        const event = (n: number): object => ({
          event_id: `p${salt}-${n}`,
          lead_id: `p${salt}-${n % 3}`,
          type: 'page_visit',
        })
        const fates = await Promise.all(
          batches.map((batch) => capture.take(other, batch.map(event), NOW)),
        )
        const accepted = codes(fates.flat()).filter((code) => code === 'accepted').length
        expect(codes(fates.flat()).every((c) => c === 'accepted' || c === 'duplicate')).toBe(true)
        expect(accepted).toBe(new Set(batches.flat()).size)
      },
    ),
    { numRuns: 25 },
  )
})

test('a pooled session without a WHERE sees one workspace, and none outside of one', async () => {
  const count = `select count(distinct workspace_id)::int as n, min(workspace_id) as w from event_log`
  const client = await database.app.connect()
  try {
    for (const workspace of [main, other, main]) {
      await client.query('begin')
      await client.query(`select set_config('eh.workspace_id', $1, true)`, [String(workspace)])
      expect((await client.query(count)).rows).toEqual([{ n: 1, w: workspace }])
      await client.query('commit')
      expect((await client.query(count)).rows).toEqual([{ n: 0, w: null }])
    }
  } finally {
    client.release()
  }
})
