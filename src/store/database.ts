/** The database of the product: embedded or a server's, migrated, entered as the runtime role. */
import { resolve } from 'node:path'
import pg, { escapeIdentifier, type Pool, type PoolClient } from 'pg'
import { SetupError, type Config, type Logger } from '../platform/index.ts'
import { connectPatiently, createPool, inWorkspace, type Endpoint } from './connection.ts'
import { startEmbedded, type Embedded } from './embedded/supervisor.ts'
import { migrate, readMigrations, type Migration } from './migrations.ts'
import { ensureRoles, resetRuntimePassword, runtimeEndpoint } from './roles.ts'

export interface Database {
  /** Sessions of the runtime role: bound by row-level security. */
  readonly app: Pool
  /** Sessions of the owner: migrations and maintenance only. */
  readonly owner: Pool
  /** How `app` connects, for libraries that bring their own pool. */
  readonly endpoint: Endpoint
  readonly schemaVersion: number
  /** Runs `work` in a transaction that sees the rows of one workspace. */
  readonly withWorkspace: <T>(
    workspaceId: number,
    work: (client: PoolClient) => Promise<T>,
  ) => Promise<T>
  /** Process number of the embedded server; undefined with DATABASE_URL. */
  readonly serverPid: () => number | undefined
  /** Ends all sessions, and the embedded server if this process runs it. */
  readonly close: () => Promise<void>
}

export interface DatabaseOptions {
  /** Refuse to share the embedded server with another process of the product (`serve`). */
  readonly exclusive?: boolean
  /** Most sessions of the runtime role (default 12). */
  readonly sessionsMax?: number
  readonly migrations?: readonly Migration[]
}

type DatabaseSettings = Pick<Config, 'DATA_DIR' | 'DATABASE_URL' | 'EH_UNSAFE_DATABASE'>

/** A server that starts beside us may need a moment; a wrong address should be told soon. */
const FIRST_CONTACT_MS = 3_000

const EMBEDDED_DATABASE = 'enterprisehub'

/** The owner's endpoint from a URL. @throws SetupError without user, password or database. */
export function parseDatabaseUrl(url: string): Endpoint {
  const { host, port, user, password, database, ssl } = new pg.Client({ connectionString: url })
  if (!host || !user || !password || !database)
    throw new SetupError(
      'DATABASE_URL needs host, user, password and database: ' +
        'postgresql://owner:password@host:5432/hub',
    )
  return { host, port, user, password, database, ssl }
}

async function createDatabase(server: Embedded): Promise<Endpoint> {
  const client = new pg.Client({ ...server.connection, database: 'postgres' })
  await client.connect()
  try {
    const found = await client.query('select from pg_database where datname = $1', [
      EMBEDDED_DATABASE,
    ])
    if (found.rowCount === 0)
      await client.query(`create database ${escapeIdentifier(EMBEDDED_DATABASE)}`).catch(
        // Another command beside a running product was first.
        (error: { code?: string }) => {
          if (error.code !== '42P04') throw error as Error
        },
      )
  } finally {
    await client.end()
  }
  return { ...server.connection, database: EMBEDDED_DATABASE }
}

/** An acknowledged event must be on disk: checked on a session like those that write. */
async function assertDurable(client: PoolClient, unsafe: boolean): Promise<void> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
     where name in ('fsync', 'synchronous_commit', 'full_page_writes')`,
  )
  const weak = rows.filter(({ setting }) => setting !== 'on').map(({ name }) => name)
  if (rows.length !== 3) throw new Error('the durability settings could not be read')
  if (weak.length > 0 && !unsafe)
    throw new SetupError(
      `The database may lose acknowledged events (${weak.join(', ')} is not on): ` +
        'switch it on in the server’s configuration.',
    )
}

/** Opens a session as the runtime role, giving it its password when that is out of date. */
async function enter(app: Pool, owner: Pool, runtime: Endpoint): Promise<PoolClient> {
  try {
    return await connectPatiently(app)
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') throw error
    await owner.query('select 1')
    const client = await connectPatiently(owner)
    try {
      await resetRuntimePassword(client, runtime)
    } finally {
      client.release()
    }
    return connectPatiently(app)
  }
}

async function prepare(
  owner: Pool,
  app: Pool,
  runtime: Endpoint,
  log: Logger,
  options: { migrations: readonly Migration[]; unsafe: boolean },
): Promise<number> {
  const master = await connectPatiently(owner, FIRST_CONTACT_MS)
  let version: number
  try {
    await ensureRoles(master, runtime)
    version = await migrate(master, log, options.migrations)
  } finally {
    master.release()
  }
  const client = await enter(app, owner, runtime)
  try {
    await assertDurable(client, options.unsafe)
  } finally {
    client.release()
  }
  return version
}

/**
 * Opens, migrates and checks the database.
 * @throws SetupError saying in one line what is in the way and what to do.
 */
export async function openDatabase(
  settings: DatabaseSettings,
  log: Logger,
  options: DatabaseOptions = {},
): Promise<Database> {
  const { exclusive = false, sessionsMax = 12, migrations = readMigrations() } = options
  const unsafe = settings.EH_UNSAFE_DATABASE
  const url = settings.DATABASE_URL
  const embedded =
    url === undefined
      ? await startEmbedded({ dataDir: resolve(settings.DATA_DIR), log, unsafe, exclusive })
      : undefined
  const pools: Pool[] = []
  const close = async (): Promise<void> => {
    await Promise.all(pools.map((pool) => pool.end()))
    await embedded?.stop()
  }
  try {
    const master = embedded === undefined ? parseDatabaseUrl(url!) : await createDatabase(embedded)
    const runtime = runtimeEndpoint(master)
    const owner = createPool(master, log, { max: 4, statementMsMax: 0 })
    const app = createPool(runtime, log, { max: sessionsMax, statementMsMax: 60_000 })
    pools.push(owner, app)
    const schemaVersion = await prepare(owner, app, runtime, log, { migrations, unsafe })
    return {
      app,
      owner,
      endpoint: runtime,
      schemaVersion,
      withWorkspace: (workspaceId, work) => inWorkspace(app, workspaceId, work),
      serverPid: () => embedded?.pid(),
      close,
    }
  } catch (error) {
    await close()
    throw explain(error, url)
  }
}

/** Faults of reaching the server, in one line; everything else as it is. */
function explain(error: unknown, url: string | undefined): unknown {
  const { code, message } = error as { code?: string; message: string }
  if (error instanceof SetupError || url === undefined) return error
  const unreachable = /^(ECONNREFUSED|ENOTFOUND|ENOENT|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN)$/
  if (unreachable.test(code ?? '') || /timeout/.test(message))
    return new SetupError(
      `The PostgreSQL server of DATABASE_URL cannot be reached (${code ?? message}): ` +
        'check host, port and that it runs.',
      { cause: error },
    )
  if (code === '28P01' || code === '28000')
    return new SetupError('DATABASE_URL: user or password is wrong.', { cause: error })
  if (code === '3D000')
    return new SetupError('DATABASE_URL: there is no such database; create it first.', {
      cause: error,
    })
  return error
}
