/** The steps of an import, the most telling first: what is read, and how a page of it is stored. */
import { eventKey } from '../../events/index.ts'
import {
  IDENTITY_KIND,
  knownKeys,
  leadsOfContacts,
  nextContacts,
  setStages,
  type AppendMemory,
  type Database,
} from '../../store/index.ts'
import type { GhlClient } from './client.ts'
import { storeContacts } from './contacts.ts'
import type { BackfillCounts } from './counts.ts'
import {
  appointmentEvents,
  messageEvent,
  messageEventId,
  opportunityEvents,
  saidId,
  type GhlEvent,
} from './events.ts'
import { appendNotes } from './notes.ts'
import type { LocationSettings } from './location.ts'
import { takeRecords, type ToldRecord } from './revisions.ts'
import type { Sink } from './sink.ts'
import { reachedStage } from './stages.ts'
import { instantOf } from './times.ts'

export interface StepContext extends LocationSettings {
  readonly database: Pick<Database, 'app' | 'withWorkspace'>
  readonly workspaceId: number
  readonly locationId: string
  readonly client: GhlClient
  readonly sink: Sink
  readonly counts: BackfillCounts
  readonly history: boolean
  readonly memory: AppendMemory
  /** Milliseconds since the epoch: when the first contact was added, and the present. */
  readonly since: number
  readonly now: number
}

interface Step {
  /** What is being read, in words. */
  readonly reading: string
  /** Requests that it takes, about. */
  readonly requests: (context: StepContext) => number
  /** Reads and stores a page; `at` is where the next begins, undefined after the last. */
  readonly next: (
    context: StepContext,
    at: unknown,
  ) => Promise<{ readonly at: unknown; readonly requests: number }>
}

const CONTACTS_PAGE = 100
const OPPORTUNITIES_PAGE = 100
const MESSAGES_PAGE = 500
const NOTES_PAGE = 40
const WINDOW_MS = 60 * 86_400_000
const AHEAD_MS = 180 * 86_400_000
const EXAMPLES = 50

const pages = (items: number | undefined, size: number): number => Math.ceil((items ?? 0) / size)

function skip({ counts }: StepContext, reason: string): void {
  counts.skipped[reason] = (counts.skipped[reason] ?? 0) + 1
}

async function takeAll({ sink }: StepContext, events: readonly GhlEvent[]): Promise<void> {
  for (const [line, event] of events.entries()) {
    const isFull = await sink.take({ line, raw: event.event_id, event })
    if (isFull) await sink.flush()
  }
  await sink.flush()
}

const NO_CONTACT = 'of contacts that are not there (deleted, or erased here)'

/** What is made of records, each with the lead of its contact. */
async function ofLeads<T extends { contactId?: string | null }, R>(
  context: StepContext,
  records: readonly T[],
  make: (record: T, leadId: string) => readonly R[],
): Promise<R[]> {
  const ids = [...new Set(records.flatMap(({ contactId }) => contactId ?? []))]
  const { database, workspaceId } = context
  const leads = await database.withWorkspace(workspaceId, (c) => leadsOfContacts(c, ids))
  return records.flatMap((record) => {
    const leadId = leads.get(record.contactId ?? '')
    if (leadId !== undefined) return make(record, leadId)
    skip(context, NO_CONTACT)
    return []
  })
}

/** Clocks differ: a webhook sent just after the import began is later than what it read. */
const SKEW_MS = 300_000

/** It is so as it is read, whatever was told before. */
const readAt = ({ now, zone }: StepContext, changed: string | number | null | undefined): number =>
  Math.max(now - SKEW_MS, instantOf(changed, zone) ?? 0)

const contacts: Step = {
  reading: 'contacts',
  requests: ({ counts }) => pages(counts.found['contacts'], CONTACTS_PAGE),
  async next(context, at) {
    const { client, locationId, database, workspaceId, counts } = context
    const page = await client.ask('contacts', {
      body: {
        locationId,
        pageLimit: CONTACTS_PAGE,
        sort: [{ field: 'dateAdded', direction: 'asc' }],
        ...(at !== null && { searchAfter: at }),
      },
    })
    if (page.contacts.length === 0) return { at: undefined, requests: 1 }
    const stored = await database.withWorkspace(workspaceId, (c) =>
      storeContacts(
        c,
        page.contacts.map((contact) => ({ contact })),
        context,
      ),
    )
    for (const key of ['created', 'changed', 'unchanged', 'matched', 'erased'] as const)
      counts.leads[key] += stored[key]
    for (const { kind, leadId, heldBy } of stored.shared) {
      counts.shared[kind === IDENTITY_KIND.email ? 'emails' : 'phones']++
      if (counts.shared.examples.length < EXAMPLES)
        counts.shared.examples.push({ lead_id: leadId, same_as: heldBy })
    }
    const isLast = page.contacts.length < CONTACTS_PAGE
    return {
      at: isLast ? undefined : (page.contacts.at(-1)?.searchAfter ?? undefined),
      requests: 1,
    }
  },
}

