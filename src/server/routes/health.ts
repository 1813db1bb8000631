/** Liveness, readiness, metrics. */
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Services } from '../services.ts'

const Health = Type.Object({ status: Type.Literal('ok'), version: Type.String() })
const Ready = Type.Object({ ready: Type.Boolean(), database: Type.String() })

export function healthRoutes(app: FastifyInstance, services: Services): void {
  const { version, database, metrics } = services
  for (const url of ['/health', '/api/health'])
    app.get(
      url,
      {
        schema: { tags: ['operations'], summary: 'Liveness', response: { 200: Health } },
        config: { access: 'public' },
      },
      () => ({ status: 'ok' as const, version }),
    )
  app.get(
    '/ready',
    {
      schema: {
        tags: ['operations'],
        summary: 'Whether requests can be served now',
        response: { 200: Ready, 503: Ready },
      },
      config: { access: 'public' },
    },
    async (request, reply) => {
      try {
        await database.app.query('select 1')
        return { ready: true, database: 'ok' }
      } catch (error) {
        request.log.warn({ err: error }, 'the database does not answer')
        return reply.code(503).send({ ready: false, database: 'does not answer' })
      }
    },
  )
  app.get(
    '/metrics',
    {
      schema: { tags: ['operations'], summary: 'Prometheus metrics' },
      config: { access: 'public' },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  )
}
