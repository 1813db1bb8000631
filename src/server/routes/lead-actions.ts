/** What people do with leads: merge and its undo, assign, notes. Each is an entry of the log. */
import type { FastifyInstance } from 'fastify'
import {
  AssignBody,
  EntryAnswer,
  LeadParams,
  MergeAnswer,
  NoteBody,
  OtherLeadBody,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import {
  appendAudit,
  appendEntry,
  changeLead,
  findPerson,
  IDENTITY_KIND,
  linkIdentities,
  listMembers,
  unlinkPerson,
} from '../../store/index.ts'
import { actorOf, type Access } from '../principal.ts'
import type { Services } from '../services.ts'
import { checkStorable, MAY_CHANGE, requireLead } from './leads.ts'

/** Merging moves the history of two leads together: for those who answer for all leads. */
const MAY_MERGE: Access = { role: 'lead', scope: 'leads:write' }
const tags = ['leads']
const REFUSED = {
  taken: new AppError('conflict', 'that lead counts as another one already: unmerge it first'),
  erased: new AppError('person-erased'),
}

function mergeRoutes(app: FastifyInstance, { database }: Services): void {
  const options = (summary: string) => ({
    schema: {
      tags,
      summary,
      params: LeadParams,
      body: OtherLeadBody,
      response: { 200: MergeAnswer },
    },
    config: { access: MAY_MERGE },
  })
  const ofLead = (value: string) => ({ kind: IDENTITY_KIND.lead, value })

  app.post<{ Params: LeadParams; Body: OtherLeadBody }>(
    '/v1/leads/:id/merge',
    options('The other lead counts as this one from now on; can be undone'),
    async ({ principal, params, body }) => {
      const { workspaceId } = principal
      const lead = await requireLead(database, principal, params.id)
      const other = await requireLead(database, principal, body.lead_id)
      const answer = { lead_id: lead.leadId, other_lead_id: body.lead_id }
      if (other.personId === lead.personId) return { ...answer, status: 'already' as const }
      const actor = actorOf(principal)
      const [from, target] = [ofLead(other.leadId), ofLead(lead.leadId)]
      const details = { by: actor }
      const app = database.app
      const result = await linkIdentities(app, workspaceId, from, target, 'merge', { details })
      if (result === 'taken' || result === 'erased') throw REFUSED[result]
      const subject = `person:${lead.personId}`
      const fact = { actor, action: 'lead.merged', subject, details: { from: other.personId } }
      await appendAudit(app, workspaceId, fact)
      return { ...answer, status: result === 'linked' ? ('merged' as const) : result }
    },
  )
  app.post<{ Params: LeadParams; Body: OtherLeadBody }>(
    '/v1/leads/:id/unmerge',
    options('The other lead counts as itself again'),
    async ({ principal, params, body }) => {
      const { workspaceId } = principal
      const lead = await requireLead(database, principal, params.id)
      const from = await database.withWorkspace(workspaceId, (client) =>
        findPerson(client, ofLead(body.lead_id)),
      )
      const counted = await requireLead(database, principal, body.lead_id)
      if (from === undefined || from === lead.personId || counted.personId !== lead.personId)
        throw new AppError('conflict', 'that lead does not count as this one')
      const actor = actorOf(principal)
      const isDone = await unlinkPerson(database.app, workspaceId, from, { by: actor })
      if (!isDone) throw new AppError('conflict', 'that lead does not count as this one')
      const subject = `person:${lead.personId}`
      const fact = { actor, action: 'lead.unmerged', subject, details: { from } }
      await appendAudit(database.app, workspaceId, fact)
      return { lead_id: lead.leadId, other_lead_id: body.lead_id, status: 'unmerged' as const }
    },
  )
}

function noteRoute(app: FastifyInstance, { database }: Services): void {
  app.post<{ Params: LeadParams; Body: NoteBody }>(
    '/v1/leads/:id/notes',
    {
      schema: {
        tags,
        summary: 'Add a note',
        params: LeadParams,
        body: NoteBody,
        response: { 201: EntryAnswer },
      },
      config: { access: MAY_CHANGE },
    },
    async ({ principal, params, body }, reply) => {
      const { text } = body
      checkStorable(text)
      const { personId } = await requireLead(database, principal, params.id)
      const { workspaceId } = principal
      const properties = { text, by: actorOf(principal) }
      const position = await database.withWorkspace(workspaceId, (client) =>
        appendEntry(client, workspaceId, personId, 'note_added', properties),
      )
      return reply.code(201).send({ position })
    },
  )
}

function assignRoute(app: FastifyInstance, { database }: Services): void {
  app.post<{ Params: LeadParams; Body: AssignBody }>(
    '/v1/leads/:id/assign',
    {
      schema: {
        tags,
        summary: 'Give a lead to a person of the workspace; null to nobody',
        params: LeadParams,
        body: AssignBody,
        response: { 200: EntryAnswer },
      },
      config: { access: MAY_CHANGE },
    },
    async ({ principal, params, body }) => {
      const { user_id: ownerId } = body
      const lead = await requireLead(database, principal, params.id)
      const { workspaceId } = principal
      return database.withWorkspace(workspaceId, async (client) => {
        const [owner] = ownerId === null ? [] : await listMembers(client, ownerId)
        if (ownerId !== null && (owner === undefined || owner.disabledAt !== null))
          throw new AppError('invalid-request', 'user_id is no active member of this workspace')
        const properties = { owner_id: ownerId, from_owner_id: lead.ownerId }
        const by = { ...properties, by: actorOf(principal) }
        const { personId } = lead
        const position = await appendEntry(client, workspaceId, personId, 'lead_assigned', by)
        await changeLead(client, personId, { attributes: {}, ownerId })
        return { position }
      })
    },
  )
}

export function leadActionRoutes(app: FastifyInstance, services: Services): void {
  mergeRoutes(app, services)
  noteRoute(app, services)
  assignRoute(app, services)
}
