/** Owners of partitions: live states equal rebuilt ones; who lost the lease cannot write. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  decodeState,
  encodeState,
  foldEntries,
  onStateDamage,
  readStored,
  type StateDamage,
} from '../../src/features/index.ts'
import { createLog, systemClock } from '../../src/platform/index.ts'
import {
  checkpointPartition,
  loadStates,
  readPerson,
  releasePartitions,
  takePartitions,
  type Lease,
} from '../../src/store/index.ts'
import { startPartitionOwner, type PartitionOwner } from '../../src/worker/index.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { captureOn, makeWorkspace } from '../support/workspaces.ts'

const NOW = Date.UTC(2026, 2, 1, 12)
const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })
let database: TestDatabase
let workspace: number
let owners = 0

beforeAll(async () => {
  database = await freshDatabase()
  workspace = await makeWorkspace(database, 'main')
})
afterAll(() => database.drop())

const own = (): Promise<PartitionOwner> =>
  startPartitionOwner({ database, log, clock: systemClock, holder: `test-${owners++}` })

const freeLeases = () => releasePartitions(database.app, null)

const lastPosition = async (): Promise<number> => {
  const answer = await database.owner.query<{ p: string }>(
    'select max(position) as p from event_log',
  )
  return Number(answer.rows[0]!.p)
}

/** Every stored state against one folded from the log alone. */
async function expectRebuilt(): Promise<number> {
  const answer = await database.owner.query<{ person_id: string }>(
    'select person_id from lead_states where workspace_id = $1',
    [workspace],
  )
  const keys = answer.rows.map((row) => ({
    workspaceId: workspace,
    personId: Number(row.person_id),
  }))
  for (const { personId, position, state } of await loadStates(database.app, keys)) {
    const entries = await readPerson(database.app, workspace, personId, position)
    const rebuilt = encodeState(foldEntries(entries))
    expect(decodeState(state)).not.toBeNull()
    expect(Buffer.from(state).equals(rebuilt), `person ${personId}`).toBe(true)
  }
  return keys.length
}

test('states folded live, across owners that die, equal states rebuilt from the log', async () => {
  const capture = captureOn(database)
  const step = fc.record({
    lead: fc.integer({ min: 0, max: 4 }),
    device: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    minutes: fc.integer({ min: -20_000, max: 0 }),
    type: fc.constantFrom('page_visit', 'property_view', 'email_open', 'tour_scheduled'),
    dies: fc.boolean(),
  })
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      run++
      await freeLeases()
      let owner = await own()
      for (const { lead, device, minutes, type, dies } of steps) {
        const timestamp = new Date(NOW + minutes * 60_000).toISOString()
        const anonymous = device === undefined ? {} : { anonymous_id: `d${run}-${device}` }
        const named = lead === 4 && device !== undefined ? {} : { lead_id: `l${run}-${lead}` }
        await capture.take(workspace, [{ ...named, ...anonymous, type, timestamp }], NOW)
        owner.hint()
        if (dies) {
          // Another takes over while this one still believes it owns: its writes must fail.
          await freeLeases()
          const next = await own()
          await owner.close()
          owner = next
        }
      }
      expect(await owner.reached(await lastPosition(), 10_000)).toBe(true)
      await owner.close()
      await expectRebuilt()
    }),
    { numRuns: 12, endOnFailure: true },
  )
  expect(await expectRebuilt()).toBeGreaterThan(10)
})

test('a checkpoint under an old epoch is refused whole', async () => {
  await freeLeases()
  const [old] = (await takePartitions(database.app, 'old', 16, 60)) as [Lease]
  await freeLeases()
  await takePartitions(database.app, 'new', 16, 60)
  const state = new Uint8Array([1])
  const write = checkpointPartition(database.app, { ...old, cursor: 99_999_999 }, [
    { workspaceId: workspace, personId: 987_654, position: 1, state },
  ])
  await expect(write).rejects.toMatchObject({ code: 'EH001' })
  const found = await loadStates(database.app, [{ workspaceId: workspace, personId: 987_654 }])
  expect(found).toEqual([])
})

