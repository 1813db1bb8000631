/** The three /interactions routes: record, then answer from the state after the event. */
import type { FastifyInstance } from 'fastify'
import {
  EmailEngagementBody,
  InteractionAnswer,
  PropertyViewBody,
  TourScheduledBody,
} from '../../contract/index.ts'
import { AppError, type EventType } from '../../core/index.ts'
import { orThrow, parseEventTime } from '../../events/index.ts'
import type { Access } from '../principal.ts'
import type { Services } from '../services.ts'

const MAY_RECORD: Access = { role: 'agent', scope: 'events:write' }
const WAIT_MS = 250
const DAY_MS = 86_400_000

/** Actions on a listing that are events of their own. Others stay in `properties.actions`. */
const ACTION_EVENTS: Readonly<Record<string, EventType>> = {
  view_photos: 'photos_viewed',
  check_price: 'price_checked',
  view_floorplan: 'floorplan_viewed',
  view_map: 'map_viewed',
  save: 'property_favorite',
  favorite: 'property_favorite',
  share: 'property_share',
  view_contact: 'contact_view',
}

/** Leaves out what is undefined. */
function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

export function propertyViewEvents(body: PropertyViewBody, id: string): object[] {
  const { lead_id, property_id, duration_seconds, timestamp, actions = [] } = body
  const { property_type, price, location } = body
  const base = defined({ lead_id, property_id, timestamp })
  const details = defined({ property_type, price, location })
  const view = {
    ...base,
    ...defined({ duration_seconds }),
    event_id: id,
    type: 'property_view',
    properties: { ...details, actions },
  }
  const further = [...new Set(actions)].flatMap((action) => {
    const type = Object.hasOwn(ACTION_EVENTS, action) ? ACTION_EVENTS[action] : undefined
    return type === undefined
      ? []
      : [{ ...base, type, event_id: `${id}:${type}`, properties: details }]
  })
  const byId = new Map([view, ...further].map((event) => [event.event_id, event]))
  return [...byId.values()]
}

/** @throws AppError `invalid-request` when tour_date is no time. */
function tourEvent(body: TourScheduledBody, id: string, now: number): object {
  const { tour_date, tour_type = 'in_person', lead_id, property_id, timestamp } = body
  const tourTime = parseEventTime(tour_date)
  if (Number.isNaN(tourTime))
    throw new AppError('invalid-request', `tour_date "${tour_date}" is not ISO 8601`, [
      { path: '/tour_date', message: 'must be ISO 8601, e.g. 2026-03-01T17:00:00Z' },
    ])
  const since = timestamp === undefined ? now : parseEventTime(timestamp)
  const days_until_tour = Number.isNaN(since) ? 0 : Math.round(((tourTime - since) / DAY_MS) * 100)
  const properties = { tour_date, tour_type, days_until_tour: days_until_tour / 100 }
  return defined({
    event_id: id,
    type: 'tour_scheduled',
    lead_id,
    property_id,
    timestamp,
    properties,
  })
}

function emailEvent(body: EmailEngagementBody, id: string): object {
  const { lead_id, campaign_id, action, duration_seconds, email_type, send_time } = body
  return defined({
    event_id: id,
    type: `email_${action}`,
    lead_id,
    timestamp: body.timestamp,
    duration_seconds,
    properties: defined({ email_type, send_time }),
    context: { campaign_id },
  })
}

export function interactionRoutes(app: FastifyInstance, services: Services): void {
  const { capture, clock, newId, readiness } = services

  async function record(
    workspaceId: number,
    id: string,
    events: readonly object[],
  ): Promise<InteractionAnswer> {
    const fates = await capture.take(workspaceId, events, clock.now())
    const positions = fates.map((fate) => orThrow(fate).position)
    const reached = await readiness.reached(Math.max(...positions), WAIT_MS)
    return {
      interaction_recorded: true,
      status: 'recorded',
      interaction_id: id,
      lead_score: null,
      churn_risk: null,
      recommended_actions: [],
      pending: !reached,
      reason: 'no model is trained in this workspace yet',
    }
  }

  const options = (summary: string, body: object) => ({
    schema: { tags: ['capture'], summary, body, response: { 200: InteractionAnswer } },
    config: { access: MAY_RECORD },
  })
  app.post<{ Body: PropertyViewBody }>(
    '/interactions/property-view',
    options('Record a property view', PropertyViewBody),
    (request) => {
      const id = request.body.event_id ?? newId()
      return record(request.principal.workspaceId, id, propertyViewEvents(request.body, id))
    },
  )
  app.post<{ Body: EmailEngagementBody }>(
    '/interactions/email-engagement',
    options('Record an e-mail open, click or reply', EmailEngagementBody),
    (request) => {
      const id = request.body.event_id ?? newId()
      return record(request.principal.workspaceId, id, [emailEvent(request.body, id)])
    },
  )
  app.post<{ Body: TourScheduledBody }>(
    '/interactions/tour-scheduled',
    options('Record a scheduled tour', TourScheduledBody),
    (request) => {
      const id = request.body.event_id ?? newId()
      const event = tourEvent(request.body, id, clock.now())
      return record(request.principal.workspaceId, id, [event])
    },
  )
}
