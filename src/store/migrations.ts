/** Brings the schema up to date: plain SQL files, each applied once, in order, in a transaction. */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientBase } from 'pg'
import { SetupError, type Logger } from '../platform/index.ts'

export interface Migration {
  readonly version: number
  /** File name. */
  readonly name: string
  readonly sql: string
  /** SHA-256 of the SQL, hexadecimal. */
  readonly checksum: string
}

/** The migrations that come with this release. */
export const MIGRATIONS_FOLDER = join(import.meta.dirname, '..', '..', 'migrations')

/** Any number of processes may start at once; one migrates, the others wait. */
const LOCK = 7_311

/** Reads `NNNN-noun.sql` files; numbers run from 1 without a gap. */
export function readMigrations(folder: string = MIGRATIONS_FOLDER): Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name, i) => {
    const version = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1])
    if (version !== i + 1)
      throw new Error(`migrations/${name}: expected a file ${String(i + 1).padStart(4, '0')}-*.sql`)
    const sql = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')
    return { version, name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
  })
}

interface Applied {
  version: number
  name: string
  checksum: string
}

function verify(applied: readonly Applied[], known: readonly Migration[]): void {
  const newest = applied.at(-1)
  if (newest !== undefined && newest.version > known.length)
    throw new SetupError(
      `The database is newer (schema ${newest.version}) than this release (schema ` +
        `${known.length}): update EnterpriseHub, or restore a backup of this release.`,
    )
  for (const { version, checksum } of applied) {
    const migration = known[version - 1]
    if (migration !== undefined && migration.checksum !== checksum)
      throw new SetupError(
        `migrations/${migration.name} was changed after it was applied: bring the ` +
          'released file back, or begin with an empty database.',
      )
  }
}

/**
 * Applies what is missing and returns the schema version. Needs the owner's session.
 * @throws SetupError when the database is newer or an applied file was changed.
 */
export async function migrate(
  client: ClientBase,
  log: Logger,
  migrations: readonly Migration[] = readMigrations(),
): Promise<number> {
  await client.query('select pg_advisory_lock($1)', [LOCK])
  try {
    await client.query(`create schema if not exists schema_history`)
    await client.query(`create table if not exists schema_history.migrations (
      version int primary key, name text not null, checksum text not null,
      applied_at timestamptz not null default now())`)
    const { rows } = await client.query<Applied>(
      'select version, name, checksum from schema_history.migrations order by version',
    )
    verify(rows, migrations)
    const missing = migrations.slice(rows.length)
    if (missing.length === 0) return migrations.length
    // A function's new owner needs this right for the moment of the hand-over.
    await client.query('grant create on schema public to enterprisehub_capture')
    for (const migration of missing) await apply(client, migration)
    await client.query('revoke create on schema public from enterprisehub_capture')
    log.info({ from: rows.length, to: migrations.length }, 'the database schema is up to date')
    return migrations.length
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => undefined)
  }
}

async function apply(
  client: ClientBase,
  { version, name, sql, checksum }: Migration,
): Promise<void> {
  await client.query('begin')
  try {
    await client.query(sql)
    await client.query(
      'insert into schema_history.migrations (version, name, checksum) values ($1, $2, $3)',
      [version, name, checksum],
    )
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    const { message, position } = error as Error & { position?: string }
    const line =
      position === undefined ? '' : `:${sql.slice(0, Number(position)).split('\n').length}`
    throw new Error(`migrations/${name}${line} failed: ${message}`, { cause: error })
  }
}
