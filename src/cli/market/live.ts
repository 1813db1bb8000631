/** Streams a simulated market to a running server: in order, at a given rate. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../core/index.ts'
import { SetupError } from '../../platform/index.ts'
import { simulateDays, type Market, type StreamItem } from '../../simulation/index.ts'

export interface LiveOptions {
  /** Address of the server, e.g. http://127.0.0.1:4000. */
  readonly url: string
  readonly key: string | undefined
  /** Items a second over the whole run. */
  readonly rate: number
  /** Send every event with the time of sending; the market's own time stays in simulated_at. */
  readonly stampNow: boolean
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onDay: (day: number) => void
  /** A fault worth telling, once each. */
  readonly onFault: (text: string) => void
}

export interface Sent {
  sent: number
  accepted: number
  duplicates: number
  rejected: number
  retries: number
  /** False when stopped before the end. */
  complete: boolean
}

interface Call {
  readonly path: string
  readonly body: object
}

const ATTEMPTS = 8
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 30_000
const ANSWER_MS = 30_000
/** Largest batch of events a call carries; small at low rates, so that events flow. */
const BATCH = 500
const BATCHES_PER_SECOND = 20

/** Streams the whole market, or until `signal`. Throws when the server refuses or stays away. */
export async function streamMarket(market: Market, options: LiveOptions): Promise<Sent> {
  const { clock, signal, rate } = options
  const counts: Sent = {
    sent: 0,
    accepted: 0,
    duplicates: 0,
    rejected: 0,
    retries: 0,
    complete: false,
  }
  const started = clock.monotonic()
  const size = Math.max(1, Math.min(BATCH, Math.round(rate / BATCHES_PER_SECOND)))
  let batch: object[] = []
  const pace = async (): Promise<void> => {
    const due = started + (1000 * counts.sent) / rate
    const wait = due - clock.monotonic()
    if (wait > 1) await sleep(wait, undefined, { signal })
  }
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    await pace()
    const answer = await send({ path: '/v1/events', body: { events: batch } }, options, counts)
    counts.sent += batch.length
    tally(answer, batch.length, counts, options)
    batch = []
  }
  try {
    for (const { day, items } of simulateDays(market)) {
      for (const item of items) {
        signal.throwIfAborted()
        if (item.kind === 'event') {
          batch.push(eventBody(item, options))
          if (batch.length >= size) await flush()
          continue
        }
        await flush()
        await pace()
        const answer = await send(callOf(item, options), options, counts)
        counts.sent++
        tally(answer, 1, counts, options)
      }
      options.onDay(day + 1)
    }
    await flush()
    counts.complete = true
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return counts
}

const now = ({ clock }: LiveOptions): string => new Date(clock.now()).toISOString()

function eventBody(item: StreamItem & { kind: 'event' }, options: LiveOptions): object {
  const { event } = item
  if (!options.stampNow) return event
  const { sent_at, ...properties } = event.properties
  // A delay to the e-mail would be measured across two clocks, so the sending time goes too.
  const stated = sent_at === undefined ? {} : { simulated_sent_at: sent_at }
  return {
    ...event,
    timestamp: now(options),
    properties: { ...properties, ...stated, simulated_at: event.timestamp },
  }
}

/** The call that tells the server of anything that is not an event. */
function callOf(item: Exclude<StreamItem, { kind: 'event' }>, options: LiveOptions): Call {
  const timestamp = options.stampNow ? now(options) : new Date(item.at).toISOString()
  switch (item.kind) {
    case 'lead':
      return { path: '/v1/leads', body: { ...item.lead, created_at: timestamp } }
    case 'outcome':
      return { path: '/v1/outcomes', body: { ...item.outcome, timestamp } }
    case 'identify': {
      const traits = { simulated: true }
      const body = { userId: item.lead_id, anonymousId: item.anonymous_id, timestamp, traits }
      return { path: '/v1/identify', body }
    }
    case 'merge': {
      const path = `/v1/leads/${encodeURIComponent(item.into_lead_id)}/merge`
      return { path, body: { from_lead_id: item.from_lead_id, timestamp } }
    }
  }
}

/** Sends one call; waits and repeats on 429, 5xx and a lost connection. Null: refused for good. */
async function send(call: Call, options: LiveOptions, counts: Sent): Promise<unknown> {
  const address = new URL(call.path, options.url)
  let fault = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) counts.retries++
    let wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt)
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
        },
        body: JSON.stringify(call.body),
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(ANSWER_MS)]),
      })
      if (response.ok) return await response.json().catch(() => ({}))
      const text = (await response.text()).slice(0, 300)
      fault = `${call.path} answered ${response.status} ${text}`
      if (response.status === 401 || response.status === 403)
        throw new SetupError(`${fault}\npass an API key of the workspace with --key`)
      if (response.status !== 429 && response.status < 500) {
        options.onFault(fault)
        return null
      }
      const after = Number(response.headers.get('retry-after'))
      if (after > 0) wait = Math.min(LONGEST_WAIT_MS, after * 1000)
    } catch (error) {
      if (error instanceof SetupError || options.signal.aborted) throw error
      fault = `${address.origin} cannot be reached: ${reasonOf(error)}`
    }
    await sleep(wait, undefined, { signal: options.signal })
  }
  throw new SetupError(`${fault}\ngave up after ${ATTEMPTS} attempts`)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  return error.cause instanceof Error ? error.cause.message : error.message
}

/** Adds what the server answered to the counts: `{accepted, duplicates, rejected}` for events. */
function tally(answer: unknown, items: number, counts: Sent, options: LiveOptions): void {
  if (answer === null) {
    counts.rejected += items
    return
  }
  const body = (answer ?? {}) as { accepted?: unknown; duplicates?: unknown; rejected?: unknown }
  const rejected = Array.isArray(body.rejected) ? body.rejected : []
  if (rejected.length > 0) options.onFault(`event rejected: ${JSON.stringify(rejected[0])}`)
  counts.rejected += rejected.length
  const duplicates = typeof body.duplicates === 'number' ? body.duplicates : 0
  counts.duplicates += duplicates
  counts.accepted +=
    typeof body.accepted === 'number' ? body.accepted : items - rejected.length - duplicates
}
