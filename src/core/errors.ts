/**
 * The error catalogue: every fault a caller can meet, declared once. Each has a stable code (the
 * tail of the problem document's `type`), an HTTP status, and a message that says what to do next.
 * RFC 9457 documents are made from it, and docs/reference/errors.md is generated from it.
 */
export interface ErrorDeclaration {
  readonly status: number
  /** Short human title, constant per code (RFC 9457 `title`). */
  readonly title: string
  /** What the caller should do. */
  readonly remedy: string
  /** The same request may succeed later. */
  readonly retriable: boolean
}

const declare = <const T extends Record<string, ErrorDeclaration>>(table: T): T => table
const fault = (
  status: number,
  title: string,
  remedy: string,
  retriable = false,
): ErrorDeclaration => ({ status, title, remedy, retriable })

export const ERRORS = declare({
  'invalid-request': fault(
    400,
    'The request is not valid',
    'Correct the fields named in `errors`.',
  ),
  'unusable-file': fault(
    400,
    'This file cannot be imported',
    'Nothing was changed. Mend the file as said, or choose another one.',
  ),
  'malformed-json': fault(400, 'The body is not valid JSON', 'Send UTF-8 JSON.'),
  'invalid-text': fault(
    400,
    'A text holds characters that cannot be stored',
    'Remove NUL characters and unpaired surrogates.',
  ),
  unauthenticated: fault(
    401,
    'No valid credentials',
    'Send `Authorization: Bearer <token or API key>`; sign in again when the token has expired.',
  ),
  'webhook-not-verified': fault(
    401,
    'The webhook is not signed by who it says it is from',
    'Send X-GHL-Signature (Ed25519, base64, over the bytes of the body), or use a secret address ' +
      'for workflows; check GHL_WEBHOOK_PUBLIC_KEY.',
  ),
  'wrong-credentials': fault(401, 'E-mail or password is wrong', 'Check both and try again.'),
  forbidden: fault(403, 'Not allowed', 'Ask an administrator for the role or scope named.'),
  'origin-not-allowed': fault(
    403,
    'This origin may not use this key',
    'Add the website to the publishable key’s allowed origins.',
  ),
  'event-type-not-allowed': fault(
    403,
    'A publishable key may not send this event type',
    'Send it from a server with a secret key: see "websites" in docs/reference/events.md.',
  ),
  'not-found': fault(404, 'Not found', 'Check the address and the identifier.'),
  'method-not-allowed': fault(
    405,
    'Method not allowed',
    'See /docs for the methods of this route.',
  ),
  'simulated-workspace': fault(
    409,
    'This workspace holds a simulated market',
    'Import into a workspace of your own: enter it, or make one under Workspaces.',
  ),
  conflict: fault(409, 'Conflicts with the present state', 'Read the current state and retry.'),
  'event-id-conflict': fault(
    409,
    'This event_id was already used with another body',
    'Use a new event_id for a new event; repeat the same body to retry safely.',
  ),
  'person-erased': fault(
    410,
    'This person was erased at their request',
    'Do not send data about this person again.',
  ),
  'link-unknown': fault(
    404,
    'This link is none of ours',
    'Copy the whole link, or ask whoever sent it for another.',
  ),
  'link-used': fault(
    410,
    'This link was used already',
    'Sign in; or ask whoever sent it for another.',
  ),
  'link-revoked': fault(
    410,
    'This link was taken back',
    'Ask whoever sent it for another: a newer link takes the place of an older one.',
  ),
  'link-expired': fault(410, 'This link has expired', 'Ask whoever sent it for another.'),
  'body-too-large': fault(
    413,
    'The body is too large',
    'Send at most 1,000 events and 4 MiB a call.',
  ),
  'request-timeout': fault(
    408,
    'The request did not arrive in time',
    'Send the whole request within a minute.',
    true,
  ),
  'headers-too-large': fault(
    431,
    'The headers are too large',
    'Send at most 16 KiB of headers; drop cookies that are not ours.',
  ),
  'unsupported-media-type': fault(415, 'Unsupported media type', 'Send application/json.'),
  'ghl-not-connected': fault(
    422,
    'GoHighLevel does not open this location',
    'Check the location id and the token; nothing was stored.',
  ),
  'unknown-event-type': fault(
    422,
    'Unknown event type (kept in quarantine)',
    'Use a type from docs/reference/events.md; quarantined events can be replayed once it exists.',
  ),
  'event-time-out-of-range': fault(
    422,
    'The event time is out of range',
    'Send times from 400 days back to 5 minutes ahead, ISO 8601 in UTC.',
  ),
  'rate-limited': fault(429, 'Too many requests', 'Wait for the seconds in Retry-After.', true),
  internal: fault(500, 'Something went wrong on our side', 'Retry; tell us the `instance`.', true),
  unavailable: fault(
    503,
    'Temporarily unavailable',
    'Retry after the seconds in Retry-After; nothing was stored.',
    true,
  ),
})

export type ErrorCode = keyof typeof ERRORS

/** One fault in one field of the input. `path` is a JSON pointer. */
export interface FieldFault {
  readonly path: string
  readonly message: string
}

/** A fault of the world, not a bug: its code becomes a problem document at the edge. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly errors: readonly FieldFault[]

  constructor(code: ErrorCode, detail?: string, errors: readonly FieldFault[] = []) {
    super(detail ?? ERRORS[code].title)
    this.name = 'AppError'
    this.code = code
    this.errors = errors
  }
}

/** RFC 9457 problem details. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly remedy: string
  readonly instance?: string
  readonly errors?: readonly FieldFault[]
}

const PROBLEM_BASE = 'https://enterprisehub.dev/problems/'

export function problemType(code: ErrorCode): string {
  return PROBLEM_BASE + code
}

export function toProblem(
  code: ErrorCode,
  detail?: string,
  extra: { instance?: string; errors?: readonly FieldFault[] } = {},
): Problem {
  const { status, title, remedy } = ERRORS[code]
  return {
    type: problemType(code),
    title,
    status,
    detail: detail ?? title,
    remedy,
    ...(extra.instance === undefined ? {} : { instance: extra.instance }),
    ...(extra.errors === undefined || extra.errors.length === 0 ? {} : { errors: extra.errors }),
  }
}
