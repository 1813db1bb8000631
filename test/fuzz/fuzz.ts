/**
 * A seeded storm of requests on a real server: every answer is judged, and after every round the
 * log is compared with what was answered.
 */
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ERRORS, EVENT_TYPES, problemType, type ErrorCode } from '../../src/core/index.ts'
import { seededRandom, type SeededRandom } from '../../src/math/index.ts'
import type { Database } from '../../src/store/index.ts'
import { freePort, openBeside, productFolder, serve, stop, type Served } from '../support/served.ts'
import {
  requestSource,
  type Callers,
  type OpenApi,
  type RequestSource,
  type Shot,
} from './requests.ts'
import { growth, PROBED, probeMemory, type Held } from './memory.ts'
import { Line, type Answer } from './wire.ts'

export interface FuzzOptions {
  readonly requests: number
  readonly seed: number
  readonly say?: (line: string) => void
}

export interface FuzzReport {
  readonly requests: number
  readonly seconds: number
  /** Answers by status; 0: the connection was closed instead. */
  readonly statuses: Readonly<Record<string, number>>
  /** What must never be, each with the request that showed it. */
  readonly faults: readonly string[]
  readonly eventsStored: number
  /** Routes that never answered with success: the storm did not reach behind their checks. */
  readonly neverAnswered: readonly string[]
  /** What the server holds after each tenth, garbage collected. */
  readonly held: readonly Held[]
}

const CONNECTIONS = 12
const ROUND = 500
const FAULTS_MAX = 15
const ADMIN = { email: 'owner@example.com', password: 'correct horse battery' }
const TYPES = new Map(
  Object.entries(ERRORS).map(([code, { status }]) => [problemType(code as ErrorCode), status]),
)

/** A fault of an answer, or undefined. */
function judge({ method, kind }: Shot, { status, headers, body }: Answer): string | undefined {
  if (status >= 500) return `answered ${status}: ${body.slice(0, 300)}`
  if (status < 400) return undefined
  const type = headers.get('content-type') ?? ''
  if (!type.startsWith('application/problem+json')) return `${status} came as "${type}": ${body}`
  if (method === 'HEAD' && kind !== 'garbage') return undefined
  let problem: { type?: unknown; status?: unknown }
  try {
    problem = JSON.parse(body) as typeof problem
  } catch {
    return `${status} came with a body that is no JSON: ${body.slice(0, 300)}`
  }
  if (TYPES.get(String(problem.type)) !== status || problem.status !== status)
    return `${status} came with another problem: ${body.slice(0, 300)}`
  return undefined
}

interface Tally {
  readonly statuses: Record<string, number>
  readonly faults: string[]
  /** Status by number of request; -1: hung up on, whatever became of it. */
  readonly fates: Int16Array
  readonly succeeded: Set<string>
}

const quote = ({ n, route, kind, bytes }: Shot): string =>
  `request ${n} (${kind}, ${route}): ${JSON.stringify(bytes.toString('latin1').slice(0, 600))}`

function note(tally: Tally, shot: Shot, answer: Answer | undefined): void {
  const status = answer?.status ?? 0
  tally.statuses[status] = (tally.statuses[status] ?? 0) + 1
  tally.fates[shot.n] = status
  if (status >= 200 && status < 300) tally.succeeded.add(shot.route)
  const fault = answer === undefined ? undefined : judge(shot, answer)
  if (fault !== undefined) tally.faults.push(`${fault}\n  ${quote(shot)}`)
}

/** Requests whose connection may be closed without an answer: there is none to be given. */
const mayBeSilent = ({ kind, method }: Shot): boolean =>
  kind === 'garbage' || kind === 'oversize' || kind === 'header' || method === 'CONNECT'

async function single(line: Line, shot: Shot, random: SeededRandom, tally: Tally): Promise<void> {
  const { bytes } = shot
  const at = random.int(bytes.length + 1)
  const behaviour = random.next()
  if (behaviour < 0.02) {
    // Truncated, or sent whole and hung up on before the answer.
    const isWhole = random.next() < 0.3
    await line.converse([isWhole ? bytes : bytes.subarray(0, at)], [], { hangUp: true })
    tally.fates[shot.n] = isWhole ? -1 : 0
    return
  }
  const isSlow = behaviour < 0.05
  const parts = isSlow ? [bytes.subarray(0, at), bytes.subarray(at)] : [bytes]
  const heard = await line.converse(parts, [shot.method], { pauseMs: isSlow ? 5 : 0 })
  note(tally, shot, heard.answers[0])
  if (heard.late || (heard.answers.length === 0 && !mayBeSilent(shot)))
    tally.faults.push(`${heard.late ? 'no answer' : 'closed without an answer'}\n  ${quote(shot)}`)
  // A message that was not understood may leave half of itself to the next.
  if (mayBeSilent(shot) || shot.kind === 'method') line.close()
}

