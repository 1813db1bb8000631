/** A lesson from end to end: a simulated history in the log, `train`, the registry, live models. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runRetraining, TRAINABLE, type RunReport } from '../src/learning/index.ts'
import { loadChampion, setAlias, versionsOf, type Registry } from '../src/models/index.ts'
import { toVersion } from '../src/server/learning/answers.ts'
import { createMarket, leadLogs } from '../src/simulation/index.ts'
import { insertHistory } from './support/market-history.ts'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'

const DAY = 86_400_000
const START = Date.UTC(2025, 0, 1)
const LEADS = 450
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
  await insertHistory(database, workspaceId, leadLogs(market))
})
afterAll(() => database.drop())

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
