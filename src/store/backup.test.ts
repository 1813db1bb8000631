import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts'
import { createLog } from '../platform/index.ts'
import { writeBackup } from './backup.ts'
import { appendRows, readLog } from './event-log.ts'
import { turnLogParts } from './log-parts.ts'
import { readMigrations } from './migrations.ts'
import { restoreBackup } from './restore.ts'

const folder = mkdtempSync(join(tmpdir(), 'eh-backup-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })

async function fill(database: TestDatabase, round = 0): Promise<void> {
  await database.owner.query(
    `insert into workspaces (slug, name) values ('main', 'tab\t and "quotes" \\ und Ümlaut')
     on conflict do nothing`,
  )
  const client = await database.app.connect()
  const row = {
    workspaceId: 1,
    bodyHash: '7'.padStart(16, '0'),
    identityKind: 1,
    type: 1,
    propertyId: '',
  } as const
  await appendRows(
    client,
    Array.from({ length: 500 }, (_, i) => ({
      ...row,
      key: (round * 1_000 + i).toString(16).padStart(32, '0'),
      identity: `lead_${i % 20}`,
      time: Date.UTC(2026, 0, 1, 0, 0, i),
      body: JSON.stringify({ properties: { i } }),
    })),
  )
  client.release()
}

async function fingerprint(database: TestDatabase): Promise<unknown> {
  const rows = await database.owner.query(
    `select (select json_agg(w order by workspace_id) from workspaces w) as workspaces,
       (select json_agg(p order by person_id) from persons p) as persons,
       (select json_agg(k order by event_key) from event_keys k) as keys,
       (select json_agg(json_build_array(position, person_id, type, event_time, received_at, body)
         order by position) from event_log) as log`,
  )
  return rows.rows[0]
}

function settingsOf(database: TestDatabase, dataDir: string) {
  return { DATABASE_URL: database.url, EH_UNSAFE_DATABASE: true, DATA_DIR: dataDir }
}

const details = { productVersion: '0.1.0', createdAt: '2026-01-02T00:00:00Z' }

test('what was backed up is what is restored: rows, positions, sequences, models, secrets', async () => {
  await using source = await freshDatabase()
  await using target = await freshDatabase()
  await fill(source)
  const dataDir = join(folder, 'data')
  mkdirSync(join(dataDir, 'secrets'), { recursive: true })
  mkdirSync(join(dataDir, 'models', 'a'), { recursive: true })
  writeFileSync(join(dataDir, 'models', 'a', '1.bin'), Buffer.from([0, 1, 2, 255]))
  writeFileSync(join(dataDir, 'secrets', 'model-key'), 'k')
  writeFileSync(join(dataDir, 'secrets', 'postgres-password'), 'never copied')

  const out = join(folder, 'whole')
  const manifest = await writeBackup(source, { out, dataDir, ...details })
  expect(manifest.tables.find((t) => t.name === 'event_log')?.rows).toBe(500)
  expect(manifest.files.map((file) => file.path).sort()).toEqual([
    'files/models/a/1.bin',
    'files/secrets/model-key',
  ])
  expect(statSync(out).mode & 0o077).toBe(0)

  const again = join(folder, 'again')
  await restoreBackup({ from: out, settings: settingsOf(target, again), log })
  expect(await fingerprint(target)).toEqual(await fingerprint(source))
  expect(readFileSync(join(again, 'models', 'a', '1.bin'))).toEqual(Buffer.from([0, 1, 2, 255]))

  // The restored log is readable at once, and goes on after its last position.
  const client = await target.app.connect()
  expect((await readLog(client, 0, 1_000)).entries).toHaveLength(500)
  const next = await target.owner.query<{ p: string }>(`select nextval('event_position_seq') as p`)
  const last = await target.owner.query<{ p: string }>(`select max(position) as p from event_log`)
  expect(Number(next.rows[0]!.p)).toBeGreaterThan(Number(last.rows[0]!.p))
  client.release()

  await expect(
    restoreBackup({ from: out, settings: settingsOf(target, again), log }),
  ).rejects.toThrow(/holds data: restore into a new DATA_DIR/)
})

test('every part of the log comes back: months, what retention kept, and the next month after', async () => {
  await using source = await freshDatabase()
  await using target = await freshDatabase()
  await fill(source)
  for (let month = 1; month <= 4; month++) {
    await source.owner.query(`update event_log set received_at = received_at - interval '32 days'`)
    await turnLogParts(source.owner)
    await fill(source, month)
  }
  // As retention leaves it: a base, and the two oldest parts emptied and gone.
  await source.owner.query(
    `insert into lead_bases select workspace_id, person_id, now(), '\\x0102' from persons limit 1`,
  )
  await source.owner.query('delete from event_log where position < 20000000000')
  expect((await turnLogParts(source.owner)).dropped).toHaveLength(2)
  const partsOf = async (database: TestDatabase): Promise<unknown> => {
    const { rows } = await database.owner.query(
      `select tableoid::regclass::text as part, count(*)::int as n from event_log
       group by 1 order by 1`,
    )
    return rows
  }
  const before = await partsOf(source)
  expect(before).toEqual([
    { part: 'event_log_00002', n: 500 },
    { part: 'event_log_00003', n: 500 },
    { part: 'event_log_00004', n: 500 },
  ])

  const out = join(folder, 'parts')
  const manifest = await writeBackup(source, { out, dataDir: join(folder, 'none'), ...details })
  // By the log's own name: a part is no table of its own in a backup.
  expect(manifest.tables.filter((t) => t.name.startsWith('event_log'))).toMatchObject([
    { name: 'event_log', rows: 1_500 },
  ])
  await restoreBackup({ from: out, settings: settingsOf(target, join(folder, 'z')), log })
  expect(await partsOf(target)).toEqual(before)
  expect(await fingerprint(target)).toEqual(await fingerprint(source))
  const bases = 'select * from lead_bases'
  expect((await target.owner.query(bases)).rows).toEqual((await source.owner.query(bases)).rows)

  // It goes on where the source was: appending, and turning with the month.
  await fill(target, 77)
  expect(await partsOf(target)).toContainEqual({ part: 'event_log_00004', n: 1_000 })
  await target.owner.query(`update event_log set received_at = received_at - interval '32 days'`)
  expect((await turnLogParts(target.owner)).turned).toBe(true)
  await fill(target, 78)
  expect(await partsOf(target)).toContainEqual({ part: 'event_log_00005', n: 500 })
})

test('a damaged, unfinished or newer backup changes nothing', async () => {
  await using source = await freshDatabase()
  await using target = await freshDatabase()
  await fill(source)
  const out = join(folder, 'damaged')
  await writeBackup(source, { out, dataDir: join(folder, 'none'), ...details })
  const restore = (): Promise<unknown> =>
    restoreBackup({ from: out, settings: settingsOf(target, join(folder, 'x')), log })

  const path = join(out, 'tables', 'event_log.copy.gz')
  const bytes = readFileSync(path)
  writeFileSync(
    path,
    bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
  )
  await expect(restore()).rejects.toThrow(/event_log.copy.gz is damaged/)
  rmSync(path)
  await expect(restore()).rejects.toThrow(/event_log.copy.gz is missing/)
  writeFileSync(path, bytes)

  const manifest = join(out, 'manifest.json')
  const text = readFileSync(manifest, 'utf8')
  writeFileSync(manifest, text.replace(/"schema_version": \d+/, '"schema_version": 999'))
  await expect(restore()).rejects.toThrow(/newer \(schema 999\).*update EnterpriseHub first/)
  writeFileSync(manifest, text.replace('"format": 1', '"format": 2'))
  await expect(restore()).rejects.toThrow(/newer \(backup format 2\).*update EnterpriseHub first/)
  rmSync(manifest)
  await expect(restore()).rejects.toThrow(/not a finished backup/)
  await expect(writeBackup(source, { out, dataDir: folder, ...details })).rejects.toThrow(
    /is not empty/,
  )
  expect((await target.owner.query('select from workspaces')).rowCount).toBe(0)
})

test('a backup of an older schema is migrated after it was loaded', async () => {
  await using source = await freshDatabase()
  await using target = await freshDatabase()
  await fill(source)
  const out = join(folder, 'older')
  await writeBackup(source, { out, dataDir: join(folder, 'none'), ...details })
  const known = readMigrations()
  const next = {
    version: known.length + 1,
    name: 'next.sql',
    sql: `alter table workspaces add column motto text; update workspaces set motto = 'new'`,
    checksum: 'x',
  }
  const settings = settingsOf(target, join(folder, 'y'))
  await restoreBackup({ from: out, settings, log, migrations: [...known, next] })
  const { rows } = await target.owner.query('select slug, motto from workspaces')
  expect(rows).toEqual([{ slug: 'main', motto: 'new' }])
})
