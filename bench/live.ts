/**
 * From event to score: the whole product, default settings, events one by one over HTTP at a steady
 * rate, and the time from when each was due to the score frame of its lead on a WebSocket. Writes
 * docs/CLAIMS.md.
 *
 *     node bench/live.ts [--rate 1000] [--seconds 20] [--leads 10000]
 */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { SOCKET_PROTOCOL, type SocketFrame } from '../src/contract/index.ts'
import { seededRandom } from '../src/math/index.ts'
import { writeClaims } from './claims.ts'
import { startLiveProduct } from './live-product.ts'
import { post, steady } from './load.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    leads: { type: 'string', default: '10000' },
  },
})
const RATE = Number(values.rate)
const SECONDS = Number(values.seconds)
const ROUNDS = 3
const LEADS = Number(values.leads)
const TYPES = ['page_visit', 'property_view', 'search_executed', 'photos_viewed']

const random = seededRandom(3)
const { port, key, model, close } = await startLiveProduct()

/** When the unanswered event of a lead was due; every lead has one under way at a time. */
const due = new Map<string, number>()
let scored: number[] = []

function receive(text: string): void {
  const now = performance.now()
  const frame = JSON.parse(text) as SocketFrame
  if (frame.type === 'reset') throw new Error(frame.data.reason)
  if (frame.type !== 'score') return
  const at = due.get(frame.data.lead_id)
  if (at === undefined) return
  due.delete(frame.data.lead_id)
  scored.push(now - at)
}

async function connect(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, [SOCKET_PROTOCOL, `bearer.${key}`])
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('the socket was refused')))
  })
  socket.addEventListener('message', ({ data }) => receive(data as string))
  socket.send(JSON.stringify({ subscribe: ['scores'] }))
  await sleep(200)
  return socket
}

let leads = 0
async function round(seconds: number) {
  scored = []
  due.clear()
  const start = performance.now()
  const first = leads
  const answered = await steady({
    port,
    connections: 32,
    rate: RATE,
    seconds,
    expect: 202,
    request(n) {
      const lead_id = `lead-${(first + n) % LEADS}`
      due.set(lead_id, start + (n / RATE) * 1_000)
      const body = {
        lead_id,
        type: TYPES[random.int(TYPES.length)],
        property_id: `home-${random.int(2_000)}`,
        duration_seconds: random.int(200),
        context: { session_id: `s-${n >> 4}` },
      }
      return post('/v1/events', key, JSON.stringify(body))
    },
  })
  leads += RATE * seconds
  await sleep(1_000)
  scored.sort((a, b) => a - b)
  const at = (share: number): number => scored[Math.floor(share * (scored.length - 1))] ?? NaN
  const result = { p50: at(0.5), p99: at(0.99), worst: at(1), missing: due.size }
  process.stderr.write(
    `${scored.length} scores: p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms, ` +
      `worst ${result.worst.toFixed(0)} ms, missing ${result.missing}; answers p50 ` +
      `${answered.p50.toFixed(1)} ms, p99 ${answered.p99.toFixed(1)} ms\n`,
  )
  return result
}

/** What the disk alone takes for a flush of 8 kB, 200 of them a second: an event waits for one. */
async function flushes(seconds: number) {
  const path = join(tmpdir(), `enterprisehub-flush-${process.pid}`)
  const file = openSync(path, 'w')
  const page = Buffer.alloc(8_192, 1)
  const times: number[] = []
  for (let n = 0; n < seconds * 200; n++) {
    writeSync(file, page, 0, page.length, (n % 128) * page.length)
    const start = performance.now()
    fdatasyncSync(file)
    times.push(performance.now() - start)
    await sleep(5)
  }
  closeSync(file)
  rmSync(path)
  times.sort((a, b) => a - b)
  const at = (share: number): string => times[Math.floor(share * (times.length - 1))]!.toFixed(1)
  return `${at(0.5)} / ${at(0.99)} / ${at(1)} ms`
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!

try {
  await sleep(5_000)
  const disk = await flushes(10)
  const socket = await connect()
  // Every lead is known and has enough events for a score before it counts.
  await round(Math.ceil((6 * LEADS) / RATE))
  const rounds = []
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round(SECONDS))
  socket.close()
  const missing = rounds.reduce((sum, one) => sum + one.missing, 0)
  const table = [
    '## From event to score',
    '',
    '| What | Measured | Target |',
    '|---|---|---|',
    `| Event to score frame on a WebSocket at ${RATE} events/s, p50 | ` +
      `${median(rounds.map((r) => r.p50)).toFixed(1)} ms | |`,
    `| the same, p99 | ${median(rounds.map((r) => r.p99)).toFixed(1)} ms | 50 ms |`,
    `| slowest of all | ${Math.max(...rounds.map((r) => r.worst)).toFixed(0)} ms | |`,
    `| events without a score a second after the last | ${missing} | 0 |`,
    `| The disk alone: flush of 8 kB, 200 a second, p50 / p99 / slowest | ${disk} | |`,
    `| Size of the model | ${model.trees} trees, ${Math.round(model.bytes / 1_024)} kB | |`,
  ].join('\n')
  process.stdout.write(`${table}\n`)
  writeClaims('live', table, {
    data: `made-up events of ${LEADS} leads, median of ${ROUNDS} rounds of ${SECONDS} s`,
    command: ['node bench/live.ts', ...process.argv.slice(2)].join(' '),
  })
} finally {
  await close()
}
