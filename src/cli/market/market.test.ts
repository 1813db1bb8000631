/** `simulate`: the files are the same bytes each time; the stream survives a struggling server. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../platform/index.ts'
import { createMarket, DEMO_MARKET, type Market } from '../../simulation/index.ts'
import { writeMarket } from './files.ts'
import { streamMarket, type LiveOptions } from './live.ts'

const START = Date.UTC(2026, 0, 1)
const folders: string[] = []
const servers: Server[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function write(market: Market, bounds = false): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'eh-market-'))
  folders.push(folder)
  await writeMarket(market, { folder, truthEvery: 7, bounds, onDay: () => undefined })
  return folder
}

const hashOf = (folder: string): string => {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).sort())
    hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex')
}

test('the same seed writes the same bytes', async () => {
  const market = createMarket({ seed: 5, leads: 80, days: 40, startMs: START })
  expect(hashOf(await write(market))).toBe(hashOf(await write(market)))
})

test('the demo market is written with all its files', async () => {
  const first = await write(createMarket({ ...DEMO_MARKET, startMs: START }))
  const rows = (name: string): Record<string, string>[] =>
    parse(readFileSync(join(first, name)), { columns: true })
  expect(rows('leads.csv').length).toBeGreaterThanOrEqual(DEMO_MARKET.leads)
  expect(new Set(rows('leads.csv').map((row) => row['email'])).size).toBe(rows('leads.csv').length)
  for (const row of rows('listings.csv')) {
    expect(Number(row['ListPrice'])).toBeGreaterThan(20_000)
    expect(row['PublicRemarks']).toContain('Simulated listing.')
  }
  const lines = gunzipSync(readFileSync(join(first, 'events.jsonl.gz')))
    .toString()
    .trimEnd()
  const events = lines.split('\n').map((line) => JSON.parse(line) as { event_id: string })
  expect(events.length).toBeGreaterThan(10_000)
  const ids = new Set(events.map(({ event_id }) => event_id))
  for (const { event_id } of rows('truth_opens.csv')) expect(ids.has(event_id!)).toBe(true)
})

test('truth.csv holds probabilities; with bounds also the best observer’s', async () => {
  const market = createMarket({ seed: 2, leads: 60, days: 30, startMs: START })
  const text = readFileSync(join(await write(market, true), 'truth.csv'))
  const rows: Record<string, string>[] = parse(text, { columns: true })
  expect(rows.length).toBeGreaterThan(60)
  for (const row of rows)
    for (const name of ['hazard', 'oracle_90d', 'achievable_90d']) {
      expect(Number(row[name])).toBeGreaterThanOrEqual(0)
      expect(Number(row[name])).toBeLessThanOrEqual(1)
    }
})

interface Heard {
  readonly path: string
  readonly body: { readonly events?: { readonly event_id: string }[] }
  readonly authorization: string | undefined
}

/** A server that answers `statuses` in turn, then 202 for everything. */
async function listen(statuses: number[], heard: Heard[]): Promise<string> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const status = statuses.shift() ?? 202
      const { authorization } = request.headers
      if (status === 202) heard.push({ path: request.url!, body, authorization })
      response.writeHead(status, status === 429 ? { 'retry-after': '0.05' } : {})
      const accepted = body.events?.length ?? 1
      response.end(JSON.stringify({ accepted, duplicates: 0, rejected: [] }))
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function bodyOf(request: IncomingMessage): Promise<Heard['body']> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString()) as Heard['body']
}

const live = (url: string, more: Partial<LiveOptions> = {}): LiveOptions => ({
  url,
  key: 'key-1',
  rate: 20_000,
  stampNow: false,
  clock: systemClock,
  signal: new AbortController().signal,
  onDay: () => undefined,
  onFault: () => undefined,
  ...more,
})
const small = createMarket({ seed: 3, leads: 20, days: 20, startMs: START })

test('every item arrives once and in order although the server answers 503 and 429', async () => {
  const heard: Heard[] = []
  const url = await listen([503, 202, 429, 429, 202], heard)
  const sent = await streamMarket(small, live(url))
  expect(sent).toMatchObject({ complete: true, retries: 3, rejected: 0 })
  expect(sent.accepted).toBe(sent.sent)
  const ids = heard.flatMap(({ body }) => body.events?.map(({ event_id }) => event_id) ?? [])
  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(heard.map(({ path }) => path.split('/')[2]))).toContain('identify')
  expect(heard.every(({ authorization }) => authorization === 'Bearer key-1')).toBe(true)
})

test('a stop ends the stream at once and says so', async () => {
  const stop = new AbortController()
  const url = await listen([], [])
  const onDay = (day: number): void => {
    if (day === 3) stop.abort()
  }
  const sent = await streamMarket(small, live(url, { signal: stop.signal, onDay }))
  expect(sent.complete).toBe(false)
  expect(sent.sent).toBeGreaterThan(0)
})

test('a refused key is told with what to do, and not repeated', async () => {
  const url = await listen([401, 401], [])
  await expect(streamMarket(small, live(url))).rejects.toThrow(/--key/)
})

test('the rate is kept', async () => {
  const url = await listen([], [])
  const stop = new AbortController()
  const before = systemClock.monotonic()
  const timer = setTimeout(() => stop.abort(), 1000)
  const sent = await streamMarket(small, live(url, { rate: 200, signal: stop.signal }))
  clearTimeout(timer)
  const done = systemClock.monotonic() - before
  expect(sent.sent).toBeLessThan((200 * done) / 1000 + 20)
})
