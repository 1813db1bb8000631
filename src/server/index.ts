/**
 * server: HTTP and WebSocket, thin. In: configuration and an open database. Out: a running
 * product on one address.
 */
import { readFileSync } from 'node:fs'
import { Counter, Gauge, type Registry } from 'prom-client'
import { createGrounds, type LiveNotice } from '../decisions/index.ts'
import {
  createCapture,
  createGroupCommit,
  type Capture,
  type GroupCommit,
} from '../events/index.ts'
import { watchStateDamage } from '../features/index.ts'
import { startEnrichment, startIntake, type OpenSink } from '../integrations/index.ts'
import { createLiveModels } from '../models/index.ts'
import {
  createIdSource,
  createMetrics,
  modelKey,
  SetupError,
  systemClock,
} from '../platform/index.ts'
import type { Config, Logger } from '../platform/index.ts'
import {
  appendRows,
  createAppendMemory,
  forgetPersons,
  linkIdentities,
  quarantine,
  watchNotices,
  type AppendMemory,
  type Database,
  type StateKey,
} from '../store/index.ts'
import { buildApp } from './app.ts'
import { createAccessChanges } from './auth/access-changes.ts'
import { createAuthenticate } from './auth/authenticate.ts'
import { createCaptureRate } from './auth/capture-rate.ts'
import { bootstrap, tokenSecret } from './bootstrap.ts'
import { createRefusals } from './ghl/refusals.ts'
import type { Importers } from './imports/importer.ts'
import { announceModels, announceNotices } from './live/announce.ts'
import { createLiveHub } from './live/hub.ts'
import type { Services } from './services.ts'

const packageFile = new URL('../../package.json', import.meta.url)
const { version: VERSION } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }

export type { Importers, ImportWork } from './imports/importer.ts'

/** Who folds the log in this process; absent where other processes do. */
export interface Folding {
  /** Something was committed: look now. */
  readonly hint: (appended?: number) => void
  /** Everything up to here is folded. */
  readonly cursor: () => number
  /** Who is told what was folded and scored, of the workspaces that are listened to. */
  readonly onNotice: (listener: (notice: LiveNotice) => void) => void
  readonly listen: (workspaceIds: readonly number[]) => void
  /** Something beside the log changed what a lead's score rests on. */
  readonly rescore: (lead: StateKey) => void
}

/** How long answers under way may take once the server stops. */
const CLOSE_MS = 5_000

export interface ServerOptions {
  readonly config: Config
  readonly log: Logger
  readonly database: Database
  readonly folding?: Folding | undefined
  /** What takes files in. */
  readonly importers: Importers
  /** How events of other systems come into the log. */
  readonly openSink: OpenSink
}

export interface RunningServer {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  readonly url: string
  /** Stops accepting, answers what is under way, writes what waits. */
  readonly close: () => Promise<void>
}

/** Looks at what is kept for a while: their hit rate says whether keeping it pays. */
function countLooks(metrics: Registry): Services['onLook'] {
  const looks = new Counter({
    name: 'enterprisehub_cache_looks_total',
    help: 'Looks at values that are kept for a while, by what they are and whether they were there',
    labelNames: ['cache', 'result'],
    registers: [metrics],
  })
  return (cache, isHit) => looks.inc({ cache, result: isHit ? 'hit' : 'miss' })
}

/** Counts and logs states that were found damaged; the answer ends it. */
function countDamage({ metrics, log }: Services): () => void {
  const damaged = new Counter({
    name: 'enterprisehub_damaged_states_total',
    help: 'Stored states found damaged and folded from the log instead, once an hour and lead',
    labelNames: ['kept'],
    registers: [metrics],
  })
  for (const kept of ['state', 'base']) damaged.inc({ kept }, 0)
  return watchStateDamage(log, ({ kept }) => damaged.inc({ kept }))
}

/** How far the log is written and folded, and what is kept in memory here, for GET /metrics. */
function exposeProgress(
  { metrics, capture }: Services,
  appended: () => number,
  folding?: Folding,
): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    const collect = function (this: Gauge): void {
      this.set(read())
    }
    metrics.registerMetric(new Gauge({ name, help, registers: [], collect }))
  }
  gauge('enterprisehub_remembered_names', 'Names of people in memory', capture.remembered)
  gauge('enterprisehub_appended_position', 'Last log position appended here', appended)
  if (folding !== undefined)
    gauge('enterprisehub_folded_position', 'Log position folded up to here', folding.cursor)
}