/** Several right or wrong requests in one go; a refused message ends the line for the rest. */
async function pipelined(line: Line, shots: readonly Shot[], tally: Tally): Promise<void> {
  const heard = await line.converse(
    [Buffer.concat(shots.map(({ bytes }) => bytes))],
    shots.map(({ method }) => method),
  )
  for (const [index, shot] of shots.entries()) {
    const answer = heard.answers[index]
    if (answer !== undefined) note(tally, shot, answer)
    else tally.fates[shot.n] = -1
  }
  if (heard.late) tally.faults.push(`no answer to a pipeline\n  ${quote(shots.at(-1)!)}`)
}

const canPipeline = ({ kind, method }: Shot): boolean =>
  ['valid', 'spoiled', 'text', 'bytes', 'credential', 'query'].includes(kind) && method !== 'HEAD'

async function round(lines: readonly Line[], shots: Shot[], random: SeededRandom, tally: Tally) {
  await Promise.all(
    lines.map(async (line) => {
      for (let shot = shots.shift(); shot !== undefined; shot = shots.shift()) {
        const batch = [shot]
        if (random.next() < 0.03)
          while (batch.length < 6 && shots[0] !== undefined && canPipeline(shots[0]))
            batch.push(shots.shift()!)
        if (batch.length > 1 && canPipeline(shot)) await pipelined(line, batch, tally)
        else for (const one of batch) await single(line, one, random, tally)
      }
    }),
  )
}

/** What was stored since `position`, by the requests that it names. */
async function storedSince(database: Database, position: number) {
  const { rows } = await database.owner.query<{ last: string; body: string }>(
    `select position as last, body::text from event_log where position > $1 order by position`,
    [position],
  )
  const named = rows.map(({ body }) => {
    const [, n] = /fuzz-(\d+)-/.exec(body) ?? []
    return n === undefined ? undefined : Number(n)
  })
  return { named, last: Number(rows.at(-1)?.last ?? position) }
}

/** One at a time: a refused request leaves the log exactly as it was. */
async function oneByOne(
  database: Database,
  line: Line,
  shots: readonly Shot[],
  random: SeededRandom,
  tally: Tally,
): Promise<void> {
  let before = await lastPosition(database)
  for (const shot of shots) {
    await single(line, shot, random, tally)
    // Nobody waited for the answer: what it stores may come a little later.
    if (tally.fates[shot.n] === -1) await sleep(200)
    const after = await lastPosition(database)
    const fate = tally.fates[shot.n]!
    if (after !== before && fate !== -1 && (fate < 200 || fate >= 300))
      tally.faults.push(`answered ${fate}, yet something was stored\n  ${quote(shot)}`)
    before = after
  }
}

/** Grades aside, which the product appends by itself when it has folded an open. */
async function lastPosition(database: Database): Promise<number> {
  const { rows } = await database.owner.query<{ last: string }>(
    'select coalesce(max(position), 0) as last from event_log where type <> $1',
    [EVENT_TYPES.engagement_graded.code],
  )
  return Number(rows[0]!.last)
}

async function json<T>(url: string, token?: string, body?: unknown): Promise<T> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return (await response.json()) as T
}

async function callersOf(url: string): Promise<Callers> {
  const session = await json<{ access_token: string }>(`${url}/api/auth/login`, undefined, ADMIN)
  const token = session.access_token
  const key = async (body: object): Promise<string> =>
    (await json<{ key: string }>(`${url}/v1/keys`, token, { name: 'fuzz', ...body })).key
  const origin = 'https://www.example.com'
  const all = ['events:write', 'leads:read', 'leads:write', 'admin']
  const publishable = await key({ kind: 'publishable', origins: [origin] })
  return {
    admin: `Authorization: Bearer ${token}`,
    secret: `Authorization: Bearer ${await key({ kind: 'secret', scopes: all })}`,
    scoped: `Authorization: Bearer ${await key({ kind: 'secret', scopes: ['leads:read'] })}`,
    publishable: `Authorization: Bearer ${publishable}\r\nOrigin: ${origin}`,
  }
}

