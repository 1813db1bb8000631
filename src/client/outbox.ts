/**
 * The outbox: a bounded queue in memory, and the delivery that empties it. One request is under
 * way at a time, so events arrive in order; what failed is sent again under the same event_id, with
 * exponential backoff and full jitter. When the queue is full the newest item is turned away, so
 * nothing once queued gives way to something later.
 */
import type { Problem } from '../core/index.ts'
import { ship, type Transport, type Verdict } from './transport.ts'

/** What became of one call. A promise of it never rejects. */
export type Receipt =
  /** Durable on the server. */
  | { readonly status: 'stored'; readonly eventId: string }
  | { readonly status: 'rejected'; readonly eventId: string; readonly problem: Problem }
  | { readonly status: 'dropped'; readonly eventId: string; readonly reason: DropReason }

/** Turned away by a full queue, a closed client, invalid input; or given up after `retryForMs`. */
export type DropReason = 'queue-full' | 'closed' | 'invalid' | 'gave-up'

export interface ClientError {
  readonly kind: 'rejected' | 'dropped' | 'retrying' | 'configuration'
  readonly message: string
  readonly eventId?: string
}

/** Counts since the client was made. */
export interface OutboxStatistics {
  readonly queued: number
  readonly stored: number
  readonly rejected: number
  readonly dropped: Readonly<Record<DropReason, number>>
  readonly retries: number
}

export interface Settings {
  readonly batchSize: number
  readonly intervalMs: number
  readonly queueMax: number
  readonly queueBytesMax: number
  readonly retryForMs: number
  readonly backoffMs: number
  readonly backoffMaxMs: number
}

export interface Item {
  readonly eventId: string
  /** `/v1/events` items travel together; others alone. */
  readonly path: string
  /** JSON text, made once: a repetition says the same, whatever the caller changed meanwhile. */
  body: string
  /** The body without the time this client gave it, for a clock that is far off. */
  unstamped?: string | undefined
}

interface Waiting extends Item {
  readonly since: number
  readonly settle: (receipt: Receipt) => void
  settled: boolean
}

export const EVENTS_PATH = '/v1/events'
/** UTF-16 units of one request's body; the server takes 4 MiB. */
const REQUEST_CHARACTERS_MAX = 1_000_000
/** Browsers allow 64 KiB of bodies under way when a page goes; a character may take three bytes. */
const KEEPALIVE_CHARACTERS_MAX = 20_000
/** Longest wait setTimeout can hold. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

export interface Outbox {
  readonly put: (item: Item) => Promise<Receipt>
  readonly drop: (eventId: string, reason: DropReason, why: string) => Receipt
  /** Sends without waiting; resolves when all that is queued now is settled. */
  readonly flush: () => Promise<void>
  /** The page may go: sends again what is queued, in a request that outlives it. */
  readonly sendLast: () => void
  /** Takes nothing any more; what is unsettled after `timeoutMs` is dropped. */
  readonly close: (timeoutMs: number) => Promise<void>
  readonly statistics: () => OutboxStatistics
}

/** Full jitter: uniform in [0, min(cap, base 2^attempt)) (Brooker, AWS Architecture Blog, 2015). */
export function backoff(attempt: number, settings: Settings, random: number): number {
  return random * Math.min(settings.backoffMaxMs, settings.backoffMs * 2 ** (attempt - 1))
}

/** The next items to travel together, from the front. */
function loadOf(queue: readonly Waiting[], most: number, characters: number): Waiting[] {
  const first = queue[0]
  if (first === undefined) return []
  if (first.path !== EVENTS_PATH) return [first]
  const load: Waiting[] = []
  let total = 0
  for (const item of queue) {
    total += item.body.length + 1
    if (item.path !== EVENTS_PATH || load.length >= most) break
    if (load.length > 0 && total > characters) break
    load.push(item)
  }
  return load
}

const bodyOf = (load: readonly Waiting[]): string =>
  load[0]!.path === EVENTS_PATH
    ? `{"events":[${load.map((item) => item.body).join(',')}]}`
    : load[0]!.body

class Delivery implements Outbox {
  readonly #transport: Transport
  readonly #settings: Settings
  readonly #report: (error: ClientError) => void
  #queue: Waiting[] = []
  #characters = 0
  #attempt = 0
  #notBefore = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #sending = false
  #closed = false
  #idle: (() => void)[] = []
  readonly #counts = { stored: 0, rejected: 0, retries: 0 }
  readonly #dropped = { 'queue-full': 0, closed: 0, invalid: 0, 'gave-up': 0 }

  constructor(transport: Transport, settings: Settings, report: (error: ClientError) => void) {
    this.#transport = transport
    this.#settings = settings
    this.#report = report
  }

