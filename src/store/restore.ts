/** Fills an empty product from a backup folder. All or nothing. */
import { cpSync, createReadStream, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { escapeIdentifier, type ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { SetupError, type Config, type Logger } from '../platform/index.ts'
import { readBackup, type Manifest } from './backup-manifest.ts'
import { openDatabase } from './database.ts'
import { makeLogPartsUpTo } from './log-parts.ts'
import { migrate, readMigrations, type Migration } from './migrations.ts'

export interface RestoreOptions {
  readonly from: string
  readonly settings: Pick<Config, 'DATA_DIR' | 'DATABASE_URL' | 'EH_UNSAFE_DATABASE'>
  readonly log: Logger
  readonly onTable?: (name: string, done: number, total: number) => void
  readonly migrations?: readonly Migration[]
}

/** Tables that hold something only when the product was used. */
const SIGNS_OF_USE = ['users', 'persons', 'event_log']

async function assertEmpty(client: ClientBase): Promise<void> {
  for (const table of SIGNS_OF_USE) {
    const { rows } = await client.query(`select from ${table} limit 1`)
    if (rows.length > 0)
      throw new SetupError(
        'The target holds data: restore into a new DATA_DIR or an empty database.',
      )
  }
}

async function loadTable(
  client: ClientBase,
  folder: string,
  table: Manifest['tables'][number],
): Promise<void> {
  const name = escapeIdentifier(table.name)
  const columns = table.columns.map(escapeIdentifier).join(', ')
  const sink = client.query(copyFrom(`copy ${name} (${columns}) from stdin`))
  await pipeline(createReadStream(join(folder, table.path)), createGunzip(), sink)
  const { rows } = await client.query<{ n: string }>(`select count(*)::text as n from ${name}`)
  if (Number(rows[0]!.n) !== table.rows)
    throw new Error(`${table.name}: ${rows[0]!.n} rows arrived, the backup has ${table.rows}`)
}

async function load(
  client: ClientBase,
  manifest: Manifest,
  { from, onTable }: Pick<RestoreOptions, 'from' | 'onTable'>,
): Promise<void> {
  const names = manifest.tables.map(({ name }) => escapeIdentifier(name))
  await client.query('begin')
  await client.query('set local row_security = off')
  await client.query(`truncate ${names.join(', ')}`)
  // What triggers did when the rows were written is in the backup already.
  for (const name of names) await client.query(`alter table ${name} disable trigger user`)
  const last = manifest.sequences.find(({ name }) => name === 'event_position_seq')
  const { rows } = await client.query<{ parts: boolean }>(
    `select to_regproc('make_log_parts') is not null as parts`,
  )
  if (rows[0]!.parts && last !== undefined) await makeLogPartsUpTo(client, last.last)
  let done = 0
  for (const table of manifest.tables) {
    onTable?.(table.name, done++, names.length)
    await loadTable(client, from, table)
  }
  for (const name of names) await client.query(`alter table ${name} enable trigger user`)
  for (const { name, last, called } of manifest.sequences)
    await client.query('select setval($1::regclass, $2, $3)', [
      escapeIdentifier(name),
      last,
      called,
    ])
  await client.query('commit')
}

/**
 * Restores a backup of the same or an older schema, then brings the schema up to date.
 * @throws SetupError when the backup is damaged or newer, or the target is not empty.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Manifest> {
  const { from, settings, log, migrations = readMigrations() } = options
  const manifest = await readBackup(from)
  if (manifest.schema_version > migrations.length)
    throw new SetupError(
      `The backup is newer (schema ${manifest.schema_version}) than this release ` +
        `(schema ${migrations.length}): update EnterpriseHub first.`,
    )
  const asThen = migrations.slice(0, manifest.schema_version)
  const database = await openDatabase(settings, log, { exclusive: true, migrations: asThen })
  try {
    const client = await database.owner.connect()
    try {
      await assertEmpty(client)
      await load(client, manifest, options)
      await migrate(client, log, migrations)
      await client.query('analyze')
    } finally {
      // A transaction left open by a failure ends with its session.
      client.release(true)
    }
    for (const { path } of manifest.files) {
      const target = join(settings.DATA_DIR, path.replace(/^files\//, ''))
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
      cpSync(join(from, path), target)
    }
    return manifest
  } finally {
    await database.close()
  }
}
