/** Every fault leaves as RFC 9457 problem details; faults of our own are logged, never shown. */
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

export function installProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: Error, request: FastifyRequest, reply: FastifyReply) => {
    const { code, detail, errors } = classify(error)
    if (code === 'internal')
      request.log.error({ err: error, url: request.routeOptions.url }, 'fault')
    return sendProblem(reply, code, detail, errors)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      'not-found',
      `${request.method} ${request.url.split('?')[0]} does not exist`,
    ),
  )
}
