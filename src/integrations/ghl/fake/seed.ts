/** A made-up location, the same for the same random source: contacts and all they did. */
import type { Random } from '../../../core/index.ts'
import type {
  GhlAppointment,
  GhlCalendar,
  GhlContact,
  GhlCustomField,
  GhlMessage,
  GhlNote,
  GhlOpportunity,
  GhlPipeline,
  GhlUser,
} from '../records.ts'

export interface SeedOptions {
  readonly locationId: string
  readonly contacts: number
  /** Messages in all, activity entries among them. */
  readonly messages: number
  readonly users: number
  /** Nothing happens later, milliseconds since the epoch. */
  readonly until: number
  readonly random: Random
}

export interface FakeLocation {
  readonly locationId: string
  readonly companyId: string
  readonly users: GhlUser[]
  readonly pipelines: GhlPipeline[]
  readonly lostReasons: { id: string; name: string }[]
  readonly customFields: GhlCustomField[]
  readonly calendars: GhlCalendar[]
  readonly contacts: GhlContact[]
  readonly messages: GhlMessage[]
  readonly appointments: GhlAppointment[]
  readonly opportunities: GhlOpportunity[]
  /** By contact. */
  readonly notes: Map<string, GhlNote[]>
}

const DAY = 86_400_000
const HISTORY_DAYS = 900
const FIRST = 'Ana Ben Carla Dev Eva Finn Grace Hugo Iris Jon Kim Lea Max Nora Omar Pia'.split(' ')
const LAST = 'Adams Brown Clark Diaz Evans Ford Green Hall Ito Jones Khan Lopez Moore'.split(' ')
const CITIES = ['Austin', 'Round Rock', 'Cedar Park', 'Georgetown']
const SOURCES = ['Website form', 'Zillow', 'Referral', 'Open house', 'Facebook ad']
const LOST = ['Bought elsewhere', 'Not ready', 'No answer', 'Price']
const STAGES = ['New lead', 'Contacted', 'Tour booked', 'Offer', 'Closed']
const AREA_CODES = [512, 737, 210, 214, 713, 832, 281, 469, 972, 817, 915, 806, 361, 254, 409]
/** Share of contacts who give the phone, or the e-mail address, of the contact before them. */
const SHARED_PHONE = 0.02
const SHARED_EMAIL = 0.01

const iso = (ms: number): string => new Date(ms).toISOString()
const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.min(from.length - 1, Math.floor(random.next() * from.length))]!

/** Identifiers of 20 letters and digits, as GoHighLevel's are. */
const idOf = (kind: string, number: number): string =>
  `${kind}${number.toString(36).padStart(20 - kind.length, '0')}`

const byDate = (a: Dated, b: Dated): number =>
  Date.parse(String(a.dateAdded)) - Date.parse(String(b.dateAdded))
type Dated = Pick<GhlContact, 'dateAdded'>

const phoneOf = (i: number): string =>
  `+1${AREA_CODES[i % AREA_CODES.length]}555${String(
    Math.floor(i / AREA_CODES.length) % 10_000,
  ).padStart(4, '0')}`

interface Person {
  readonly contact: GhlContact
  readonly addedAt: number
  /** How much they want to buy: decides all that follows, so that something can be learned. */
  readonly intent: number
}

function makePerson(options: SeedOptions, i: number, before: GhlContact | undefined): Person {
  const { random, until, users } = options
  const addedAt = until - Math.floor(random.next() * HISTORY_DAYS * DAY) - DAY
  const intent = (random.next() + random.next() + random.next() - 1.5) * 2
  const [firstName, lastName] = [pick(random, FIRST), pick(random, LAST)]
  const source = intent > 0.8 && random.next() < 0.5 ? 'Referral' : pick(random, SOURCES)
  const hasEmail = random.next() < 0.9
  const email = random.next() < SHARED_EMAIL ? before?.email : `${firstName}.${i}@Example.com`
  const phone = random.next() < SHARED_PHONE ? before?.phone : phoneOf(i)
  const contact: GhlContact = {
    id: idOf('contact', i),
    firstNameLowerCase: firstName.toLowerCase(),
    lastNameLowerCase: lastName.toLowerCase(),
    contactName: `${firstName.toLowerCase()} ${lastName.toLowerCase()}`,
    email: hasEmail ? (email ?? null) : null,
    phone: random.next() < 0.85 || !hasEmail ? (phone ?? null) : null,
    source,
    type: 'lead',
    city: pick(random, CITIES),
    state: 'TX',
    country: 'US',
    tags: intent > 0.5 ? ['buyer'] : [],
    dnd: false,
    assignedTo: users === 0 ? null : idOf('user', i % users),
    dateAdded: iso(addedAt),
    dateUpdated: iso(Math.min(until, addedAt + 10 * DAY)),
    customFields: [{ id: idOf('field', 0), value: 200 + 50 * Math.floor(random.next() * 20) }],
  }
  return { contact, addedAt, intent }
}

const KINDS = ['TYPE_SMS', 'TYPE_SMS', 'TYPE_SMS', 'TYPE_EMAIL', 'TYPE_CALL', 'TYPE_WEBCHAT']
const WORDS = ['Is it still available?', 'Can we see it on Saturday?', 'Thank you', 'Not for us']

