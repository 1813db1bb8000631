import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/postgres.ts'
import { createLog } from '../platform/index.ts'
import { parseDatabaseUrl } from './database.ts'
import { migrate, readMigrations } from './migrations.ts'

const silent = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })

test('the runtime role is nobody special', async () => {
  await using database = await freshDatabase()
  const { rows } = await database.app.query(
    `select current_user as name, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls,
       pg_has_role(current_user, 'enterprisehub_app', 'member') as member
     from pg_roles where rolname = current_user`,
  )
  expect(rows).toEqual([
    {
      name: database.endpoint.user,
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolbypassrls: false,
      member: true,
    },
  ])
  const owned = await database.app.query(
    `select relname from pg_class where pg_get_userbyid(relowner) = current_user`,
  )
  expect(owned.rows).toEqual([])
  await expect(database.app.query('create table mine (a int)')).rejects.toThrow(/permission/)
  await expect(database.app.query('create temp table mine (a int)')).rejects.toThrow(/permission/)
})

test('a runtime role cannot enter another database of the same server', async () => {
  await using one = await freshDatabase()
  await using other = await freshDatabase()
  const { Client } = (await import('pg')).default
  const intruder = new Client({ ...one.endpoint, database: other.endpoint.database })
  await expect(intruder.connect()).rejects.toThrow(/permission denied for database/)
})

test('the workspace holds for one transaction only', async () => {
  await using database = await freshDatabase()
  const read = `select current_setting('eh.workspace_id', true) as id`
  const inside = await database.withWorkspace(7, (client) => client.query<{ id: string }>(read))
  expect(inside.rows[0]!.id).toBe('7')
  const after = await database.app.query<{ id: string | null }>(read)
  expect(after.rows[0]!.id ?? '').toBe('')
})

test('a failed transaction leaves nothing and gives the connection back', async () => {
  await using database = await freshDatabase()
  await database.owner.query('create table probe (a int)')
  const fail = database.withWorkspace(1, async (client) => {
    await client.query('select 1')
    throw new Error('on purpose')
  })
  await expect(fail).rejects.toThrow('on purpose')
  expect(database.app.idleCount).toBe(database.app.totalCount)
})

test('a changed runtime password is mended at the next start', async () => {
  await using database = await freshDatabase()
  const { user } = database.endpoint
  await database.owner.query(`alter role ${user} password 'something else'`)
  const { openDatabase } = await import('./database.ts')
  const settings = { DATABASE_URL: database.url, EH_UNSAFE_DATABASE: true, DATA_DIR: '' }
  const again = await openDatabase(settings, silent)
  expect((await again.app.query('select 1')).rowCount).toBe(1)
  await again.close()
})

test('a database that may lose acknowledged events is refused', async () => {
  await using database = await freshDatabase()
  const { openDatabase } = await import('./database.ts')
  const settings = { DATABASE_URL: database.url, EH_UNSAFE_DATABASE: false, DATA_DIR: '' }
  await expect(openDatabase(settings, silent)).rejects.toThrow(/fsync.*is not on/)
})

test('migrations: each once, changed and newer ones refused, a failed one leaves nothing', async () => {
  await using database = await freshDatabase()
  const known = readMigrations()
  const client = await database.owner.connect()
  try {
    expect(await migrate(client, silent, known)).toBe(known.length)
    const next = {
      version: known.length + 1,
      name: 'next.sql',
      sql: 'create table next_one (a int); select 1 / 0',
      checksum: 'x',
    }
    await expect(migrate(client, silent, [...known, next])).rejects.toThrow(/next.sql failed/)
    expect((await client.query(`select to_regclass('next_one') as t`)).rows).toEqual([{ t: null }])
    const good = { ...next, sql: 'create table next_one (a int)' }
    expect(await migrate(client, silent, [...known, good])).toBe(known.length + 1)
    await expect(migrate(client, silent, known)).rejects.toThrow(/newer/)
    const changed = { ...good, checksum: 'y' }
    await expect(migrate(client, silent, [...known, changed])).rejects.toThrow(/was changed/)
  } finally {
    client.release()
  }
})

test('DATABASE_URL: folders as hosts, and what is missing is named', () => {
  expect(parseDatabaseUrl('postgresql://o:p%40ss@%2Frun%2Fpg:5433/hub')).toMatchObject({
    host: '/run/pg',
    port: 5433,
    user: 'o',
    password: 'p@ss',
    database: 'hub',
  })
  expect(() => parseDatabaseUrl('postgresql://host/hub')).toThrow(/needs host, user, password/)
})
