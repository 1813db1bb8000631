/** Asks GoHighLevel, patiently: paced, repeated where that helps, and every answer checked. */
import { Compile } from 'typebox/compile'
import type { Clock, Random } from '../../core/index.ts'
import { ENDPOINTS, type Answer, type Endpoint, type EndpointName } from './endpoints.ts'
import { SetupError } from '../../platform/index.ts'
import { createPacer } from './pacer.ts'

export const GHL_BASE_URL = 'https://services.leadconnectorhq.com'

export interface ClientOptions {
  readonly baseUrl: string
  readonly token: string
  /** Requests in ten seconds. */
  readonly rate: number
  readonly timeoutMs: number
  /** How often a request is tried (7). */
  readonly attempts?: number
  readonly clock: Clock
  readonly random: Random
  readonly sleep: (ms: number) => Promise<unknown>
}

export interface Call {
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: object
}

export interface GhlClient {
  /** @throws SetupError that says what to do */
  readonly ask: <N extends EndpointName>(name: N, call: Call) => Promise<Answer<N>>
  readonly requests: () => number
  readonly retries: () => number
  readonly waited: () => number
}

const ATTEMPTS = 7
const BACKOFF_MS = 500
const BACKOFF_MOST_MS = 30_000
const ANSWER_BYTES_MAX = 32 * 1024 * 1024

const checkers = new Map<EndpointName, ReturnType<typeof Compile>>()
function checkerOf(name: EndpointName) {
  const known = checkers.get(name) ?? Compile(ENDPOINTS[name].answer)
  checkers.set(name, known)
  return known
}

function urlOf(base: string, { path }: Endpoint, call: Call): URL {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(call.path?.[name] ?? ''),
  )
  const url = new URL(base.replace(/\/$/, '') + filled)
  for (const [name, value] of Object.entries(call.query ?? {}))
    url.searchParams.set(name, String(value))
  return url
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return (Array.isArray(message) ? message.join('; ') : String(message)).slice(0, 300)
  } catch {
    return text.slice(0, 300)
  }
}

function refused(status: number, text: string, { method, path, scope }: Endpoint): SetupError {
  const said = messageOf(text)
  if (status === 401 && /scope|authorized for this/i.test(said)) status = 403
  if (status === 401)
    return new SetupError(
      `GoHighLevel does not accept the token ("${said}"). Make a new one under Settings, Private ` +
        'Integrations, and run this again with it: it goes on where it stopped.',
    )
  if (status === 403)
    return new SetupError(
      `The token may not read ${path} ("${said}"). Check the location id, and allow the scope ` +
        `${scope} under Settings, Private Integrations.`,
    )
  return new SetupError(`GoHighLevel refused ${method} ${path} with ${status}: ${said}`)
}

/** Of one attempt: an answer, or why it is worth another. */
type Attempt = { readonly text: string } | { readonly again: string; readonly afterMs: number }

/** @throws SetupError when the answer is not what this endpoint answers */
function parse<N extends EndpointName>(name: N, text: string): Answer<N> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new SetupError(`${ENDPOINTS[name].path}: the answer is no JSON. Is the base URL right?`)
  }
  const checker = checkerOf(name)
  if (checker.Check(value)) return value as Answer<N>
  const [fault] = checker.Errors(value)
  throw new SetupError(
    `${ENDPOINTS[name].path} answered another shape than expected: ` +
      `${fault?.instancePath ?? '/'} ${fault?.message ?? ''}`,
  )
}

export function createGhlClient(options: ClientOptions): GhlClient {
  const { baseUrl, token, rate, timeoutMs, clock, random, sleep } = options
  const { attempts = ATTEMPTS } = options
  const pacer = createPacer(rate, clock, sleep)
  let requests = 0
  let retries = 0

  async function attempt(endpoint: Endpoint, call: Call): Promise<Attempt> {
    await pacer.turn()
    requests++
    let response: Response
    let text: string
    try {
      response = await fetch(urlOf(baseUrl, endpoint, call), {
        method: endpoint.method,
        headers: {
          authorization: `Bearer ${token}`,
          version: endpoint.version,
          accept: 'application/json',
          ...(call.body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
      })
      text = await response.text()
    } catch (error) {
      const { name, cause, message } = error as Error
      const why = cause instanceof Error ? cause.message : message
      return { again: name === 'TimeoutError' ? 'no answer in time' : why, afterMs: 0 }
    }
    pacer.heed(response.headers)
    const { status, headers } = response
    if (status === 429) {
      const seconds = Number(headers.get('retry-after') ?? NaN)
      return { again: 'too many requests', afterMs: seconds > 0 ? seconds * 1000 : 0 }
    }
    if (status === 408 || status >= 500) return { again: `answer ${status}`, afterMs: 0 }
    if (!response.ok) throw refused(status, text, endpoint)
    if (text.length > ANSWER_BYTES_MAX)
      throw new SetupError(`${endpoint.path}: too large an answer`)
    return { text }
  }

  async function ask<N extends EndpointName>(name: N, call: Call): Promise<Answer<N>> {
    const endpoint: Endpoint = ENDPOINTS[name]
    for (let n = 1; ; n++) {
      const made = await attempt(endpoint, call)
      if ('text' in made) return parse(name, made.text)
      if (n >= attempts)
        throw new SetupError(
          `GoHighLevel did not answer ${endpoint.path}, asked ${n} times (${made.again}). ` +
            'Check the connection and run this again: it goes on where it stopped.',
        )
      retries++
      // Full jitter: many who failed together do not come back together.
      const backoff = Math.min(BACKOFF_MOST_MS, BACKOFF_MS * 2 ** n) * random.next()
      await sleep(Math.max(made.afterMs, backoff))
    }
  }

  return { ask, requests: () => requests, retries: () => retries, waited: pacer.waited }
}
