/**
 * Deliveries into the log, by the same code as the import: the same record gives the same events,
 * however often and in whatever order it comes.
 */
import { EVENT_TYPES, isPublicEventType } from '../../../core/index.ts'
import { parseEventTime } from '../../../events/index.ts'
import {
  createAppendMemory,
  findErased,
  findHolders,
  IDENTITY_KIND,
  isEventAt,
  leadsOfContacts,
  readLocation,
  setStages,
  type Database,
  type Delivery,
  type DeliveryEnd,
  type GhlRecordKind,
} from '../../../store/index.ts'
import { storeContacts } from '../contacts.ts'
import { appointmentEvents, messageEvent, opportunityEvents, type GhlEvent } from '../events.ts'
import { settingsOf, unreadLocation, type LocationSettings } from '../location.ts'
import { appendNotes } from '../notes.ts'
import { takeRecords, type ToldRecord } from '../revisions.ts'
import type { OpenSink, Sink } from '../sink.ts'
import { reachedStage } from '../stages.ts'
import { instantOf } from '../times.ts'
import { envelopeOf, parseBody, readTold, type Told } from './payload.ts'

export interface ApplyOptions {
  readonly database: Pick<Database, 'app' | 'withWorkspace'>
  readonly workspaceId: number
  readonly openSink: OpenSink
}

const done = (detail: string | null = null): DeliveryEnd => ({ state: 'done', detail })
const kept = (detail: string): DeliveryEnd => ({ state: 'quarantined', detail })
const WAITING: DeliveryEnd = { state: 'waiting', detail: 'its contact is not known yet' }
const ERASED = done('erased')

interface Work extends ApplyOptions {
  readonly sink: Sink
  readonly delivery: Delivery
  readonly location: LocationSettings
  readonly locationId: string
  /** When it was sent; when it came, where that is not said. */
  readonly at: number
}

const erasedContact = (work: Work, contactId: string): Promise<boolean> =>
  work.database.withWorkspace(work.workspaceId, async (c) => {
    const names = [IDENTITY_KIND.external, IDENTITY_KIND.lead].map((kind) => ({
      kind,
      value: contactId,
    }))
    return (await findErased(c, names)).length > 0
  })

const NAME = /^[\x20-\x7e]{1,200}$/

/** Does `then` with the lead of a contact; waits for a contact that is not known yet. */
async function withLead(
  work: Work,
  contactId: string | null | undefined,
  then: (leadId: string) => Promise<DeliveryEnd>,
): Promise<DeliveryEnd> {
  if (contactId == null || !NAME.test(contactId)) return kept('names no contact')
  const { database, workspaceId } = work
  const leads = await database.withWorkspace(workspaceId, (c) => leadsOfContacts(c, [contactId]))
  const leadId = leads.get(contactId)
  if (leadId !== undefined) return then(leadId)
  return (await erasedContact(work, contactId)) ? ERASED : WAITING
}

async function take({ sink, delivery }: Work, events: readonly GhlEvent[]): Promise<DeliveryEnd> {
  for (const event of events) {
    const isFull = await sink.take({ line: delivery.deliveryId, raw: event.event_id, event })
    if (isFull) await sink.flush()
  }
  return done(events.length === 0 ? 'nothing new' : null)
}

async function takeVersion(
  work: Work,
  kind: GhlRecordKind,
  told: ToldRecord,
): Promise<DeliveryEnd> {
  const count = await takeRecords(work, kind, [told], work.delivery.deliveryId)
  return done(count === 0 ? 'nothing new' : null)
}

async function takeContact(
  work: Work,
  contact: Extract<Told, { kind: 'contact' }>['contact'],
): Promise<DeliveryEnd> {
  const { database, workspaceId, location, locationId, at } = work
  const told = [{ contact, toldAt: new Date(at) }]
  const { erased } = await database.withWorkspace(workspaceId, (c) =>
    storeContacts(c, told, { ...location, locationId }),
  )
  return erased > 0 ? ERASED : done()
}

type Of<K extends Told['kind']> = Extract<Told, { kind: K }>

const takeMessage = (work: Work, { message, isNamed }: Of<'message'>): Promise<DeliveryEnd> =>
  withLead(work, message.contactId, async (leadId) => {
    const event = messageEvent(message, leadId, work.location.zone)
    if ('skipped' in event)
      return event.skipped.startsWith('unknown') ? kept(event.skipped) : done(event.skipped)
    const { database, workspaceId } = work
    // Without an id of its own it may be one that was imported: then it is there at its second.
    const isThere =
      !isNamed &&
      (await database.withWorkspace(workspaceId, (c) =>
        isEventAt(c, leadId, EVENT_TYPES[event.type].code, new Date(event.timestamp)),
      ))
    return isThere ? done('known') : take(work, [event])
  })

const takeOpportunity = (work: Work, { opportunity }: Of<'opportunity'>): Promise<DeliveryEnd> =>
  withLead(work, opportunity.contactId, async (leadId) => {
    const { database, workspaceId, location } = work
    const stage = reachedStage(opportunity, location.stages, location.zone)
    if (stage !== undefined) await database.withWorkspace(workspaceId, (c) => setStages(c, [stage]))
    const events = opportunityEvents(opportunity, location, location.zone)
    return takeVersion(work, 'opportunity', { id: opportunity.id, leadId, toldAt: work.at, events })
  })

