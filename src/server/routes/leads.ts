/** Leads: making, changing, finding, and what is known of them. */
import type { FastifyInstance } from 'fastify'
import { parsePhoneNumberFromString } from 'libphonenumber-js'
import {
  FeaturesAnswer,
  LeadAnswer,
  LeadBody,
  LeadChangeBody,
  LeadParams,
  LeadsAnswer,
  LeadsQuery,
  PageQuery,
  TimelineAnswer,
  type LastEvent,
  type TimelineItem,
} from '../../contract/index.ts'
import { AppError, EVENT_TYPES } from '../../core/index.ts'
import { hourIn } from '../../decisions/index.ts'
import { canonicalJson, holdsUnstorableText } from '../../events/index.ts'
import {
  CATEGORICAL_FEATURES,
  extractFeatures,
  NUMERIC_FEATURES,
  rebuildTrack,
  type FeatureDeclaration,
} from '../../features/index.ts'
import {
  changeLead,
  findLead,
  listLeads,
  openLead,
  readLastEvents,
  readTimeline,
  setContact,
  type Contact,
  type Database,
  type Lead,
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
const ATTRIBUTES_MAX = 65_536
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
    attributes,
    created_at: lead.createdAt.toISOString(),
    updated_at: lead.updatedAt.toISOString(),
    ...(duplicates.length === 0 ? {} : { possible_duplicates: [...duplicates] }),
  }
}

/** @throws AppError for what cannot be stored. */
export function checkStorable(value: unknown): void {
  let json: string
  try {
    json = canonicalJson(value)
  } catch (error) {
    throw new AppError('invalid-request', (error as Error).message)
  }
  if (json.length > ATTRIBUTES_MAX)
    throw new AppError('body-too-large', `more than ${ATTRIBUTES_MAX} characters`)
  if (holdsUnstorableText(json)) throw new AppError('invalid-text')
}

/** Attributes to store: named ones, `attributes`, and whatever other keys came. */
function attributesOf(body: LeadChangeBody & { lead_id?: string }): Record<string, unknown> {
  const { lead_id, segment, stage, attributes = {}, ...flat } = body
  const merged: Record<string, unknown> = { ...attributes, ...flat }
  checkStorable([merged, lead_id, segment, stage])
  if (typeof merged['email'] === 'string') merged['email'] = merged['email'].toLowerCase()
  return merged
}

/** The names a person is found by: e-mail in lower case, phone in E.164 where it is one. */
function contactsOf(attributes: Record<string, unknown>): Contact[] {
  const { email, phone } = attributes
  const contacts: Contact[] = []
  if (email === null || typeof email === 'string') contacts.push({ kind: 'email', value: email })
  if (phone === null) contacts.push({ kind: 'phone', value: null })
  if (typeof phone === 'string') {
    const parsed = parsePhoneNumberFromString(phone, 'US')
    contacts.push({ kind: 'phone', value: parsed?.isValid() ? parsed.number : null })
  }
  return contacts
}

type Writer = Parameters<Parameters<Database['withWorkspace']>[1]>[0]

/** @throws AppError `person-erased` when an address belongs to somebody who was erased. */
async function writeLead(
  client: Writer,
  personId: number,
  body: LeadChangeBody,
  ownerId?: number,
): Promise<string[]> {
  const attributes = attributesOf(body)
  const duplicates = new Set<string>()
  for (const contact of contactsOf(attributes)) {
    const result = await setContact(client, personId, contact)
    if (result === 'erased') throw new AppError('person-erased')
    if (typeof result === 'object' && result.heldBy !== null) duplicates.add(result.heldBy)
  }
  const { segment, stage } = body
  await changeLead(client, personId, { attributes, segment, stage, ownerId })
  return [...duplicates]
}

