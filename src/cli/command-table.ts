/**
 * Every command: its name, one line about it, and where it is. A module is loaded only when its
 * command runs, so that `--help` is quick. To add one, add a row here and a file in commands/.
 */
import type { Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** Adds arguments, options and the action to an empty command. */
export type Define = (command: Command, terminal: Terminal) => void

export interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<{ readonly define: Define }>
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'run the product',
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'migrate',
    summary: 'bring the database schema up to date',
    load: () => import('./commands/migrate.ts'),
  },
]
