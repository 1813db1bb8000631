/**
 * GoHighLevel's records as events. Every event_id is made of GoHighLevel's own ids: the same record
 * again is the same event. What a record that changes later comes to: revisions.ts.
 */
import { hash } from 'node:crypto'
import type { PublicEventType } from '../../core/index.ts'
import type { GhlAppointment, GhlMessage, GhlOpportunity } from './records.ts'
import { instantOf } from './times.ts'

export interface GhlEvent {
  readonly event_id: string
  readonly lead_id: string
  readonly type: PublicEventType
  readonly timestamp: string
  readonly duration_seconds?: number
  readonly property_id?: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly context: Readonly<Record<string, unknown>>
}

/** An event of a record that may change: how often it was told before makes its event_id. */
export interface RecordEvent extends Pick<GhlEvent, 'properties' | 'context'> {
  /** What it tells of the record, e.g. `won`. */
  readonly what: string
  readonly type: PublicEventType
  /** Milliseconds since the epoch. */
  readonly at: number
  /** That is when it happened; else when we were told that it has. */
  readonly isDated: boolean
  /** What another version of the record may contradict. */
  readonly said: Readonly<Record<string, string | number>>
}

const TEXT_MAX = 4_000
const WEEK_SECONDS = 604_800

/** The first that fits decides; null: it tells nothing of what a lead or an agent did. */
const CHANNELS: readonly (readonly [RegExp, Channel | null])[] = [
  [/^ACTIVITY|INTERNAL_COMMENT|INTERNALCOMMENT|INFO_MESSAGE|^REVIEW/, null],
  [/FORM_SUBMISSION/, 'form'],
  [/EMAIL/, 'email'],
  [/CALL|VOICEMAIL/, 'call'],
  [/SMS|RCS/, 'sms'],
  [/WHATSAPP|FACEBOOK|INSTAGRAM|WEBCHAT|LIVE_CHAT|GMB|TIKTOK|^FB$|^IG$|CUSTOM/, 'chat'],
]
type Channel = 'form' | 'email' | 'call' | 'sms' | 'chat'
const TYPES: Readonly<Record<Channel, { inbound: PublicEventType; outbound: PublicEventType }>> = {
  form: { inbound: 'form_submission', outbound: 'message_sent' },
  email: { inbound: 'email_reply', outbound: 'email_sent' },
  call: { inbound: 'call_received', outbound: 'call_placed' },
  sms: { inbound: 'sms_received', outbound: 'sms_sent' },
  chat: { inbound: 'message_received', outbound: 'message_sent' },
}

const storable = (text: string): string =>
  text.slice(0, TEXT_MAX).replaceAll('\u0000', '').toWellFormed()
const iso = (ms: number): string => new Date(ms).toISOString()

/** Before the digest of what a message says, where it has no id. */
export const UNNAMED = 'unnamed-'

type Said = Pick<GhlMessage, 'contactId' | 'conversationId' | 'dateAdded' | 'direction' | 'body'>

/** Names a message by what it says: webhooks of some channels leave its id out. */
export function saidId({ contactId, conversationId, dateAdded, direction, body }: Said): string {
  const at = instantOf(dateAdded) ?? dateAdded
  const said = [conversationId ?? contactId, direction === 'inbound', at, (body ?? '').trim()]
  return UNNAMED + hash('sha256', JSON.stringify(said)).slice(0, 32)
}

export const messageEventId = (id: string): string => `ghl-message-${id}`

/** What a message is as an event; the reason when it is none. */
export function messageEvent(
  message: GhlMessage,
  leadId: string,
  zone?: string,
): GhlEvent | { readonly skipped: string } {
  const kind = (message.messageType ?? '').toUpperCase().replace(/^TYPE_/, '')
  const channel = CHANNELS.find(([pattern]) => pattern.test(kind))?.[1]
  if (channel === undefined) return { skipped: `unknown message type "${kind.slice(0, 40)}"` }
  if (channel === null) return { skipped: 'entries of GoHighLevel itself' }
  const at = instantOf(message.dateAdded, zone)
  if (at === undefined) return { skipped: 'no readable date' }
  const { direction, body, conversationId, meta } = message
  // A form is always filled in by the lead, whatever the direction says.
  const isInbound = direction === 'inbound' || channel === 'form'
  const seconds = Number(meta?.callDuration ?? NaN)
  return {
    event_id: messageEventId(message.id),
    lead_id: leadId,
    type: TYPES[channel][isInbound ? 'inbound' : 'outbound'],
    timestamp: iso(at),
    ...(channel === 'call' &&
      seconds >= 0 && { duration_seconds: Math.min(seconds, WEEK_SECONDS) }),
    properties: {
      channel: kind.toLowerCase(),
      ...(body != null && body !== '' && { text: storable(body) }),
      ...(channel === 'call' && meta?.callStatus != null && { call_status: meta.callStatus }),
    },
    context: { source: 'ghl', ...(conversationId != null && { conversation: conversationId }) },
  }
}

