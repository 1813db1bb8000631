/** States of another version of the fold are written anew beside folding, whoever dies meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { encodeState, isOfThisFold, rebuildTrack } from '../../src/features/index.ts'
import { createLog, systemClock } from '../../src/platform/index.ts'
import {
  erasePerson,
  findPerson,
  linkIdentities,
  readStateRebuild,
  releasePartitions,
  type StateKey,
} from '../../src/store/index.ts'
import { startPartitionOwner, type PartitionOwner } from '../../src/worker/index.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { captureOn, makeWorkspace } from '../support/workspaces.ts'

const NOW = Date.now()
const LEADS = 400
const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })
let database: TestDatabase
let workspace: number

const own = (holder: string): Promise<PartitionOwner> =>
  startPartitionOwner({ database, log, clock: systemClock, holder })

const visit = (lead_id: string, minutes: number, property = 'home-1') => ({
  lead_id,
  type: 'property_view',
  timestamp: new Date(NOW + minutes * 60_000).toISOString(),
  property_id: property,
})

async function allFolded(owner: PartitionOwner): Promise<void> {
  const { rows } = await database.owner.query<{ p: string }>(
    'select max(position) as p from event_log',
  )
  expect(await owner.reached(Number(rows[0]!.p), 20_000)).toBe(true)
}

interface Row extends StateKey {
  readonly position: number
  readonly state: Buffer
}

async function stored(): Promise<Row[]> {
  const { rows } = await database.owner.query<{
    workspace_id: number
    person_id: string
    position: string
    state: Buffer
  }>('select s.* from lead_states s join persons p using (workspace_id, person_id) order by 2')
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    personId: Number(row.person_id),
    position: Number(row.position),
    state: row.state,
  }))
}

/** Every stored state against one folded from the log alone. */
async function expectReplayed(): Promise<number> {
  const rows = await stored()
  for (const { position, state, ...lead } of rows) {
    const { track } = await rebuildTrack(database.app, lead, Number.MAX_SAFE_INTEGER)
    expect(state.equals(encodeState(track.state)), `person ${lead.personId}`).toBe(true)
    expect(position).toBeGreaterThanOrEqual(track.state.knownPosition)
  }
  return rows.length
}

/** As another version of the fold leaves them: its number, and fields that this one cannot read. */
async function asOfAnotherFold(): Promise<void> {
  await database.owner.query(
    `update lead_states set state = '\\x0107070707'::bytea || sha256(state)`,
  )
  await database.owner.query('delete from state_rebuilds')
}

const stale = async () => (await stored()).filter(({ state }) => !isOfThisFold(state)).length

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let i = 0; !(await what()); i++) {
    if (i > 1_500) throw new Error('it did not come to pass within 15 s')
    await sleep(10)
  }
}

const finished = () =>
  until(async () => {
    const { rows } = await database.owner.query<{ open: number }>(
      'select 16 - count(finished_at)::int as open from state_rebuilds',
    )
    return rows[0]!.open === 0
  })

beforeAll(async () => {
  database = await freshDatabase()
  workspace = await makeWorkspace(database, 'main')
  const capture = captureOn(database)
  for (let day = 0; day < 5; day++)
    await capture.take(
      workspace,
      Array.from({ length: LEADS }, (_, n) => visit(`lead-${n}`, -1_440 * (6 - day) + n, `h-${n}`)),
      NOW,
    )
  const lead = (value: string) => ({ kind: 1, value }) as const
  await linkIdentities(database.app, workspace, lead('lead-1'), lead('lead-2'), 'merge')
})
afterAll(() => database.drop())

beforeEach(async () => {
  const owner = await own('before')
  await allFolded(owner)
  await finished()
  await owner.close()
  await asOfAnotherFold()
})

test('all states are written anew, equal to a replay, and progress says so', async () => {
  const count = (await stored()).length
  expect(await stale()).toBe(count)
  const owner = await own('one')
  await finished()
  const progress = await readStateRebuild(database.app)
  expect(progress).toMatchObject({ status: 'done', leads: count, done: count, rebuilt: count })
  expect(progress.finishedAt!.getTime()).toBeGreaterThan(progress.startedAt!.getTime())
  await owner.close()
  expect(await expectReplayed()).toBe(count)

  // The next start finds nothing to do.
  const next = await own('two')
  await allFolded(next)
  await next.close()
  expect(await readStateRebuild(database.app)).toEqual(progress)
})

test('a live event, a late one, a merge and an erasure meanwhile come out right', async () => {
  const capture = captureOn(database)
  const gone = (await database.withWorkspace(workspace, (client) =>
    findPerson(client, { kind: 1, value: 'lead-9' }),
  ))!
  const owner = await own('meanwhile')
  const some = Array.from({ length: 60 }, (_, n) => n * 6 + 3)
  await capture.take(
    workspace,
    some.map((n) => visit(`lead-${n}`, 0)),
    NOW,
  )
  await capture.take(
    workspace,
    some.map((n) => visit(`lead-${n + 1}`, -5_000, 'late')),
    NOW,
  )
  await linkIdentities(
    database.app,
    workspace,
    { kind: 1, value: 'lead-20' },
    { kind: 1, value: 'lead-21' },
    'merge',
  )
  await erasePerson(database.app, workspace, gone)
  owner.hint()
  await allFolded(owner)
  await finished()
  await owner.close()
  expect(await stale()).toBe(0)
  expect(await expectReplayed()).toBeGreaterThan(LEADS - 10)
  expect((await stored()).some(({ personId }) => personId === gone)).toBe(false)
})

test('who lost its partitions writes nothing more; the next one goes on where it was', async () => {
  const first = await own('first')
  await until(async () => (await readStateRebuild(database.app)).done > 0)
  await releasePartitions(database.app, null)
  const second = await own('second')
  // The first, which does not know it yet, goes on and is refused.
  await finished()
  const { leads, done, rebuilt } = await readStateRebuild(database.app)
  expect([done, rebuilt]).toEqual([leads, leads])
  await Promise.all([first.close(), second.close()])
  await expectReplayed()
})
