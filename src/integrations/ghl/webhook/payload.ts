/** What a webhook says, checked: of applications (camelCase) and of workflows (snake_case). */
import { hash } from 'node:crypto'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { PublicEventType } from '../../../core/index.ts'
import { saidId, UNNAMED } from '../events.ts'
import { GhlAppointment, GhlContact, GhlMessage, GhlNote, GhlOpportunity } from '../records.ts'
import { instantOf } from '../times.ts'

type Fields = Readonly<Record<string, unknown>>

/** What is understood of a webhook. */
export type Told =
  | { readonly kind: 'contact'; readonly contact: GhlContact }
  | { readonly kind: 'message'; readonly message: GhlMessage; readonly isNamed: boolean }
  | { readonly kind: 'appointment'; readonly appointment: GhlAppointment }
  | { readonly kind: 'opportunity'; readonly opportunity: GhlOpportunity }
  | { readonly kind: 'note'; readonly note: GhlNote }
  | { readonly kind: 'email'; readonly email: EmailEngagement }
  | { readonly kind: 'workflow'; readonly contact: GhlContact; readonly data: Fields }
  /** Understood, and of no use to the log. */
  | { readonly kind: 'unused'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

/** What a recipient did with an e-mail. */
export interface EmailEngagement {
  /** Digest of what names it: the same statistic again is the same. */
  readonly id: string
  readonly recipient: string
  readonly type: PublicEventType
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly properties: Readonly<Record<string, unknown>>
}

/** How a delivery is filed before it is understood. */
export interface Envelope {
  readonly type: string
  readonly webhookId: string | undefined
  readonly locationId: string | undefined
  readonly contactId: string | undefined
  /** Milliseconds since the epoch. */
  readonly sentAt: number | undefined
}

const ID_MAX = 200
const TYPE_MAX = 64
const URL_MAX = 2_000
export const WORKFLOW = 'workflow'

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A short text that can be stored as a name. */
function name(value: unknown, longest = ID_MAX): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > longest) return undefined
  return value.isWellFormed() && !value.includes('\u0000') ? value : undefined
}

const CONTACT_TYPE = /^Contact(Create|Update|Delete|TagUpdate|DndUpdate)$/

/** The JSON object in a body; undefined when it is none. */
export function parseBody(body: Uint8Array): Fields | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    const value = JSON.parse(text) as unknown
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function envelopeOf(fields: Fields): Envelope {
  const location = isFields(fields['location']) ? fields['location'] : {}
  const appointment = isFields(fields['appointment']) ? fields['appointment'] : {}
  const type = name(fields['type'], TYPE_MAX)
  const own = type !== undefined && CONTACT_TYPE.test(type) ? fields['id'] : undefined
  const sent = fields['timestamp']
  const isDate = typeof sent === 'string' || typeof sent === 'number'
  return {
    type: type ?? (fields['contact_id'] === undefined ? 'untyped' : WORKFLOW),
    webhookId: name(fields['webhookId']),
    locationId: name(fields['locationId']) ?? name(location['id']),
    contactId: name(own ?? fields['contactId'] ?? appointment['contactId'] ?? fields['contact_id']),
    sentAt: isDate ? instantOf(sent) : undefined,
  }
}

const checkers = {
  contact: Compile(GhlContact),
  message: Compile(GhlMessage),
  appointment: Compile(GhlAppointment),
  opportunity: Compile(GhlOpportunity),
  note: Compile(GhlNote),
}

/** The told record, or the first thing that is wrong with it. */
function told<K extends keyof typeof checkers>(kind: K, record: unknown): Told {
  const checker = checkers[kind]
  if (checker.Check(record)) {
    const isNamed = kind !== 'message' || !String((record as GhlMessage).id).startsWith(UNNAMED)
    return { kind, [kind]: record, isNamed } as unknown as Told
  }
  const [fault] = checker.Errors(record)
  const where = `${fault?.instancePath || '/'} ${fault?.message ?? 'is not as expected'}`
  return { kind: 'unknown', reason: `not a ${kind}: ${where}`.slice(0, REASON_MAX) }
}

const REASON_MAX = 200

function message(fields: Fields, sentAt: number): Told {
  const { type, messageType, messageTypeString, direction, body } = fields
  const said = {
    contactId: fields['contactId'],
    conversationId: fields['conversationId'],
    dateAdded: fields['dateAdded'] ?? sentAt,
    direction: direction ?? (type === 'InboundMessage' ? 'inbound' : 'outbound'),
    body: typeof body === 'string' ? body : null,
  }
  const { dateAdded } = said
  const isDated = typeof dateAdded === 'string' || typeof dateAdded === 'number'
  const given = name(fields['messageId']) ?? name(fields['emailMessageId'])
  return told('message', {
    id: given ?? (isDated ? saidId({ ...said, dateAdded } as Parameters<typeof saidId>[0]) : null),
    ...said,
    messageType: messageType ?? messageTypeString,
    userId: fields['userId'],
    meta: { callDuration: fields['callDuration'], callStatus: fields['callStatus'] },
  })
}

/** What became of an opportunity is told without its time: it is that of the message. */
function opportunity(fields: Fields, sentAt: number): Told {
  const { dateAdded, ...rest } = fields
  return told('opportunity', { ...rest, createdAt: dateAdded, updatedAt: sentAt })
}

function deletedAppointment(appointment: Fields, sentAt: number): Told {
  const starts = instantOf(appointment['startTime'] as string)
  if (starts === undefined || starts < sentAt)
    return { kind: 'unused', reason: 'an appointment of the past that was deleted' }
  const cancelled = { appointmentStatus: 'cancelled', dateUpdated: sentAt }
  return told('appointment', { ...appointment, ...cancelled })
}

