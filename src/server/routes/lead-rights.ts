/** The rights of a person about their data: a copy of everything, and erasure. */
import type { FastifyInstance } from 'fastify'
import { EraseAnswer, LeadExport, LeadParams } from '../../contract/index.ts'
import { appendAudit, erasePerson, readRecords, readTimeline } from '../../store/index.ts'
import { actorOf, type Access } from '../principal.ts'
import type { Services } from '../services.ts'
import { requireLead, toLeadAnswer, toTimelineItem } from './leads.ts'

const MAY_EXPORT: Access = { role: 'lead', scope: 'leads:read' }
const MAY_ERASE: Access = { role: 'lead', scope: 'leads:write' }
const tags = ['leads']

export function leadRightsRoutes(app: FastifyInstance, services: Services): void {
  const { database, capture } = services
  app.get<{ Params: LeadParams }>(
    '/v1/leads/:id/export',
    {
      schema: {
        tags,
        summary: 'Everything known of the person',
        params: LeadParams,
        response: { 200: LeadExport },
      },
      config: { access: MAY_EXPORT },
    },
    async ({ principal, params }) => {
      const lead = await requireLead(database, principal, params.id)
      const { personId } = lead
      const { workspaceId } = principal
      return database.withWorkspace(workspaceId, async (client) => {
        const page = { before: undefined, limit: 1_000_000 }
        const { entries } = await readTimeline(client, personId, page)
        const records = await readRecords(client, personId)
        const [actor, subject] = [actorOf(principal), `person:${personId}`]
        await appendAudit(client, workspaceId, { actor, action: 'lead.exported', subject })
        return { lead: toLeadAnswer(lead), timeline: entries.map(toTimelineItem), ...records }
      })
    },
  )
  app.delete<{ Params: LeadParams }>(
    '/v1/leads/:id',
    {
      schema: {
        tags,
        summary: 'Erase the person everywhere; only hashes stay, so that they stay erased',
        params: LeadParams,
        response: { 200: EraseAnswer },
      },
      config: { access: MAY_ERASE },
    },
    async ({ principal, params }) => {
      const { personId } = await requireLead(database, principal, params.id)
      const { workspaceId } = principal
      const entries = await erasePerson(database.app, workspaceId, personId)
      capture.forget()
      await appendAudit(database.app, workspaceId, {
        actor: actorOf(principal),
        action: 'lead.erased',
        subject: `person:${personId}`,
        details: { entries },
      })
      return { erased: true as const, entries }
    },
  )
}
