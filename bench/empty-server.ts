/** The yardstick beside which capture is measured: Fastify with one empty route. */
import { fastify } from 'fastify'

const app = fastify()
app.get('/', () => '')
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
