/** Seeded requests to every route of the served OpenAPI document: right ones, and wrong in many ways. */
import type { SeededRandom } from '../../src/math/index.ts'
import {
  CONTENT_TYPES,
  CREDENTIALS,
  GARBAGE,
  HEADERS,
  hostileValue,
  jsonText,
  METHODS,
  PATH_PARTS,
  pick,
  QUERIES,
  spoil,
  spoilBytes,
  spoilText,
} from './hostile.ts'
import { schemaValue, type Schema } from './schema-value.ts'

interface Operation {
  readonly parameters?: readonly { name: string; in: string; schema: Schema }[]
  readonly requestBody?: { content: Record<string, { schema: Schema }> }
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** `Authorization` and `Origin` lines by caller; nobody has none. */
export type Callers = Readonly<Record<'admin' | 'secret' | 'scoped' | 'publishable', string>>

export interface Shot {
  readonly n: number
  readonly route: string
  readonly method: string
  readonly kind: Kind
  readonly bytes: Buffer
}

/** How a request is wrong. */
const KINDS = {
  valid: 30,
  spoiled: 26,
  text: 8,
  bytes: 4,
  contentType: 4,
  header: 6,
  credential: 3,
  method: 3,
  path: 6,
  query: 4,
  chunked: 2,
  socket: 1,
  garbage: 2,
  oversize: 0.1,
} as const
export type Kind = keyof typeof KINDS

const LEADS = 1_500
/** Of these some are erased; the others stay. */
const ERASABLE = 100
const DAY_MS = 86_400_000
/** Twenty times as often as the others: here the log is written. */
const CAPTURE = /^\/(v1\/(events|outcomes|track|page|identify|batch)|interactions\/.*)$/
/** Rarely: each costs a password hash, or joins two people for ever. */
const RARE = /login|password|users|merge|workspaces|identify|retention$/
const OVERSIZE_BYTES = 10 * 1024 * 1024

interface Route {
  readonly path: string
  readonly method: string
  readonly operation: Operation
}

export interface RequestSource {
  readonly routes: readonly string[]
  readonly next: () => Shot
}

function cumulative<T>(weighted: readonly (readonly [T, number])[]) {
  const total = weighted.reduce((sum, [, weight]) => sum + weight, 0)
  return (random: SeededRandom): T => {
    let left = random.next() * total
    for (const [item, weight] of weighted) if ((left -= weight) < 0) return item
    return weighted[0]![0]
  }
}

function weightOf({ path, method }: Route): number {
  if (RARE.test(path) && method !== 'GET') return 0.3
  return CAPTURE.test(path) ? 20 : 2
}

/** Texts that mean something, by the name of their field. */
function wordsOf(random: SeededRandom, n: number, types: readonly string[], now: number) {
  const lead = (): string => `lead-${random.int(LEADS)}`
  const past = (): string => new Date(now - random.int(300) * DAY_MS - n).toISOString()
  const eventId = (): string => `e-${random.next() < 0.7 ? n : random.int(n + 1)}`
  return {
    lead_id: lead,
    userId: lead,
    previousId: lead,
    anonymous_id: () => `visitor-${random.int(LEADS)}`,
    anonymousId: () => `visitor-${random.int(LEADS)}`,
    event_id: eventId,
    messageId: eventId,
    type: () => (random.next() < 0.9 ? pick(random, types) : 'track'),
    timestamp: past,
    originalTimestamp: past,
    sentAt: past,
    send_time: past,
    tour_date: () => new Date(now + random.int(60) * DAY_MS).toISOString(),
    email: () => `person-${n}@example.com`,
    phone: () => `+1202555${String(1_000 + random.int(9_000))}`,
    slug: () => `fuzz-${n}`,
    workspace: () => pick(random, ['main', 'other', 'unknown']),
    time_zone: () => pick(random, ['UTC', 'Europe/Berlin', 'Mars/Olympus']),
    origins: () => ['https://www.example.com'],
    user_id: () => pick(random, [1, 2, 3, 999_999]),
    owner_id: () => pick(random, [1, 2, 999_999]),
    disabled: () => false,
    limit: () => 1 + random.int(20),
    cursor: () => String(random.int(1_000)),
  }
}

function idOf(random: SeededRandom, { path, method }: Route): string {
  // Never those that the callers of this run are or use.
  if (/keys|users/.test(path)) return String(50 + random.int(500))
  return `lead-${method === 'DELETE' ? LEADS + random.int(ERASABLE) : random.int(LEADS)}`
}

const CALLERS = ['admin', 'secret', 'scoped', 'publishable', 'nobody'] as const

interface Draft {
  method: string
  path: string
  query: string
  contentType: string | undefined
  headers: string[]
  body: Buffer | undefined
}

function bytesOf({ method, path, query, contentType, headers, body }: Draft): Buffer {
  const lines = [`${method} ${path}${query} HTTP/1.1`, 'Host: 127.0.0.1', ...headers]
  if (contentType !== undefined) lines.push(`Content-Type: ${contentType}`)
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`)
  const head = Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1')
  return body === undefined ? head : Buffer.concat([head, body])
}

function chunkedBytes(random: SeededRandom, draft: Draft): Buffer {
  const body = draft.body ?? Buffer.from('{}')
  const parts: Buffer[] = [
    bytesOf({
      ...draft,
      body: undefined,
      headers: [...draft.headers, 'Transfer-Encoding: chunked'],
    }),
  ]
  for (let at = 0; at < body.length;) {
    const end = Math.min(body.length, at + 1 + random.int(200))
    parts.push(Buffer.from((end - at).toString(16) + '\r\n'), body.subarray(at, end))
    parts.push(Buffer.from('\r\n'))
    at = end
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

function changeBody(random: SeededRandom, kind: Kind, draft: Draft, value: unknown): void {
  if (kind === 'oversize') draft.body = Buffer.alloc(OVERSIZE_BYTES, 'x')
  else if (value === undefined && kind !== 'spoiled') return
  else if (kind === 'spoiled') draft.body = Buffer.from(jsonText(spoil(random, value)))
  else if (kind === 'text') draft.body = Buffer.from(spoilText(random, jsonText(value)))
  else if (kind === 'bytes') draft.body = spoilBytes(random, jsonText(value))
  else draft.body = Buffer.from(jsonText(value))
  draft.contentType = 'application/json'
}

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

function changeRest(random: SeededRandom, kind: Kind, draft: Draft): void {
  if (kind === 'contentType') draft.contentType = pick(random, CONTENT_TYPES)
  if (kind === 'header') draft.headers.push(pick(random, HEADERS))
  if (kind === 'method') draft.method = pick(random, METHODS)
  if (kind === 'query') draft.query = pick(random, QUERIES)
  if (kind === 'path') {
    const parts = draft.path.split('/')
    parts[random.int(parts.length - 1) + 1] = pick(random, PATH_PARTS)
    if (random.next() < 0.2) parts.push(pick(random, PATH_PARTS))
    draft.path = parts.join('/')
  }
  if (kind === 'socket') {
    if (random.next() < 0.5) draft.path = '/ws'
    draft.method = 'GET'
    draft.headers.push(...WEBSOCKET)
    draft.body = undefined
  }
}

/** An endless, repeatable stream of requests. `now` only places the times of events. */
export function requestSource(
  document: OpenApi,
  random: SeededRandom,
  callers: Callers,
  types: readonly string[],
  now: number,
): RequestSource {
  const routes: Route[] = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  )
  const anyRoute = cumulative(routes.map((route) => [route, weightOf(route)] as const))
  const anyKind = cumulative(Object.entries(KINDS) as [Kind, number][])
  let n = 0

  function draftOf(route: Route, vocabulary: Parameters<typeof schemaValue>[1], kind: Kind): Draft {
    const { parameters = [], requestBody } = route.operation
    const caller = random.next() < 0.6 ? 'admin' : pick(random, CALLERS)
    const headers = caller === 'nobody' ? [] : [callers[caller]]
    if (kind === 'credential') headers[0] = `Authorization: ${pick(random, CREDENTIALS)}`
    const asked = parameters.filter((one) => one.in === 'query' && random.next() < 0.3)
    const query = asked.map(({ name, schema }) => {
      const isHostile = kind === 'spoiled' && requestBody === undefined
      const value = isHostile ? hostileValue(random) : schemaValue(schema, vocabulary, name)
      const text = typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value)
      return `${name}=${encodeURIComponent(text ?? '')}`.slice(0, 4_000)
    })
    const draft: Draft = {
      method: route.method,
      path: route.path.replace('{id}', idOf(random, route)),
      query: query.length === 0 ? '' : `?${query.join('&')}`,
      contentType: undefined,
      headers,
      body: undefined,
    }
    const schema = requestBody?.content['application/json']?.schema
    const value = schema === undefined ? undefined : schemaValue(schema, vocabulary)
    const isBodied = schema !== undefined || kind === 'text' || random.next() < 0.02
    if (isBodied) changeBody(random, kind, draft, value ?? {})
    return draft
  }

  function next(): Shot {
    n++
    const kind = anyKind(random)
    const route = anyRoute(random)
    const base = { n, kind, route: `${route.method} ${route.path}` }
    if (kind === 'garbage')
      return { ...base, method: 'GET', bytes: Buffer.from(pick(random, GARBAGE), 'latin1') }
    const words = wordsOf(random, n, types, now)
    const draft = draftOf(route, { random, mark: `fuzz-${n}-`, words }, kind)
    changeRest(random, kind, draft)
    const bytes = kind === 'chunked' ? chunkedBytes(random, draft) : bytesOf(draft)
    return { ...base, method: draft.method, bytes }
  }
  return { routes: routes.map(({ method, path }) => `${method} ${path}`), next }
}
