/** What people do with leads. Each action is an entry of the log; see lead-undo.ts. */
import type { FastifyInstance } from 'fastify'
import {
  AssignBody,
  CallBody,
  EntryAnswer,
  FeedbackBody,
  HideBody,
  LeadParams,
  MergeAnswer,
  NoteBody,
  OtherLeadBody,
  SnoozeBody,
} from '../../contract/index.ts'
import { AppError } from '../../core/index.ts'
import { orThrow, parseEventTime } from '../../events/index.ts'
import {
  appendAudit,
  appendEntry,
  changeLead,
  findLead,
  findPerson,
  findPrediction,
  holdLead,
  IDENTITY_KIND,
  insertFeedback,
  linkIdentities,
  listMembers,
  readLeadScore,
  unlinkPerson,
  type Lead,
  type LeadChange,
} from '../../store/index.ts'
import { actorOf, type Access, type Principal } from '../principal.ts'
import { scoreId } from '../scores/answers.ts'
import type { Services } from '../services.ts'
import { checkStorable, type Writer } from './lead-changes.ts'
import { MAY_CHANGE, requireLead, viewerOf } from './leads.ts'

const DAY_MS = 86_400_000
const SNOOZE_DAYS_MAX = 5 * 365
const isoOf = (time: Date | null): string | null => time?.toISOString() ?? null
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

const AUDITED = {
  note_added: 'lead.noted',
  lead_assigned: 'lead.assigned',
  lead_snoozed: 'lead.snoozed',
  lead_hidden: 'lead.hidden',
  score_disputed: 'lead.score_disputed',
} as const

/** What an action writes: the entry, and what it changes of the lead's row. */
interface Act {
  readonly type: keyof typeof AUDITED
  readonly properties: Readonly<Record<string, unknown>>
  readonly change?: LeadChange
  /** What else to do in the same transaction, knowing the entry's position. */
  readonly further?: (client: Writer, position: number) => Promise<void>
}

/**
 * Appends an entry about a lead and projects it onto the row, in one transaction; one action on a
 * lead at a time, so that `plan` decides by the lead as it is.
 */
async function act(
  { database }: Services,
  principal: Principal,
  leadId: string,
  plan: (lead: Lead, client: Writer) => Act | Promise<Act>,
): Promise<EntryAnswer> {
  const { workspaceId } = principal
  const actor = actorOf(principal)
  return database.withWorkspace(workspaceId, async (client) => {
    const viewer = viewerOf(principal)
    const found = await findLead(client, viewer, leadId)
    if (found !== undefined) await holdLead(client, found.personId)
    const lead = await findLead(client, viewer, leadId)
    if (lead === undefined) throw new AppError('not-found', 'there is no such lead')
    const { personId } = lead
    const { type, properties, change, further } = await plan(lead, client)
    const by = { ...properties, by: actor }
    const position = await appendEntry(client, workspaceId, personId, type, by)
    if (change !== undefined) await changeLead(client, personId, change)
    await further?.(client, position)
    const subject = `person:${personId}`
    const details = { position }
    await appendAudit(client, workspaceId, { actor, action: AUDITED[type], subject, details })
    return { position }
  })
}

const optionsOf = (summary: string, body: object, status: 200 | 201) => ({
  schema: { tags, summary, params: LeadParams, body, response: { [status]: EntryAnswer } },
  config: { access: MAY_CHANGE },
})

function noteRoute(app: FastifyInstance, services: Services): void {
  app.post<{ Params: LeadParams; Body: NoteBody }>(
    '/v1/leads/:id/notes',
    optionsOf('Add a note', NoteBody, 201),
    async ({ principal, params, body: { text } }, reply) => {
      checkStorable(text)
      const done = await act(services, principal, params.id, () => ({
        type: 'note_added',
        properties: { text },
      }))
      return reply.code(201).send(done)
    },
  )
}

function assignRoute(app: FastifyInstance, services: Services): void {
  app.post<{ Params: LeadParams; Body: AssignBody }>(
    '/v1/leads/:id/assign',
    optionsOf('Give a lead to a person of the workspace; null to nobody', AssignBody, 200),
    ({ principal, params, body: { user_id: ownerId } }) =>
      act(services, principal, params.id, async (lead, client) => {
        const [owner] = ownerId === null ? [] : await listMembers(client, ownerId)
        if (ownerId !== null && (owner === undefined || owner.disabledAt !== null))
          throw new AppError('invalid-request', 'user_id is no active member of this workspace')
        return {
          type: 'lead_assigned',
          properties: { owner_id: ownerId, from_owner_id: lead.ownerId },
          change: { ownerId },
        }
      }),
  )
}

