/** Making and changing leads by hand. A change is an entry of the log and can be undone. */
import type { FastifyInstance } from 'fastify'
import { LeadAnswer, LeadBody, LeadChangeBody, LeadParams } from '../../contract/index.ts'
import { AppError, flatRecord, readLeadRecord, type Json } from '../../core/index.ts'
import { canonicalJson, holdsUnstorableText } from '../../events/index.ts'
import { toE164 } from '../../platform/index.ts'
import {
  appendAudit,
  appendEntry,
  changeLead,
  findLead,
  holdLead,
  openLead,
  setContact,
  type Contact,
  type Database,
  type Lead,
} from '../../store/index.ts'
import { actorOf, type Principal } from '../principal.ts'
import type { Services } from '../services.ts'
import { MAY_CHANGE, toLeadAnswer, viewerOf } from './leads.ts'

const ATTRIBUTES_MAX = 65_536
const tags = ['leads']

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
  if (typeof phone === 'string') contacts.push({ kind: 'phone', value: toE164(phone) ?? null })
  return contacts
}

export type Writer = Parameters<Parameters<Database['withWorkspace']>[1]>[0]

/** @throws AppError `person-erased` when an address belongs to somebody who was erased. */
export async function writeLead(
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

/** What a body changes of a lead, by field; attributes stand under `attributes.`. */
function changesOf(lead: Lead, body: LeadChangeBody): Record<string, { from: Json; to: Json }> {
  const changes: Record<string, { from: Json; to: Json }> = {}
  const note = (field: string, from: unknown, to: unknown): void => {
    const change = { from: (from ?? null) as Json, to: (to ?? null) as Json }
    if (canonicalJson(change.from) !== canonicalJson(change.to)) changes[field] = change
  }
  if (body.segment !== undefined) note('segment', lead.segment, body.segment)
  if (body.stage !== undefined) note('stage', lead.stage, body.stage)
  for (const [name, value] of Object.entries(attributesOf(body)))
    note(`attributes.${name}`, lead.attributes[name], value)
  return changes
}

/** Changes a lead that is there: entry, audit and row stand or fall together. */
async function changeByHand(
  client: Writer,
  principal: Principal,
  leadId: string,
  body: LeadChangeBody,
): Promise<{ answer: LeadAnswer; personId: number }> {
  const viewer = viewerOf(principal)
  const found = await findLead(client, viewer, leadId)
  if (found !== undefined) await holdLead(client, found.personId)
  const before = await findLead(client, viewer, leadId)
  if (before === undefined) throw new AppError('not-found', 'there is no such lead')
  const { personId } = before
  const { workspaceId } = principal
  const changes = changesOf(before, body)
  const fields = Object.keys(changes)
  const actor = actorOf(principal)
  let position: number | undefined
  if (fields.length > 0) {
    const properties = { changes, by: actor }
    position = await appendEntry(client, workspaceId, personId, 'lead_changed', properties)
    const fact = { actor, action: 'lead.changed', subject: `person:${personId}` }
    await appendAudit(client, workspaceId, { ...fact, details: { fields } })
  }
  const duplicates = await writeLead(client, personId, body)
  const answer = toLeadAnswer((await findLead(client, viewer, leadId))!, duplicates)
  return { answer: position === undefined ? answer : { ...answer, position }, personId }
}

async function make(
  client: Writer,
  principal: Principal,
  { lead_id, ...body }: LeadBody & { lead_id: string },
): Promise<{ answer: LeadAnswer; isNew: boolean }> {
  const viewer = viewerOf(principal)
  const opened = await openLead(client, lead_id)
  if (opened === undefined) throw new AppError('person-erased')
  if (opened.isNew) {
    const duplicates = await writeLead(client, opened.personId, body, viewer ?? undefined)
    const lead = await findLead(client, viewer, lead_id)
    return { answer: toLeadAnswer(lead!, duplicates), isNew: true }
  }
  if ((await findLead(client, viewer, lead_id)) === undefined)
    throw new AppError('conflict', 'this lead_id belongs to a lead of somebody else')
  return { answer: (await changeByHand(client, principal, lead_id, body)).answer, isNew: false }
}

export function leadChangeRoutes(app: FastifyInstance, services: Services): void {
  const { database, newId, rescore } = services
  app.post<{ Body: LeadBody }>(
    '/v1/leads',
    {
      schema: {
        tags,
        summary: 'Make a lead; one that exists is changed instead (200)',
        description: 'With schema_version the body is a record, as GET /v1/leads/:id/record gives.',
        body: LeadBody,
        response: { 200: LeadAnswer, 201: LeadAnswer },
      },
      config: { access: MAY_CHANGE },
    },
    async ({ principal, body }, reply) => {
      // A record says its version; without one the body is flat, as it always was.
      const { schema_version: version, ...flat } = body
      const fields = version === undefined ? flat : flatRecord(readLeadRecord(body).record)
      const lead_id = body.lead_id ?? newId()
      checkStorable(lead_id)
      const made = await database.withWorkspace(principal.workspaceId, (client) =>
        make(client, principal, { ...fields, lead_id }),
      )
      return reply.code(made.isNew ? 201 : 200).send(made.answer)
    },
  )
  app.patch<{ Params: LeadParams; Body: LeadChangeBody }>(
    '/v1/leads/:id',
    {
      schema: {
        tags,
        summary: 'Change a lead; null removes a value. Can be undone',
        params: LeadParams,
        body: LeadChangeBody,
        response: { 200: LeadAnswer },
      },
      config: { access: MAY_CHANGE },
    },
    async ({ principal, params, body }) => {
      const { workspaceId } = principal
      const { answer, personId } = await database.withWorkspace(workspaceId, (client) =>
        changeByHand(client, principal, params.id, body),
      )
      rescore({ workspaceId, personId })
      return answer
    },
  )
}