function messageOf(options: SeedOptions, person: Person, i: number, at: number): GhlMessage {
  const { random } = options
  const activity = random.next() < 0.05
  const messageType = activity ? 'TYPE_ACTIVITY_CONTACT' : pick(random, KINDS)
  const inbound = random.next() < 1 / (1 + Math.exp(-person.intent))
  const isCall = messageType === 'TYPE_CALL'
  return {
    id: idOf('message', i),
    messageType,
    contactId: person.contact.id,
    conversationId: person.contact.id.replace('contact', 'convers'),
    dateAdded: iso(at),
    direction: inbound ? 'inbound' : 'outbound',
    body: isCall ? '' : pick(random, WORDS),
    status: isCall ? 'completed' : 'delivered',
    userId: inbound ? null : (person.contact.assignedTo ?? null),
    ...(isCall && {
      meta: { callDuration: String(Math.floor(random.next() * 600)), callStatus: 'completed' },
    }),
  }
}

function makeMessages(options: SeedOptions, persons: readonly Person[]): GhlMessage[] {
  const { random, until } = options
  const weights = persons.map(({ intent }) => Math.exp(0.5 * intent))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const messages: GhlMessage[] = []
  let share = 0
  persons.forEach((person, p) => {
    share += weights[p]! / total
    const due = Math.round(share * options.messages)
    const span = Math.min(until - person.addedAt, 120 * DAY)
    while (messages.length < due) {
      const at = person.addedAt + Math.floor(random.next() * span)
      messages.push(messageOf(options, person, messages.length, at))
    }
  })
  return messages.sort((a, b) => Date.parse(String(a.dateAdded)) - Date.parse(String(b.dateAdded)))
}

function makeAppointment(options: SeedOptions, person: Person, i: number): GhlAppointment {
  const { random, until } = options
  const addedAt = person.addedAt + Math.floor(random.next() * 20 * DAY)
  const start = addedAt + DAY + Math.floor(random.next() * 6) * DAY
  const past = start < until
  const turnedUp = random.next() < 0.75
  return {
    id: idOf('event', i),
    calendarId: idOf('calendar', random.next() < 0.7 ? 0 : 1),
    contactId: person.contact.id,
    title: 'Meeting',
    appointmentStatus: past ? (turnedUp ? 'showed' : 'cancelled') : 'confirmed',
    assignedUserId: person.contact.assignedTo ?? '',
    startTime: iso(start),
    dateAdded: iso(Math.min(addedAt, until)),
    dateUpdated: iso(Math.min(until, start)),
  }
}

function makeOpportunity(options: SeedOptions, person: Person, i: number): GhlOpportunity {
  const { random, until } = options
  const createdAt = person.addedAt + Math.floor(random.next() * 5 * DAY)
  const closing = createdAt + Math.floor((20 + random.next() * 100) * DAY)
  const won = random.next() < 1 / (1 + Math.exp(1.5 - 1.8 * person.intent))
  const status = closing > until ? 'open' : won ? 'won' : random.next() < 0.8 ? 'lost' : 'abandoned'
  const changedAt = status === 'open' ? createdAt : closing
  const stage = status === 'won' ? 4 : Math.floor(random.next() * 4)
  return {
    id: idOf('opportunity', i),
    name: person.contact.contactName ?? '',
    monetaryValue: 250_000 + 10_000 * Math.floor(random.next() * 50),
    pipelineId: idOf('pipeline', 0),
    pipelineStageId: idOf('stage', stage),
    status,
    ...(status === 'lost' && { lostReasonId: idOf('reason', i % LOST.length) }),
    contactId: person.contact.id,
    createdAt: iso(Math.min(createdAt, until)),
    updatedAt: iso(Math.min(changedAt, until)),
    lastStatusChangeAt: iso(Math.min(changedAt, until)),
    lastStageChangeAt: iso(Math.min(changedAt, until)),
  }
}

/** The location that a seed decides. */
export function seedLocation(options: SeedOptions): FakeLocation {
  const { random, locationId, until } = options
  const persons: Person[] = []
  for (let i = 0; i < options.contacts; i++)
    persons.push(makePerson(options, i, persons.at(-1)?.contact))
  const notes = new Map<string, GhlNote[]>()
  const opportunities: GhlOpportunity[] = []
  const appointments: GhlAppointment[] = []
  for (const person of persons) {
    if (random.next() < 0.6)
      opportunities.push(makeOpportunity(options, person, opportunities.length))
    if (random.next() < 1 / (1 + Math.exp(1 - person.intent)))
      appointments.push(makeAppointment(options, person, appointments.length))
    if (random.next() < 0.2) {
      const { id } = person.contact
      const at = Math.min(until, person.addedAt + Math.floor(random.next() * 30 * DAY))
      const note = { id: idOf('note', notes.size), body: 'Asked about the area.', contactId: id }
      notes.set(id, [{ ...note, dateAdded: iso(at) }])
    }
  }
  const users = Array.from({ length: options.users }, (_, i) => ({
    id: idOf('user', i),
    name: `Agent ${i + 1}`,
    email: `agent${i + 1}@example.com`,
  }))
  const field = { fieldKey: 'contact.budget', dataType: 'NUMERICAL' }
  return {
    locationId,
    companyId: idOf('company', 0),
    users,
    pipelines: [
      {
        id: idOf('pipeline', 0),
        name: 'Buyers',
        stages: STAGES.map((name, i) => ({ id: idOf('stage', i), name })),
      },
    ],
    lostReasons: LOST.map((name, i) => ({ id: idOf('reason', i), name })),
    customFields: [{ id: idOf('field', 0), name: 'Budget in thousands', ...field }],
    calendars: [
      { id: idOf('calendar', 0), name: 'Home tours' },
      { id: idOf('calendar', 1), name: 'Phone consultation' },
    ],
    contacts: persons.map(({ contact }) => contact).sort(byDate),
    messages: makeMessages(options, persons),
    appointments,
    opportunities,
    notes,
  }
}
