/**
 * The command line. Exit status: 0 done, 1 failed, 2 bad arguments or configuration.
 */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError, Option } from 'commander'
import { COMMANDS } from './command-table.ts'
import { productVersion } from './version.ts'

/** Parses and runs one command line (without node and script). Returns the exit status. */
async function run(words: readonly string[]): Promise<number> {
  const program = new Command('enterprisehub')
    .description('Open, self-hosted behavioral learning and lead intelligence for real estate')
    .version(productVersion())
    .exitOverride()
    .showHelpAfterError('(see --help)')
  const wanted = words.find((word) => !word.startsWith('-'))
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).description(summary)
    command.addOption(new Option('--json', 'one JSON document on standard output'))
    if (name !== wanted) continue
    const { createTerminal } = await import('./terminal.ts')
    ;(await load()).define(command, createTerminal(words.includes('--json')))
  }
  try {
    if (wanted === undefined && words.length === 0) program.help()
    await program.parseAsync(words, { from: 'user' })
    return 0
  } catch (error) {
    return report(error)
  }
}

/** Faults whose message is for the person at the keyboard; others show where they come from. */
const PLAIN = new Set(['ConfigError', 'SetupError', 'AppError'])

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (!(error instanceof Error)) throw error
  const text = PLAIN.has(error.name) ? error.message : (error.stack ?? error.message)
  process.stderr.write(`${text}\n`)
  return error.name === 'ConfigError' ? 2 : 1
}

// What a command loads is compiled once: it starts in half the time. Where nothing can be kept,
// it is compiled each time.
enableCompileCache(
  fileURLToPath(new URL('../../node_modules/.cache/enterprisehub', import.meta.url)),
)
const status = await run(process.argv.slice(2))
// A command may have set a status itself (a finding is not an exception).
process.exitCode = status === 0 ? (process.exitCode ?? 0) : status
// The launcher's channel, once listened to, would keep a failed start from ending.
process.channel?.unref()
