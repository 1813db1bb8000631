/**
 * EnterpriseHub, the two-line client. Nothing here throws into the host program, and no promise it
 * gives rejects: what went wrong stands in the receipt and goes to `onError`.
 */
import {
  createEventCollector,
  toEventInput,
  type EventCollector,
  type Interaction,
  type OutcomeType,
  type PropertyEventType,
  type PropertyInteraction,
  type PublicEventType,
} from '../core/index.ts'
import {
  EVENTS_PATH,
  createOutbox,
  type ClientError,
  type Item,
  type Outbox,
  type OutboxStatistics,
  type Receipt,
  type Settings,
} from './outbox.ts'
import { onPageHide } from './page-hide.ts'

export interface EnterpriseHubOptions {
  /** Address of the server, e.g. `https://hub.example.com`. */
  readonly url: string
  /** A publishable key in browsers (events and identify only), a secret key on servers. */
  readonly apiKey: string
  /** Most events in one request, 1 to 1,000 (default 100). */
  readonly batchSize?: number
  /** Longest wait for a batch to fill, milliseconds (default 250). */
  readonly intervalMs?: number
  /** Most events waiting; further ones are turned away and counted (default 10,000). */
  readonly queueMax?: number
  /** Most UTF-16 units of events waiting (default 8,000,000). */
  readonly queueBytesMax?: number
  /** An event that could not be delivered for so long is dropped (default 600,000 ms). */
  readonly retryForMs?: number
  /** First and longest backoff, milliseconds (defaults 500 and 30,000). */
  readonly backoffMs?: number
  readonly backoffMaxMs?: number
  /** A request without an answer for so long has failed (default 10,000 ms). */
  readonly requestTimeoutMs?: number
  /** Told of every rejection, drop and retry. What it throws is ignored. */
  readonly onError?: (error: ClientError) => void
  /** Instead of the global fetch. */
  readonly fetch?: typeof fetch
}

export type RecordedInteraction =
  | (Interaction & { readonly type: Exclude<PublicEventType, PropertyEventType> })
  | (PropertyInteraction & { readonly type: PropertyEventType })

export interface RecordedOutcome {
  readonly leadId: string
  readonly outcomeType: OutcomeType
  readonly timestamp?: Date | number | string
  readonly details?: Readonly<Record<string, unknown>>
  readonly eventId?: string
}

/** 128 random bits in hexadecimal; getRandomValues also exists on pages without TLS. */
function newEventId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A number in [least, most], or the default for anything else. */
const within = (value: unknown, least: number, most: number, otherwise: number): number =>
  typeof value === 'number' && value >= least && value <= most ? value : otherwise

function settingsOf(options: Partial<EnterpriseHubOptions>): Settings {
  return {
    batchSize: Math.floor(within(options.batchSize, 1, 1_000, 100)),
    intervalMs: within(options.intervalMs, 0, 3_600_000, 250),
    queueMax: within(options.queueMax, 1, Infinity, 10_000),
    queueBytesMax: within(options.queueBytesMax, 1, Infinity, 8_000_000),
    retryForMs: within(options.retryForMs, 0, Infinity, 600_000),
    backoffMs: within(options.backoffMs, 1, Infinity, 500),
    backoffMaxMs: within(options.backoffMaxMs, 1, Infinity, 30_000),
  }
}

function isHttp(url: unknown): url is string {
  return typeof url === 'string' && URL.canParse(url) && /^https?:/i.test(url)
}

function faultOf({ url, apiKey }: Partial<EnterpriseHubOptions>): string | undefined {
  if (!isHttp(url)) return 'url must be an http(s) address, e.g. https://hub.example.com'
  if (typeof apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(apiKey))
    return 'apiKey must be a key of the server (POST /v1/keys)'
  return undefined
}

class Hub {
  readonly #outbox: Outbox
  readonly #fault: string | undefined
  readonly #report: (error: ClientError) => void
  readonly #stopListening: () => void

