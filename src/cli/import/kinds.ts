/** What can be imported: one function per kind. */
import type { Database } from '../../store/index.ts'
import type { Terminal } from '../terminal.ts'

export interface ImportRequest {
  readonly file: string
  /** Path of a mapping; guessed without one. */
  readonly mapping: string | undefined
  readonly database: Database
  readonly workspaceId: number
  /** Where notes of interrupted imports are kept. */
  readonly dataDir: string
  /** Say what would happen and change nothing. */
  readonly dryRun: boolean
  /** Events were known when they happened; see the command's help. */
  readonly history?: boolean
  /** Somebody sits there and can be asked. */
  readonly interactive: boolean
  readonly note: Terminal['note']
  readonly progress: Terminal['progress']
}

export interface ImportReport {
  /** For --json. */
  readonly document: object
  /** For people. */
  readonly text: string
}

export type ImportKind = (request: ImportRequest) => Promise<ImportReport>