/** snake_case, of the action "Webhook" of a workflow; `customData` is what its author wrote. */
function workflow(fields: Fields): Told {
  const { contact_id, first_name, last_name, full_name, email, phone, country } = fields
  const { tags, date_created, contact_source, city, state, postal_code, customData } = fields
  const list = typeof tags === 'string' ? tags.split(',').map((tag) => tag.trim()) : tags
  const found = told('contact', {
    id: contact_id,
    name: full_name,
    firstName: first_name,
    lastName: last_name,
    email,
    phone,
    country: typeof country === 'string' && /^[A-Z]{2}$/.test(country) ? country : undefined,
    tags: Array.isArray(list) ? list.filter((tag) => tag !== '') : undefined,
    dateAdded: date_created,
    source: contact_source,
    city,
    state,
    postalCode: postal_code,
  })
  if (found.kind !== 'contact') return found
  const data = isFields(customData) ? customData : {}
  return { kind: 'workflow', contact: found.contact, data }
}

const EmailStatistic = Type.Object({
  event: Type.String(),
  id: Type.Optional(Type.String({ maxLength: ID_MAX })),
  timestamp: Type.Number({ minimum: 0, maximum: 1e11, description: 'Seconds since the epoch' }),
  recipient: Type.String({ maxLength: 254, pattern: '^[^\\s\\p{C}@]+@[^\\s\\p{C}@]+$' }),
  url: Type.Optional(Type.String()),
})
const emailStatistic = Compile(EmailStatistic)

/**
 * GoHighLevel passes on what Mailgun, which sends its e-mails, calls events, under Mailgun's names.
 * A complaint about spam is the strongest way to unsubscribe.
 */
const EMAIL_TYPES: Readonly<Record<string, PublicEventType>> = {
  opened: 'email_open',
  clicked: 'email_click',
  unsubscribed: 'unsubscribed',
  complained: 'unsubscribed',
}
/** That it was sent is told by its own webhook; that it did not arrive is no act of the lead. */
const NO_ACT = /^(accepted|stored|delivered|failed|rejected|bounced|dropped|deferred)$/

function emailStatistics({ webhookPayload }: Fields): Told {
  if (!emailStatistic.Check(webhookPayload)) {
    const [fault] = emailStatistic.Errors(webhookPayload)
    const where = `${fault?.instancePath || '/'} ${fault?.message ?? 'is not as expected'}`
    return {
      kind: 'unknown',
      reason: `not a statistic of an e-mail: ${where}`.slice(0, REASON_MAX),
    }
  }
  const { event, id = '', timestamp, recipient, url } = webhookPayload
  if (NO_ACT.test(event)) return { kind: 'unused', reason: `an e-mail was ${event}` }
  const type = Object.hasOwn(EMAIL_TYPES, event) ? EMAIL_TYPES[event] : undefined
  if (type === undefined)
    return { kind: 'unknown', reason: `unknown statistic "${event.slice(0, TYPE_MAX)}"` }
  const said = JSON.stringify([event, id, timestamp, recipient.toLowerCase(), url])
  return {
    kind: 'email',
    email: {
      id: hash('sha256', said).slice(0, 32),
      recipient: recipient.trim().toLowerCase(),
      type,
      at: Math.round(timestamp * 1_000),
      properties: {
        ...(event === 'complained' && { reason: 'complained' }),
        ...(url !== undefined && url.isWellFormed() && { url: url.slice(0, URL_MAX) }),
      },
    },
  }
}

const unused = (reason: string) => (): Told => ({ kind: 'unused', reason })

const NO_LEAD = 'tells nothing of a lead'
/** `type` is of the webhook here, not of the contact. */
const contact = ({ type: _type, ...fields }: Fields): Told => told('contact', fields)

/** What each type tells. Those that are not here are unknown, and kept. */
const READERS: Readonly<Record<string, (fields: Fields, sentAt: number) => Told>> = {
  [WORKFLOW]: workflow,
  ContactCreate: contact,
  ContactUpdate: contact,
  ContactTagUpdate: contact,
  ContactDndUpdate: contact,
  ContactDelete: unused('a contact deleted in GoHighLevel stays a lead here'),
  InboundMessage: message,
  OutboundMessage: message,
  LCEmailStats: emailStatistics,
  AppointmentCreate: ({ appointment }) => told('appointment', appointment),
  AppointmentUpdate: ({ appointment }) => told('appointment', appointment),
  AppointmentDelete: ({ appointment }, sentAt) =>
    isFields(appointment)
      ? deletedAppointment(appointment, sentAt)
      : told('appointment', appointment),
  OpportunityCreate: opportunity,
  OpportunityUpdate: opportunity,
  OpportunityStageUpdate: opportunity,
  OpportunityStatusUpdate: opportunity,
  OpportunityMonetaryValueUpdate: opportunity,
  OpportunityAssignedToUpdate: opportunity,
  OpportunityDelete: unused('an opportunity deleted in GoHighLevel: what is known of it stays'),
  NoteCreate: (fields) => told('note', fields),
  NoteUpdate: unused('a note is kept as it was first written'),
  NoteDelete: unused('a note is kept as it was first written'),
  ...Object.fromEntries(
    ['TaskCreate', 'TaskComplete', 'TaskDelete', 'ConversationUnreadWebhook', 'UserCreate']
      .concat(['LocationCreate', 'LocationUpdate', 'AppInstall', 'AppUninstall', 'PlanChange'])
      .map((type) => [type, unused(NO_LEAD)]),
  ),
}

/** @param sentAt milliseconds since the epoch: stands in for dates that the message leaves out */
export function readTold(fields: Fields, type: string, sentAt: number): Told {
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined
  return read?.(fields, sentAt) ?? { kind: 'unknown', reason: `unknown type "${type}"` }
}
