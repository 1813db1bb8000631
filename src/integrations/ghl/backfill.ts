/**
 * Imports a location, read only: page after page, each stored before the place after it is noted.
 * So an import that was cut off goes on where it was, and one that is repeated changes nothing.
 */
import type { Clock } from '../../core/index.ts'
import {
  createAppendMemory,
  readBackfill,
  saveBackfill,
  saveLocation,
  type Database,
} from '../../store/index.ts'
import type { GhlClient } from './client.ts'
import { emptyCounts, type BackfillCounts } from './counts.ts'
import { readLocationSettings, settingsDocument, type LocationSettings } from './location.ts'
import type { OpenSink } from './sink.ts'
import { STEPS, type StepContext } from './steps.ts'
import { instantOf } from './times.ts'

export interface BackfillProgress {
  /** What is being read, in words. */
  readonly reading: string
  /** 0 to 1, by requests. */
  readonly fraction: number
  readonly remainingSeconds: number
}

export interface BackfillOptions {
  readonly database: Pick<Database, 'app' | 'withWorkspace'>
  readonly workspaceId: number
  readonly client: GhlClient
  readonly locationId: string
  readonly clock: Clock
  /** Events were known when they happened: models may learn from them. */
  readonly history: boolean
  /** Names of pipelines in which winning means a signed listing. */
  readonly sellerPipelines: readonly string[]
  /** Takes events into the log. */
  readonly openSink: OpenSink
  readonly onProgress: (progress: BackfillProgress) => void
  /** Stops it before the next page. */
  readonly signal?: AbortSignal
}

export interface BackfillReport {
  readonly location: { readonly id: string; readonly name: string }
  readonly resumed: boolean
  readonly counts: BackfillCounts
  readonly requests: number
  readonly retries: number
  readonly seconds: number
  /** Of these, waiting for the rate limit. */
  readonly waitedSeconds: number
}

interface Place {
  readonly step: number
  readonly at: unknown
  readonly done: number
}

/** How much there is, from five small questions; the first contact says how far back it goes. */
async function readFound(options: BackfillOptions, settings: LocationSettings, users: number) {
  const { client, locationId, clock } = options
  const body = { locationId, pageLimit: 1, sort: [{ field: 'dateAdded', direction: 'asc' }] }
  const contacts = await client.ask('contacts', { body })
  const opportunities = await client.ask('opportunities', {
    query: { location_id: locationId, status: 'all', limit: 1 },
  })
  const count = async (channel?: string) => {
    const query = { locationId, limit: 10, ...(channel !== undefined && { channel }) }
    return (await client.ask('messages', { query })).total
  }
  const conversations = await client.ask('conversations', { query: { locationId, limit: 1 } })
  const since = instantOf(contacts.contacts[0]?.dateAdded, settings.zone) ?? clock.now()
  return {
    since,
    found: {
      users,
      contacts: contacts.total,
      conversations: conversations.total,
      messages: await count(),
      emails: await count('Email'),
      opportunities: Number(opportunities.meta.total ?? 0),
      calendars: settings.calendars.length,
    },
  }
}

async function startPlace(options: BackfillOptions): Promise<Place & { saved?: BackfillCounts }> {
  const { database, workspaceId, locationId } = options
  const known = await database.withWorkspace(workspaceId, (c) => readBackfill(c, locationId))
  if (known === undefined || known.finishedAt !== null) return { step: 0, at: null, done: 0 }
  return { ...(known.cursor as Place), saved: known.counts as BackfillCounts }
}

/**
 * Imports all of a location; goes on with an import that did not end.
 * @throws SetupError that says what to do, for example when the token has expired
 */
export async function backfill(options: BackfillOptions): Promise<BackfillReport> {
  const { database, workspaceId, locationId, client, clock, history } = options
  const began = clock.monotonic()
  const place = await startPlace(options)
  const { settings, userNames } = await readLocationSettings(options)
  await database.withWorkspace(workspaceId, (c) =>
    saveLocation(c, locationId, settingsDocument(settings)),
  )
  const { found, since } = await readFound(options, settings, userNames.size)
  const counts = place.saved ?? emptyCounts()
  counts.found = found
  counts.owners_not_members = [...userNames]
    .filter(([id]) => !settings.owners.has(id))
    .map(([, name]) => name)
  const onRejected = ({ reason }: { reason: string }): void => {
    counts.refused[reason] = (counts.refused[reason] ?? 0) + 1
  }
  const sink = options.openSink({ workspaceId, history, onRejected })
  const context: StepContext = {
    ...settings,
    database,
    workspaceId,
    locationId,
    client,
    sink,
    counts,
    history,
    memory: createAppendMemory(),
    since,
    now: clock.now(),
  }
  const due = STEPS.map((step) => Math.max(1, step.requests(context)))
  const total = due.reduce((sum, requests) => sum + requests, 0)
  const progress = progressOf(options, due, total)
  for (let step = place.step; step < STEPS.length; step++) {
    const { reading, next } = STEPS[step]!
    const resumes = step === place.step
    let at = resumes ? place.at : null
    let done = resumes ? place.done : 0
    progress(step, reading, done)
    for (;;) {
      options.signal?.throwIfAborted()
      const before = { ...sink.counts }
      const page = await next(context, at)
      counts.events.new += sink.counts.accepted - before.accepted
      counts.events.known += sink.counts.duplicates - before.duplicates
      at = page.at
      done += page.requests
      const isDone = at === undefined && step === STEPS.length - 1
      const cursor = at === undefined ? { step: step + 1, at: null, done: 0 } : { step, at, done }
      await database.withWorkspace(workspaceId, (c) =>
        saveBackfill(c, locationId, { cursor, counts: withoutPeople(counts), isDone }),
      )
      progress(step, reading, done)
      if (at === undefined) break
    }
  }
  return {
    location: { id: locationId, name: settings.name },
    resumed: place.saved !== undefined,
    counts,
    requests: client.requests(),
    retries: client.retries(),
    seconds: (clock.monotonic() - began) / 1000,
    waitedSeconds: client.waited() / 1000,
  }
}

/** What is kept of the counts: nothing that an erasure would have to find. */
const withoutPeople = (counts: BackfillCounts): BackfillCounts => ({
  ...counts,
  shared: { ...counts.shared, examples: [] },
  owners_not_members: [],
})

function progressOf(options: BackfillOptions, due: readonly number[], total: number) {
  const { client, clock, onProgress } = options
  const began = clock.monotonic()
  const asked = client.requests()
  return (step: number, reading: string, done: number): void => {
    const before = due.slice(0, step).reduce((sum, requests) => sum + requests, 0)
    const made = before + Math.min(done, due[step]!)
    const each = (clock.monotonic() - began) / Math.max(1, client.requests() - asked)
    const remainingSeconds = Math.round(((total - made) * each) / 1000)
    onProgress({ reading, fraction: made / total, remainingSeconds })
  }
}
