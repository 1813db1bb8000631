/** The HTTP product in this process over a fresh database, with its log captured. */
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog, modelKey, parseConfig, systemClock } from '../../src/platform/index.ts'
import { servedImporters, servedSink } from '../../src/cli/import/served.ts'
import type { Registry } from '../../src/models/index.ts'
import { startServer } from '../../src/server/index.ts'
import { createPartitionScoring, startPartitionOwner } from '../../src/worker/index.ts'
import { freshDatabase, type TestDatabase } from './postgres.ts'
import { productFolder } from './served.ts'

export const ADMIN = { email: 'owner@example.com', password: 'correct horse battery' }

export interface Reply {
  readonly status: number
  readonly headers: Headers
  // Tests read whatever shape the route under test answers.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any
}

export interface Hub extends AsyncDisposable {
  readonly url: string
  readonly dataDir: string
  readonly database: TestDatabase
  readonly jwtSecret: string
  readonly registry: Registry
  /** Every line logged so far. */
  readonly logged: () => string
  readonly call: (
    method: string,
    path: string,
    options?: { as?: string | undefined; body?: unknown; headers?: Record<string, string> },
  ) => Promise<Reply>
  /** Everything appended so far is folded, and the states are written. */
  readonly folded: () => Promise<void>
  /** An access token. */
  readonly login: (email?: string, password?: string) => Promise<string>
  readonly close: () => Promise<void>
}

/** Starts a product whose first administrator is ADMIN. */
export async function startHub(environment: Record<string, string> = {}): Promise<Hub> {
  const database = await freshDatabase()
  const dataDir = productFolder('hub')
  const jwtSecret = 'a secret for tests of at least 32 characters'
  const config = parseConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    JWT_SECRET_KEY: jwtSecret,
    EH_ADMIN_EMAIL: ADMIN.email,
    EH_ADMIN_PASSWORD: ADMIN.password,
    LOG_LEVEL: 'trace',
    LOG_FORMAT: 'json',
    ...environment,
  })
  let lines = ''
  const log = createLog(config, { write: (line) => (lines += line) })
  const registry = { database, masterKey: modelKey(config) }
  const clock = systemClock
  const scoring = createPartitionScoring({ registry, clock, log })
  const folding = await startPartitionOwner({
    database,
    log,
    clock,
    holder: 'test',
    scoring,
    checkpointMs: 100,
  })
  const server = await startServer({
    config,
    log,
    database,
    folding,
    importers: servedImporters(database, dataDir),
    openSink: servedSink(database),
  })

  const call: Hub['call'] = async (method, path, { as, body, headers = {} } = {}) => {
    const response = await fetch(server.url + path, {
      method,
      headers: {
        ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text,
    }
  }
  const folded = async (): Promise<void> => {
    for (;;) {
      const { rows } = await database.owner.query<{ behind: boolean }>(
        `select coalesce(max(position), 0) > (select min(cursor) from partition_leases) as behind
         from event_log`,
      )
      if (!rows[0]!.behind) return
      // Partitions are written in turn, one a round.
      folding.hint()
      await sleep(5)
    }
  }
  const close = async (): Promise<void> => {
    await server.close()
    await folding.close()
    await database.drop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  return {
    url: server.url,
    dataDir,
    database,
    jwtSecret,
    registry,
    logged: () => lines,
    call,
    folded,
    login: async (email = ADMIN.email, password = ADMIN.password) => {
      const reply = await call('POST', '/api/auth/login', { body: { email, password } })
      if (reply.status !== 200) throw new Error(`login answered ${reply.status}`)
      return (reply.body as { access_token: string }).access_token
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