  put = (item: Item): Promise<Receipt> => {
    const { queueMax, queueBytesMax, batchSize, intervalMs } = this.#settings
    const { eventId } = item
    if (this.#closed) return Promise.resolve(this.drop(eventId, 'closed', 'the client is closed'))
    if (this.#queue.length >= queueMax || this.#characters + item.body.length > queueBytesMax)
      return Promise.resolve(this.drop(eventId, 'queue-full', 'the queue is full'))
    return new Promise((settle) => {
      this.#queue.push({ ...item, settle, settled: false, since: Date.now() })
      this.#characters += item.body.length
      this.#schedule(this.#queue.length >= batchSize ? 0 : intervalMs)
    })
  }

  drop = (eventId: string, reason: DropReason, why: string): Receipt => {
    this.#dropped[reason]++
    this.#report({ kind: 'dropped', message: `event dropped: ${why}`, eventId })
    return { status: 'dropped', eventId, reason }
  }

  flush = (): Promise<void> => {
    const open = this.#queue.filter((item) => !item.settled)
    if (open.length === 0) return Promise.resolve()
    this.#schedule(0)
    return new Promise((resolve) => this.#idle.push(this.#whenSettled(open, resolve)))
  }

  sendLast = (): void => {
    const load = loadOf(this.#queue, this.#settings.batchSize, KEEPALIVE_CHARACTERS_MAX)
    if (load.length > 0) void this.#send(load, true)
  }

  close = async (timeoutMs: number): Promise<void> => {
    this.#closed = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)))
    await Promise.race([this.flush(), timeout])
    clearTimeout(timer)
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const item of this.#queue)
      this.#settle(item, this.drop(item.eventId, 'closed', 'not delivered before the close'))
    this.#sweep()
  }

  statistics = (): OutboxStatistics => ({
    queued: this.#queue.length,
    ...this.#counts,
    dropped: { ...this.#dropped },
  })

  #whenSettled(items: readonly Waiting[], resolve: () => void): () => void {
    const look = (): void => {
      if (items.every((item) => item.settled)) resolve()
      else this.#idle.push(look)
    }
    return look
  }

  /** A full batch goes at once, but never before the end of a backoff. */
  #schedule(waitMs: number): void {
    if (this.#sending) return
    const wait = Math.min(Math.max(waitMs, this.#notBefore - Date.now()), TIMEOUT_MS_MAX)
    if (this.#timer !== undefined) {
      if (wait > 0) return
      clearTimeout(this.#timer)
    }
    this.#timer = setTimeout(() => void this.#run(), wait)
  }

  async #run(): Promise<void> {
    this.#timer = undefined
    if (this.#sending) return
    this.#sending = true
    this.#giveUpOld()
    const load = loadOf(this.#queue, this.#settings.batchSize, REQUEST_CHARACTERS_MAX)
    if (load.length > 0) await this.#send(load, false)
    this.#sending = false
    if (this.#queue.length > 0) this.#schedule(0)
  }

  async #send(load: readonly Waiting[], keepalive: boolean): Promise<void> {
    const path = load[0]!.path
    const bodies = load.map((item) => item.body)
    const shipment = { path, body: bodyOf(load), count: load.length, keepalive }
    const verdict = await ship(this.#transport, shipment)
    if (verdict.kind === 'failed') this.#postpone(verdict)
    else {
      this.#attempt = 0
      this.#notBefore = 0
      load.forEach((item, i) => {
        const refused = verdict.kind === 'refused' ? verdict.problem : verdict.rejected.get(i)
        if (refused === undefined) this.#store(item)
        else if (item.body === bodies[i]) this.#reject(item, refused)
      })
    }
    this.#sweep()
  }

  #postpone({ reason, retryAfterMs }: Verdict & { kind: 'failed' }): void {
    this.#attempt++
    this.#counts.retries++
    const wait = Math.max(retryAfterMs, backoff(this.#attempt, this.#settings, Math.random()))
    this.#notBefore = Date.now() + wait
    this.#report({ kind: 'retrying', message: `${reason}; again in ${Math.round(wait)} ms` })
  }

  #giveUpOld(): void {
    const { retryForMs } = this.#settings
    const limit = Date.now() - retryForMs
    if (this.#attempt === 0) return
    for (const item of this.#queue)
      if (item.since < limit)
        this.#settle(item, this.drop(item.eventId, 'gave-up', `no success in ${retryForMs} ms`))
    this.#sweep()
  }

  #store(item: Waiting): void {
    if (item.settled) return
    this.#counts.stored++
    this.#settle(item, { status: 'stored', eventId: item.eventId })
  }

  #reject(item: Waiting, problem: Problem): void {
    if (item.settled) return
    if (item.unstamped !== undefined && problem.type.endsWith('/event-time-out-of-range')) {
      // This computer's clock is wrong: nothing was stored, so the server may give the time.
      this.#characters += item.unstamped.length - item.body.length
      item.body = item.unstamped
      item.unstamped = undefined
      return
    }
    this.#counts.rejected++
    const { eventId } = item
    this.#report({ kind: 'rejected', message: `${problem.title}: ${problem.detail}`, eventId })
    this.#settle(item, { status: 'rejected', eventId, problem })
  }

  #settle(item: Waiting, receipt: Receipt): void {
    if (item.settled) return
    item.settled = true
    this.#characters -= item.body.length
    item.settle(receipt)
  }

  /** Lets settled items go and tells who waits for them. */
  #sweep(): void {
    this.#queue = this.#queue.filter((item) => !item.settled)
    const looks = this.#idle
    this.#idle = []
    for (const look of looks) look()
  }
}

export function createOutbox(
  transport: Transport,
  settings: Settings,
  report: (error: ClientError) => void,
): Outbox {
  return new Delivery(transport, settings, report)
}
