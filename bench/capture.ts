/**
 * Capture, as a team would run it: default settings, the whole product, embedded PostgreSQL with
 * fsync, keys checked, every event deduplicated. Ratios against yardsticks of the same run, median
 * of five alternating rounds. Writes docs/CLAIMS.md.
 *
 *     node bench/capture.ts [--events 2000000] [--leads 100000] [--seconds 4]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { seededRandom } from '../src/math/index.ts'
import type { Database } from '../src/store/index.ts'
import { makeKey } from '../test/support/keys.ts'
import {
  freePort,
  openBeside,
  postmasterPid,
  productFolder,
  serve,
  stop,
} from '../test/support/served.ts'
import { writeClaims } from './claims.ts'
import { drive, post } from './load.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2000000' },
    leads: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '4' },
  },
})
const EVENTS = Number(values.events)
const LEADS = Number(values.leads)
const SECONDS = Number(values.seconds)
const ROUNDS = 5
const BATCH = 1_000
const CONNECTIONS = 64
const BATCH_CONNECTIONS = 8
const TYPES = ['page_visit', 'property_view', 'search_executed', 'photos_viewed', 'email_open']

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!

const random = seededRandom(1)
const START = Date.now() - 30 * 86_400_000
let made = 0

/** One event of a made-up lead, in order of time, with a new event_id. */
function event(): object {
  const n = made++
  return {
    event_id: `bench-${n}`,
    lead_id: `lead-${random.int(LEADS)}`,
    type: TYPES[random.int(TYPES.length)],
    timestamp: new Date(START + n * 1_000).toISOString(),
    duration_seconds: random.int(300),
    property_id: `home-${random.int(5_000)}`,
    properties: { price: 300_000 + random.int(900_000), source: 'website' },
    context: { device_type: random.int(2) ? 'mobile' : 'desktop', session_id: `s-${n >> 3}` },
  }
}
const batch = (key: string) => (): string => {
  const events = Array.from({ length: BATCH }, event)
  return post('/v1/events', key, JSON.stringify({ events }))
}

/** Waits until everything appended is folded; seconds waited. */
async function drained(url: string): Promise<number> {
  const start = performance.now()
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text()
    const read = (name: string): number =>
      Number(new RegExp(`^enterprisehub_${name}_position (\\d+)`, 'm').exec(text)?.[1] ?? NaN)
    if (read('folded') >= read('appended')) return (performance.now() - start) / 1_000
    await sleep(50)
  }
}

/** Proportional set size of a process and all below it, megabytes. */
function pssMegabytes(roots: readonly number[]): number {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // Ended meanwhile.
    }
  const counts = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (roots.includes(pid) || counts(parents.get(pid)))
  let kilobytes = 0
  for (const pid of parents.keys())
    if (counts(pid))
      try {
        const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
        kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
      } catch {
        // Ended meanwhile.
      }
  return kilobytes / 1_024
}

/** COPY of rows already in the log into an identical table with the same indexes; events/s. */
async function copyRate(client: PoolClient, rows: string, count: number): Promise<number> {
  await client.query('drop table if exists copy_yardstick')
  await client.query(
    `create table copy_yardstick (like event_log including all) partition by range (position)`,
  )
  await client.query('create table copy_yardstick_all partition of copy_yardstick default')
  const start = performance.now()
  await pipeline(Readable.from([rows]), client.query(copyFrom('copy copy_yardstick from stdin')))
  return count / ((performance.now() - start) / 1_000)
}

async function copyRows(client: PoolClient, count: number): Promise<string> {
  const { rows } = await client.query<{ line: string }>(
    `select concat_ws(E'\\t', workspace_id, position, xid, person_id, type, event_time, received_at,
       replace(body::text, E'\\\\', E'\\\\\\\\')) as line from event_log order by position limit $1`,
    [count],
  )
  return rows.map((row) => row.line).join('\n') + '\n'
}

interface Bench {
  readonly port: number
  readonly url: string
  readonly key: string
  readonly yardstickPort: number
  readonly database: Database
  readonly pids: readonly number[]
}

async function singles({ port, yardstickPort, key, url }: Bench) {
  const load = { connections: CONNECTIONS, seconds: SECONDS }
  const rates = { empty: [] as number[], given: [] as number[], bare: [] as number[] }
  const ours: number[] = []
  const p50: number[] = []
  const p99: number[] = []
  const yardstick = async (request: () => string, expect: number): Promise<number> => {
    const { requests, seconds } = await drive({ ...load, port: yardstickPort, request, expect })
    return requests / seconds
  }
  const given = (path: string) => (): string => post(path, key, JSON.stringify(event()))
  for (let round = 0; round <= ROUNDS; round++) {
    const empty = await yardstick(() => 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 200)
    const parsed = await yardstick(given('/empty'), 202)
    const bare = await yardstick(given('/bare'), 202)
    const start = performance.now()
    const full = await drive({ ...load, port, request: given('/v1/events'), expect: 202 })
    const backlog = await drained(url)
    // The first round warms all up.
    if (round === 0) continue
    rates.empty.push(empty)
    rates.given.push(parsed)
    rates.bare.push(bare)
    ours.push(full.requests / full.seconds)
    p50.push(full.p50)
    p99.push(full.p99)
    const whole = (performance.now() - start) / 1_000
    process.stderr.write(
      `single ${Math.round(ours.at(-1))}/s (drained ${backlog.toFixed(1)} s later, ` +
        `${Math.round(full.requests / whole)}/s with it), empty ${Math.round(empty)}/s, ` +
        `given the events ${Math.round(parsed)}/s, bare ${Math.round(bare)}/s\n`,
    )
  }
  const ratio = (of: readonly number[], to: readonly number[]): number =>
    median(of.map((rate, i) => rate / to[i]!))
  return {
    rate: median(ours),
    empty: median(rates.empty),
    ratio: ratio(ours, rates.empty),
    given: ratio(rates.given, rates.empty),
    bare: ratio(rates.bare, rates.empty),
    ofBare: ratio(ours, rates.bare),
    p50: median(p50),
    p99: median(p99),
  }
}

