/** The web page: built files at `/assets/`, one page for every other address a browser asks for. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../core/index.ts'

const DIST = join(import.meta.dirname, '../../../dashboard/dist')
const UNBUILT =
  '<!doctype html><title>EnterpriseHub</title>' +
  '<p>The dashboard is not built yet: run <code>npm run build -w dashboard</code>, then reload.</p>'

/** For an hour: websites get a new version soon, and ask rarely. */
const SNIPPET_AGE = '1h'

/** Addresses that belong to programs: a missing one is a 404, never the page. */
const FOR_PROGRAMS = /^\/(v1|api|interactions|docs|assets)(\/|$)/

function asksForPage(request: FastifyRequest): boolean {
  const path = request.url.split('?')[0] ?? ''
  return !FOR_PROGRAMS.test(path) && (request.headers.accept ?? '').includes('text/html')
}

export async function dashboardRoutes(app: FastifyInstance, dist = DIST): Promise<void> {
  const options = { schema: { hide: true }, config: { access: 'public' as const } }
  await app.register(fastifyStatic, { root: dist, serve: false })
  // Names carry a hash of the content: what was fetched once never changes.
  app.get<{ Params: { '*': string } }>('/assets/*', options, (request, reply) =>
    reply.sendFile(`assets/${request.params['*']}`, { maxAge: '365d', immutable: true }),
  )
  app.get('/snippet.js', options, (_request, reply) => {
    if (!existsSync(join(dist, 'snippet.js')))
      throw new AppError('not-found', 'the snippet is not built: run npm run build -w dashboard')
    // Other websites load it, which the product’s headers forbid for everything else.
    return reply
      .header('cross-origin-resource-policy', 'cross-origin')
      .sendFile('snippet.js', { maxAge: SNIPPET_AGE })
  })
  app.get('/*', options, (request, reply) => {
    if (!asksForPage(request)) return reply.callNotFound()
    void reply.header('cache-control', 'no-cache')
    if (!existsSync(join(dist, 'index.html')))
      return reply.code(503).type('text/html; charset=utf-8').send(UNBUILT)
    return reply.sendFile('index.html', { cacheControl: false })
  })
}
