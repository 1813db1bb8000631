/** The importers as the server uses them. */
import type { OpenSink } from '../../integrations/index.ts'
import type { Importers, ImportWork } from '../../server/index.ts'
import type { Database } from '../../store/index.ts'
import { createEventRun } from './event-run.ts'
import { IMPORT_KINDS } from './index.ts'

export function servedImporters(database: Database, dataDir: string): Importers {
  const importer =
    (kind: keyof Importers) =>
    async ({ onProgress, ...work }: ImportWork) => {
      const { document } = await IMPORT_KINDS[kind]({
        ...work,
        database,
        dataDir,
        interactive: false,
        note: () => undefined,
        progress: (_label, total) => ({
          update: (done) => onProgress(total === 0 ? 1 : done / total),
          end: () => undefined,
        }),
      })
      return document as Record<string, unknown>
    }
  return { leads: importer('leads'), listings: importer('listings') }
}

/** Events of other systems on their way into the log: what was stored first stands. */
export const servedSink =
  (database: Database): OpenSink =>
  (options) =>
    createEventRun({ database, dryRun: false, firstStands: true, ...options })
