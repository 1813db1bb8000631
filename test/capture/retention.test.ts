/** Retention: what is deleted stays counted, outcomes stay, nothing happens unless it was asked. */
import { expect, test } from 'vitest'
import { foldEntries, decodeState, encodeState } from '../../src/features/index.ts'
import { createLog, systemClock } from '../../src/platform/index.ts'
import {
  appendEntry,
  erasePerson,
  findPerson,
  loadStates,
  readAudit,
  readPerson,
  saveRetention,
  type Retention,
} from '../../src/store/index.ts'
import type { LogEntry } from '../../src/core/index.ts'
import { retireEvents, startPartitionOwner } from '../../src/worker/index.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { captureOn, makeWorkspace } from '../support/workspaces.ts'

const DAY = 86_400_000
const NOW = Date.now()
const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })
const KEEP_450: Retention = { eventsDays: 450, outcomes: 'keep' }

/** A lead whose 40 first events happened, and were learnt, 500 days earlier than the 40 others. */
async function oldLead(database: TestDatabase, slug: string) {
  const workspace = await makeWorkspace(database, slug)
  const capture = captureOn(database)
  const types = ['property_view', 'search_executed', 'tour_scheduled', 'page_visit']
  const events = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      lead_id: 'lead_1',
      type: types[i % 4]!,
      timestamp: new Date(NOW - (count - i) * 3_600_000).toISOString(),
      property_id: `home_${i % 7}`,
      duration_seconds: i,
      properties: { price: 300_000 + i * 1_000 },
    }))
  await capture.take(workspace, events(40), NOW)
  const person = (await database.withWorkspace(workspace, (c) =>
    findPerson(c, { kind: 1, value: 'lead_1' }),
  ))!
  await appendEntry(database.app, workspace, person, 'note_added', { text: 'stays' })
  await database.owner.query(
    `update event_log set event_time = event_time - interval '500 days',
       received_at = received_at - interval '500 days' where workspace_id = $1`,
    [workspace],
  )
  await database.owner.query(
    `update workspaces set created_at = now() - interval '600 days' where workspace_id = $1`,
    [workspace],
  )
  await capture.take(workspace, events(40), NOW)
  return { workspace, person, capture }
}

const set = (database: TestDatabase, workspace: number, retention: Retention) =>
  database.withWorkspace(workspace, (client) => saveRetention(client, retention))

const entriesOf = (database: TestDatabase, workspace: number, person: number) =>
  readPerson(database.app, workspace, person, Number.MAX_SAFE_INTEGER)

async function folded(database: TestDatabase, workspaceId: number, personId: number) {
  const owner = await startPartitionOwner({
    database,
    log,
    clock: systemClock,
    holder: `retention-${Math.floor(systemClock.monotonic() * 1e6)}`,
    alone: true,
  })
  const { rows } = await database.owner.query<{ p: string }>(
    'select max(position) as p from event_log',
  )
  expect(await owner.reached(Number(rows[0]!.p), 10_000)).toBe(true)
  await owner.close()
  const [stored] = await loadStates(database.app, [{ workspaceId, personId }])
  return Buffer.from(stored!.state)
}

const rebuilt = (entries: readonly LogEntry[]) => Buffer.from(encodeState(foldEntries(entries)))

test('a late event after the deletion gives the state of the whole history, bit for bit', async () => {
  await using database = await freshDatabase()
  const { workspace, person, capture } = await oldLead(database, 'main')
  const before = await folded(database, workspace, person)
  const whole = await entriesOf(database, workspace, person)
  expect(before.equals(rebuilt(whole))).toBe(true)

  await set(database, workspace, KEEP_450)
  const retired = await retireEvents({ database, now: NOW })
  // 40 less the 10 tours, which are outcomes; the note stays too.
  expect(retired).toEqual([{ workspaceId: workspace, entries: 30, outcomes: 0 }])
  const left = await entriesOf(database, workspace, person)
  expect(left).toHaveLength(81 - 30)
  expect(left.map(({ type }) => type)).toContain('note_added')
  const [audited] = await database.withWorkspace(workspace, (c) => readAudit(c, undefined, 1))
  expect(audited).toMatchObject({ action: 'events.retired', details: { entries: 30, outcomes: 0 } })

  const late = { lead_id: 'lead_1', type: 'property_share', property_id: 'home_late' }
  const timestamp = new Date(NOW - 399 * DAY).toISOString()
  await capture.take(workspace, [{ ...late, timestamp }], NOW)
  const after = await folded(database, workspace, person)
  const known = await entriesOf(database, workspace, person)
  const lateEntry = known.find(({ type }) => type === 'property_share')!
  expect(after.equals(rebuilt([...whole, lateEntry]))).toBe(true)
  expect(decodeState(after)!.entries).toBe(82)
  // And again, from the base of the base.
  const later = NOW + 2 * DAY
  expect(await retireEvents({ database, now: later })).toMatchObject([{ entries: 0 }])
})

test('two leads that are merged after the deletion count the target’s past and all that is left', async () => {
  await using database = await freshDatabase()
  const { workspace, person, capture } = await oldLead(database, 'main')
  await set(database, workspace, KEEP_450)
  await retireEvents({ database, now: NOW })
  // A visitor without a past becomes the lead: the whole history counts.
  const visit = { anonymous_id: 'visitor', type: 'page_visit' }
  await capture.take(workspace, [visit], NOW)
  await capture.identify(workspace, 'visitor', 'lead_1')
  const state = decodeState(await folded(database, workspace, person))!
  expect(state.entries).toBeGreaterThanOrEqual(82)
})

test('by default everything is kept; outcomes go only when that was chosen, and it is said', async () => {
  await using database = await freshDatabase()
  const { workspace, person } = await oldLead(database, 'main')
  const other = await oldLead(database, 'other')
  expect(await retireEvents({ database, now: NOW })).toEqual([])
  await set(database, workspace, { eventsDays: 450, outcomes: 'delete' })
  expect(await retireEvents({ database, now: NOW })).toEqual([
    { workspaceId: workspace, entries: 40, outcomes: 10 },
  ])
  expect(await entriesOf(database, workspace, person)).toHaveLength(41)
  expect(await entriesOf(database, other.workspace, other.person)).toHaveLength(81)
  await expect(set(database, workspace, { eventsDays: 400, outcomes: 'keep' })).rejects.toThrow(
    /at least 401 days/,
  )
})

test('an erased person leaves no base either', async () => {
  await using database = await freshDatabase()
  const { workspace, person } = await oldLead(database, 'main')
  await set(database, workspace, KEEP_450)
  await retireEvents({ database, now: NOW })
  const count = 'select count(*)::int as n from lead_bases'
  expect((await database.owner.query(count)).rows).toEqual([{ n: 1 }])
  await erasePerson(database.app, workspace, person)
  expect((await database.owner.query(count)).rows).toEqual([{ n: 0 }])
})

test('events come in while old ones are deleted, and none of them is lost', async () => {
  await using database = await freshDatabase()
  const { workspace, capture } = await oldLead(database, 'main')
  await set(database, workspace, KEEP_450)
  const working = retireEvents({ database, now: NOW })
  const taken = Array.from({ length: 20 }, (_, i) =>
    capture.take(workspace, [{ lead_id: `new_${i}`, type: 'page_visit' }], NOW),
  )
  const fates = (await Promise.all(taken)).flat()
  expect(fates.every(({ status }) => status === 'accepted')).toBe(true)
  expect(await working).toMatchObject([{ entries: 30 }])
})
