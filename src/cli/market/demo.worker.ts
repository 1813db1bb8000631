/**
 * Thread entry: makes the demo workspace and keeps it alive. First the history of the market, as
 * the import of another system's log, then the first model, then what happens from day to day. The
 * last two days before the start are told quickly, the rest when it happens; what was missed while
 * the product stood still is caught up with. See demo.ts.
 */
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { createLog, systemClock } from '../../platform/index.ts'
import { createMarket, simulateDays, type Market, type StreamItem } from '../../simulation/index.ts'
import {
  changeLead,
  createPool,
  insertJob,
  inWorkspace,
  openLead,
  readJob,
  saveListings,
  setContact,
  type LearningJob,
} from '../../store/index.ts'
import { createEventRun, type EventRun } from '../import/event-run.ts'
import type { RawEvent } from '../import/event-source.ts'
import { readDemo, saveDemo, type DemoState } from './demo-market.ts'
import type { DemoTask, FromDemo } from './demo.ts'

const { endpoint, logging, workspaceId } = workerData as DemoTask
const DAY_MS = 86_400_000
/** So much of the past is told before everybody's eyes, an item about every second. */
const SHOWN_MS = 2 * DAY_MS
const CATCH_UP_MS = 20 * 60_000
const GAP_MS = 1_000
const SAVE_MS = 5_000
const LOOK_MS = 500
const LISTINGS_AT_ONCE = 1_000
/** Number of the advisory lock: one process keeps the demo alive. */
const LOCK = 7320

const log = createLog(logging)
const pool = createPool(endpoint, log, { max: 4, statementMsMax: 60_000 })
const database = {
  app: pool,
  withWorkspace: <T>(id: number, work: Parameters<typeof inWorkspace<T>>[2]) =>
    inWorkspace(pool, id, work),
}
const inside = <T>(work: Parameters<typeof inWorkspace<T>>[2]): Promise<T> =>
  inWorkspace(pool, workspaceId, work)
const tell = (message: FromDemo): void => parentPort?.postMessage(message)

type LeadItem = Extract<StreamItem, { kind: 'lead' }>

/** Leads as the team would enter them. */
async function saveLeads(items: readonly LeadItem[]): Promise<void> {
  if (items.length === 0) return
  await inside(async (client) => {
    for (const { lead } of items) {
      const { lead_id, segment, created_at: _, ...attributes } = lead
      const opened = await openLead(client, lead_id)
      if (opened === undefined) continue
      await changeLead(client, opened.personId, { attributes: { ...attributes }, segment })
      await setContact(client, opened.personId, { kind: 'email', value: lead.email.toLowerCase() })
    }
  })
}

async function saveHomes(market: Market): Promise<void> {
  for (let from = 0; from < market.homes.length; from += LISTINGS_AT_ONCE) {
    const part = market.homes.slice(from, from + LISTINGS_AT_ONCE).map(({ listing }) => ({
      listingId: listing.ListingId,
      data: { ...listing },
    }))
    await inside((client) => saveListings(client, part))
  }
}

function rawOf(item: Exclude<StreamItem, LeadItem>, line: number): RawEvent {
  const timestamp = new Date(item.at).toISOString()
  const raw = (event: object): RawEvent => ({ line, raw: event, event })
  switch (item.kind) {
    case 'event':
      return raw(item.event)
    case 'outcome': {
      const { lead_id, outcome_type: type, details: properties } = item.outcome
      return raw({ lead_id, type, timestamp, properties })
    }
    case 'identify':
      return raw({
        link: { anonymous_id: item.anonymous_id, lead_id: item.lead_id, timestamp },
      })
    case 'merge':
      return raw({
        link: { from_lead_id: item.from_lead_id, lead_id: item.into_lead_id, timestamp },
      })
  }
}

const runOf = (history: boolean): EventRun =>
  createEventRun({
    database,
    workspaceId,
    dryRun: false,
    history,
    onRejected: ({ reason }) => log.warn({ reason }, 'an item of the demo was refused'),
  })

/** Everything up to `until`; resolves with how far the market was told. */
async function tellHistory(market: Market, state: DemoState, until: number): Promise<DemoState> {
  const run = runOf(true)
  let told = state
  let leads: LeadItem[] = []
  let line = 0
  const flush = async (through: number): Promise<void> => {
    await saveLeads(leads)
    leads = []
    await run.flush()
    told = { ...told, through }
    await inside((client) => saveDemo(client, told))
    tell({
      progress: Math.min(1, (through - market.startMs) / (until - market.startMs)),
      phase: 'history',
      events: run.counts.accepted + run.counts.duplicates,
    })
  }
  for (const { items } of simulateDays(market)) {
    for (const item of items) {
      if (item.at <= state.through) continue
      if (item.at > until) {
        await flush(until)
        return told
      }
      line++
      if (item.kind === 'lead') leads.push(item)
      // The rest of this moment may come again after an interruption, and is known then.
      else if (await run.take(rawOf(item, line))) await flush(item.at - 1)
    }
  }
  await flush(until)
  return told
}

/** The first model; what came of it. */
async function train(): Promise<LearningJob> {
  const request = { model: 'lead_scoring', days: null, requestedBy: 'demo' }
  const filed = await inside((client) => insertJob(client, request))
  // One that was interrupted goes on.
  const jobId = typeof filed === 'string' ? filed : filed.open.jobId
  for (;;) {
    await sleep(LOOK_MS)
    const job = await inside((client) => readJob(client, jobId))
    if (job === undefined) throw new Error('the training of the demo is gone')
    if (job.status === 'done' || job.status === 'failed') return job
    tell({ progress: job.progress, phase: 'training', events: 0 })
  }
}

/** From day to day, until the market ends. */
async function live(market: Market, from: DemoState): Promise<void> {
  const run = runOf(false)
  let state = from
  let savedAt = systemClock.monotonic()
  let line = 0
  const save = async (): Promise<void> => {
    await inside((client) => saveDemo(client, state))
    savedAt = systemClock.monotonic()
  }
  for (const { items } of simulateDays(market)) {
    for (const item of items) {
      if (item.at <= from.through) continue
      const behind = systemClock.now() - item.at
      const left = items.length * Math.max(1, behind / DAY_MS)
      if (behind < -GAP_MS) await save()
      await sleep(behind < 0 ? -behind : Math.min(GAP_MS, CATCH_UP_MS / left))
      line++
      if (item.kind === 'lead') await saveLeads([item])
      else {
        await run.take(rawOf(item, line))
        await run.flush()
        tell('appended')
      }
      state = { ...state, through: item.at }
      if (systemClock.monotonic() - savedAt > SAVE_MS) await save()
    }
  }
}

async function main(): Promise<void> {
  const guard = await pool.connect()
  for (;;) {
    const { rows } = await guard.query<{ mine: boolean }>(
      'select pg_try_advisory_lock($1) as mine',
      [LOCK],
    )
    if (rows[0]!.mine) break
    await sleep(30_000)
  }
  const now = systemClock.now()
  let state = await inside((client) => readDemo(client, now))
  const { seed, leads, days, start: startMs } = state
  const market = createMarket({ seed, leads, days, startMs })
  if (!state.trained) {
    await saveHomes(market)
    state = await tellHistory(market, state, Math.max(state.through, now - SHOWN_MS))
    const job = await train()
    state = { ...state, trained: true }
    await inside((client) => saveDemo(client, state))
    tell({ job })
  }
  await live(market, state)
  guard.release()
}

// On Linux this concerns the calling thread only: whoever waits for an answer goes first.
if (process.platform === 'linux') setPriority(0, 5)
await main()
await pool.end()
