/**
 * A server that behaves as GoHighLevel's does towards a private token, for trials and tests: it
 * keeps what it is told, checks every request, and fails as it is told to. Loopback only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Compile } from 'typebox/compile'
import type { Clock } from '../../../core/index.ts'
import { SetupError } from '../../../platform/index.ts'
import { createRateLimit, fateOf, Faults } from './faults.ts'
import { handle, refusal, type Answered } from './handlers.ts'
import { faultsOf, type FoundOperation, type Operations } from './operations.ts'
import type { FakeLocation } from './seed.ts'

export interface FakeOptions {
  readonly operations: Operations
  readonly location: FakeLocation
  /** The token that is accepted. */
  readonly token: string
  /** 0 takes a free one. */
  readonly port: number
  readonly clock: Clock
  readonly faults?: Faults
}

export interface RunningFake {
  readonly url: string
  readonly close: () => Promise<void>
}

export const FAKE_ADMIN_PATH = '/__fake'
const BODY_BYTES_MAX = 1024 * 1024
const faultsChecker = Compile(Faults)

interface Fake extends FakeOptions {
  readonly faults: Faults
  readonly limit: ReturnType<typeof createRateLimit>
  requests: number
  refused: number
  readonly byOperation: Record<string, number>
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) throw new Error('the body is too large')
    chunks.push(chunk)
  }
  return bytes === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as unknown)
}

/** Credentials and version, as GoHighLevel words their faults. */
function headerFault(fake: Fake, request: IncomingMessage, found: FoundOperation) {
  const { authorization, version } = request.headers
  if (authorization === undefined || !authorization.startsWith('Bearer '))
    return refusal(401, 'Authentication header not found', 'Unauthorized')
  if (authorization !== `Bearer ${fake.token}`)
    return refusal(401, 'Invalid Private Integration token', 'Unauthorized')
  const wanted = found.operation.version
  if (wanted === undefined) return undefined
  if (version === undefined) return refusal(401, 'version header was not found.')
  return version === wanted ? undefined : refusal(401, 'version header is invalid.')
}

function argumentFault({ operation }: FoundOperation, query: object, body: unknown) {
  const { queryNames } = operation
  const checkQuery = operation.checkQuery()
  const checkBody = operation.checkBody?.()
  const strangers = Object.keys(query).filter((name) => !queryNames.has(name))
  const faults = strangers.map((name) => `property ${name} should not exist`)
  if (!checkQuery(query)) faults.push(...faultsOf(checkQuery.errors))
  if (checkBody !== undefined && !checkBody(body)) faults.push(...faultsOf(checkBody.errors))
  return faults.length === 0 ? undefined : refusal(422, faults, 'Unprocessable Entity')
}

async function answerOf(fake: Fake, request: IncomingMessage, url: URL): Promise<Answered> {
  const found = fake.operations.find(request.method ?? 'GET', url.pathname)
  if (found === undefined) return refusal(404, `Cannot ${request.method} ${url.pathname}`)
  const name = `${found.operation.method} ${found.operation.path}`
  fake.byOperation[name] = (fake.byOperation[name] ?? 0) + 1
  const refused = headerFault(fake, request, found)
  if (refused !== undefined) return refused
  let body: unknown
  try {
    body = await bodyOf(request)
  } catch (error) {
    return refusal(400, (error as Error).message, 'Bad Request')
  }
  const query = Object.fromEntries(url.searchParams)
  // A copy: the check turns texts into numbers.
  const fault = argumentFault(found, { ...query }, body)
  if (fault !== undefined) return fault
  const { parameters } = found
  const fields = typeof body === 'object' && body !== null ? { ...body } : {}
  const asked = { parameters, query, body: fields, now: fake.clock.now() }
  const answer = handle(name, fake.location, asked)
  if (answer === undefined) return refusal(501, `The fake does not answer ${name}`)
  const isCreated = request.method !== 'GET' && answer.status === 201
  return isCreated && fake.faults.fail_after_create === true
    ? refusal(500, 'Internal server error')
    : answer
}

/** What the fake saw; and with POST, what it is to do from now on. */
async function admin(fake: Fake, request: IncomingMessage): Promise<Answered> {
  if (request.method === 'POST') {
    const wanted = await bodyOf(request)
    if (!faultsChecker.Check(wanted)) return refusal(422, ['not a set of faults'])
    Object.assign(fake.faults, wanted)
  }
  const { requests, refused, byOperation, faults } = fake
  return { status: 200, body: { requests, refused, by_operation: byOperation, faults } }
}

async function serve(fake: Fake, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://fake')
  const send = ({ status, body }: Answered, headers: Readonly<Record<string, string>> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
  if (url.pathname === FAKE_ADMIN_PATH) {
    send(await admin(fake, request))
    return
  }
  fake.requests++
  const { headers, isOver } = fake.limit(fake.faults)
  const fate = fateOf(fake.faults, fake.requests)
  if (fate === 'hang') return
  const { delay_ms: delay = 0 } = fake.faults
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
  if (isOver || fate === 'refuse') {
    fake.refused++
    send(refusal(429, 'Too Many Requests'), headers)
  } else if (fate === 'fail') send(refusal(500, 'Internal server error'), headers)
  else if (fate === 'expired') send(refusal(401, 'The token has expired.', 'Unauthorized'), headers)
  else send(await answerOf(fake, request, url), headers)
}

/** @throws SetupError when the port is taken */
export async function startFake(options: FakeOptions): Promise<RunningFake> {
  const fake: Fake = {
    ...options,
    faults: { ...options.faults },
    limit: createRateLimit(options.clock),
    requests: 0,
    refused: 0,
    byOperation: {},
  }
  const server = createServer((request, response) => {
    serve(fake, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(JSON.stringify({ statusCode: 500, message: (error as Error).message }))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(taken ? new SetupError(`Port ${options.port} is taken: choose another.`) : error)
    })
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
