/** What the server needs of an importer; the entry point gives it one per kind. */
import type { Importable } from '../../contract/index.ts'

export interface ImportWork {
  /** Path of the uploaded file, not compressed. */
  readonly file: string
  /** Path of a mapping; guessed without one. */
  readonly mapping: string | undefined
  readonly workspaceId: number
  readonly dryRun: boolean
  /** 0 to 1. */
  readonly onProgress: (fraction: number) => void
}

/**
 * Imports a file; answers what it did. A `quarantine` in the answer is the path of the rejected
 * rows, one JSON document a line. @throws SetupError when file or mapping is none.
 */
export type Importer = (work: ImportWork) => Promise<Readonly<Record<string, unknown>>>
export type Importers = Readonly<Record<Importable, Importer>>
