/** `doctor`: checks what the product needs; what is wrong comes with what to do. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Redis } from 'ioredis'
import { loadVersion, type ModelName } from '../../models/index.ts'
import { modelKey, systemClock, type Config, type Logger } from '../../platform/index.ts'
import {
  openDatabase,
  readLiveModels,
  readLogProgress,
  readStateRebuild,
  type Database,
} from '../../store/index.ts'
import type { Define } from '../terminal.ts'

interface Finding {
  readonly check: string
  readonly ok: boolean
  /** What was found; when not ok, what to do. */
  readonly detail: string
}

const DISK_BYTES_MIN = 1e9
const CLOCK_MS_MAX = 5_000
/** What a running product folds in a minute. */
const WAITING_MAX = 100_000
/**
 * What a kill or a backup may leave to the next start of a product with its own database: most
 * likely nothing runs there now. With a database for many processes some should.
 */
const LEFT_MAX = 1_000
const JOB_SECONDS_MAX = 3_600

const fine = (check: string, detail: string): Finding => ({ check, ok: true, detail })
const wrong = (check: string, detail: string): Finding => ({ check, ok: false, detail })

function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder))
}

function checkDisk(config: Config): Finding {
  const folder = resolve(config.DATA_DIR)
  const { bavail, bsize } = statfsSync(existing(folder))
  const free = bavail * bsize
  const text = `${(free / 1e9).toFixed(1)} GB free for ${folder}`
  try {
    accessSync(existing(folder), constants.W_OK)
  } catch {
    return wrong('disk', `${folder} cannot be written: set DATA_DIR to another folder`)
  }
  if (free < DISK_BYTES_MIN)
    return wrong('disk', `${text}: free some space, or set DATA_DIR to another disk`)
  return fine('disk', text)
}

/** How far what was captured is worked up, and whether somebody does it. */
async function checkQueues(database: Database, config: Config): Promise<Finding> {
  const { waiting, isFolded, jobs, oldestJobSeconds } = await readLogProgress(database.owner)
  const remedy = 'a process with --role all or worker must run: start one, or look into its log'
  const left = config.DATABASE_URL === undefined ? LEFT_MAX : 0
  if (waiting > (isFolded ? WAITING_MAX : left))
    return wrong('queues', `${waiting} entries wait to be folded: ${remedy}`)
  const minutes = Math.round(oldestJobSeconds / 60)
  if (oldestJobSeconds > JOB_SECONDS_MAX)
    return wrong('queues', `a retraining waits for ${minutes} minutes: ${remedy}`)
  const until = isFolded || waiting === 0 ? '' : ' when the product runs'
  return fine(
    'queues',
    `${waiting} entries wait to be folded${until}, ${jobs} retrainings to be run`,
  )
}

/** Whether states are of the feature definitions that run. */
async function checkStates(database: Database): Promise<Finding> {
  const { status, leads, done, rebuilt, perSecond, secondsLeft } = await readStateRebuild(
    database.app,
  )
  if (status === 'none') return fine('states', 'of the feature definitions that run')
  if (status === 'done') return fine('states', `${rebuilt} rebuilt after a change of features`)
  const { isFolded } = await readLogProgress(database.owner)
  const text = `${done} of ${leads} states looked at, ${rebuilt} rebuilt after a change of features`
  if (!isFolded)
    return wrong('states', `${text}, and nobody goes on: run a process with --role all or worker`)
  const left = secondsLeft === null ? '' : `, about ${Math.ceil(secondsLeft)} s left`
  return fine('states', `${text}, ${Math.round(perSecond ?? 0)} a second${left}`)
}

/** Whether every live model can be opened with the key at hand. */
async function checkModels(config: Config, database: Database): Promise<Finding> {
  const live = await readLiveModels(database.app)
  if (live.length === 0) return fine('models', 'none is live yet; scores come from the prior')
  const registry = { database, masterKey: modelKey(config) }
  for (const { workspaceId, model, version } of live)
    try {
      await loadVersion(registry, workspaceId, model as ModelName, version)
    } catch (error) {
      const reason = (error as Error).message
      return wrong(
        'models',
        `version ${version} of ${model} (workspace ${workspaceId}) cannot be opened: ${reason}; ` +
          'give MODEL_ENCRYPTION_KEY as it was, or roll back to another version',
      )
    }
  return fine('models', `${live.length} live, all can be opened`)
}

