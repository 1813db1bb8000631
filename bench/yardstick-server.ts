/**
 * The yardsticks beside which capture is measured, in a process of their own: Fastify with an empty
 * route, the same given the events, and the least that makes an event durable: rows of all requests
 * that wait, written with one INSERT at a time. It checks nothing, knows no doubles, folds nothing.
 *
 *     node bench/yardstick-server.ts PORT
 *
 * with the database in PGHOST, PGUSER, PGPASSWORD and PGDATABASE.
 */
import { setImmediate as soon } from 'node:timers/promises'
import { fastify } from 'fastify'
import pg from 'pg'

interface Body {
  readonly lead_id: string
  readonly timestamp: string
}

const client = new pg.Client()
await client.connect()
await client.query('create table bare_log (like event_log including all)')

let position = 0
let waiting: Body[] = []
/** What is gathered for the next INSERT, and the one under way. */
let flight: Promise<void> | undefined
let under: Promise<unknown> | undefined

async function write(before: Promise<unknown> | undefined): Promise<void> {
  await before
  await soon()
  const bodies = waiting
  waiting = []
  flight = undefined
  const values = [
    bodies.map(() => ++position),
    bodies.map(({ lead_id }) => Number(lead_id.slice('lead-'.length))),
    bodies.map(({ timestamp }) => timestamp),
    bodies.map((body) => JSON.stringify(body)),
  ]
  under = client.query({
    name: 'bare',
    text: `insert into bare_log
      (workspace_id, position, xid, person_id, type, event_time, received_at, body)
      select 1, p, pg_current_xact_id(), l, 1, t, now(), b
      from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::jsonb[]) as u(p, l, t, b)`,
    values,
  })
  await under
}
const app = fastify()
app.get('/', () => '')
app.post('/empty', (_request, reply) => {
  void reply.code(202)
  return { accepted: 1 }
})
app.post<{ Body: Body }>('/bare', async ({ body }, reply) => {
  waiting.push(body)
  await (flight ??= write(under))
  void reply.code(202)
  return { accepted: 1 }
})
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
process.stdout.write('ready\n')