  constructor(options: EnterpriseHubOptions) {
    const given: Partial<EnterpriseHubOptions> = options ?? {}
    this.#report = (error) => {
      try {
        given.onError?.(error)
      } catch {
        // The host's callback is the host's concern; delivery goes on.
      }
    }
    this.#fault = faultOf(given)
    if (this.#fault !== undefined) this.#report({ kind: 'configuration', message: this.#fault })
    const transport = {
      url: String(given.url).replace(/\/+$/, ''),
      apiKey: String(given.apiKey),
      // Called without a receiver, as browsers demand.
      fetch: given.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args)),
      requestTimeoutMs: within(given.requestTimeoutMs, 1, 600_000, 10_000),
    }
    this.#outbox = createOutbox(transport, settingsOf(given), this.#report)
    this.#stopListening = onPageHide(this.#outbox.sendLast)
    Object.assign(
      this,
      createEventCollector((type, interaction) => this.#record(() => type, interaction)),
    )
  }

  /** Resolves when the event is durable on the server, refused by it, or dropped. */
  recordInteraction(interaction: RecordedInteraction): Promise<Receipt> {
    return this.#record(() => interaction.type, interaction)
  }

  /** What a visitor did under `anonymousId` counts for `leadId` from now on. */
  identify(who: { readonly leadId: string; readonly anonymousId: string }): Promise<Receipt> {
    return this.#post('/v1/identify', undefined, (messageId) => {
      const { leadId, anonymousId } = who
      return { body: JSON.stringify({ userId: leadId, anonymousId, messageId }) }
    })
  }

  /** What really happened to the lead. Needs a secret key. */
  recordOutcome(outcome: RecordedOutcome): Promise<Receipt> {
    return this.#post(
      '/v1/outcomes',
      () => outcome.eventId,
      (event_id) => {
        const { leadId, outcomeType, timestamp = Date.now(), details } = outcome
        const input = toEventInput(outcomeType, { leadId, timestamp, eventId: event_id })
        const { type: outcome_type, ...rest } = input
        return { body: JSON.stringify({ ...rest, outcome_type, details }) }
      },
    )
  }

  /** Sends what waits now; resolves when all of it is stored, refused or dropped. */
  flush(): Promise<void> {
    return this.#outbox.flush()
  }

  /** Flushes for at most `timeoutMs` (default 10,000) and takes nothing any more. */
  close({ timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#stopListening()
    return this.#outbox.close(within(timeoutMs, 0, 3_600_000, 10_000))
  }

  statistics(): OutboxStatistics {
    return this.#outbox.statistics()
  }

  #record(typeOf: () => string, interaction: Interaction): Promise<Receipt> {
    return this.#post(
      EVENTS_PATH,
      () => interaction.eventId,
      (eventId) => {
        const input = toEventInput(typeOf(), { ...interaction, eventId })
        if (input.timestamp !== undefined) return { body: JSON.stringify(input) }
        const timestamp = new Date().toISOString()
        return { body: JSON.stringify({ ...input, timestamp }), unstamped: JSON.stringify(input) }
      },
    )
  }

  /** Turns what the host gave into text at once; a getter or toJSON of the host may throw. */
  #post(
    path: string,
    idOf: (() => string | undefined) | undefined,
    write: (eventId: string) => Pick<Item, 'body' | 'unstamped'>,
  ): Promise<Receipt> {
    let eventId = ''
    try {
      eventId = idOf?.() ?? newEventId()
      if (this.#fault !== undefined)
        return Promise.resolve(this.#outbox.drop(eventId, 'invalid', this.#fault))
      return this.#outbox.put({ path, eventId, ...write(eventId) })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return Promise.resolve(this.#outbox.drop(eventId, 'invalid', why))
    }
  }
}

/** A client with one method per event type beside those of the class: `hub.propertyView(…)`. */
export type EnterpriseHub = Hub & EventCollector<Promise<Receipt>>

// The methods of the event table are added by the constructor, where the compiler cannot see them.
export const EnterpriseHub = Hub as new (options: EnterpriseHubOptions) => EnterpriseHub