const opportunities: Step = {
  reading: 'opportunities',
  requests: ({ counts }) => pages(counts.found['opportunities'], OPPORTUNITIES_PAGE),
  async next(context, at) {
    const { client, locationId, database, workspaceId, counts, stages, zone } = context
    const page = await client.ask('opportunities', {
      query: {
        location_id: locationId,
        status: 'all',
        order: 'added_asc',
        limit: OPPORTUNITIES_PAGE,
        ...(at as { startAfter: string; startAfterId: string } | null),
      },
    })
    const told = await ofLeads(context, page.opportunities, (one, leadId): ToldRecord[] => {
      const events = opportunityEvents(one, context, zone)
      for (const { type } of events) counts.outcomes[type === 'lost' ? 'lost' : 'won']++
      return [{ id: one.id, leadId, toldAt: readAt(context, one.updatedAt), events }]
    })
    await takeRecords(context, 'opportunity', told)
    const reached = page.opportunities.flatMap((one) => reachedStage(one, stages, zone) ?? [])
    await database.withWorkspace(workspaceId, (c) => setStages(c, reached))
    const { startAfter, startAfterId } = page.meta
    const isLast = page.opportunities.length < OPPORTUNITIES_PAGE || startAfterId == null
    return {
      at: isLast ? undefined : { startAfter: String(startAfter), startAfterId },
      requests: 1,
    }
  },
}

/** Calendars cannot be read by page: so by windows of time, one calendar after the other. */
const appointments: Step = {
  reading: 'appointments',
  requests: ({ calendars, since, now }) =>
    calendars.length * Math.ceil((now + AHEAD_MS - since) / WINDOW_MS),
  async next(context, at) {
    const { client, locationId, calendars, since, now, zone } = context
    const place = (at as { calendar: number; from: number } | null) ?? { calendar: 0, from: since }
    const calendar = calendars[place.calendar]
    if (calendar === undefined) return { at: undefined, requests: 0 }
    const until = place.from + WINDOW_MS
    const { events: found } = await client.ask('appointments', {
      query: {
        locationId,
        calendarId: calendar.id,
        startTime: String(place.from),
        endTime: String(until - 1),
      },
    })
    const told = await ofLeads(context, found, (one, leadId): ToldRecord[] => {
      const events = appointmentEvents(one, calendar.name ?? '', zone)
      return [{ id: one.id, leadId, toldAt: readAt(context, one.dateUpdated), events }]
    })
    await takeRecords(context, 'appointment', told)
    const isOver = until > now + AHEAD_MS
    const following = isOver
      ? { calendar: place.calendar + 1, from: since }
      : { calendar: place.calendar, from: until }
    const isLast = isOver && following.calendar >= calendars.length
    return { at: isLast ? undefined : following, requests: 1 }
  },
}

/** Without what a webhook told before that had no id, and so is here by what it says. */
async function withoutTold(
  { database, workspaceId, counts }: StepContext,
  events: readonly GhlEvent[],
  twins: ReadonlyMap<string, string>,
): Promise<GhlEvent[]> {
  const told = await database.withWorkspace(workspaceId, (c) => knownKeys(c, [...twins.values()]))
  const left = events.filter(({ event_id }) => !told.has(twins.get(event_id) ?? ''))
  counts.events.known += events.length - left.length
  return left
}

/** By location, five hundred a page: by conversation it would take a request for each of them. */
const messagesOf = (reading: string, channel?: string): Step => ({
  reading,
  requests: ({ counts }) =>
    pages(counts.found[channel === undefined ? 'messages' : 'emails'], MESSAGES_PAGE),
  async next(context, at) {
    const { client, locationId, zone } = context
    const page = await client.ask('messages', {
      query: {
        locationId,
        limit: MESSAGES_PAGE,
        sortBy: 'createdAt',
        sortOrder: 'asc',
        ...(channel !== undefined && { channel }),
        ...(at !== null && { cursor: at as string }),
      },
    })
    const twins = new Map<string, string>()
    const events = await ofLeads(context, page.messages, (message, leadId) => {
      const event = messageEvent(message, leadId, zone)
      if ('skipped' in event) {
        skip(context, event.skipped)
        return []
      }
      twins.set(event.event_id, eventKey(messageEventId(saidId(message))))
      return [event]
    })
    await takeAll(context, await withoutTold(context, events, twins))
    const isLast = page.messages.length === 0
    return { at: isLast ? undefined : (page.nextCursor ?? undefined), requests: 1 }
  },
})

/** One request for each contact, which takes longest: so last. */
const notes: Step = {
  reading: 'notes',
  requests: ({ counts }) => counts.found['contacts'] ?? 0,
  async next(context, at) {
    const { client, locationId, database, workspaceId, counts } = context
    const after = (at as string | null) ?? ''
    const page = await database.withWorkspace(workspaceId, (c) =>
      nextContacts(c, locationId, after, NOTES_PAGE),
    )
    const found = await Promise.all(
      page.map(async ({ contactId, leadId }) => {
        const { notes: some } = await client.ask('notes', { path: { contactId } })
        return some.map((note) => ({ note, leadId }))
      }),
    )
    counts.notes += await appendNotes(context, found.flat())
    const isLast = page.length < NOTES_PAGE
    return { at: isLast ? undefined : page.at(-1)?.contactId, requests: page.length }
  },
}

export const STEPS: readonly Step[] = [
  contacts,
  opportunities,
  appointments,
  messagesOf('messages and calls'),
  messagesOf('e-mails', 'Email'),
  notes,
]
