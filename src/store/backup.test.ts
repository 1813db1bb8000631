import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts'
import { createLog } from '../platform/index.ts'
import { writeBackup } from './backup.ts'
import { appendRows, readLog } from './event-log.ts'
import { readMigrations } from './migrations.ts'
import { restoreBackup } from './restore.ts'

const folder = mkdtempSync(join(tmpdir(), 'eh-backup-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })

async function fill(database: TestDatabase): Promise<void> {
  await database.owner.query(
    `insert into workspaces (slug, name) values ('main', 'tab\t and "quotes" \\ und Ümlaut')`,
  )
  const client = await database.app.connect()
  const row = { workspaceId: 1, bodyHash: '7', identityKind: 1, type: 1, propertyId: '' } as const
  await appendRows(
    client,
    Array.from({ length: 500 }, (_, i) => ({
      ...row,
      key: i.toString(16).padStart(32, '0'),
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
  await expect(restore()).rejects.toThrow(/newer \(schema 999\)/)
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
