/** Leads: finding them, and what is known of them. */
import type { FastifyInstance } from 'fastify'
import {
  LeadAnswer,
  LeadParams,
  LeadsAnswer,
  LeadsQuery,
  StagesAnswer,
  PageQuery,
  TimelineAnswer,
  type LastEvent,
  type TimelineItem,
} from '../../contract/index.ts'
import { AppError, EVENT_TYPES, isUndoable } from '../../core/index.ts'
import { hourIn } from '../../decisions/index.ts'
import {
  findLead,
  listLeads,
  listStages,
  readLastEvents,
  readTimeline,
  type Database,
  type Lead,
  type LeadFilter,
  type StoredEvent,
  type TimelineEntry,
  type Viewer,
} from '../../store/index.ts'
import type { Access, Principal } from '../principal.ts'
import type { Services } from '../services.ts'
import { toLeadScore } from '../scores/answers.ts'
import { numberCursor, placeCursor, toCursor } from './page.ts'

export const MAY_READ: Access = { role: 'agent', scope: 'leads:read' }
export const MAY_CHANGE: Access = { role: 'agent', scope: 'leads:write' }
const tags = ['leads']

/** Agents see their own and their team's leads, everybody else all of the workspace. */
export function viewerOf(principal: Principal): Viewer {
  return principal.kind === 'user' && principal.role === 'agent' ? principal.userId : null
}

/** @throws AppError `not-found` for a lead that is not there or not for the caller to see. */
export async function requireLead(
  database: Database,
  principal: Principal,
  leadId: string,
): Promise<Lead> {
  const lead = await database.withWorkspace(principal.workspaceId, (client) =>
    findLead(client, viewerOf(principal), leadId),
  )
  if (lead === undefined) throw new AppError('not-found', 'there is no such lead')
  return lead
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export function toLeadAnswer(lead: Lead, duplicates: readonly string[] = []): LeadAnswer {
  const { name, email, phone, ...attributes } = lead.attributes
  return {
    lead_id: lead.leadId,
    name: textOrNull(name),
    email: textOrNull(email),
    phone: textOrNull(phone),
    segment: lead.segment,
    stage: lead.stage,
    owner_id: lead.ownerId,
    snoozed_until: lead.snoozedUntil?.toISOString() ?? null,
    hidden_at: lead.hiddenAt?.toISOString() ?? null,
    attributes,
    created_at: lead.createdAt.toISOString(),
    updated_at: lead.updatedAt.toISOString(),
    ...(duplicates.length === 0 ? {} : { possible_duplicates: [...duplicates] }),
  }
}

function toLastEvent(event: StoredEvent | undefined): LastEvent | null {
  if (event === undefined) return null
  const { type, eventTime } = event
  return { type, label: EVENT_TYPES[type].label, timestamp: eventTime.toISOString() }
}

function filterOf(query: LeadsQuery): LeadFilter {
  const { q, segment, stage, owner_id, unassigned = false, show } = query
  if (unassigned && owner_id !== undefined)
    throw new AppError('invalid-request', 'send owner_id or unassigned, not both')
  const inSight = query.sort === 'call_next' ? 'active' : 'all'
  return { q, segment, stage, ownerId: unassigned ? null : owner_id, show: show ?? inSight }
}

function readRoutes(app: FastifyInstance, { database, grounds, clock }: Services): void {
  app.get<{ Querystring: LeadsQuery }>(
    '/v1/leads',
    {
      schema: {
        tags,
        summary: 'Leads with their scores; q searches name, e-mail, phone and lead_id',
        querystring: LeadsQuery,
        response: { 200: LeadsAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, query }) => {
      const { limit = 50, cursor, sort: order = 'newest' } = query
      const place = placeCursor(cursor, order)
      const after = place && { value: place.value, personId: place.id }
      const { leads, events } = await database.withWorkspace(
        principal.workspaceId,
        async (client) => {
          const found = await listLeads(client, viewerOf(principal), filterOf(query), {
            order,
            after,
            limit: limit + 1,
          })
          const ids = found.map(({ personId }) => personId)
          return { leads: found, events: await readLastEvents(client, ids) }
        },
      )
      const { timeZone } = await grounds.of(principal.workspaceId)
      const hour = hourIn(timeZone, clock.now())
      const page = leads.slice(0, limit)
      const last = leads.length > limit ? page.at(-1) : undefined
      return {
        items: page.map((lead) => ({
          ...toLeadAnswer(lead),
          score: lead.current === null ? null : toLeadScore(lead.current, hour),
          last_event: toLastEvent(events.get(lead.personId)),
        })),
        next_cursor: last === undefined ? null : toCursor([order, last.sortValue, last.personId]),
      }
    },
  )
  app.get(
    '/v1/lead-stages',
    {
      schema: { tags, summary: 'Stages that leads stand in', response: { 200: StagesAnswer } },
      config: { access: MAY_READ },
    },
    async ({ principal }) => ({
      items: await database.withWorkspace(principal.workspaceId, listStages),
    }),
  )
  app.get<{ Params: LeadParams }>(
    '/v1/leads/:id',
    {
      schema: { tags, summary: 'One lead', params: LeadParams, response: { 200: LeadAnswer } },
      config: { access: MAY_READ },
    },
    async ({ principal, params }) =>
      toLeadAnswer(await requireLead(database, principal, params.id)),
  )
}

export function toTimelineItem(entry: TimelineEntry): TimelineItem {
  const { body, type } = entry
  return {
    position: entry.position,
    type,
    label: EVENT_TYPES[type].label,
    timestamp: entry.eventTime.toISOString(),
    received_at: entry.receivedAt.toISOString(),
    grade: entry.grade ?? ('graded' in EVENT_TYPES[type] ? 'unknown' : null),
    property_id: body.property_id ?? null,
    duration_seconds: body.duration_seconds ?? null,
    properties: { ...body.properties },
    context: { ...body.context },
    ...(body.frozen === undefined ? {} : { frozen: body.frozen }),
    event_id: body.event_id ?? null,
    undone_at: entry.undoneAt?.toISOString() ?? null,
    undoable: isUndoable(type),
  }
}

function knowledgeRoutes(app: FastifyInstance, { database }: Services): void {
  app.get<{ Params: LeadParams; Querystring: PageQuery }>(
    '/v1/leads/:id/timeline',
    {
      schema: {
        tags,
        summary: 'What happened, latest first by event time, with all that is known today',
        params: LeadParams,
        querystring: PageQuery,
        response: { 200: TimelineAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params, query }) => {
      const lead = await requireLead(database, principal, params.id)
      const place = numberCursor(query.cursor, 2)
      const before = place && ([place[0]!, place[1]!] as const)
      const { limit = 50 } = query
      const { entries, next } = await database.withWorkspace(principal.workspaceId, (client) =>
        readTimeline(client, lead.personId, { before, limit }),
      )
      const next_cursor = next === undefined ? null : toCursor(next)
      return { items: entries.map(toTimelineItem), next_cursor }
    },
  )
}

export function leadRoutes(app: FastifyInstance, services: Services): void {
  readRoutes(app, services)
  knowledgeRoutes(app, services)
}
