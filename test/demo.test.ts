/** The demo workspace: its history, its first training, its days; interrupted and gone on with. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { saveDemo } from '../src/cli/market/demo-market.ts'
import { startDemo } from '../src/cli/market/demo.ts'
import { createLog, modelKey, parseConfig } from '../src/platform/index.ts'
import { createMarket, simulateDays } from '../src/simulation/index.ts'
import { startLearning } from '../src/worker/index.ts'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'
import { makeWorkspace } from './support/workspaces.ts'

const DAY_MS = 86_400_000
const MARKET = { seed: 3, leads: 60, days: 40 }
let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

interface Told {
  readonly events: number
  readonly ids: number
  readonly declared: number
  readonly leads: number
}

async function told(workspaceId: number): Promise<Told> {
  const { rows } = await database.owner.query<Told>(
    `select count(*) filter (where type < 80)::int as events,
       count(distinct body->>'event_id') filter (where type < 80)::int as ids,
       count(d.first_position) filter (where type < 80)::int as declared,
       (select count(*)::int from persons p where p.workspace_id = $1
         and p.attributes->>'simulated' = 'true') as leads
     from event_log e left join declared_history d on d.workspace_id = e.workspace_id
       and e.position between d.first_position and d.last_position
     where e.workspace_id = $1`,
    [workspaceId],
  )
  return rows[0]!
}

test('the demo is told up to two days ago as history, then live; again without doubling', async () => {
  const workspaceId = await makeWorkspace(database, 'demo')
  const start = Math.floor(Date.now() / DAY_MS) * DAY_MS - 25 * DAY_MS
  const state = { ...MARKET, start, through: start - 1, trained: false }
  await database.withWorkspace(workspaceId, (client) => saveDemo(client, state))
  const config = parseConfig({ LOG_LEVEL: 'error' })
  const log = createLog(config)
  const learning = startLearning({
    database,
    config,
    log,
    masterKey: modelKey({ ...config, MODEL_ENCRYPTION_KEY: 'ab'.repeat(32) }),
    holder: 'demo-test',
  })
  const notes: string[] = []
  let appended = 0
  const run = () =>
    startDemo({
      database,
      config,
      log,
      terminal: {
        note: (text) => notes.push(text),
        progress: () => ({ update: () => undefined, end: () => undefined }),
      },
      onAppended: () => appended++,
    })
  const demo = await run()
  // Twenty-five days are too few for a horizon of ninety: it says so and goes on.
  const alive = expect.stringContaining('could not be trained') as string
  await expect.poll(() => notes, { timeout: 30_000 }).toContainEqual(alive)
  await expect.poll(() => appended, { timeout: 20_000 }).toBeGreaterThan(2)
  await demo?.close()
  const first = await told(workspaceId)
  expect(first.declared).toBeGreaterThan(300)
  expect(first.events).toBeGreaterThan(first.declared)
  expect(first.leads).toBeGreaterThan(20)

  const again = await run()
  const before = appended
  await expect.poll(() => appended, { timeout: 20_000 }).toBeGreaterThan(before + 2)
  await again?.close()
  await learning.close()
  const second = await told(workspaceId)
  expect(second.declared).toBe(first.declared)
  expect(second.ids).toBe(second.events)
  const sent = new Set<string>()
  for (const { items } of simulateDays(createMarket({ ...MARKET, startMs: start })))
    for (const item of items)
      if (item.kind === 'event' && item.at <= Date.now()) sent.add(item.event.event_id)
  const { rows } = await database.owner.query<{ id: string }>(
    `select body->>'event_id' as id from event_log where workspace_id = $1 and type < 80
       and body->>'event_id' not like 'import-%'`,
    [workspaceId],
  )
  expect(rows.filter(({ id }) => !sent.has(id))).toEqual([])
}, 120_000)
