/** Runs imports one after the other, and keeps account of them. */
import { readFile } from 'node:fs/promises'
import { AppError } from '../../core/index.ts'
import type { Importable, ImportDocument } from '../../contract/index.ts'
import { SetupError } from '../../platform/index.ts'
import { finishImport, insertImport, touchImport } from '../../store/index.ts'
import type { Services } from '../services.ts'
import type { ImportWork } from './importer.ts'
import type { Upload } from './upload.ts'

export interface Job {
  readonly kind: Importable
  readonly workspaceId: number
  readonly upload: Upload
}

export interface ImportRunner {
  /** What would be done. @throws AppError `unusable-file`, `invalid-request` for the mapping. */
  readonly plan: (job: Job) => Promise<ImportDocument>
  /** Starts, and takes over the upload; answers the number of the import. */
  readonly start: (job: Job, requestedBy: string) => Promise<number>
  /** Resolves when nothing is under way. */
  readonly drain: () => Promise<unknown>
}

const REJECTIONS_KEPT = 1_000
const HEARTBEAT_MS = 1_000

/** Line and reason only: the cells are the sender's, and may be about people. */
async function rejectionsOf(path: unknown): Promise<{ line: number; reason: string }[]> {
  if (typeof path !== 'string') return []
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n').slice(0, REJECTIONS_KEPT)
  return lines.map((text) => {
    const { line, reason } = JSON.parse(text) as { line: number; reason: string }
    return { line, reason }
  })
}

/** Messages name the paths they were given, which mean nothing to the sender. */
function inSendersWords(error: unknown, { file, mapping }: Upload): unknown {
  if (!(error instanceof SetupError)) return error
  if (mapping !== undefined && error.message.startsWith(mapping))
    return new AppError('invalid-request', error.message.replaceAll(mapping, 'mapping'))
  const said = error.message.replace(`${file}: the file `, 'The file ').replaceAll(file, 'the file')
  return new AppError('unusable-file', said)
}

export function createImportRunner({ database, importers, log }: Services): ImportRunner {
  // One at a time: a file is held in memory whole, and two would wait for each other's rows.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }

  async function work(
    { kind, upload, workspaceId }: Job,
    rest: Pick<ImportWork, 'dryRun' | 'onProgress'>,
  ): Promise<ImportDocument> {
    const { file, mapping } = upload
    try {
      const done = await importers[kind]({ file, mapping, workspaceId, ...rest })
      const { quarantine, ...document } = done
      const rejections = document['rejections'] ?? (await rejectionsOf(quarantine))
      return { ...document, rejections } as ImportDocument
    } catch (error) {
      throw inSendersWords(error, upload)
    }
  }

  async function account(job: Job, importId: number): Promise<void> {
    const { workspaceId } = job
    let progress = 0
    const beat = setInterval(() => {
      database
        .withWorkspace(workspaceId, (client) => touchImport(client, importId, progress))
        .catch((error: unknown) => log.warn({ err: error }, 'import: no sign of life written'))
    }, HEARTBEAT_MS)
    const finish = (end: { result: unknown } | { error: string }): Promise<void> =>
      database.withWorkspace(workspaceId, (client) => finishImport(client, importId, end))
    try {
      const onProgress = (fraction: number): void => {
        progress = fraction
      }
      const result = await inTurn(() => work(job, { dryRun: false, onProgress }))
      await finish({ result })
    } catch (error) {
      log.error({ err: error, importId }, 'import failed')
      const said = error instanceof AppError ? error.message : 'Something went wrong on our side'
      await finish({ error: said })
    } finally {
      clearInterval(beat)
      await job.upload[Symbol.asyncDispose]()
    }
  }

  const running = new Set<Promise<void>>()
  return {
    plan: (job) => inTurn(() => work(job, { dryRun: true, onProgress: () => undefined })),
    async start(job, requestedBy) {
      const { kind, workspaceId } = job
      const importId = await database.withWorkspace(workspaceId, (client) =>
        insertImport(client, { kind, requestedBy }),
      )
      const done = account(job, importId)
        .catch((error: unknown) => log.error({ err: error, importId }, 'import: end not written'))
        .finally(() => running.delete(done))
      running.add(done)
      return importId
    },
    drain: () => Promise.all([last, ...running]),
  }
}
