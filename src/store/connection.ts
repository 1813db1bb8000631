/** Connections to one database, under the owner's name or the runtime's. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg, {
  type Pool,
  type PoolClient,
  type PoolConfig,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
} from 'pg'
import { systemClock, type Logger } from '../platform/index.ts'

/** A pool or one of its clients: whatever runs a statement. */
export interface Queryable {
  query<R extends QueryResultRow>(
    statement: string | QueryConfig,
    values?: unknown[],
  ): Promise<QueryResult<R>>
}

/** Where a database is and as whom to enter it. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** TLS as the URL asked for it. */
  readonly ssl?: PoolConfig['ssl']
}

/** Server restarting, recovering, or out of connections: worth another try. */
const PASSING = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53300',
])

function passing(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return PASSING.has(code ?? '') || /Connection terminated/.test(message ?? '')
}

export interface PoolOptions {
  readonly max: number
  /** Longest a statement may take, milliseconds; 0: no limit. */
  readonly statementMsMax: number
}

/** A pool that survives the death of its idle connections. */
export function createPool(endpoint: Endpoint, log: Logger, options: PoolOptions): Pool {
  const pool = new pg.Pool({
    ...endpoint,
    max: options.max,
    statement_timeout: options.statementMsMax,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 10_000,
    application_name: 'enterprisehub',
    // Whatever the server's default is: a commit that returns is on disk.
    options: '-c synchronous_commit=on',
  })
  // A session that dies while it is taken out but idle tells nobody else; its next statement fails.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', (error) => log.debug({ err: error }, 'an idle database connection ended'))
  return pool
}

/**
 * A connection, waiting out a restart of the server for up to `patienceMs`. Only connecting is
 * tried again, never a statement.
 */
export async function connectPatiently(pool: Pool, patienceMs = 15_000): Promise<PoolClient> {
  const end = systemClock.monotonic() + patienceMs
  for (;;)
    try {
      return await pool.connect()
    } catch (error) {
      if (!passing(error) || systemClock.monotonic() > end) throw error
      await sleep(50)
    }
}

/**
 * Runs `work` in a transaction on a connection of the pool: committed when it resolves, rolled
 * back when it throws. `begin` may set local settings in the same round trip.
 */
export async function transaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  begin: (client: PoolClient) => Promise<unknown> = (client) => client.query('begin'),
): Promise<T> {
  const client = await connectPatiently(pool)
  let broken = false
  try {
    await begin(client)
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true
    })
    throw error
  } finally {
    client.release(broken)
  }
}

/**
 * Begins a transaction whose commit does not wait for the disk: for what can be made again from the
 * log. The write-ahead log keeps the order of commits, so that a crash undoes the last of them
 * (half a second's worth at most), never one without those after it.
 */
export const beginUnflushed = (client: PoolClient): Promise<unknown> =>
  client.query('begin; set local synchronous_commit = off')

/** Runs `work` in a transaction that sees the rows of one workspace. */
export function inWorkspace<T>(
  pool: Pool,
  workspaceId: number,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return transaction(pool, async (client) => {
    await client.query({
      name: 'enter_workspace',
      text: `select set_config('eh.workspace_id', $1, true)`,
      values: [String(workspaceId)],
    })
    return work(client)
  })
}