const TOUR = /tour|showing|viewing|open house|visit|walk-?through/i

/** When it was booked, and what became of it. */
export function appointmentEvents(
  appointment: GhlAppointment,
  calendarName: string,
  zone?: string,
): RecordEvent[] {
  const { title, appointmentStatus, startTime, dateAdded, dateUpdated } = appointment
  const kind = TOUR.test(`${title ?? ''} ${calendarName}`) ? 'tour' : 'booking'
  const status = (appointmentStatus ?? '').toLowerCase()
  const starts = instantOf(startTime, zone)
  const booked = instantOf(dateAdded, zone) ?? starts
  if (booked === undefined || status === 'invalid') return []
  const event = (what: string, type: PublicEventType, at: number, said: RecordEvent['said']) => ({
    ...{ what, type, at, said, isDated: what !== 'cancelled' },
    properties: { calendar: calendarName, ...(starts !== undefined && { starts_at: iso(starts) }) },
    context: { source: 'ghl' },
  })
  const told = starts === undefined ? {} : { starts }
  const made = kind === 'tour' ? 'tour_scheduled' : 'booking_requested'
  const events = [event('booked', made, booked, told)]
  if (status === 'showed' && starts !== undefined)
    events.push(event('showed', `${kind}_completed`, starts, told))
  // One who did not turn up has cancelled at the hour itself.
  const ended = status === 'cancelled' ? (instantOf(dateUpdated, zone) ?? starts) : starts
  if (/^(cancelled|noshow|no-show)$/.test(status) && ended !== undefined)
    events.push(event(status, `${kind}_cancelled`, ended, told))
  return events
}

export interface OpportunityNames {
  readonly lostReasons: ReadonlyMap<string, string>
  readonly pipelines: ReadonlyMap<string, string>
  /** Pipelines, by name in lower case, in which winning means a signed listing. */
  readonly sellerPipelines: ReadonlySet<string>
}

/** The outcome of an opportunity that is decided; none while it is open. */
export function opportunityEvents(
  opportunity: GhlOpportunity,
  { lostReasons, pipelines, sellerPipelines }: OpportunityNames,
  zone?: string,
): RecordEvent[] {
  const { id, status, monetaryValue, lostReasonId, pipelineId } = opportunity
  // A webhook says that something changed, not when the status did.
  const since = instantOf(opportunity.lastStatusChangeAt, zone)
  const at = since ?? instantOf(opportunity.updatedAt ?? opportunity.createdAt, zone)
  if (at === undefined || (status !== 'won' && status !== 'lost' && status !== 'abandoned'))
    return []
  const pipeline = pipelines.get(pipelineId ?? '') ?? ''
  const won = sellerPipelines.has(pipeline.toLowerCase()) ? 'listing_signed' : 'property_purchased'
  const price = status === 'won' ? (monetaryValue ?? undefined) : undefined
  const reason =
    status === 'abandoned' ? 'abandoned' : (lostReasons.get(lostReasonId ?? '') ?? null)
  return [
    {
      what: status,
      type: status === 'won' ? won : 'lost',
      at,
      isDated: since !== undefined,
      said: { ...(since !== undefined && { since }), ...(price !== undefined && { price }) },
      properties: {
        opportunity: id,
        ...(price !== undefined && { price }),
        ...(status !== 'won' && reason !== null && { reason: storable(reason) }),
      },
      context: { source: 'ghl', ...(pipeline !== '' && { pipeline: storable(pipeline) }) },
    },
  ]
}
