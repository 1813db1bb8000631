/** The parts of the log: upgrade, turning with the month, pruning, removal of empty ones. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLog } from '../../src/platform/index.ts'
import { migrate } from '../../src/store/migrations.ts'
import { appendRows, readLog, readMigrations, turnLogParts } from '../../src/store/index.ts'
import type { Database, LogRow } from '../../src/store/index.ts'
import { freshDatabase } from '../support/postgres.ts'
import { makeWorkspace } from '../support/workspaces.ts'

const SPAN = 10_000_000_000
const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })

const rowsOf = (workspaceId: number, count: number, from = 0): LogRow[] =>
  Array.from({ length: count }, (_, i) => ({
    workspaceId,
    key: (from + i + 1).toString(16).padStart(32, '0'),
    bodyHash: '7'.padStart(16, '0'),
    identityKind: 1,
    identity: `lead_${i % 10}`,
    type: 6,
    time: Date.UTC(2026, 0, 1, 0, 0, i),
    propertyId: '',
    body: JSON.stringify({ properties: { i: from + i } }),
  }))

async function append(database: Database, rows: LogRow[]): Promise<number[]> {
  const client = await database.app.connect()
  try {
    return (await appendRows(client, rows)).map(({ position }) => position)
  } finally {
    client.release()
  }
}

/** As the release before parts appended; the positions. */
async function appendAsBefore(database: Database, rows: readonly LogRow[]): Promise<number[]> {
  const column = (pick: (row: LogRow) => string | number): string => rows.map(pick).join('\u001f')
  const answer = await database.app.query<{ first_position: string }>(
    'select first_position from append_events($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    [
      column((row) => row.workspaceId),
      column((row) => row.key),
      column((row) => row.bodyHash),
      column((row) => row.identityKind),
      column((row) => row.identity),
      column((row) => row.type),
      column((row) => row.time),
      column((row) => row.propertyId),
      column((row) => row.body),
    ],
  )
  return rows.map((_, i) => Number(answer.rows[0]!.first_position) + i)
}

/** The log after a position; waits for transactions of other tests on the same server. */
async function readAll(database: Database, after: number, count: number): Promise<number[]> {
  for (let tries = 0; ; tries++) {
    const { entries } = await readLog(database.app, after, count + 1)
    if (entries.length >= count || tries === 200) return entries.map(({ position }) => position)
    await sleep(20)
  }
}

async function partsOf(database: Database): Promise<Record<string, number>> {
  const { rows } = await database.owner.query<{ part: string; n: number }>(
    `select i.inhrelid::regclass::text as part, count(e.position)::int as n
     from pg_inherits i left join event_log e on e.tableoid = i.inhrelid
     where i.inhparent = 'event_log'::regclass group by 1 order by 1`,
  )
  return Object.fromEntries(rows.map(({ part, n }) => [part, n]))
}

/** Everything in the log was learnt so many days earlier than it was. */
const age = (database: Database, days: number) =>
  database.owner.query(
    `update event_log set received_at = received_at - make_interval(days => $1)`,
    [days],
  )

test('the log of a release before parts stays readable in place and goes on', async () => {
  const all = readMigrations()
  const before = all.findIndex(({ name }) => name.endsWith('-partitions.sql'))
  await using database = await freshDatabase(all.slice(0, before))
  const workspace = await makeWorkspace(database, 'main')
  const old = await appendAsBefore(database, rowsOf(workspace, 500))
  const client = await database.owner.connect()
  await migrate(client, log, all)
  client.release()

  expect(await readAll(database, 0, 500)).toEqual(old)
  const [again, next] = await append(database, [
    ...rowsOf(workspace, 1),
    ...rowsOf(workspace, 1, 500),
  ])
  expect(again).toBe(old[0])
  expect(next).toBeGreaterThan(old.at(-1) ?? 0)
  expect(await partsOf(database)).toMatchObject({ event_log_00000: 501, event_log_00003: 0 })
  const seen = await database.withWorkspace(workspace, (c) =>
    c.query(
      `select count(*)::int as n from outcomes union all select count(*)::int from event_log`,
    ),
  )
  expect(seen.rows).toEqual([{ n: 0 }, { n: 501 }])
})

