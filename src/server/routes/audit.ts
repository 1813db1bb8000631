/** The audit log: who did what, when. */
import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { FastifyInstance } from 'fastify'
import {
  AuditAnswer,
  AuditExportQuery,
  AuditQuery,
  AuditVerification,
  type AuditItem,
} from '../../contract/index.ts'
import {
  appendAudit,
  readAudit,
  verifyAudit,
  type AuditEntry,
  type AuditFilter,
} from '../../store/index.ts'
import { actorOf } from '../principal.ts'
import type { Services } from '../services.ts'
import { ADMIN } from './keys.ts'
import { numberCursor, toCursor } from './page.ts'

/** Entries read at a time for an export. */
const EXPORT_PAGE = 1_000
const tags = ['audit']

const toItem = ({ entryNo, at, actorName, ...rest }: AuditEntry): AuditItem => ({
  ...rest,
  entry_no: entryNo,
  at: at.toISOString(),
  actor_name: actorName,
})

const COLUMNS = [
  'entry_no',
  'at',
  'actor',
  'actor_name',
  'action',
  'subject',
  'details',
  'hash',
] as const satisfies (keyof AuditItem)[]

function toCsv(entries: readonly AuditEntry[], header: boolean): string {
  const records = entries.map((entry) => {
    const item = toItem(entry)
    return { ...item, details: JSON.stringify(item.details) }
  })
  // A name that begins like a formula stays text in a spreadsheet.
  return stringify(records, { header, columns: [...COLUMNS], escape_formulas: true })
}

/** Pages of the log from the newest entry on, each as lines of a CSV file. */
async function* csvPages(
  { database }: Services,
  workspaceId: number,
  filter: AuditFilter,
): AsyncGenerator<string> {
  let before: number | undefined
  for (let isFirst = true; ; isFirst = false) {
    const from = before
    const entries = await database.withWorkspace(workspaceId, (client) =>
      readAudit(client, from, EXPORT_PAGE, filter),
    )
    yield toCsv(entries, isFirst)
    if (entries.length < EXPORT_PAGE) return
    before = entries.at(-1).entryNo
  }
}

function exportRoute(app: FastifyInstance, services: Services): void {
  app.get<{ Querystring: AuditExportQuery }>(
    '/v1/audit/export',
    {
      schema: {
        tags,
        summary: 'The audit log as a CSV file, newest first; the export is an entry too',
        querystring: AuditExportQuery,
      },
      config: { access: ADMIN },
    },
    async ({ principal, query }, reply) => {
      const { workspaceId } = principal
      const actor = actorOf(principal)
      const subject = `workspace:${workspaceId}`
      const fact = { actor, action: 'audit.exported', subject, details: query }
      await appendAudit(services.database.app, workspaceId, fact)
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="audit.csv"')
        .send(Readable.from(csvPages(services, workspaceId, query)))
    },
  )
}

export function auditRoutes(app: FastifyInstance, services: Services): void {
  const { database } = services
  app.get<{ Querystring: AuditQuery }>(
    '/v1/audit',
    {
      schema: {
        tags,
        summary: 'The audit log, newest first',
        querystring: AuditQuery,
        response: { 200: AuditAnswer },
      },
      config: { access: ADMIN },
    },
    async ({ principal, query }): Promise<AuditAnswer> => {
      const { limit = 50, cursor, ...filter } = query
      const before = numberCursor(cursor, 1)?.[0]
      const entries = await database.withWorkspace(principal.workspaceId, (client) =>
        readAudit(client, before, limit + 1, filter),
      )
      const page = entries.slice(0, limit)
      return {
        items: page.map(toItem),
        next_cursor: entries.length > limit ? toCursor([page.at(-1).entryNo]) : null,
      }
    },
  )
  app.get(
    '/v1/audit/verification',
    {
      schema: {
        tags,
        summary: 'Whether the chain of the audit log is intact',
        response: { 200: AuditVerification },
      },
      config: { access: ADMIN },
    },
    async ({ principal }) => {
      const broken = await verifyAudit(database.app, principal.workspaceId)
      return { intact: broken === undefined, first_broken_entry: broken ?? null }
    },
  )
  exportRoute(app, services)
}
