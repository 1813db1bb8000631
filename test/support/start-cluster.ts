/**
 * Starts the cluster of a test run and migrates its template database; prints how to connect as
 * JSON. Ends without stopping the server, which belongs to the run, not to this process.
 */
import pg from 'pg'
import { createLog } from '../../src/platform/index.ts'
import { startEmbedded } from '../../src/store/embedded/supervisor.ts'
import { openDatabase } from '../../src/store/index.ts'

const TEMPLATE = 'template_enterprisehub'
const log = createLog({ LOG_LEVEL: 'warn', LOG_FORMAT: 'text' })
const dataDir = process.argv[2]!
const { connection } = await startEmbedded({ dataDir, log, unsafe: true, exclusive: false })

const { host, port, user, password } = connection
const urlOf = (database: string): string =>
  `postgresql://${user}:${password}@${encodeURIComponent(host)}:${port}/${database}`

const master = new pg.Client({ ...connection, database: 'postgres' })
await master.connect()
// Several test workers may come here at once; the lock ends with the session.
await master.query('select pg_advisory_lock(1)')
const found = await master.query('select from pg_database where datname = $1', [TEMPLATE])
if (found.rowCount === 0) {
  await master.query(`drop database if exists draft_enterprisehub with (force)`)
  await master.query(`create database draft_enterprisehub`)
  const DATABASE_URL = urlOf('draft_enterprisehub')
  const settings = { DATABASE_URL, EH_UNSAFE_DATABASE: true, DATA_DIR: dataDir }
  await (await openDatabase(settings, log)).close()
  await master.query(`alter database draft_enterprisehub rename to ${TEMPLATE}`)
}
process.stdout.write(`${JSON.stringify({ ...connection, template: TEMPLATE })}\n`, () =>
  process.exit(0),
)
