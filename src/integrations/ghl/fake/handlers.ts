/** What the fake answers: pages of its location, and the changes that a client may make. */
import type { FakeLocation } from './seed.ts'

export interface Asked {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | undefined>>
  readonly body: Readonly<Record<string, unknown>>
  /** Milliseconds since the epoch. */
  readonly now: number
}
export interface Answered {
  readonly status: number
  readonly body: unknown
}
type Handler = (location: FakeLocation, asked: Asked) => Answered

const ok = (body: unknown): Answered => ({ status: 200, body })
const created = (body: unknown): Answered => ({ status: 201, body })
export const refusal = (status: number, message: string | string[], error?: string): Answered => ({
  status,
  body: { statusCode: status, message, ...(error !== undefined && { error }) },
})

const time = (value: unknown): number => Date.parse(String(value))
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
const sizeOf = (value: unknown, most: number, usual: number): number =>
  value === undefined ? usual : Math.min(most, Number(value))

/** A GHL location belongs to one token: another is refused as there. */
function locationFault({ locationId }: FakeLocation, asked: Asked): Answered | undefined {
  const { parameters, query, body } = asked
  const given =
    parameters['locationId'] ?? query['locationId'] ?? query['location_id'] ?? body['locationId']
  if (given === undefined || given === locationId) return undefined
  return refusal(403, 'The token does not have access to this location.', 'Forbidden')
}

const searchContacts: Handler = ({ contacts: inOrder }, { body }) => {
  // They are kept by the date they were added; another order is not needed, the reverse is usual.
  const [sort] = (body['sort'] as { direction: string }[] | undefined) ?? []
  const contacts = sort?.direction === 'asc' ? inOrder : inOrder.toReversed()
  const limit = sizeOf(body['pageLimit'], 500, 20)
  const [, after] = (body['searchAfter'] as [number, string] | undefined) ?? []
  // Where the contact it names is gone meanwhile, from the start: nothing may be left out.
  const from = after === undefined ? 0 : contacts.findIndex(({ id }) => id === after) + 1
  const page = contacts.slice(from, from + limit)
  return ok({
    contacts: page.map((contact) => ({
      ...contact,
      searchAfter: [time(contact.dateAdded), contact.id],
    })),
    total: contacts.length,
  })
}

const searchOpportunities: Handler = ({ opportunities }, { query }) => {
  const limit = sizeOf(query['limit'], 100, 20)
  const status = query['status'] ?? 'all'
  const chosen = opportunities.filter((one) => status === 'all' || one.status === status)
  const after = query['startAfterId']
  const from = after === undefined ? 0 : chosen.findIndex(({ id }) => id === after) + 1
  const page = chosen.slice(from, from + limit)
  const last = page.at(-1)
  return ok({
    opportunities: page,
    meta: {
      total: chosen.length,
      ...(last !== undefined && { startAfterId: last.id, startAfter: time(last.createdAt) }),
    },
  })
}

const exportMessages: Handler = ({ messages }, { query }) => {
  const limit = sizeOf(query['limit'], 500, 100)
  const { channel, cursor, sortOrder = 'desc' } = query
  const isEmail = (type: unknown): boolean => String(type).includes('EMAIL')
  const wanted = messages.filter(({ messageType }) =>
    channel === undefined
      ? !isEmail(messageType)
      : String(messageType).includes(channel.toUpperCase()),
  )
  const ordered = sortOrder === 'asc' ? wanted : wanted.toReversed()
  const decoded =
    cursor === undefined
      ? undefined
      : (JSON.parse(Buffer.from(cursor, 'base64').toString()) as { id: string })
  const from = decoded === undefined ? 0 : ordered.findIndex(({ id }) => id === decoded.id) + 1
  const page = ordered.slice(from, from + limit)
  const more = from + limit < ordered.length
  return ok({
    messages: page,
    ...(more && { nextCursor: encode({ id: page[limit - 1]!.id }) }),
    total: ordered.length,
  })
}

