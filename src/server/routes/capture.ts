/** POST /v1/events and /v1/outcomes: 202 and 201 mean durable. */
import type { FastifyInstance } from 'fastify'
import {
  EVENTS_PER_CALL_MAX,
  EventsAnswer,
  EventsBody,
  EventTypesAnswer,
  OutcomeAnswer,
  OutcomeBody,
} from '../../contract/index.ts'
import {
  AppError,
  EVENT_TYPES,
  isWebsiteEventType,
  PUBLIC_EVENT_TYPES,
  type Problem,
} from '../../core/index.ts'
import { orThrow, type Fate } from '../../events/index.ts'
import { outcomeSettings, successOf } from '../../outcomes/index.ts'
import { findLead, readSettings } from '../../store/index.ts'
import { actorOf, type Access, type Principal } from '../principal.ts'
import type { Services } from '../services.ts'
import { viewerOf } from './leads.ts'

export const MAY_CAPTURE = {
  role: 'agent',
  scope: 'events:write',
  publishable: true,
} as const satisfies Access
const MAY_REPORT: Access = { role: 'agent', scope: 'events:write' }

export interface Tally {
  accepted: number
  duplicates: number
  rejected: { index: number; problem: Problem }[]
  event_ids?: { index: number; event_id: string }[]
}

export function tally(fates: readonly Fate[]): Tally {
  const total: Tally = { accepted: 0, duplicates: 0, rejected: [] }
  fates.forEach((fate, index) => {
    if (fate.status === 'accepted') {
      total.accepted++
      if (fate.named !== undefined) (total.event_ids ??= []).push({ index, event_id: fate.named })
    } else if (fate.status === 'rejected') total.rejected.push({ index, problem: fate.problem })
    else total.duplicates++
  })
  return total
}

function eventsOf(body: unknown): readonly unknown[] | undefined {
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw new AppError('invalid-request', 'send one event or {"events": [...]}')
  if (!('events' in body)) return undefined
  const { events } = body
  if (!Array.isArray(events) || events.length === 0)
    throw new AppError('invalid-request', '/events must be a list of 1 to 1,000 events')
  if (events.length > EVENTS_PER_CALL_MAX)
    throw new AppError('invalid-request', `/events holds ${events.length}, at most 1,000`)
  return events as readonly unknown[]
}

export const RATE_DESCRIPTION =
  'Each key may send CAPTURE_RATE_PUBLISHABLE or CAPTURE_RATE_SECRET events a second (see ' +
  'docs/reference/configuration.md), and ten seconds of it at once. Beyond it: 429, to be ' +
  'repeated after Retry-After.'

function eventTypesRoute(app: FastifyInstance): void {
  app.get(
    '/v1/event-types',
    {
      schema: {
        tags: ['capture'],
        summary: 'The event types',
        response: { 200: EventTypesAnswer },
      },
      config: { access: 'public' },
    },
    () => ({
      items: PUBLIC_EVENT_TYPES.map((type) => ({
        type,
        label: EVENT_TYPES[type].label,
        funnel_depth: EVENT_TYPES[type].funnelDepth,
        engagement_weight: EVENT_TYPES[type].engagementWeight,
        actor: EVENT_TYPES[type].actor,
        from_websites: isWebsiteEventType(type),
      })),
    }),
  )
}

/** @throws AppError `not-found` for a lead that an agent may not see; new ones are nobody's yet. */
async function checkVisible(
  { database }: Services,
  principal: Principal,
  leadId: string,
): Promise<void> {
  const viewer = viewerOf(principal)
  if (viewer === null) return
  await database.withWorkspace(principal.workspaceId, async (client) => {
    if ((await findLead(client, null, leadId)) === undefined) return
    if ((await findLead(client, viewer, leadId)) === undefined)
      throw new AppError('not-found', 'there is no such lead')
  })
}

function outcomeRoute(app: FastifyInstance, services: Services): void {
  const { capture, captureRate, clock, database, newId } = services
  app.post<{ Body: OutcomeBody }>(
    '/v1/outcomes',
    {
      schema: {
        tags: ['capture'],
        summary: 'Record what really happened',
        body: OutcomeBody,
        response: { 201: OutcomeAnswer },
      },
      config: { access: MAY_REPORT },
    },
    async ({ principal, body }, reply) => {
      captureRate(principal, 1, reply)
      const { outcome_type, details = {}, ...rest } = body
      await checkVisible(services, principal, rest.lead_id)
      const event_id = rest.event_id ?? newId()
      // Before anything is stored: a setting that cannot be is refused by its name.
      const settings = outcomeSettings(
        await database.withWorkspace(principal.workspaceId, readSettings),
      )
      const by = principal.kind === 'user' ? { by: actorOf(principal) } : {}
      const event = { ...rest, event_id, type: outcome_type, properties: { ...details, ...by } }
      const [fate] = await capture.take(principal.workspaceId, [event], clock.now())
      const { position } = orThrow(fate!)
      return reply.code(201).send({
        outcome_recorded: true,
        outcome_id: event_id,
        position,
        success_score: successOf(settings, outcome_type),
      })
    },
  )
}

export function captureRoutes(app: FastifyInstance, services: Services): void {
  const { capture, captureRate, clock } = services
  app.post(
    '/v1/events',
    {
      // Documented by EventsBody, checked event by event (see contract/events.ts).
      schema: {
        tags: ['capture'],
        summary: 'Record one event or up to 1,000',
        description:
          'Publishable keys may send what the lead does on a website (`from_websites` in ' +
          `GET /v1/event-types); other types are refused one by one. ${RATE_DESCRIPTION}`,
        body: EventsBody,
        response: { 202: EventsAnswer },
      },
      validatorCompiler: () => () => true,
      config: { access: MAY_CAPTURE },
    },
    async (request, reply) => {
      const { kind, workspaceId } = request.principal
      const batch = eventsOf(request.body)
      const events = batch ?? [request.body]
      captureRate(request.principal, events.length, reply)
      const fates = await capture.take(workspaceId, events, clock.now(), kind === 'publishable')
      if (batch === undefined) orThrow(fates[0]!)
      return reply.code(202).send(tally(fates))
    },
  )
  outcomeRoute(app, services)
  eventTypesRoute(app)
}
