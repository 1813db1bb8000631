/** Databases for tests: real PostgreSQL, fully migrated, empty, in milliseconds. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { inject } from 'vitest'
import { createLog } from '../../src/platform/index.ts'
import { openDatabase, type Database, type Migration } from '../../src/store/index.ts'
import { once } from './once.ts'

interface Cluster {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly template: string
}

export interface TestDatabase extends Database, AsyncDisposable {
  /** The owner's DATABASE_URL (with EH_UNSAFE_DATABASE=on it serves a whole product). */
  readonly url: string
  /** Ends all sessions and removes the database. */
  readonly drop: () => Promise<void>
}

let cluster: Promise<Cluster> | undefined

async function startCluster(): Promise<Cluster> {
  const script = join(import.meta.dirname, 'start-cluster.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, inject('clusterFolder')])
  return JSON.parse(stdout) as Cluster
}

async function asMaster<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { host, port, user, password } = await (cluster ??= once('cluster', startCluster))
  const client = new pg.Client({ host, port, user, password, database: 'postgres' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * A new database with no rows and the present schema, or that of `migrations`. Use `await using database = await
 * freshDatabase()` inside a test, or call `drop()` in afterAll.
 */
export async function freshDatabase(migrations?: readonly Migration[]): Promise<TestDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`
  await asMaster(async (client) =>
    client.query(
      `create database ${name} strategy file_copy
         template ${migrations === undefined ? (await cluster)!.template : 'template0'}`,
    ),
  )
  const { host, port, user, password } = await cluster!
  const url = `postgresql://${user}:${password}@${encodeURIComponent(host)}:${port}/${name}`
  const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })
  const settings = { DATABASE_URL: url, EH_UNSAFE_DATABASE: true, DATA_DIR: '' }
  const options = migrations === undefined ? {} : { migrations }
  const database = await openDatabase(settings, log, options)
  const drop = async (): Promise<void> => {
    await database.close()
    await asMaster(async (client) => {
      await client.query(`drop database if exists ${name} with (force)`)
      await client.query(`drop role if exists ${database.endpoint.user}`)
    })
  }
  return { ...database, url, drop, [Symbol.asyncDispose]: drop }
}