test('a new month begins a new part, once, and readers cross over in order', async () => {
  await using database = await freshDatabase()
  const workspace = await makeWorkspace(database, 'main')
  const first = await append(database, rowsOf(workspace, 30))
  expect(await turnLogParts(database.owner)).toEqual({ made: 0, turned: false, dropped: [] })
  await age(database, 32)
  // Several processes at the same moment.
  const turns = await Promise.all([1, 2, 3].map(() => turnLogParts(database.owner)))
  expect(turns.filter(({ turned }) => turned)).toHaveLength(1)
  const second = await append(database, rowsOf(workspace, 30, 30))
  expect(second[0]).toBe(SPAN + 1)
  // One part was made for the one that came into use.
  expect(await turnLogParts(database.owner)).toMatchObject({ turned: false })
  expect(await partsOf(database)).toEqual({
    event_log_00000: 30,
    event_log_00001: 30,
    event_log_00002: 0,
    event_log_00003: 0,
    event_log_00004: 0,
  })
  expect(await readAll(database, first[9]!, 50)).toEqual([...first.slice(10), ...second])
  const slice = await readLog(database.app, first[9]!, 40)
  expect(slice.entries.map(({ position }) => position)).toEqual([
    ...first.slice(10),
    ...second.slice(0, 20),
  ])
  expect(slice.cursor).toBe(second[19])
})

test('a month with more positions than a part holds runs over into the next', async () => {
  await using database = await freshDatabase()
  const workspace = await makeWorkspace(database, 'main')
  await database.owner.query(`select setval('event_position_seq', $1)`, [SPAN - 5])
  const positions = await append(database, rowsOf(workspace, 10))
  expect(positions).toEqual(Array.from({ length: 10 }, (_, i) => SPAN - 4 + i))
  expect(await partsOf(database)).toMatchObject({ event_log_00000: 4, event_log_00001: 6 })
  await turnLogParts(database.owner)
  expect(await readAll(database, 0, 10)).toEqual(positions)
  expect(await partsOf(database)).toHaveProperty('event_log_00004')
})

test('reading by position sorts nothing and passes over the parts below', async () => {
  await using database = await freshDatabase()
  const workspace = await makeWorkspace(database, 'main')
  await append(database, rowsOf(workspace, 10))
  await age(database, 40)
  await turnLogParts(database.owner)
  await append(database, rowsOf(workspace, 10, 10))
  const { rows } = await database.owner.query<{ 'QUERY PLAN': string }>(
    `explain select * from event_log where position > ${SPAN + 3} order by position limit 100`,
  )
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toContain('event_log_00001')
  expect(plan).not.toContain('event_log_00000')
  expect(plan).not.toMatch(/Sort|Merge|Seq Scan on event_log_00001/)
})

test('only old parts with nothing left in them are removed, while events come in', async () => {
  await using database = await freshDatabase()
  const workspace = await makeWorkspace(database, 'main')
  for (let month = 0; month < 4; month++) {
    await append(database, rowsOf(workspace, 10, month * 10))
    await age(database, 32)
    await turnLogParts(database.owner)
  }
  await database.owner.query('delete from event_log where position < $1', [2 * SPAN])
  const [change] = await Promise.all([
    turnLogParts(database.owner),
    append(database, rowsOf(workspace, 100, 1_000)),
  ])
  expect(change.dropped).toEqual(['event_log_00000', 'event_log_00001'])
  const left = Object.entries(await partsOf(database)).filter(([, n]) => n > 0)
  expect(Object.fromEntries(left)).toEqual({
    event_log_00002: 10,
    event_log_00003: 10,
    event_log_00004: 100,
  })
  expect(await readAll(database, 0, 120)).toHaveLength(120)
  // Removed parts do not come back.
  expect((await turnLogParts(database.owner)).made).toBe(0)
})

test('a part read by its own name is refused, and shows one workspace even where granted', async () => {
  await using database = await freshDatabase()
  const one = await makeWorkspace(database, 'one')
  const two = await makeWorkspace(database, 'two')
  await append(database, [...rowsOf(one, 5), ...rowsOf(two, 5)])
  await age(database, 32)
  await turnLogParts(database.owner)
  await append(database, [...rowsOf(one, 5, 50), ...rowsOf(two, 5, 50)])
  for (const part of Object.keys(await partsOf(database))) {
    const count = `select count(*)::int as n, min(workspace_id) as w from ${part}`
    for (const statement of [count, `delete from ${part}`, `insert into ${part} values (1)`])
      await expect(database.withWorkspace(one, (c) => c.query(statement))).rejects.toThrow(
        /permission denied/,
      )
    await database.owner.query(`grant select on ${part} to enterprisehub_app`)
    expect((await database.app.query(count)).rows).toEqual([{ n: 0, w: null }])
    const { rows } = await database.withWorkspace(two, (c) =>
      c.query<{ n: number; w: number | null }>(count),
    )
    expect([null, two]).toContain(rows[0]!.w)
    expect(rows[0]!.n).toBe(/0000[01]$/.test(part) ? 5 : 0)
  }
})
