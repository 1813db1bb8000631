/** A lesson from end to end: a simulated history in the log, `train`, the registry, live models. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EVENT_TYPES } from '../src/core/index.ts'
import { runRetraining, TRAINABLE, type RunReport } from '../src/learning/index.ts'
import { loadChampion, setAlias, versionsOf, type Registry } from '../src/models/index.ts'
import { toVersion } from '../src/server/learning/answers.ts'
import { createMarket, leadLogs, type LeadLog } from '../src/simulation/index.ts'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'

const DAY = 86_400_000
const START = Date.UTC(2025, 0, 1)
const LEADS = 700
const DAYS = 300
const NOW = START + DAYS * DAY
const market = createMarket({ seed: 12, leads: LEADS, days: DAYS, startMs: START })

let database: TestDatabase
let registry: Registry
let workspaceId: number
beforeAll(async () => {
  database = await freshDatabase()
  registry = { database, masterKey: new Uint8Array(32).fill(7) }
  const { rows } = await database.owner.query<{ workspace_id: number }>(
    `insert into workspaces (slug, name, simulated) values ('market', 'Market', true)
     returning workspace_id`,
  )
  workspaceId = rows[0]!.workspace_id
  await insertHistory(leadLogs(market))
})
afterAll(() => database.drop())

/** The log as it would stand had the product run all the time: received when it happened. */
async function insertHistory(logs: readonly LeadLog[]): Promise<void> {
  const own = logs.filter(({ record }) => record !== null)
  await database.owner.query(
    `insert into persons (workspace_id, person_id, lead_id, segment)
     select $1, p.id, p.lead, p.segment
     from unnest($2::bigint[], $3::text[], $4::text[]) as p(id, lead, segment)`,
    [
      workspaceId,
      own.map(({ personId }) => personId),
      own.map(({ record }) => record!.lead_id),
      own.map(({ record }) => record!.segment),
    ],
  )
  // Positions in the order of time, as the log gives them.
  const entries = own.flatMap((log) => log.entries.map((entry) => ({ entry, log })))
  entries.sort((a, b) => a.entry.eventTime - b.entry.eventTime)
  for (let from = 0; from < entries.length; from += 20_000) {
    const slice = entries.slice(from, from + 20_000)
    await database.owner.query(
      `insert into event_log
         (workspace_id, position, xid, person_id, type, event_time, received_at, body)
       select $1, e.position, pg_current_xact_id(), e.person, e.type, to_timestamp(e.at / 1000.0),
         to_timestamp(e.at / 1000.0), e.body
       from unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::double precision[], $6::jsonb[])
         as e(position, person, type, at, body)`,
      [
        workspaceId,
        slice.map((_, i) => from + i + 1),
        slice.map(({ log }) => log.personId),
        slice.map(({ entry }) => EVENT_TYPES[entry.type].code),
        slice.map(({ entry }) => entry.eventTime),
        slice.map(({ entry }) => JSON.stringify({ ...entry.body, properties: {} })),
      ],
    )
  }
}

const run = (now: number): Promise<RunReport> =>
  runRetraining({
    registry,
    workspaceId,
    spec: TRAINABLE[0]!,
    settings: {},
    now,
    days: null,
    actor: 'test',
    mostTrees: 20,
  })

test('the first model is learned, beats prior and rules, and is live', async () => {
  const report = await run(NOW)
  expect(report.verdict).toMatchObject({ decision: 'promote' })
  expect(report.version).toBe(1)
  expect(report.challenger.rocAuc).toBeGreaterThan(report.rule.rocAuc!)
  expect(report.challenger.rocAuc).toBeGreaterThan(0.8)
  const champion = await loadChampion(registry, workspaceId, 'lead_scoring')
  expect(champion?.version).toBe(1)
  expect(champion?.model.trainedOn.to).toBeLessThanOrEqual(NOW - 90 * DAY)
  // What the record of a version says is what was found, in the contract's words.
  const [version] = await versionsOf(registry, workspaceId, 'lead_scoring')
  const { training, aliases } = toVersion(version!)
  expect(aliases).toEqual(['champion'])
  expect(training).toMatchObject({
    learned_from: 'behavior',
    rows: report.rows,
    challenger: { roc_auc: report.challenger.rocAuc, brier: report.challenger.brier },
  })
  const shares = training!.summary.inputs.map(({ share }) => share)
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
  expect(shares).toEqual(shares.toSorted((a, b) => b - a))
}, 120_000)

test('a second night learns the same and keeps the champion; rolling back is an alias', async () => {
  const report = await run(NOW)
  expect(report).toMatchObject({ version: null, championVersion: 1 })
  expect(report.verdict.decision).toBe('keep')
  await expect(
    setAlias(registry, workspaceId, {
      name: 'lead_scoring',
      alias: 'champion',
      version: 9,
      actor: 'test',
      reason: '',
    }),
  ).rejects.toThrow(/no version 9/)
}, 120_000)
