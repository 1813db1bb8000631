/** Imports of files: dry runs, imports, how far they are. */
import multipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import {
  ImportAccepted,
  ImportAnswer,
  ImportDocument,
  ImportQuery,
  ImportsAnswer,
  NumberParams,
  PageQuery,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import { appendAudit, listImports, readImport, type ImportRecord } from '../../store/index.ts'
import { createImportRunner, type ImportRunner } from '../imports/run.ts'
import { MAPPING_BYTES_MAX, receiveUpload } from '../imports/upload.ts'
import { actorOf, type Access } from '../principal.ts'
import type { Services } from '../services.ts'
import { refuseSimulated } from '../simulated.ts'
import { numberCursor, toCursor } from './page.ts'

const tags = ['imports']
const ACCESS: Access = { role: 'lead', scope: 'leads:write' }
const FILE_TYPES = [
  'text/csv',
  'text/tab-separated-values',
  'text/plain',
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream',
  'application/jsonl',
  'application/x-ndjson',
]

const toAnswer = (record: ImportRecord): ImportAnswer => ({
  import_id: record.importId,
  kind: record.kind,
  status: record.status,
  progress: record.progress,
  result: record.result as ImportDocument | null,
  error: record.error,
  requested_by: record.requestedBy,
  requested_at: record.requestedAt.toISOString(),
})

function postRoute(app: FastifyInstance, { database }: Services, runner: ImportRunner): void {
  app.post<{ Querystring: ImportQuery }>(
    '/v1/imports',
    {
      schema: {
        tags,
        summary:
          'Import a CSV, TSV or JSON lines file, also gzipped; or say what would be imported',
        description:
          'The file is the body, or the part `file` of multipart/form-data with the mapping as ' +
          'the part `mapping` before or after it. Without a mapping, one is guessed; `dry_run` ' +
          'answers it to be edited. The same file again changes nothing.',
        consumes: [...FILE_TYPES, 'multipart/form-data'],
        querystring: ImportQuery,
        response: { 200: ImportDocument, 202: ImportAccepted },
      },
      config: { access: ACCESS },
    },
    async (request, reply) => {
      const { principal, query } = request
      const { workspaceId } = principal
      const upload = await receiveUpload(request)
      let taken = false
      try {
        const job = { kind: query.kind, workspaceId, upload }
        const plan = await runner.plan(job)
        if (query.dry_run === true) return plan
        if (plan.fault !== undefined) throw new AppError('unusable-file', plan.fault)
        await refuseSimulated(database, workspaceId)
        const importId = await runner.start(job, actorOf(principal))
        taken = true
        await database.withWorkspace(workspaceId, (client) =>
          appendAudit(client, workspaceId, {
            actor: actorOf(principal),
            action: `${query.kind}.imported`,
            subject: `import:${importId}`,
            details: { rows: plan.rows, rejected: plan.rejected },
          }),
        )
        return await reply.code(202).send({ import_id: importId, plan })
      } finally {
        if (!taken) await upload[Symbol.asyncDispose]()
      }
    },
  )
}

function getRoutes(app: FastifyInstance, { database }: Services): void {
  app.get<{ Params: NumberParams }>(
    '/v1/imports/:id',
    {
      schema: {
        tags,
        summary: 'How far an import is, and what it did',
        params: NumberParams,
        response: { 200: ImportAnswer },
      },
      config: { access: ACCESS },
    },
    async ({ principal, params }) => {
      const found = await database.withWorkspace(principal.workspaceId, (client) =>
        readImport(client, params.id),
      )
      if (found === undefined) throw new AppError('not-found', `There is no import ${params.id}`)
      return toAnswer(found)
    },
  )
  app.get<{ Querystring: PageQuery }>(
    '/v1/imports',
    {
      schema: {
        tags,
        summary: 'Imports, the latest first',
        querystring: PageQuery,
        response: { 200: ImportsAnswer },
      },
      config: { access: ACCESS },
    },
    async ({ principal, query }): Promise<ImportsAnswer> => {
      const { limit = 50 } = query
      const before = numberCursor(query.cursor, 1)?.[0]
      const found = await database.withWorkspace(principal.workspaceId, (client) =>
        listImports(client, before, limit + 1),
      )
      const page = found.slice(0, limit)
      return {
        items: page.map(toAnswer),
        next_cursor: found.length > limit ? toCursor([page.at(-1).importId]) : null,
      }
    },
  )
}

export function importRoutes(app: FastifyInstance, services: Services): void {
  const runner = createImportRunner(services)
  app.addHook('onClose', async () => {
    await runner.drain()
  })
  // In a scope of its own: only here are files taken as bodies.
  void app.register(async (scope) => {
    await scope.register(multipart, {
      throwFileSizeLimit: false,
      limits: { files: 1, fields: 4, fieldSize: MAPPING_BYTES_MAX, fileSize: Infinity },
    })
    scope.removeContentTypeParser(['application/json', 'text/plain'])
    scope.addContentTypeParser(FILE_TYPES, (_request, payload, done) => done(null, payload))
    postRoute(scope, services, runner)
    getRoutes(scope, services)
  })
}
