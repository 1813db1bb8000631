/**
 * Cross-origin calls: only the routes that publishable keys may use, and never with cookies, so
 * any origin may ask; whether it may use its key is judged with the key in hand.
 */
import type { FastifyInstance } from 'fastify'

const DAY_S = 86_400

/** Call before routes are declared; the answer is called once they are. */
export function installCors(app: FastifyInstance): () => void {
  const urls = new Set<string>()
  app.addHook('onRoute', ({ url, config }) => {
    const access = config?.access
    if (typeof access === 'object' && access.publishable === true) urls.add(url)
  })
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (origin !== undefined && urls.has(request.routeOptions.url ?? ''))
      void reply
        .header('access-control-allow-origin', origin)
        .header('access-control-expose-headers', 'retry-after')
        .header('vary', 'origin')
    done()
  })
  return () => {
    for (const url of urls)
      app.options(
        url,
        { schema: { hide: true }, config: { access: 'public' } },
        (_request, reply) =>
          reply
            .header('access-control-allow-methods', 'POST')
            .header('access-control-allow-headers', 'authorization, content-type')
            .header('access-control-max-age', DAY_S)
            .code(204)
            .send(),
      )
  }
}