async function batches({ port, key, url, database }: Bench) {
  const client = await database.owner.connect()
  const count = 100_000
  const load = { port, connections: BATCH_CONNECTIONS, requests: count / BATCH }
  const send = () => drive({ ...load, request: batch(key), expect: 202 })
  await send()
  await drained(url)
  const rows = await copyRows(client, count)
  const ours: number[] = []
  const copy: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const copied = await copyRate(client, rows, count)
    const start = performance.now()
    await send()
    const seconds = (performance.now() - start) / 1_000
    const backlog = await drained(url)
    if (round === 0) continue
    copy.push(copied)
    ours.push(count / seconds)
    process.stderr.write(
      `batch ${Math.round(ours.at(-1))} events/s (drained ${backlog.toFixed(1)} s later), ` +
        `COPY ${Math.round(copied)}/s\n`,
    )
  }
  await client.query('drop table copy_yardstick')
  client.release()
  return { rate: median(ours), copy: median(copy), ratio: median(ours.map((r, i) => r / copy[i]!)) }
}

async function memory({ port, key, url, pids, database }: Bench) {
  const stored = async (): Promise<number> => {
    const counted = 'select count(*)::int as count from event_log'
    return (await database.owner.query<{ count: number }>(counted)).rows[0]!.count
  }
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, pssMegabytes(pids))
  }, 1_000)
  const requests = Math.max(0, Math.ceil((EVENTS - (await stored())) / BATCH))
  const load = { port, connections: BATCH_CONNECTIONS, seconds: 1_200 }
  await drive({ ...load, requests, request: batch(key), expect: 202 })
  const backlog = await drained(url)
  // As it stays: the peak is reported beside it.
  await sleep(15_000)
  clearInterval(watch)
  return { after: pssMegabytes(pids), peak, events: await stored(), backlog }
}

const dataDir = productFolder('bench')
const port = await freePort()
const yardstickPort = await freePort()
const served = await serve(dataDir, port)
const database = await openBeside(dataDir)
const { host, user, password, database: name } = database.owner.options
const yardstick = spawn(
  process.execPath,
  [join(import.meta.dirname, 'yardstick-server.ts'), String(yardstickPort)],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PGHOST: host, PGUSER: user, PGPASSWORD: String(password), PGDATABASE: name },
  },
)
try {
  const started = once(yardstick.stdout, 'data').then(() => true)
  if (!(await Promise.race([started, once(yardstick, 'exit').then(() => false)])))
    throw new Error('the yardstick did not start')
  const key = await makeKey(database, 'main', ['events:write'])
  const pids = [served.child.pid!, postmasterPid(dataDir)]
  const bench: Bench = { port, url: served.url, key, yardstickPort, database, pids }
  // Most leads are known from then on, as they are to a team that has begun.
  const many = await batches(bench)
  const one = await singles(bench)
  await database.owner.query('drop table bare_log')
  const held = await memory(bench)
  const row = (name: string, value: string, target: string): string =>
    `| ${name} | ${value} | ${target} |`
  const table = [
    '## Capture',
    '',
    '| What | Measured | Target |',
    '|---|---|---|',
    row(
      `Durable single-event requests/s, ${CONNECTIONS} connections`,
      `${Math.round(one.rate)} (p50 ${one.p50.toFixed(1)} ms, p99 ${one.p99.toFixed(1)} ms)`,
      '',
    ),
    row(
      'of Fastify’s empty route in the same run',
      `${one.ratio.toFixed(2)} (of ${Math.round(one.empty)}/s)`,
      '0.45',
    ),
    row('An empty route given the same events, of the empty route', one.given.toFixed(2), ''),
    row(
      'A route that does nothing but store them (one INSERT at a time), of the empty route',
      one.bare.toFixed(2),
      '',
    ),
    row('Single-event requests/s of the product, of that route', one.ofBare.toFixed(2), ''),
    row(
      `Events/s in batches of 1,000, ${BATCH_CONNECTIONS} connections`,
      `${Math.round(many.rate)}`,
      '',
    ),
    row(
      'of COPY into an identical table with the same indexes',
      `${many.ratio.toFixed(2)} (of ${Math.round(many.copy)}/s)`,
      '0.4',
    ),
    row(
      `Memory (PSS, all processes) after ${held.events} events of ${LEADS} leads`,
      `${Math.round(held.after)} MB (peak ${Math.round(held.peak)} MB)`,
      '1,000 MB',
    ),
  ].join('\n')
  process.stdout.write(`${table}\n`)
  writeClaims('capture', table, {
    data: `${held.events} made-up events of ${LEADS} leads, ${ROUNDS} alternating rounds`,
    command: ['node bench/capture.ts', ...process.argv.slice(2)].join(' '),
  })
} finally {
  yardstick.kill()
  await database.close()
  await stop(served)
  rmSync(dataDir, { recursive: true, force: true })
}
