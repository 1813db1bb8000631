/**
 * The collector: one typed method per event type, made from the event table at the level of types
 * and at run time. What a method does with its event is given: build it, queue it, record it.
 */
import type { EventInput } from './event-input.ts'
import {
  PROPERTY_EVENT_TYPES,
  PUBLIC_EVENT_TYPES,
  type PropertyEventType,
  type PublicEventType,
} from './event-types.ts'

/** `property_view` becomes `propertyView`. */
export type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Where an interaction came from; further keys are kept as they are. */
export interface InteractionContext {
  readonly deviceType?: string | undefined
  readonly trafficSource?: string | undefined
  readonly campaignId?: string | undefined
  readonly sessionId?: string | undefined
  readonly [key: string]: unknown
}

/** One interaction as a program says it. `leadId` or `anonymousId` is required. */
export interface Interaction {
  readonly leadId?: string | undefined
  readonly anonymousId?: string | undefined
  /** Idempotency key, unique per workspace for ever. */
  readonly eventId?: string | undefined
  /** When it happened: a Date, milliseconds since the Unix epoch, or ISO 8601. */
  readonly timestamp?: Date | number | string | undefined
  /** 0 to 604,800. */
  readonly durationSeconds?: number | undefined
  readonly propertyId?: string | undefined
  readonly properties?: Readonly<Record<string, unknown>> | undefined
  readonly context?: InteractionContext | undefined
}

export interface PropertyInteraction extends Interaction {
  readonly propertyId: string
}

type InteractionOf<T extends PublicEventType> = T extends PropertyEventType
  ? PropertyInteraction
  : Interaction

type Collector<Types extends PublicEventType, Result> = {
  readonly [T in Types as CamelCase<T>]: (interaction: InteractionOf<T>) => Result
}

/** A method per event type a client may send. */
export type EventCollector<Result> = Collector<PublicEventType, Result>

/** The methods about one listing: views, photos, price checks, swipes, saves, shares. */
export type PropertyInteractionCollector<Result> = Collector<PropertyEventType, Result>

const CONTEXT_NAMES: ReadonlyMap<string, string> = new Map([
  ['deviceType', 'device_type'],
  ['trafficSource', 'traffic_source'],
  ['campaignId', 'campaign_id'],
  ['sessionId', 'session_id'],
])

/** @throws RangeError for an invalid Date or number. */
function isoTime(time: Date | number | string): string {
  return typeof time === 'string' ? time : new Date(time).toISOString()
}

function contextInput(context: InteractionContext): NonNullable<EventInput['context']> {
  const input: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(context))
    if (value !== undefined) input[CONTEXT_NAMES.get(name) ?? name] = value
  return input
}

/**
 * The event of `POST /v1/events` that says the same. Unchecked: the server checks each event.
 * @throws RangeError when `timestamp` is an invalid Date or number.
 */
export function toEventInput(type: string, interaction: Interaction): EventInput {
  const { leadId, anonymousId, eventId, timestamp, durationSeconds, propertyId } = interaction
  const { properties, context } = interaction
  return {
    ...(eventId === undefined ? {} : { event_id: eventId }),
    ...(leadId === undefined ? {} : { lead_id: leadId }),
    ...(anonymousId === undefined ? {} : { anonymous_id: anonymousId }),
    type,
    ...(timestamp === undefined ? {} : { timestamp: isoTime(timestamp) }),
    ...(durationSeconds === undefined ? {} : { duration_seconds: durationSeconds }),
    ...(propertyId === undefined ? {} : { property_id: propertyId }),
    ...(properties === undefined ? {} : { properties }),
    ...(context === undefined ? {} : { context: contextInput(context) }),
  }
}

function collector<Types extends PublicEventType, Result>(
  types: readonly Types[],
  take: (type: Types, interaction: Interaction) => Result,
): Collector<Types, Result> {
  const methods = types.map((type) => [
    camelCase(type),
    (interaction: Interaction) => take(type, interaction),
  ])
  return Object.fromEntries(methods) as Collector<Types, Result>
}

/** A collector whose methods hand type and interaction to `take` and answer what it answers. */
export function createEventCollector<Result>(
  take: (type: PublicEventType, interaction: Interaction) => Result,
): EventCollector<Result> {
  return collector(PUBLIC_EVENT_TYPES, take)
}

/** As createEventCollector, with the methods about one listing only. */
export function createPropertyInteractionCollector<Result>(
  take: (type: PropertyEventType, interaction: Interaction) => Result,
): PropertyInteractionCollector<Result> {
  return collector(PROPERTY_EVENT_TYPES, take)
}
