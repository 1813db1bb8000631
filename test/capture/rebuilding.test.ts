/** A log that nobody folded is folded lead by lead, into the states that folding by position makes. */
import { expect, test } from 'vitest'
import { encodeState, rebuildTrack } from '../../src/features/index.ts'
import { seededRandom } from '../../src/math/index.ts'
import { createLog, systemClock } from '../../src/platform/index.ts'
import {
  erasePerson,
  findPerson,
  linkIdentities,
  releasePartitions,
  saveRetention,
  unlinkPerson,
  type Database,
} from '../../src/store/index.ts'
import { retireEvents, startPartitionOwner, type PartitionOwner } from '../../src/worker/index.ts'
import { freshDatabase } from '../support/postgres.ts'
import { captureOn, makeWorkspace } from '../support/workspaces.ts'

const NOW = Date.now()
const DAY = 86_400_000
const BUSY = 5_000
const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })
const TYPES = ['page_visit', 'property_view', 'search_executed', 'tour_scheduled']

const own = (database: Database, holder: string, rebuildFrom: number) =>
  startPartitionOwner({ database, log, clock: systemClock, holder, alone: true, rebuildFrom })

async function lastPosition({ owner }: Database): Promise<number> {
  const { rows } = await owner.query<{ p: string }>('select max(position) as p from event_log')
  return Number(rows[0]!.p)
}

/**
 * Two workspaces: late events, links, a merge undone, an erased lead, graded e-mail, leads whose
 * older events retention deleted, and one lead with more entries than are read at once.
 */
async function fill(database: Database): Promise<number> {
  const workspace = await makeWorkspace(database, 'main')
  const capture = captureOn(database)
  const random = seededRandom(5)
  const event = (who: object, daysMax: number) => ({
    ...who,
    type: TYPES[random.int(TYPES.length)],
    timestamp: new Date(NOW - random.int(daysMax * DAY)).toISOString(),
    property_id: `home-${random.int(40)}`,
    duration_seconds: random.int(100),
  })
  const many = async (count: number, make: (n: number) => object) => {
    for (let from = 0; from < count; from += 1_000)
      await capture.take(
        workspace,
        Array.from({ length: Math.min(1_000, count - from) }, (_, i) => make(from + i)),
        NOW,
      )
  }
  await many(700, () => event({ lead_id: `old-${random.int(20)}` }, 20))
  await database.owner.query(
    `update event_log set event_time = event_time - interval '500 days',
       received_at = received_at - interval '500 days'`,
  )
  await database.owner.query(`update workspaces set created_at = now() - interval '600 days'`)
  await database.withWorkspace(workspace, (client) =>
    saveRetention(client, { eventsDays: 450, outcomes: 'keep' }),
  )
  expect(await retireEvents({ database, now: NOW })).toMatchObject([{ entries: 525 }])
  // Some of them never come again: nothing but their base is left.
  await many(300, () => event({ lead_id: `old-${random.int(10)}` }, 20))
  await many(2_000, () => event({ lead_id: `lead-${random.int(600)}` }, 300))
  await many(BUSY, () => event({ lead_id: 'busy' }, 300))
  await many(100, () => event({ anonymous_id: `device-${random.int(6)}` }, 300))
  for (let n = 0; n < 6; n++) await capture.identify(workspace, `device-${n}`, `lead-${n % 2}`)
  await many(60, () => event({ anonymous_id: `device-${random.int(6)}` }, 300))
  const person = async (value: string) =>
    (await database.withWorkspace(workspace, (c) => findPerson(c, { kind: 1, value })))!
  const lead = (value: string) => ({ kind: 1, value }) as const
  for (const [from, to] of [
    ['lead-10', 'lead-11'],
    ['lead-11', 'lead-12'],
    ['lead-13', 'busy'],
  ])
    await linkIdentities(database.app, workspace, lead(from!), lead(to!), 'merge')
  await unlinkPerson(database.app, workspace, await person('lead-10'), {})
  await erasePerson(database.app, workspace, await person('lead-20'))
  await many(8, (n) => ({
    lead_id: `lead-${30 + (n >> 2)}`,
    type: ['email_sent', 'email_open', 'email_click', 'page_visit'][n % 4],
    timestamp: new Date(NOW - 3_600_000 + n * 60_000).toISOString(),
    properties: { email_id: 'm1', client: 'phone', link: 1 },
  }))
  return workspace
}

/** Waits until the whole log is folded: grades are entries of their own, appended while folding. */
async function allFolded(owner: PartitionOwner, database: Database): Promise<void> {
  for (let last = -1; last !== (await lastPosition(database));) {
    last = await lastPosition(database)
    expect(await owner.reached(last, 30_000)).toBe(true)
  }
}

/** What every lead's state should be, by the way that refolds a single lead. */
async function expectRebuilt(database: Database): Promise<number> {
  const { rows } = await database.owner.query<{
    workspace_id: number
    person_id: string
    position: string
    state: Buffer
  }>(
    `select s.* from lead_states s where exists (select from persons p
       where p.workspace_id = s.workspace_id and p.person_id = s.person_id)
     and not exists (select from person_links l where l.workspace_id = s.workspace_id
       and l.person_id = s.person_id and l.unlinked_position is null)`,
  )
  for (const { workspace_id: workspaceId, person_id, position, state } of rows) {
    const lead = { workspaceId, personId: Number(person_id) }
    const { track } = await rebuildTrack(database.app, lead, Number.MAX_SAFE_INTEGER)
    expect(track.state.knownPosition).toBe(Number(position))
    expect(state.equals(encodeState(track.state)), `person ${person_id}`).toBe(true)
  }
  return rows.length
}

async function gradesOf({ owner }: Database): Promise<unknown[]> {
  const { rows } = await owner.query<{ grade: unknown }>(
    `select body->'properties' as grade from event_log where type = 80 order by body::text`,
  )
  return rows.map(({ grade }) => grade)
}

test('states, grades and what comes meanwhile are as if read by position', async () => {
  await using whole = await freshDatabase()
  await using plain = await freshDatabase()
  const workspace = await fill(whole)
  await fill(plain)

  const owner = await own(whole, 'whole', 1)
  // Under way: events, a link and an erasure that the rebuild does not see.
  const capture = captureOn(whole)
  const visit = (lead_id: string) => ({ lead_id, type: 'page_visit' })
  await capture.take(workspace, [visit('busy'), visit('lead-40'), visit('late-comer')], NOW)
  await capture.take(workspace, [{ anonymous_id: 'device-9', type: 'page_visit' }], NOW)
  await capture.identify(workspace, 'device-9', 'lead-41')
  await allFolded(owner, whole)
  await owner.close()

  const slow = await own(plain, 'plain', 1e9)
  await allFolded(slow, plain)
  await slow.close()

  expect(await gradesOf(whole)).toEqual(await gradesOf(plain))
  expect((await gradesOf(whole)).length).toBeGreaterThan(2)
  expect(await expectRebuilt(whole)).toBeGreaterThan(550)
  const { rows } = await whole.owner.query<{ least: string }>(
    'select min(cursor) as least from partition_leases',
  )
  expect(Number(rows[0]!.least)).toBe(await lastPosition(whole))
}, 120_000)

test('an owner that takes over in the middle begins again, and the other cannot write', async () => {
  await using database = await freshDatabase()
  await fill(database)
  const first = await own(database, 'first', 1)
  await releasePartitions(database.app, null)
  const second = await own(database, 'second', 1)
  await first.close()
  await allFolded(second, database)
  await second.close()
  expect(await expectRebuilt(database)).toBeGreaterThan(550)
}, 120_000)
