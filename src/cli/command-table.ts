/**
 * Every command: its name, one line about it, and where it is. A module is loaded only when its
 * command runs, so that `--help` is quick. To add one, add a row here and a file in commands/.
 */
import type { Define } from './terminal.ts'

interface CommandEntry {
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
  {
    name: 'import',
    summary: 'leads, listings or events from a file, with a mapping that is guessed and shown',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'export',
    summary: 'the events of a workspace, so that they can be imported again',
    load: () => import('./commands/export.ts'),
  },
  {
    name: 'ghl',
    summary: 'import from GoHighLevel; a stand-in of its API for trials',
    load: () => import('./commands/ghl.ts'),
  },
  {
    name: 'simulate',
    summary: 'a seeded market with known truth, into files or to a running server',
    load: () => import('./commands/simulate.ts'),
  },
  {
    name: 'train',
    summary: 'retrain now and print the champion/challenger decision',
    load: () => import('./commands/train.ts'),
  },
  {
    name: 'tabular',
    summary: 'train and evaluate a yes/no model on any CSV file',
    load: () => import('./commands/tabular.ts'),
  },
  {
    name: 'recommend',
    summary: 'train and evaluate a recommender on any interaction file',
    load: () => import('./commands/recommend.ts'),
  },
  {
    name: 'stream',
    summary: 'test-then-train evaluation of an online model, with the drifts it found',
    load: () => import('./commands/stream.ts'),
  },
  {
    name: 'drift',
    summary: 'which columns changed between two files, how far and how surely',
    load: () => import('./commands/drift.ts'),
  },
  {
    name: 'backup',
    summary: 'copy the whole product into a folder, while it runs',
    load: () => import('./commands/backup.ts'),
  },
  {
    name: 'restore',
    summary: 'fill an empty product from a backup',
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'doctor',
    summary: 'check what the product needs, and say what to do',
    load: () => import('./commands/doctor.ts'),
  },
]
