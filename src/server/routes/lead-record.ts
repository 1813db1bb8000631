/** The unified record of a lead. */
import type { FastifyInstance } from 'fastify'
import { LeadParams, LeadRecordAnswer } from '../../contract/index.ts'
import { readKnown } from '../../features/index.ts'
import { attributeDeclarations } from '../../store/index.ts'
import { qualityOf, recordOf, toQualityBody } from '../features/quality.ts'
import type { Services } from '../services.ts'
import { MAY_READ, requireLead } from './leads.ts'

export function leadRecordRoutes(app: FastifyInstance, { database, clock }: Services): void {
  app.get<{ Params: LeadParams }>(
    '/v1/leads/:id/record',
    {
      schema: {
        tags: ['leads'],
        summary: 'The unified record of a lead, and how good its data are',
        description: 'POST /v1/leads takes such a record, of this version or an earlier one.',
        params: LeadParams,
        response: { 200: LeadRecordAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params }) => {
      const { workspaceId } = principal
      const lead = await requireLead(database, principal, params.id)
      const { personId } = lead
      const declared = await database.withWorkspace(workspaceId, attributeDeclarations)
      const known = await readKnown(database.app, workspaceId, [personId])
      const quality = qualityOf(lead, known.get(personId)!.state, declared, clock.now())
      return { record: recordOf(lead).record, quality: toQualityBody(quality) }
    },
  )
}
