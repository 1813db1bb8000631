/** `serve`: runs the product until it is told to stop. */
import { existsSync } from 'node:fs'
import { Option } from 'commander'
import type { Config, Logger } from '../../platform/index.ts'
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

/** Resolves at the first request to stop; a second one ends the process at once. */
function untilStopped(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const stop = (signal: NodeJS.Signals): void => {
      if (asked) {
        log.warn('stopping at once; the next start recovers')
        process.exit(1)
      }
      asked = true
      log.info({ signal }, 'stopping; once more to force it')
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
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
    })
}