function writeRoutes(app: FastifyInstance, { database, newId, rescore }: Services): void {
  app.post<{ Body: LeadBody }>(
    '/v1/leads',
    {
      schema: {
        tags,
        summary: 'Make a lead; one that exists is changed instead (200)',
        body: LeadBody,
        response: { 200: LeadAnswer, 201: LeadAnswer },
      },
      config: { access: MAY_CHANGE },
    },
    async ({ principal, body }, reply) => {
      const { lead_id: leadId = newId(), ...rest } = body
      checkStorable(leadId)
      const viewer = viewerOf(principal)
      const made = await database.withWorkspace(principal.workspaceId, async (client) => {
        const opened = await openLead(client, leadId)
        if (opened === undefined) throw new AppError('person-erased')
        const before = opened.isNew ? undefined : await findLead(client, viewer, leadId)
        if (!opened.isNew && before === undefined)
          throw new AppError('conflict', 'this lead_id belongs to a lead of somebody else')
        const personId = before?.personId ?? opened.personId
        const owner = opened.isNew ? (viewer ?? undefined) : undefined
        const duplicates = await writeLead(client, personId, rest, owner)
        const lead = await findLead(client, viewer, leadId)
        return { answer: toLeadAnswer(lead!, duplicates), isNew: opened.isNew }
      })
      return reply.code(made.isNew ? 201 : 200).send(made.answer)
    },
  )
  app.patch<{ Params: LeadParams; Body: LeadChangeBody }>(
    '/v1/leads/:id',
    {
      schema: {
        tags,
        summary: 'Change a lead; null removes a value',
        params: LeadParams,
        body: LeadChangeBody,
        response: { 200: LeadAnswer },
      },
      config: { access: MAY_CHANGE },
    },
    async ({ principal, params, body }) => {
      const viewer = viewerOf(principal)
      const { workspaceId } = principal
      const changed = await database.withWorkspace(workspaceId, async (client) => {
        const lead = await findLead(client, viewer, params.id)
        if (lead === undefined) throw new AppError('not-found', 'there is no such lead')
        const duplicates = await writeLead(client, lead.personId, body)
        return { lead: (await findLead(client, viewer, params.id))!, duplicates }
      })
      rescore({ workspaceId, personId: changed.lead.personId })
      return toLeadAnswer(changed.lead, changed.duplicates)
    },
  )
}

function toLastEvent(event: StoredEvent | undefined): LastEvent | null {
  if (event === undefined) return null
  const { type, eventTime } = event
  return { type, label: EVENT_TYPES[type].label, timestamp: eventTime.toISOString() }
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
      const { limit = 50, cursor, owner_id: ownerId, sort: order = 'newest', ...filter } = query
      const place = placeCursor(cursor, order)
      const after = place && { value: place.value, personId: place.id }
      const { leads, events } = await database.withWorkspace(
        principal.workspaceId,
        async (client) => {
          const found = await listLeads(
            client,
            viewerOf(principal),
            { ...filter, ownerId },
            { order, after, limit: limit + 1 },
          )
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
  }
}

const aboutFeature = (feature: FeatureDeclaration) => ({
  feature: feature.name,
  group: feature.group,
  label: feature.label,
  unit: feature.unit,
  needs: feature.minimum === 0 ? null : `${feature.minimum} ${feature.evidenceOf}`,
})

function knowledgeRoutes(app: FastifyInstance, { database, clock }: Services): void {
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
  app.get<{ Params: LeadParams }>(
    '/v1/leads/:id/features',
    {
      schema: {
        tags,
        summary: 'Every feature of a lead now; null: not enough data',
        params: LeadParams,
        response: { 200: FeaturesAnswer },
      },
      config: { access: MAY_READ },
    },
    async ({ principal, params }) => {
      const { personId, leadId } = await requireLead(database, principal, params.id)
      const { workspaceId } = principal
      const all = Number.MAX_SAFE_INTEGER
      const { state } = (await rebuildTrack(database.app, { workspaceId, personId }, all)).track
      const asOf = Math.max(state.cursorTime, clock.now())
      const vector = extractFeatures(state, asOf)
      const items = [
        ...NUMERIC_FEATURES.map((feature, i) => {
          const value = vector.numeric[i]!
          return { ...aboutFeature(feature), value: Number.isNaN(value) ? null : value }
        }),
        ...CATEGORICAL_FEATURES.map((feature, i) => {
          return { ...aboutFeature(feature), value: vector.categorical[i] ?? null }
        }),
      ]
      const known_position = vector.knownPosition < 0 ? null : vector.knownPosition
      return { lead_id: leadId, as_of: new Date(asOf).toISOString(), known_position, items }
    },
  )
}

export function leadRoutes(app: FastifyInstance, services: Services): void {
  writeRoutes(app, services)
  readRoutes(app, services)
  knowledgeRoutes(app, services)
}