async function sourceOf(url: string, seed: number): Promise<RequestSource> {
  const document = await json<OpenApi>(`${url}/openapi.json`)
  const { items } = await json<{ items: { type: string }[] }>(`${url}/v1/event-types`)
  const types = items.map(({ type }) => type)
  const random = seededRandom(seed).fork('requests')
  return requestSource(document, random, await callersOf(url), types, Date.now())
}

/** Headers that never end: they may cost a connection, but nobody else's answers. */
function holdSlowly(port: number): readonly Line[] {
  const lines = Array.from({ length: 20 }, () => new Line(port))
  for (const line of lines)
    void line.converse([Buffer.from('POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Slow: ')], [])
  return lines
}

async function storm(
  { requests, seed, say }: FuzzOptions,
  served: Served,
  port: number,
  database: Database,
): Promise<FuzzReport> {
  const { url, child } = served
  const source = await sourceOf(url, seed)
  const random = seededRandom(seed).fork('behaviour')
  const fates = new Int16Array(requests + 1)
  const tally: Tally = { statuses: {}, faults: [], fates, succeeded: new Set() }
  const lines = Array.from({ length: CONNECTIONS }, () => new Line(port))
  const slow = holdSlowly(port)
  using probe = await probeMemory(served)
  const held: Held[] = []
  const began = performance.now()
  let [position, stored, unnamed] = [await lastPosition(database), 0, 0]
  for (let sent = 0; sent < requests && tally.faults.length < FAULTS_MAX; sent += ROUND) {
    const shots = Array.from({ length: Math.min(ROUND, requests - sent) }, source.next)
    if ((sent / ROUND) % 10 === 9) await oneByOne(database, lines[0]!, shots, random, tally)
    else await round(lines, shots, random, tally)
    const { named, last } = await storedSince(database, position)
    position = last
    stored += named.length
    for (const n of named) {
      if (n === undefined) unnamed++
      else if (fates[n] !== -1 && (fates[n]! < 200 || fates[n]! >= 300))
        tally.faults.push(`request ${n} was answered ${fates[n]}, yet an event of it was stored`)
    }
    if (child.exitCode !== null || child.signalCode !== null)
      tally.faults.push(`the server ended (${child.exitCode ?? child.signalCode})`)
    const tenth = Math.max(ROUND, Math.ceil(requests / 10 / ROUND) * ROUND)
    if ((sent + ROUND) % tenth === 0) {
      const now = await probe.read()
      held.push(now)
      const memory = `${now.heapMb} MB of heap, ${now.residentMb} MB resident`
      say?.(`${sent + ROUND} requests, ${stored} events, ${memory}`)
    }
  }
  const seconds = (performance.now() - began) / 1_000
  tally.faults.push(...growth(held))
  const health = await fetch(`${url}/health`)
  if (!health.ok) tally.faults.push(`/health answers ${health.status}`)
  for (const line of [...lines, ...slow]) line.close()
  say?.(`${unnamed} events of requests that lost their mark`)
  return {
    requests,
    seconds,
    statuses: tally.statuses,
    faults: tally.faults,
    eventsStored: stored,
    neverAnswered: source.routes.filter((route) => !tally.succeeded.has(route)),
    held,
  }
}

/** Runs the storm on a server of its own, with its own embedded database. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const dataDir = productFolder('fuzz')
  try {
    const port = await freePort()
    const admin = { EH_ADMIN_EMAIL: ADMIN.email, EH_ADMIN_PASSWORD: ADMIN.password }
    // Nothing outside of this machine is asked, whatever the storm orders.
    const environment = { ...admin, GHL_BASE_URL: 'http://127.0.0.1:9' }
    const served = await serve(dataDir, port, environment, [PROBED])
    const database = await openBeside(dataDir)
    try {
      return await storm(options, served, port, database)
    } finally {
      await database.close()
      await stop(served)
      if (served.output() !== '') options.say?.(`the server's log ends:\n${served.output()}`)
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}