const takeAppointment = (work: Work, { appointment }: Of<'appointment'>): Promise<DeliveryEnd> =>
  withLead(work, appointment.contactId, (leadId) => {
    const { calendars, zone } = work.location
    const calendar = calendars.find(({ id }) => id === appointment.calendarId)?.name ?? ''
    const events = appointmentEvents(appointment, calendar, zone)
    const toldAt = Math.max(work.at, instantOf(appointment.dateUpdated, zone) ?? 0)
    return takeVersion(work, 'appointment', { id: appointment.id, leadId, toldAt, events })
  })

const takeNote = (work: Work, { note }: Of<'note'>): Promise<DeliveryEnd> =>
  withLead(work, note.contactId, async (leadId) => {
    const { database, workspaceId, location } = work
    const to = { database, workspaceId, memory: createAppendMemory(), history: false }
    await appendNotes({ ...to, zone: location.zone }, [{ note, leadId }])
    return done()
  })

/** By the address alone: nothing else says who it was. */
async function takeEmail(work: Work, { email }: Of<'email'>): Promise<DeliveryEnd> {
  const { database, workspaceId } = work
  const name = { kind: IDENTITY_KIND.email, value: email.recipient }
  const { holder, isErased } = await database.withWorkspace(workspaceId, async (c) => ({
    holder: (await findHolders(c, [name]))[0],
    isErased: (await findErased(c, [name])).length > 0,
  }))
  if (isErased) return ERASED
  if (holder === undefined) return done('its recipient is no lead')
  const event: GhlEvent = {
    event_id: `ghl-email-${email.id}`,
    lead_id: holder.leadId,
    type: email.type,
    timestamp: new Date(email.at).toISOString(),
    properties: email.properties,
    context: { source: 'ghl' },
  }
  return take(work, [event])
}

/** The contact, and the event that the author of the workflow named in customData.event_type. */
async function takeWorkflow(work: Work, { contact, data }: Of<'workflow'>): Promise<DeliveryEnd> {
  const end = await takeContact(work, contact)
  const { event_type: type, timestamp, property_id, ...properties } = data
  if (end.detail !== null || type === undefined || type === '') return end
  if (typeof type !== 'string' || !isPublicEventType(type))
    return kept('customData.event_type is no event type')
  const given = typeof timestamp === 'string' ? parseEventTime(timestamp) : NaN
  return withLead(work, contact.id, (leadId) => {
    const { key, receivedAt } = work.delivery
    const event: GhlEvent = {
      event_id: `ghl-workflow-${Buffer.from(key).toString('hex')}-${receivedAt.getTime()}`,
      lead_id: leadId,
      type,
      timestamp: new Date(Number.isNaN(given) ? receivedAt : given).toISOString(),
      ...(typeof property_id === 'string' && property_id !== '' && { property_id }),
      properties,
      context: { source: 'ghl' },
    }
    return take(work, [event])
  })
}

function takeTold(work: Work, told: Told): Promise<DeliveryEnd> | DeliveryEnd {
  if (told.kind === 'contact') return takeContact(work, told.contact)
  if (told.kind === 'message') return takeMessage(work, told)
  if (told.kind === 'appointment') return takeAppointment(work, told)
  if (told.kind === 'opportunity') return takeOpportunity(work, told)
  if (told.kind === 'note') return takeNote(work, told)
  if (told.kind === 'email') return takeEmail(work, told)
  if (told.kind === 'workflow') return takeWorkflow(work, told)
  return told.kind === 'unused' ? done(told.reason) : kept(told.reason)
}

async function applyOne(options: ApplyOptions, sink: Sink, delivery: Delivery) {
  const fields = parseBody(delivery.body)
  if (fields === undefined) return kept('no JSON object')
  const { database, workspaceId } = options
  const { locationId = '' } = envelopeOf(fields)
  const stored = await database.withWorkspace(workspaceId, (c) => readLocation(c, locationId))
  const location = stored === undefined ? unreadLocation(locationId) : settingsOf(stored)
  const at = (delivery.sentAt ?? delivery.receivedAt).getTime()
  const work = { ...options, sink, delivery, location, locationId, at }
  return takeTold(work, readTold(fields, delivery.type, at))
}

/**
 * Takes deliveries in; what it answers is durable. One that fails is told to `onFailed`, which
 * answers its end, or undefined to have it tried again.
 */
export async function applyDeliveries(
  options: ApplyOptions,
  deliveries: readonly Delivery[],
  onFailed: (delivery: Delivery, error: unknown) => Promise<DeliveryEnd | undefined>,
): Promise<Map<number, DeliveryEnd>> {
  const ends = new Map<number, DeliveryEnd>()
  const refused = new Map<number, DeliveryEnd>()
  const sink = options.openSink({
    workspaceId: options.workspaceId,
    history: false,
    onRejected: ({ line, reason }) =>
      refused.set(line, /erased/.test(reason) ? ERASED : kept(reason)),
  })
  for (const delivery of deliveries) {
    try {
      ends.set(delivery.deliveryId, await applyOne(options, sink, delivery))
    } catch (error) {
      const end = await onFailed(delivery, error)
      if (end !== undefined) ends.set(delivery.deliveryId, end)
    }
  }
  await sink.flush()
  return new Map([...ends, ...refused])
}
