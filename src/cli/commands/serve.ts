/** `serve`: runs the product until it is told to stop. */
import { existsSync } from 'node:fs'
import { Option } from 'commander'
import { systemClock, type Config, type Logger } from '../../platform/index.ts'
import { openDatabase, type Database } from '../../store/index.ts'
import type { Define } from '../terminal.ts'

type Role = 'all' | 'api' | 'worker'

/** What the server gets; it resolves when it accepts requests. */
interface ServerOptions {
  readonly config: Config
  readonly log: Logger
  readonly database: Database
  readonly role: Role
}

interface RunningServer {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  readonly url: string
  /** Stops accepting, answers what is under way, writes what waits. */
  readonly close: () => Promise<void>
}

type StartServer = (options: ServerOptions) => Promise<RunningServer>

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

async function loadServer(): Promise<StartServer> {
  const door = new URL('../../server/index.ts', import.meta.url)
  if (!existsSync(door)) throw new Error('src/server is missing')
  return ((await import(door.href)) as { startServer: StartServer }).startServer
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
      const startServer = await loadServer()
      const database = await openDatabase(config, log, { exclusive: true })
      try {
        const server = await startServer({ config, log, database, role: flags.role })
        log.info(`EnterpriseHub runs on ${server.url}`)
        await stopped
        await server.close()
      } finally {
        await database.close()
      }
      log.info('stopped')
      process.channel?.unref()
    })
}
