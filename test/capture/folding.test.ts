/** Owners of partitions: live states equal rebuilt ones; who lost the lease cannot write. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { foldEntries, decodeState, encodeState } from '../../src/features/index.ts'
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
