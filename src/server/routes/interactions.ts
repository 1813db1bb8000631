/** The three /interactions routes: record, then answer from the state after the event. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  EmailEngagementBody,
  InteractionAnswer,
  PropertyViewBody,
  TourScheduledBody,
  type ScoreAnswer,
} from '../../contract/index.ts'
import {
  AppError,
  createEventCollector,
  createPropertyInteractionCollector,
  toEventInput,
  type EventInput,
  type PropertyInteractionCollector,
} from '../../core/index.ts'
import { orThrow, parseEventTime } from '../../events/index.ts'
import { findLead } from '../../store/index.ts'
import type { Access } from '../principal.ts'
import { createScorer } from '../scores/scorer.ts'
import type { Services } from '../services.ts'

const MAY_RECORD: Access = { role: 'agent', scope: 'events:write' }
const WAIT_MS = 250
const DAY_MS = 86_400_000

const event = createEventCollector(toEventInput)
const propertyEvent = createPropertyInteractionCollector(toEventInput)

/** Actions on a listing that are events of their own. Others stay in `properties.actions`. */
const ACTION_EVENTS: ReadonlyMap<string, keyof PropertyInteractionCollector<unknown>> = new Map([
  ['view_photos', 'photosViewed'],
  ['check_price', 'priceChecked'],
  ['view_floorplan', 'floorplanViewed'],
  ['view_map', 'mapViewed'],
  ['save', 'propertyFavorite'],
  ['favorite', 'propertyFavorite'],
  ['share', 'propertyShare'],
])

/** Leaves out what is undefined. */
function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

export function propertyViewEvents(body: PropertyViewBody, id: string): EventInput[] {
  const { actions = [], property_type, price, location } = body
  const properties = defined({ property_type, price, location })
  const base = { leadId: body.lead_id, propertyId: body.property_id, timestamp: body.timestamp }
  const view = propertyEvent.propertyView({
    ...base,
    eventId: id,
    durationSeconds: body.duration_seconds,
    properties: { ...properties, actions },
  })
  const byId = new Map([[id, view]])
  const add = (further: EventInput): void => {
    const event_id = `${id}:${further.type}`
    byId.set(event_id, { ...further, event_id })
  }
  for (const action of actions) {
    const method = ACTION_EVENTS.get(action)
    if (method !== undefined) add(propertyEvent[method]({ ...base, properties }))
    if (action === 'view_contact') add(event.contactView({ ...base, properties }))
  }
  return [...byId.values()]
}

/** @throws AppError `invalid-request` when tour_date is no time. */
function tourEvent(body: TourScheduledBody, id: string, now: number): EventInput {
  const { tour_date, tour_type = 'in_person', timestamp } = body
  const tourTime = parseEventTime(tour_date)
  if (Number.isNaN(tourTime))
    throw new AppError('invalid-request', `tour_date "${tour_date}" is not ISO 8601`, [
      { path: '/tour_date', message: 'must be ISO 8601, e.g. 2026-03-01T17:00:00Z' },
    ])
  const since = timestamp === undefined ? now : parseEventTime(timestamp)
  const days_until_tour = Number.isNaN(since) ? 0 : Math.round(((tourTime - since) / DAY_MS) * 100)
  return event.tourScheduled({
    leadId: body.lead_id,
    propertyId: body.property_id,
    eventId: id,
    timestamp,
    properties: { tour_date, tour_type, days_until_tour: days_until_tour / 100 },
  })
}

function emailEvent(body: EmailEngagementBody, id: string): EventInput {
  const { action, email_type, send_time } = body
  const record = { open: event.emailOpen, click: event.emailClick, reply: event.emailReply }[action]
  return record({
    leadId: body.lead_id,
    eventId: id,
    timestamp: body.timestamp,
    durationSeconds: body.duration_seconds,
    // By the name that grading reads (GRADING_PROPERTIES).
    properties: defined({ email_type, sent_at: send_time }),
    context: { campaignId: body.campaign_id },
  })
}

type Scored = Pick<ScoreAnswer, 'score' | 'reason'>

/** Records the events of one interaction and answers from the state after them. */
function createRecorder(services: Services) {
  const { capture, clock, database, log } = services
  const scorer = createScorer(services)

  /** The score after the event, which was committed; undefined when it takes too long. */
  async function scoreAfter(workspaceId: number, leadId: string): Promise<Scored | undefined> {
    const patience = new AbortController()
    const late = sleep(WAIT_MS, undefined, { signal: patience.signal }).catch(() => undefined)
    const scored = (async () => {
      const lead = await database.withWorkspace(workspaceId, (client) =>
        findLead(client, null, leadId),
      )
      if (lead === undefined) return { score: null, reason: 'this lead was erased' }
      return scorer.compute(workspaceId, lead)
    })().catch((error: unknown) => {
      log.error({ err: error }, 'a lead could not be scored after its event')
      return undefined
    })
    const first = await Promise.race([scored, late])
    patience.abort()
    return first ?? undefined
  }

  return async (
    workspaceId: number,
    id: string,
    leadId: string,
    events: readonly object[],
  ): Promise<InteractionAnswer> => {
    const now = clock.now()
    const [first, ...further] = events
    // The first carries the caller's event_id: when it is refused, none of them is stored.
    for (const some of further.length === 0 ? [[first]] : [[first], further])
      for (const fate of await capture.take(workspaceId, some, now)) orThrow(fate)
    const scored = await scoreAfter(workspaceId, leadId)
    return {
      interaction_recorded: true,
      status: 'recorded',
      interaction_id: id,
      lead_score: scored?.score ?? null,
      churn_risk: null,
      recommended_actions: [],
      pending: scored === undefined,
      reason: scored === undefined ? `not ready within ${WAIT_MS} ms` : scored.reason,
    }
  }
}

export function interactionRoutes(app: FastifyInstance, services: Services): void {
  const { captureRate, clock, newId } = services
  const record = createRecorder(services)
  const options = (summary: string, body: object) => ({
    schema: { tags: ['capture'], summary, body, response: { 200: InteractionAnswer } },
    config: { access: MAY_RECORD },
    preHandler: (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      captureRate(request.principal, 1, reply)
      done()
    },
  })
  app.post<{ Body: PropertyViewBody }>(
    '/interactions/property-view',
    options('Record a property view', PropertyViewBody),
    (request) => {
      const id = request.body.event_id ?? newId()
      return record(
        request.principal.workspaceId,
        id,
        request.body.lead_id,
        propertyViewEvents(request.body, id),
      )
    },
  )
  app.post<{ Body: EmailEngagementBody }>(
    '/interactions/email-engagement',
    options('Record an e-mail open, click or reply', EmailEngagementBody),
    (request) => {
      const id = request.body.event_id ?? newId()
      return record(request.principal.workspaceId, id, request.body.lead_id, [
        emailEvent(request.body, id),
      ])
    },
  )
  app.post<{ Body: TourScheduledBody }>(
    '/interactions/tour-scheduled',
    options('Record a scheduled tour', TourScheduledBody),
    (request) => {
      const id = request.body.event_id ?? newId()
      const tour = tourEvent(request.body, id, clock.now())
      return record(request.principal.workspaceId, id, request.body.lead_id, [tour])
    },
  )
}