function groupCommit(
  database: Database,
  memory: AppendMemory,
  onCommit: (position: number, rows: number) => void,
): GroupCommit {
  let last = 0
  return createGroupCommit({
    append: async (rows) => {
      const client = await database.app.connect()
      let broken = true
      try {
        const results = await appendRows(client, rows, memory)
        broken = false
        for (const { position } of results) if (position > last) last = position
        return results
      } finally {
        // A failed append may hold its session lock: such a session is not used again.
        client.release(broken)
      }
    },
    onCommit: (rows) => onCommit(last, rows),
    clock: systemClock,
  })
}

function captureOf(
  { database }: ServerOptions,
  commit: GroupCommit,
  memory: AppendMemory,
): Capture {
  const capture = createCapture({
    newId: createIdSource(),
    append: (rows) => commit.submit(rows),
    quarantine: (workspaceId, items) =>
      database.withWorkspace(workspaceId, (client) => quarantine(client, items)),
    link: async (workspaceId, from, target) => {
      const client = await database.app.connect()
      try {
        return await linkIdentities(client, workspaceId, from, target, 'identify')
      } finally {
        client.release()
      }
    },
  })
  return {
    ...capture,
    forget: () => {
      capture.forget()
      forgetPersons(memory)
    },
    remembered: () => capture.remembered() + memory.persons.size,
  }
}

function servicesOf(options: ServerOptions, commit: GroupCommit, memory: AppendMemory): Services {
  const { config, log, database, folding } = options
  const clock = systemClock
  const registry = { database, masterKey: modelKey(config) }
  const accessChanges = createAccessChanges()
  const models = createLiveModels({ registry, clock, log })
  const metrics = createMetrics()
  const onLook = countLooks(metrics)
  return {
    registry,
    models,
    grounds: createGrounds({ database, models, clock, log, onLook }),
    rescore: (lead) => folding?.rescore(lead),
    live: createLiveHub({ clock, onWatched: (ids) => folding?.listen(ids) }),
    config,
    log,
    database,
    importers: options.importers,
    intake: startIntake({
      database,
      log,
      clock,
      openSink: options.openSink,
      onAppended: () => folding?.hint(),
    }),
    enrichment: startEnrichment({
      database,
      log,
      clock,
      masterKey: registry.masterKey,
      allowPrivate: config.ENRICHMENT_PRIVATE_ADDRESSES,
      onChanged: (lead) => folding?.rescore(lead),
    }),
    openSink: options.openSink,
    onAppended: () => folding?.hint(),
    refusals: createRefusals(clock),
    version: VERSION,
    clock,
    newId: createIdSource(),
    metrics,
    onLook,
    authenticate: createAuthenticate({ database, clock, accessChanges }),
    accessChanges,
    tokenSecret: tokenSecret(config),
    capture: captureOf(options, commit, memory),
    captureRate: createCaptureRate(clock, config),
  }
}

function explainListen(error: unknown, { PORT, HOST }: Config): unknown {
  const { code } = error as { code?: string }
  if (code === 'EADDRINUSE')
    return new SetupError(`Port ${PORT} is taken: stop the other program or set PORT=${PORT + 1}.`)
  if (code === 'EACCES')
    return new SetupError(`Port ${PORT} needs more rights: set PORT to 1024 or higher.`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new SetupError(`HOST=${HOST} is no address of this machine: set HOST=127.0.0.1.`)
  return error
}

/** Resolves when requests are accepted. @throws SetupError, e.g. when the port is taken. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log, database, folding } = options
  await bootstrap({ config, log, database })
  let appended = 0
  const memory = createAppendMemory()
  const commit = groupCommit(database, memory, (position, rows) => {
    appended = position
    folding?.hint(rows)
  })
  const services = servicesOf(options, commit, memory)
  exposeProgress(services, () => appended, folding)
  const stopCounting = countDamage(services)
  folding?.onNotice((notice) => announceNotices(services, notice))
  const stopAnnouncing = await announceModels(services)
  const app = await buildApp(services)
  const notices = await watchNotices(database.endpoint, log, {
    erased: () => {
      services.capture.forget()
      services.live.forget()
    },
    access: services.accessChanges.tell,
  })
  try {
    await app.listen({ port: config.PORT, host: config.HOST })
  } catch (error) {
    stopAnnouncing()
    stopCounting()
    await services.intake.close()
    await services.enrichment.close()
    await notices.close()
    throw explainListen(error, config)
  }
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.PORT
  const url = `http://${config.HOST}:${port}`
  return {
    url,
    close: async () => {
      stopAnnouncing()
      // Answers under way get their time; a request that never ends does not hold the rest up.
      const hangUp = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS)
      await app.close()
      clearTimeout(hangUp)
      await services.intake.close()
      await services.enrichment.close()
      await commit.drain()
      stopCounting()
      await notices.close()
    },
  }
}
