/** `serve`: runs the product until it is told to stop. */
import { Option } from 'commander'
import {
  createIdSource,
  growSlowly,
  modelKey,
  systemClock,
  type Config,
  type Logger,
} from '../../platform/index.ts'
import { watchStateDamage } from '../../features/index.ts'
import { openDatabase, type Database } from '../../store/index.ts'
import { startServer } from '../../server/index.ts'
import {
  startFoldingThread,
  startLearning,
  startRetrainSchedule,
  startUpkeep,
} from '../../worker/index.ts'
import { startDemo } from '../market/demo.ts'
import { servedImporters, servedSink } from '../import/served.ts'
import type { Define, Terminal } from '../terminal.ts'

type Role = 'all' | 'api' | 'worker'

/** A terminal and npm both pass Ctrl-C on: what comes within this time is the same request. */
const SAME_REQUEST_MS = 1_000

/**
 * Resolves at the first request to stop (a signal, or the launcher's death); a later one ends the
 * process at once.
 */
function untilStopped(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    let asked: number | undefined
    const stop = (reason: string): void => {
      const now = systemClock.monotonic()
      if (asked === undefined) {
        asked = now
        log.info({ reason }, 'stopping; once more to force it')
        resolve()
      } else if (now - asked > SAME_REQUEST_MS && reason !== 'disconnect') {
        log.warn('stopping at once; the next start recovers')
        process.exit(1)
      }
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => stop(signal))
    process.once('disconnect', () => stop('disconnect'))
  })
}

interface Running {
  readonly terminal: Terminal
  readonly config: Config
  readonly log: Logger
  readonly database: Database
  readonly role: Role
  readonly stopped: Promise<void>
}

/** Runs the roles asked for until `stopped`, then stops them in order. */
async function run({ terminal, config, log, database, role, stopped }: Running): Promise<void> {
  growSlowly()
  const folding =
    role === 'api'
      ? undefined
      : await startFoldingThread({
          endpoint: database.endpoint,
          config,
          log,
          masterKey: modelKey(config),
          alone: config.DATABASE_URL === undefined,
        })
  const learning =
    role === 'api'
      ? undefined
      : startLearning({
          database,
          config,
          log,
          masterKey: modelKey(config),
          holder: createIdSource()(),
        })
  const schedule =
    role === 'api' ? undefined : startRetrainSchedule({ database, config, log, clock: systemClock })
  try {
    const server =
      role === 'worker'
        ? undefined
        : await startServer({
            config,
            log,
            database,
            folding,
            importers: servedImporters(database, config.DATA_DIR),
            openSink: servedSink(database),
          })
    if (server === undefined) watchStateDamage(log)
    log.info(`EnterpriseHub runs${server === undefined ? '' : ` on ${server.url}`}`)
    const demo =
      folding === undefined || !config.EH_DEMO
        ? undefined
        : await startDemo({ database, config, log, terminal, onAppended: folding.hint })
    await stopped
    await demo?.close()
    await server?.close()
  } finally {
    await schedule?.close()
    await learning?.close()
    await folding?.close()
  }
}

export const define: Define = (command, terminal) => {
  command
    .option('--port <n>', 'TCP port (PORT)')
    .option('--host <address>', 'address to listen on (HOST)')
    .addOption(
      new Option('--role <role>', 'what this process does')
        .choices(['all', 'api', 'worker'])
        .default('all'),
    )
    .action(async (flags: { port?: string; host?: string; role: Role }) => {
      const config = terminal.config({ PORT: flags.port, HOST: flags.host })
      const log = terminal.log(config)
      const stopped = untilStopped(log)
      const database = await openDatabase(config, log, { exclusive: true })
      try {
        const upkeep = await startUpkeep({ database, log, clock: systemClock })
        const { role } = flags
        await run({ terminal, config, log, database, role, stopped }).finally(upkeep.close)
      } finally {
        await database.close()
      }
      log.info('stopped')
    })
}
