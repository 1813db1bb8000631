/** Writes a simulated market into a folder, day by day, so that memory stays flat. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { stringify } from 'csv-stringify/sync'
import {
  conversionHorizon,
  createBeliefs,
  groupOfLead,
  simulateDays,
  STAGES,
  type Beliefs,
  type LeadRecord,
  type Market,
  type MarketDay,
} from '../../simulation/index.ts'

const HORIZON_DAYS = 90

export interface FileOptions {
  readonly folder: string
  /** Days between the truth's snapshots of every lead. */
  readonly truthEvery: number
  /** Also run the exact filter and write what the best observer would have said. */
  readonly bounds: boolean
  readonly onDay: (day: number) => void
}

export interface Written {
  readonly events: number
  readonly outcomes: number
  readonly leads: number
  readonly files: readonly string[]
}

const FILES = [
  'events.jsonl.gz',
  'outcomes.jsonl',
  'identities.jsonl',
  'leads.csv',
  'truth.csv',
  'truth_opens.csv',
] as const
type FileName = (typeof FILES)[number]

interface Sink {
  readonly write: (text: string) => Promise<void>
  readonly close: () => Promise<void>
}

function openSink(path: string): Sink {
  const file = createWriteStream(path)
  const gzip = path.endsWith('.gz') ? createGzip() : null
  const head: Writable = gzip ?? file
  const done = gzip === null ? finished(file) : pipeline(gzip, file)
  // Reported by close(); without this a failure in between would end the process.
  done.catch(() => undefined)
  return {
    write: async (text) => {
      if (text !== '' && !head.write(text)) await Promise.race([once(head, 'drain'), done])
    },
    close: async () => {
      head.end()
      await done
    },
  }
}

const LEAD_COLUMNS: readonly (keyof LeadRecord)[] = [
  'lead_id',
  'name',
  'email',
  'created_at',
  'segment',
  'traffic_source',
  'agent_id',
  'stated_budget',
  'stated_bedrooms',
  'stated_area',
  'simulated',
]
const csv = (rows: readonly object[], columns: readonly string[]): string =>
  stringify([...rows], { columns: [...columns], cast: { boolean: (value) => String(value) } })

/** The lines of one day for each file. */
function linesOf({ items, truth }: MarketDay): Record<FileName, string> {
  const events: string[] = []
  const outcomes: string[] = []
  const identities: string[] = []
  const leads: LeadRecord[] = []
  for (const item of items)
    if (item.kind === 'event') events.push(`${JSON.stringify(item.event)}\n`)
    else if (item.kind === 'outcome') outcomes.push(`${JSON.stringify(item.outcome)}\n`)
    else if (item.kind === 'lead') leads.push(item.lead)
    else {
      const timestamp = new Date(item.at).toISOString()
      const link =
        item.kind === 'identify'
          ? { anonymous_id: item.anonymous_id, lead_id: item.lead_id, timestamp }
          : { from_lead_id: item.from_lead_id, lead_id: item.into_lead_id, timestamp }
      identities.push(`${JSON.stringify({ link })}\n`)
    }
  return {
    'events.jsonl.gz': events.join(''),
    'outcomes.jsonl': outcomes.join(''),
    'identities.jsonl': identities.join(''),
    'leads.csv': csv(leads, LEAD_COLUMNS),
    'truth.csv': '',
    'truth_opens.csv': truth.grades.map(({ event_id, grade }) => `${event_id},${grade}\n`).join(''),
  }
}

const TRUTH_HEAD = 'lead_id,day,stage,nudged,hazard,oracle_90d'

/** Latent state, hazard and chance of a conversion within 90 days, at the day's first moment. */
function truthOf(market: Market, { day, truth }: MarketDay, beliefs: Beliefs | null): string {
  const horizon = conversionHorizon(market, day, HORIZON_DAYS)
  const rows: string[] = []
  market.leads.forEach((lead, i) => {
    const stage = truth.stage[i]!
    if (stage < 0) return
    const group = groupOfLead(market, i)
    const nudged = truth.nudged[i]!
    const oracle = horizon.given({ group, activity: lead.activity, nudged, stage })
    const numbers = [truth.hazard[i]!, oracle].map((p) => p.toPrecision(6))
    if (beliefs !== null)
      numbers.push(beliefs.known(i) ? horizon.expected(group, beliefs.of(i)).toPrecision(6) : '')
    rows.push(`${lead.id},${day},${STAGES[stage]!},${nudged},${numbers.join(',')}\n`)
  })
  return rows.join('')
}

/** Writes all files. Throws when the folder cannot be written. */
export async function writeMarket(market: Market, options: FileOptions): Promise<Written> {
  const { folder } = options
  await mkdir(folder, { recursive: true })
  const columns = Object.keys(market.homes[0]!.listing)
  const listings = market.homes.map(({ listing }) => listing)
  await pipeline(
    Readable.from([stringify([columns]), csv(listings, columns)]),
    createWriteStream(join(folder, 'listings.csv')),
  )
  const parameters = `${JSON.stringify(market.parameters, null, 2)}\n`
  await writeFile(join(folder, 'parameters.json'), parameters)
  const sinks = new Map(FILES.map((name) => [name, openSink(join(folder, name))]))
  await sinks.get('leads.csv')!.write(stringify([[...LEAD_COLUMNS]]))
  const bounds = options.bounds ? ',achievable_90d' : ''
  await sinks.get('truth.csv')!.write(`${TRUTH_HEAD}${bounds}\n`)
  await sinks.get('truth_opens.csv')!.write('event_id,grade\n')
  const beliefs = options.bounds ? createBeliefs(market) : null
  const counts = { event: 0, outcome: 0, lead: 0, identify: 0, merge: 0 }
  for (const day of simulateDays(market)) {
    for (const { kind } of day.items) counts[kind]++
    const lines = linesOf(day)
    if (day.day % options.truthEvery === 0) lines['truth.csv'] = truthOf(market, day, beliefs)
    for (const name of FILES) await sinks.get(name)!.write(lines[name])
    beliefs?.advance(day.items)
    options.onDay(day.day + 1)
  }
  for (const sink of sinks.values()) await sink.close()
  return {
    events: counts.event,
    outcomes: counts.outcome,
    leads: counts.lead,
    files: ['listings.csv', 'parameters.json', ...FILES],
  }
}
