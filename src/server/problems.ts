/** Every fault leaves as RFC 9457 problem details; faults of our own are logged, never shown. */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, ERRORS, toProblem, type ErrorCode, type FieldFault } from '../core/index.ts'

/** What the framework calls its own refusals. */
const FRAMEWORK: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-request',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_TYPE: 'unsupported-media-type',
  FST_ERR_BAD_URL: 'invalid-request',
  FST_ERR_VALIDATION: 'invalid-request',
}

/** The database is restarting or out of reach: the same request will work again soon. */
const PASSING_CODE = /^(08|53|57P0|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT)/
const PASSING_MESSAGE = /Connection terminated|timeout exceeded/

function isPassing(error: Error & { code?: string }): boolean {
  return PASSING_CODE.test(error.code ?? '') || PASSING_MESSAGE.test(error.message)
}

function classify(error: FastifyError | AppError | Error): {
  code: ErrorCode
  detail?: string
  errors?: readonly FieldFault[]
} {
  if (error instanceof AppError)
    return { code: error.code, detail: error.message, errors: error.errors }
  const { code, validation, statusCode } = error as FastifyError
  if (validation !== undefined)
    return {
      code: 'invalid-request',
      detail: error.message,
      errors: validation.map((fault) => ({
        path: fault.instancePath || '/',
        message: fault.message ?? 'is not valid',
      })),
    }
  const known = FRAMEWORK[code]
  if (known !== undefined) return { code: known }
  if (error instanceof SyntaxError && statusCode === 400) return { code: 'malformed-json' }
  if (statusCode === 429) return { code: 'rate-limited' }
  if (isPassing(error)) return { code: 'unavailable' }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { code: 'invalid-request', detail: error.message }
  return { code: 'internal' }
}

export function sendProblem(
  reply: FastifyReply,
  code: ErrorCode,
  detail?: string,
  errors?: readonly FieldFault[],
): FastifyReply {
  const { status, retriable } = ERRORS[code]
  if (retriable && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1')
  const extra = { instance: `urn:request:${reply.request.id}`, ...(errors && { errors }) }
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(toProblem(code, detail, extra))
}

/** Of a message that the HTTP parser refused; whatever else it says is no HTTP at all. */
const PARSER: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
}

/** Answers what never became a request, as the bytes of a whole answer, and hangs up. */
export function refuseMessage(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const code = PARSER[error.code ?? ''] ?? 'invalid-request'
  const detail = code === 'invalid-request' ? 'the message is not valid HTTP/1.1' : undefined
  const { status } = ERRORS[code]
  const body = JSON.stringify(toProblem(code, detail))
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `\r\n${body}`,
  )
}

/** Faults met before a route is known, e.g. an address that cannot be decoded. */
export function refuseRequest(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  const { code, detail } = classify(error)
  sendProblem(reply, code, detail)
}

/** The methods that each address knows, told to callers who use another. */
function methodsOf(app: FastifyInstance): (url: string) => string[] {
  const routes: { pattern: RegExp; methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    // What answers every address tells nothing of this one.
    if (url === '/*' || url === '*') return
    const text = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
    const pattern = new RegExp(`^${text.replace(/\*/g, '.*')}/?$`)
    routes.push({ pattern, methods: [method].flat() })
  })
  return (url) => {
    const path = url.split('?', 1)[0]!
    const found = routes.filter(({ pattern }) => pattern.test(path))
    return [...new Set(found.flatMap(({ methods }) => methods))]
  }
}

export function installProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: Error, request: FastifyRequest, reply: FastifyReply) => {
    const { code, detail, errors } = classify(error)
    if (code === 'internal')
      request.log.error({ err: error, url: request.routeOptions.url }, 'fault')
    return sendProblem(reply, code, detail, errors)
  })
  const allowed = methodsOf(app)
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request
    const path = url.split('?', 1)[0]
    const methods = allowed(url)
    if (methods.length === 0 || methods.includes(method))
      return sendProblem(reply, 'not-found', `${method} ${path} does not exist`)
    void reply.header('allow', methods.join(', '))
    return sendProblem(reply, 'method-not-allowed', `${path} knows ${methods.join(', ')}`)
  })
}