test('an owner whose sessions are cut off folds on, well before its leases would expire', async () => {
  const capture = captureOn(database)
  const visit = (lead_id: string) => ({ lead_id, type: 'page_visit' })
  await freeLeases()
  const owner = await own()
  for (let i = 0; i < 3; i++) {
    await capture.take(workspace, [visit('cut-off')], NOW)
    expect(await owner.reached(await lastPosition(), 10_000)).toBe(true)
    const { rowCount } = await database.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where usename = $1 and datname = current_database() and pid <> pg_backend_pid()`,
      [database.endpoint.user],
    )
    expect(rowCount).toBeGreaterThan(0)
    const append = () => capture.take(workspace, [visit('cut-off')], NOW)
    // Sessions of the pool are found dead one by one.
    await expect
      .poll(() =>
        append().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    expect(await owner.reached(await lastPosition(), 5_000)).toBe(true)
  }
  await owner.close()
  await expectRebuilt()
}, 60_000)

/** What a disk does to the bytes of a column. */
const DAMAGES = [
  `substring(state for length(state) / 2)`,
  `set_byte(state, length(state) / 2, get_byte(state, length(state) / 2) # 16)`,
  `decode(repeat('00', length(state)), 'hex')`,
  `substring(state for 5) || sha512(state)`,
  `substring(state for 12) || decode(repeat('ff', length(state) - 12), 'hex')`,
  `''::bytea`,
  `state || '\\x00'::bytea`,
  `substring(state for 3)`,
]

test('damaged states are folded anew from the log, and stop nobody', async () => {
  const capture = captureOn(database)
  const names = DAMAGES.flatMap((_, n) => [`read-${n}`, `told-${n}`])
  const view = (lead_id: string, minutes: number) => ({
    lead_id,
    type: 'property_view',
    timestamp: new Date(NOW + minutes * 60_000).toISOString(),
    property_id: `home-${minutes}`,
  })
  for (let i = 0; i < 12; i++)
    await capture.take(
      workspace,
      names.map((name) => view(name, i - 100)),
      NOW,
    )
  await freeLeases()
  const before = await own()
  expect(await before.reached(await lastPosition(), 10_000)).toBe(true)
  await before.close()
  await expectRebuilt()
  for (const [n, damage] of DAMAGES.entries())
    await database.owner.query(
      `update lead_states s set state = ${damage} from persons p
       where p.person_id = s.person_id and p.lead_id = any($1)`,
      [[`read-${n}`, `told-${n}`]],
    )
  const found: StateDamage[] = []
  const end = onStateDamage((damage) => found.push(damage))
  const owner = await own()
  // An event of half of them makes the owner read their states ...
  const told = names.filter((name) => name.startsWith('told'))
  await capture.take(
    workspace,
    told.map((name) => view(name, 0)),
    NOW,
  )
  expect(await owner.reached(await lastPosition(), 10_000)).toBe(true)
  expect(found.map(({ kept }) => kept)).toEqual(DAMAGES.map(() => 'state'))
  // ... the others are mended when anybody in its thread has read them.
  const { rows } = await database.owner.query<{ id: string }>(
    `select person_id as id from persons where lead_id like 'read-%'`,
  )
  const keys = rows.map(({ id }) => ({ workspaceId: workspace, personId: Number(id) }))
  for (const stored of await loadStates(database.app, keys))
    expect(readStored(stored.state, stored, 'state')).toBeNull()
  expect(found).toHaveLength(names.length)
  owner.hint()
  await capture.take(workspace, [view('told-0', 1)], NOW)
  expect(await owner.reached(await lastPosition(), 10_000)).toBe(true)
  await owner.close()
  end()
  expect(await expectRebuilt()).toBeGreaterThanOrEqual(names.length)
})