async function checkDatabase(config: Config, log: Logger): Promise<Finding[]> {
  if (config.DATABASE_URL === undefined && !existsSync(join(config.DATA_DIR, 'postgres')))
    return [fine('database', 'none yet; the first start creates it')]
  const database = await openDatabase(config, log)
  try {
    const { rows } = await database.app.query<{ now: number; version: string; size: string }>(
      `select extract(epoch from clock_timestamp())::float8 * 1000 as now,
         current_setting('server_version') as version,
         pg_size_pretty(pg_database_size(current_database())) as size`,
    )
    const { now, version, size } = rows[0]!
    const skew = Math.abs(now - systemClock.now())
    return [
      fine('database', `PostgreSQL ${version}, schema ${database.schemaVersion}, ${size}`),
      skew > CLOCK_MS_MAX
        ? wrong('clock', `differs by ${Math.round(skew)} ms from the database: run NTP on both`)
        : fine('clock', `within ${Math.ceil(skew)} ms of the database`),
      await checkQueues(database, config),
      await checkStates(database),
      ...(await attempt('models', async () => [await checkModels(config, database)])),
    ]
  } finally {
    await database.close()
  }
}

async function checkRedis(config: Config): Promise<Finding> {
  if (config.REDIS_URL === undefined) return fine('redis', 'not configured; in process')
  const redis = new Redis(config.REDIS_URL, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let cause = ''
  redis.on('error', (error) => {
    cause = error.message
  })
  try {
    await redis.connect()
    const policy = String((await redis.config('GET', 'maxmemory-policy'))[1])
    if (policy !== 'noeviction')
      return wrong('redis', `evicts keys (${policy}): set maxmemory-policy noeviction`)
    return fine('redis', 'answers')
  } catch (error) {
    const reason = cause === '' ? (error as Error).message : cause
    return wrong('redis', `does not answer (${reason}): check REDIS_URL and that it runs`)
  } finally {
    redis.disconnect()
  }
}

function checkKeys(config: Config): Finding {
  const generated = (['JWT_SECRET_KEY', 'MODEL_ENCRYPTION_KEY'] as const).filter(
    (name) => config[name] === undefined,
  )
  if (generated.length === 0) return fine('keys', 'given')
  const text = `${generated.join(' and ')} generated in ${config.DATA_DIR}/secrets`
  return config.ENVIRONMENT === 'production'
    ? wrong('keys', `${text}: set them, so that every machine has the same`)
    : fine('keys', text)
}

/** Clusters that root's starts put aside and whose DATA_DIR is gone. */
function checkAbandoned(): Finding[] {
  const folder = '/var/lib/enterprisehub/clusters'
  if (process.getuid?.() !== 0 || !existsSync(folder)) return []
  const gone = readdirSync(folder)
    .filter((name) => name.endsWith('.origin'))
    .filter((name) => !existsSync(readFileSync(join(folder, name), 'utf8').trim()))
    .map((name) => join(folder, name.replace(/\.origin$/, '')))
  if (gone.length === 0) return []
  const command = gone.map((path) => `rm -r ${path} ${path}.origin`).join(' && ')
  // They cost space, and harm nobody.
  return [fine('abandoned databases', `their DATA_DIR no longer exists; to remove: ${command}`)]
}

async function attempt(
  check: string,
  work: () => Promise<Finding[]> | Finding[],
): Promise<Finding[]> {
  try {
    return await work()
  } catch (error) {
    return [wrong(check, (error as Error).message)]
  }
}

export const define: Define = (command, terminal) => {
  command.action(async () => {
    const config = terminal.config()
    const log = terminal.log({ ...config, LOG_LEVEL: 'error' })
    const findings = [
      ...(await attempt('disk', () => [checkDisk(config)])),
      ...(await attempt('database', () => checkDatabase(config, log))),
      ...(await attempt('redis', async () => [await checkRedis(config)])),
      ...(await attempt('keys', () => [checkKeys(config)])),
      ...(await attempt('abandoned databases', checkAbandoned)),
    ]
    const ok = findings.every((finding) => finding.ok)
    terminal.result({ ok, findings }, () =>
      findings.map((f) => `${f.ok ? '✓' : '✗'} ${f.check}: ${f.detail}`).join('\n'),
    )
    if (!ok) process.exitCode = 1
  })
}
