/**
 * From one raw event of a caller to a row for the log, or the reason why not. Pure apart from the
 * clock reading given; nothing here touches the store.
 */
import { hash } from 'node:crypto'
import { Compile } from 'typebox/compile'
import {
  EVENT_TIME_LIMITS,
  EVENT_TYPES,
  EventInput,
  isPublicEventType,
  type ErrorCode,
  type FieldFault,
} from '../core/index.ts'
import { IDENTITY_KIND, type LogRow } from '../store/index.ts'
import { canonicalJson, holdsUnstorableText } from './canonical.ts'

const checker = Compile(EventInput)
const DAY_MS = 86_400_000
const NO_HASH = '0'.repeat(16)
const BODY_BYTES_MAX = 65_536

export type Acceptance =
  | { readonly ok: true; readonly row: LogRow; readonly event: EventInput }
  | {
      readonly ok: false
      readonly code: ErrorCode
      readonly detail: string
      readonly errors: readonly FieldFault[]
    }

const refuse = (
  code: ErrorCode,
  detail: string,
  errors: readonly FieldFault[] = [],
): Acceptance => ({ ok: false, code, detail, errors })

/** The faults of a value against the event schema, at most eight, as JSON pointers. */
function schemaFaults(raw: unknown): FieldFault[] {
  return checker
    .Errors(raw)
    .slice(0, 8)
    .map((fault) => ({ path: fault.instancePath || '/', message: fault.message }))
}

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i

/** Milliseconds since the epoch, or NaN. A time without zone is taken as UTC. */
export function parseEventTime(text: string): number {
  if (!ISO.test(text)) return NaN
  const zoned = /T.*(Z|[+-]\d{2}:?\d{2})$/i.test(text) || text.length === 10
  return Date.parse(zoned ? text : `${text}Z`)
}

/** Digest of a caller's event_id: 128 bits of SHA-256 in hexadecimal. */
export function eventKey(eventId: string): string {
  return hash('sha256', eventId, 'hex').slice(0, 32)
}

/** 64 bits of the SHA-256 of a text, in hexadecimal: what an event's body is compared by. */
export function bodyHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16)
}

function storedBody(event: EventInput): string {
  let text = ''
  const put = (name: string, json: string): void => {
    text += `${text === '' ? '{' : ','}"${name}":${json}`
  }
  if (event.context !== undefined) put('context', canonicalJson(event.context))
  if (event.duration_seconds !== undefined)
    put('duration_seconds', JSON.stringify(event.duration_seconds))
  if (event.event_id !== undefined) put('event_id', JSON.stringify(event.event_id))
  if (event.properties !== undefined) put('properties', canonicalJson(event.properties))
  if (event.property_id !== undefined) put('property_id', JSON.stringify(event.property_id))
  return text === '' ? '{}' : text + '}'
}

/**
 * Checks one raw event. `now` is milliseconds since the epoch; an import may let events be older
 * than those that are captured. Cost: one schema check, one
 * canonical serialisation, two hashes when it has an event_id.
 */
export function acceptEvent(
  workspaceId: number,
  raw: unknown,
  now: number,
  backDays: number = EVENT_TIME_LIMITS.backDays,
): Acceptance {
  if (!checker.Check(raw)) {
    const errors = schemaFaults(raw)
    const first = errors[0]
    return refuse('invalid-request', first ? `${first.path} ${first.message}` : 'invalid', errors)
  }
  const event = raw
  if (event.lead_id === undefined && event.anonymous_id === undefined)
    return refuse('invalid-request', 'lead_id or anonymous_id is required', [
      { path: '/lead_id', message: 'lead_id or anonymous_id is required' },
    ])
  let time = now
  if (event.timestamp !== undefined) {
    time = parseEventTime(event.timestamp)
    if (Number.isNaN(time))
      return refuse('invalid-request', `timestamp "${event.timestamp}" is not ISO 8601`, [
        { path: '/timestamp', message: 'must be ISO 8601, e.g. 2026-03-01T17:00:00Z' },
      ])
    if (time > now + EVENT_TIME_LIMITS.aheadMinutes * 60_000 || time < now - backDays * DAY_MS)
      return outOfRange(event.timestamp, backDays)
  }
  return finish(workspaceId, event, time)
}

function outOfRange(timestamp: string, backDays: number): Acceptance {
  const limits = `at most ${backDays} days back and ${EVENT_TIME_LIMITS.aheadMinutes} minutes ahead`
  return refuse('event-time-out-of-range', `timestamp ${timestamp} is out of range: ${limits}`, [
    { path: '/timestamp', message: limits },
  ])
}

/**
 * The two names of one person that an event carries. Whoever stores it links them afterwards, so
 * that an event that is refused links nobody.
 */
export function namesOf({
  anonymous_id: anonymousId,
  lead_id: leadId,
}: EventInput): { readonly anonymousId: string; readonly leadId: string } | undefined {
  return anonymousId === undefined || leadId === undefined ? undefined : { anonymousId, leadId }
}

function finish(workspaceId: number, event: EventInput, time: number): Acceptance {
  let body: string
  try {
    body = storedBody(event)
  } catch (error) {
    return refuse('invalid-request', error instanceof Error ? error.message : 'not storable')
  }
  if (body.length > BODY_BYTES_MAX)
    return refuse('body-too-large', `one event holds more than ${BODY_BYTES_MAX} characters`)
  const who = event.lead_id ?? event.anonymous_id ?? ''
  const names = who + (event.anonymous_id ?? '') + (event.event_id ?? '')
  if (holdsUnstorableText(body) || !names.isWellFormed() || !event.type.isWellFormed())
    return refuse('invalid-text', 'a text holds a NUL character or an unpaired surrogate')
  if (!isPublicEventType(event.type))
    return refuse('unknown-event-type', `unknown event type "${event.type}"`, [
      { path: '/type', message: 'not in docs/reference/events.md' },
    ])
  const { code } = EVENT_TYPES[event.type]
  const kind = event.lead_id === undefined ? IDENTITY_KIND.anonymous : IDENTITY_KIND.lead
  const keyed = event.event_id !== undefined
  // Without a time a repetition has another one: only a time that was given tells events apart.
  const given = event.timestamp === undefined ? '' : time
  const row: LogRow = {
    workspaceId,
    key: keyed ? eventKey(event.event_id ?? '') : '',
    bodyHash: keyed
      ? bodyHash(`${kind}|${who}|${code}|${given}|${event.anonymous_id ?? ''}|${body}`)
      : NO_HASH,
    identityKind: kind,
    identity: who,
    type: code,
    time,
    propertyId: event.property_id ?? '',
    body,
  }
  return { ok: true, row, event }
}