/** @throws AppError when it is no time, or not one to come. */
function snoozeTime(text: string | null, now: number): Date | null {
  if (text === null) return null
  const time = parseEventTime(text)
  if (!(time > now && time < now + SNOOZE_DAYS_MAX * DAY_MS))
    throw new AppError('invalid-request', `until "${text}" is no time of the next five years`, [
      { path: '/until', message: 'must be ISO 8601 and to come, e.g. 2030-03-01T17:00:00Z' },
    ])
  return new Date(time)
}

function sightRoutes(app: FastifyInstance, services: Services): void {
  app.post<{ Params: LeadParams; Body: SnoozeBody }>(
    '/v1/leads/:id/snooze',
    optionsOf('Leave a lead out of the calls until a time', SnoozeBody, 200),
    ({ principal, params, body }) =>
      act(services, principal, params.id, ({ snoozedUntil: before }) => {
        const snoozedUntil = snoozeTime(body.until, services.clock.now())
        return {
          type: 'lead_snoozed',
          properties: { until: isoOf(snoozedUntil), from_until: isoOf(before) },
          change: { snoozedUntil },
        }
      }),
  )
  app.post<{ Params: LeadParams; Body: HideBody }>(
    '/v1/leads/:id/hide',
    optionsOf('Leave a lead out of the calls for good, or no longer', HideBody, 200),
    ({ principal, params, body: { hidden = true } }) =>
      act(services, principal, params.id, ({ hiddenAt: before }) => {
        const hiddenAt = hidden ? (before ?? new Date(services.clock.now())) : null
        return {
          type: 'lead_hidden',
          properties: { hidden_at: isoOf(hiddenAt), from_hidden_at: isoOf(before) },
          change: { hiddenAt },
        }
      }),
  )
}

/** The prediction that a score's name means, if it was kept; without a name, the current score. */
async function disputed(client: Writer, lead: Lead, named: string | undefined) {
  const current = named === undefined ? await readLeadScore(client, lead.personId) : null
  const score_id = named ?? (current && scoreId(current.version, current.position))
  if (score_id === null) return { score_id, predictionId: null }
  const [model, version, position] = score_id.split(':')
  const predictionId = await findPrediction(client, lead.personId, {
    model: model!,
    version: Number(version),
    asOfPosition: Number(position),
  })
  return { score_id, predictionId: predictionId ?? null }
}

function feedbackRoute(app: FastifyInstance, services: Services): void {
  app.post<{ Params: LeadParams; Body: FeedbackBody }>(
    '/v1/leads/:id/feedback',
    optionsOf('Say that a score is wrong, or right, and why', FeedbackBody, 201),
    async ({ principal, params, body }, reply) => {
      const { verdict, because = '' } = body
      checkStorable(because)
      const givenBy = principal.kind === 'user' ? principal.userId : null
      const done = await act(services, principal, params.id, async (lead, client) => {
        const { score_id, predictionId } = await disputed(client, lead, body.score_id)
        const { personId } = lead
        return {
          type: 'score_disputed',
          properties: { score_id, verdict, because },
          further: (writer, position) =>
            insertFeedback(writer, { personId, predictionId, verdict, because, givenBy, position }),
        }
      })
      return reply.code(201).send(done)
    },
  )
}

function callRoute(app: FastifyInstance, { database, capture, clock }: Services): void {
  app.post<{ Params: LeadParams; Body: CallBody }>(
    '/v1/leads/:id/calls',
    optionsOf('Log a call and how it went', CallBody, 201),
    async ({ principal, params, body }, reply) => {
      const { result, note, ...event } = body
      const { leadId } = await requireLead(database, principal, params.id)
      const properties = { result, ...(note === undefined ? {} : { note }), by: actorOf(principal) }
      const placed = { ...event, type: 'call_placed', lead_id: leadId, properties }
      const [fate] = await capture.take(principal.workspaceId, [placed], clock.now())
      return reply.code(201).send({ position: orThrow(fate!).position })
    },
  )
}

export function leadActionRoutes(app: FastifyInstance, services: Services): void {
  mergeRoutes(app, services)
  noteRoute(app, services)
  callRoute(app, services)
  assignRoute(app, services)
  sightRoutes(app, services)
  feedbackRoute(app, services)
}
