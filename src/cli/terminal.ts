/**
 * What a command may say and where: results on standard output (one JSON document under --json),
 * everything else on standard error.
 */
import type { Command } from 'commander'
import {
  createLog,
  parseConfig,
  systemEnvironment,
  type Config,
  type Environment,
  type Logger,
} from '../platform/index.ts'

interface Progress {
  /** `done` of the total, in the unit of the total. */
  readonly update: (done: number, note?: string) => void
  readonly end: () => void
}

export interface Terminal {
  readonly json: boolean
  /** The outcome: `document` under --json, else the lines of `text`. Once per command. */
  readonly result: (document: unknown, text: () => string) => void
  /** One line of output that is data itself (JSON lines). */
  readonly line: (text: string) => void
  /** One line for the person who waits; on standard error. */
  readonly note: (text: string) => void
  /** A progress bar, on a terminal only. */
  readonly progress: (label: string, total: number) => Progress
  /** The configuration; command-line flags win over the environment. */
  readonly config: (flags?: Environment) => Config
  readonly log: (config: Config) => Logger
}

/** Adds arguments, options and the action to an empty command. */
export type Define = (command: Command, terminal: Terminal) => void

const BAR_MS = 100

function bar(label: string, total: number): Progress {
  let shown = 0
  const draw = (done: number, note: string): void => {
    const share = total > 0 ? Math.min(1, done / total) : 0
    const full = Math.round(share * 30)
    const cells = '█'.repeat(full) + '░'.repeat(30 - full)
    process.stderr.write(`\r\u001b[K${label} ${cells} ${Math.round(share * 100)} % ${note}`)
  }
  const now = (): number => Number(process.hrtime.bigint() / 1_000_000n)
  return {
    update: (done, note = '') => {
      if (!process.stderr.isTTY || (now() - shown < BAR_MS && done < total)) return
      shown = now()
      draw(done, note)
    },
    end: () => {
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
    },
  }
}

export function createTerminal(json: boolean): Terminal {
  const line = (text: string): void => {
    process.stdout.write(`${text}\n`)
  }
  return {
    json,
    line,
    result: (document, text) => line(json ? JSON.stringify(document) : text()),
    note: (text) => {
      process.stderr.write(`${text}\n`)
    },
    progress: bar,
    config: (flags = {}) => parseConfig(systemEnvironment(), flags),
    log: (config) => createLog(config),
  }
}