const calendarEvents: Handler = ({ appointments }, { query }) => {
  const { calendarId, userId, groupId, startTime, endTime } = query
  if (calendarId === undefined && userId === undefined && groupId === undefined)
    return refusal(422, ['Either of userId, calendarId or groupId is required'])
  const events = appointments.filter(
    (one) =>
      (calendarId === undefined || one.calendarId === calendarId) &&
      (userId === undefined || one.assignedUserId === userId) &&
      time(one.startTime) >= Number(startTime) &&
      time(one.startTime) <= Number(endTime),
  )
  return ok({ events })
}

const createContact: Handler = ({ contacts }, { body, now }) => {
  const at = new Date(now).toISOString()
  const id = `created${String(contacts.length).padStart(13, '0')}`
  const contact = { ...body, id, dateAdded: at, dateUpdated: at }
  contacts.push(contact)
  return created({ contact })
}

const createNote: Handler = ({ contacts, notes }, { parameters, body, now }) => {
  const contactId = parameters['contactId']!
  if (!contacts.some(({ id }) => id === contactId)) return refusal(400, 'Contact not found')
  const known = notes.get(contactId) ?? []
  const id = `made${notes.size}x${known.length}`.padEnd(20, '0')
  const note = { id, body: String(body['body']), contactId, dateAdded: new Date(now).toISOString() }
  notes.set(contactId, [...known, note])
  return created({ note })
}

const setStatus: Handler = ({ opportunities }, { parameters, body, now }) => {
  const at = opportunities.findIndex(({ id }) => id === parameters['id'])
  if (at < 0) return refusal(400, 'Opportunity not found')
  const changed = new Date(now).toISOString()
  opportunities[at] = {
    ...opportunities[at]!,
    status: String(body['status']),
    updatedAt: changed,
    lastStatusChangeAt: changed,
  }
  return ok({ succeded: true })
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  'GET /locations/{locationId}': ({ locationId, companyId }) =>
    ok({ location: { id: locationId, companyId, name: 'A made-up team', country: 'US' } }),
  'GET /locations/{locationId}/customFields': ({ customFields }) => ok({ customFields }),
  'GET /users/search': ({ users }, { query }) => {
    const skip = Number(query['skip'] ?? 0)
    return ok({ users: users.slice(skip, skip + sizeOf(query['limit'], 100, 25)) })
  },
  'GET /opportunities/pipelines': ({ pipelines }) => ok({ pipelines }),
  'GET /opportunities/lost-reason': ({ lostReasons }) => ok({ lostReasons }),
  'POST /contacts/search': searchContacts,
  'GET /contacts/{contactId}': ({ contacts }, { parameters }) => {
    const contact = contacts.find(({ id }) => id === parameters['contactId'])
    return contact === undefined ? refusal(400, 'Contact not found') : ok({ contact })
  },
  'GET /contacts/{contactId}/notes': ({ notes }, { parameters }) =>
    ok({ notes: notes.get(parameters['contactId']!) ?? [] }),
  'GET /opportunities/search': searchOpportunities,
  'GET /calendars/': ({ calendars }) => ok({ calendars }),
  'GET /calendars/events': calendarEvents,
  'GET /conversations/search': ({ messages }, { query }) => {
    const ids = [...new Set(messages.map(({ conversationId }) => conversationId))]
    const page = ids.slice(0, sizeOf(query['limit'], 100, 20))
    return ok({ conversations: page.map((id) => ({ id })), total: ids.length })
  },
  'GET /conversations/messages/export': exportMessages,
  'POST /contacts/': createContact,
  'POST /contacts/{contactId}/notes': createNote,
  'PUT /opportunities/{id}/status': setStatus,
}

/** Undefined: GoHighLevel knows the operation, the fake does not answer it. */
export function handle(
  operation: string,
  location: FakeLocation,
  asked: Asked,
): Answered | undefined {
  return locationFault(location, asked) ?? HANDLERS[operation]?.(location, asked)
}
