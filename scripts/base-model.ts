/**
 * Learns the base model and writes src/models/base-coefficients.ts. From nothing but simulated
 * markets, each with parameters drawn from the wide priors of src/simulation, on features as they
 * were known at the time. With --check it writes nothing and fails when the file would differ.
 *
 *     npm run base-model
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import type { EventType, LogEntry } from '../src/core/index.ts'
import { NUMERIC_FEATURES } from '../src/features/index.ts'
import { trainLogistic, type Frame } from '../src/learners/index.ts'
import { addExamples } from '../src/learning/index.ts'
import {
  baseValue,
  declarationsOf,
  exampleWriter,
  leadScoring,
  smoothedRate,
  type BaseInput,
  type BaseModel,
  type Examples,
} from '../src/models/index.ts'
import { labelRule } from '../src/outcomes/index.ts'
import { createMarket, leadLogs, type LeadLog } from '../src/simulation/index.ts'

const FILE = join(import.meta.dirname, '../src/models/base-coefficients.ts')
const FIRST_SEED = 501
const MARKETS = 16
const LEADS = 1_000
const DAYS = 330
const EVERY_DAYS = 28
const DAY_MS = 86_400_000
const START = Date.UTC(2025, 0, 1)
const END = START + DAYS * DAY_MS
const HORIZON_MS = leadScoring.horizonDays * DAY_MS
/** Strong: the penalty of 1/C on standardised columns, for some hundred thousand rows. */
const C = 0.01
/** A term that moves the log odds by less, per standard deviation, is not worth its sentence. */
const LEAST = 0.02
/** Figures kept: what a machine rounds otherwise in the last bits must not show. */
const DIGITS = 3

const INPUTS: readonly BaseInput[] = [
  { feature: 'last_activity_hours', form: 'log', least: 24, most: 2_160, sign: -1 },
  { feature: 'days_in_pipeline', form: 'log', least: 7, most: 365, sign: -1 },
  { feature: 'activity_velocity_7d', form: 'log', most: 20, sign: 1 },
  { feature: 'session_count', form: 'log', most: 30, sign: 1 },
  { feature: 'longest_session_seconds', form: 'log', most: 3_600, sign: 1 },
  { feature: 'engagement_score', form: 'linear', most: 1, sign: 1 },
  { feature: 'tour_request_count', form: 'log', most: 5, sign: 1 },
  { feature: 'inquiry_count', form: 'log', most: 5, sign: 1 },
  { feature: 'share_count', form: 'log', most: 5, sign: 1 },
  { feature: 'save_ratio', form: 'linear', most: 1, sign: 1 },
  { feature: 'repeat_view_ratio', form: 'linear', most: 1, sign: 1 },
  { feature: 'response_rate', form: 'linear', most: 1, sign: 1 },
  { feature: 'funnel_depth_max', form: 'linear', most: 5, sign: 1 },
  { feature: 'funnel_depth_max', form: 'step', most: 5, sign: 1 },
]

/** What one kind of source tells: a team may have a website, a CRM, or both. */
const ON_THE_WEBSITE: ReadonlySet<EventType> = new Set<EventType>([
  'session_started',
  'session_ended',
  'page_visit',
  'search_executed',
  'filter_applied',
  'property_view',
  'photos_viewed',
  'price_checked',
  'floorplan_viewed',
  'map_viewed',
  'property_swipe',
  'property_favorite',
  'property_unfavorite',
  'property_share',
  'contact_view',
  'video_watched',
  'document_viewed',
  'portal_visit',
  'mortgage_calculated',
])
const IN_MESSAGES: ReadonlySet<EventType> = new Set<EventType>([
  'email_sent',
  'email_open',
  'email_click',
  'email_reply',
  'link_click',
  'sms_sent',
  'sms_received',
  'call_placed',
  'call_received',
  'message_sent',
  'message_received',
  'engagement_graded',
])

/** Of four teams two see all of their leads, one has no website, one no messages. */
const HIDDEN = [null, null, ON_THE_WEBSITE, IN_MESSAGES] as const

function seen(seed: number, { entries }: LeadLog): LogEntry[] {
  const hidden = HIDDEN[seed % HIDDEN.length]
  return hidden ? entries.filter(({ type }) => !hidden.has(type)) : entries
}

interface MarketRows {
  readonly examples: Examples
  /** Leads known for a horizon, and those with the outcome in it. */
  readonly known: number
  readonly positives: number
}

function rowsOf(seed: number): MarketRows {
  const writer = exampleWriter()
  let known = 0
  let positives = 0
  const market = createMarket({ seed, leads: LEADS, days: DAYS, startMs: START })
  for (const log of leadLogs(market)) {
    const { personId, record, entries } = log
    const first = entries[0]
    if (record === null || first === undefined) continue
    if (first.eventTime + HORIZON_MS < END) {
      known++
      const { positive } = labelRule(record.segment, leadScoring.horizonDays)
      const until = first.eventTime + HORIZON_MS
      const isPositive = ({ type, eventTime }: LogEntry): boolean =>
        eventTime < until && (positive as ReadonlySet<string>).has(type)
      if (entries.some(isPositive)) positives++
    }
    addExamples(
      writer,
      { personId, entries: seen(seed, log), segment: record.segment },
      {
        now: END,
        since: Date.parse(record.created_at),
        horizonDays: leadScoring.horizonDays,
        everyDays: EVERY_DAYS,
        seed,
      },
    )
  }
  return { examples: writer.finish(), known, positives }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
const covariance = (a: readonly number[], b: readonly number[]): number => {
  const [ma, mb] = [mean(a), mean(b)]
  return a.reduce((sum, value, i) => sum + (value - ma) * (b[i]! - mb), 0) / (a.length - 1)
}
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))
const logit = (p: number): number => Math.log(p / (1 - p))
function round(value: number): number {
  if (!Number.isFinite(value)) throw new Error('something that was learned is not a number')
  return Number(value.toPrecision(DIGITS))
}

interface Rows {
  readonly labels: readonly number[]
  /** Of each input its values as they enter; NaN: not known. */
  readonly columns: readonly Float64Array[]
}

/** Rows of leads that did something themselves. */
function rowsFor(all: readonly Examples[], inputs: readonly BaseInput[]): Rows {
  const width = NUMERIC_FEATURES.length
  const placeOf = (name: string) => NUMERIC_FEATURES.findIndex((f) => f.name === name)
  const acts = placeOf('last_activity_hours')
  const rows = all.flatMap(({ numeric, labels }) =>
    Array.from(labels, (label, row) => ({
      label,
      values: numeric.subarray(row * width, (row + 1) * width),
    })).filter(({ values }) => !Number.isNaN(values[acts]!)),
  )
  return {
    labels: rows.map(({ label }) => label),
    columns: inputs.map((input) => {
      const at = placeOf(input.feature)
      return Float64Array.from(rows, ({ values }) => baseValue(input, values[at]!))
    }),
  }
}

interface Fit {
  readonly intercept: number
  /** Per input: log odds per standard deviation, its standard deviation and mean. */
  readonly terms: readonly { readonly weight: number; readonly sd: number; readonly mean: number }[]
}

function fit(all: readonly Examples[], inputs: readonly BaseInput[]): Fit {
  const { labels, columns } = rowsFor(all, inputs)
  const frame: Frame = {
    rows: labels.length,
    columns: columns.map((column, i) => {
      const center = mean([...column.filter((x) => !Number.isNaN(x))])
      // What is not known stands at the mean, where serving leaves it out.
      const values = column.map((x) => (Number.isNaN(x) ? center : x))
      return { kind: 'numeric', name: String(i).padStart(3, '0'), values }
    }),
  }
  const { design, coefficients } = trainLogistic(frame, labels, { c: C }).toState()
  return {
    intercept: coefficients.at(-1)!,
    terms: inputs.map((_, i) => ({
      weight: coefficients[i]!,
      sd: design.sd[i]!,
      mean: design.mean[i]!,
    })),
  }
}

/** Leaves out, one at a time, what speaks against its sign or hardly at all. */
function select(all: readonly Examples[]): { inputs: readonly BaseInput[]; fitted: Fit } {
  for (let inputs = INPUTS; ;) {
    const fitted = fit(all, inputs)
    const said = inputs.map(({ sign }, i) => sign * fitted.terms[i]!.weight)
    const least = Math.min(...said)
    if (least >= LEAST) return { inputs, fitted }
    inputs = inputs.filter((_, i) => i !== said.indexOf(least))
  }
}

function marginsOf({ intercept, terms }: Fit, { labels, columns }: Rows): number[] {
  return labels.map((_, row) =>
    terms.reduce((margin, { weight, sd, mean: center }, i) => {
      const x = columns[i]![row]!
      return Number.isNaN(x) ? margin : margin + (weight * (x - center)) / sd
    }, intercept),
  )
}

/** Groups of like answers in which a market is compared with a model that did not see it. */
const GROUPS = 5
/** Each fold has one market of every kind of team. */
const FOLD = HIDDEN.length

/** How far markets lie from a model that did not see them, by groups of like answers. */
function apartOf(
  markets: readonly MarketRows[],
  inputs: readonly BaseInput[],
  rate: BaseModel['rate'],
): BaseModel['apart'] {
  const groups = Array.from({ length: GROUPS }, () => ({
    at: [] as number[],
    squares: [] as number[],
  }))
  for (let from = 0; from < markets.length; from += FOLD) {
    const isLeft = (i: number): boolean => i >= from && i < from + FOLD
    const others = markets.filter((_, i) => !isLeft(i)).map(({ examples }) => examples)
    const fitted = fit(others, inputs)
    for (const { examples, known, positives } of markets.filter((_, i) => isLeft(i))) {
      const left = rowsFor([examples], inputs)
      const own = (positives + rate.mean * rate.strength) / (known + rate.strength)
      const shift = logit(own) - logit(rate.mean)
      const rows = marginsOf(fitted, left)
        .map((margin, i) => ({ margin, label: left.labels[i]! }))
        .sort((a, b) => a.margin - b.margin)
      groups.forEach(({ at, squares }, group) => {
        const begin = Math.round((group * rows.length) / GROUPS)
        const part = rows.slice(begin, Math.round(((group + 1) * rows.length) / GROUPS))
        const said = logit(mean(part.map(({ margin }) => sigmoid(margin + shift))))
        const hits = part.reduce((sum, { label }) => sum + label, 0)
        at.push(said - shift)
        squares.push((logit(smoothedRate(hits, part.length)) - said) ** 2)
      })
    }
  }
  return groups.map(({ at, squares }) => ({
    at: round(mean(at)),
    sd: round(Math.sqrt(mean(squares))),
  }))
}

/** Beta of the markets' rates by moments; what chance adds to each market's share is taken off. */
function rateOf(markets: readonly MarketRows[]): BaseModel['rate'] {
  const shares = markets.map(({ known, positives }) => positives / known)
  const p = mean(shares)
  const chance = mean(markets.map(({ known }, i) => (shares[i]! * (1 - shares[i]!)) / known))
  const variance = covariance(shares, shares) - chance
  if (variance <= 0) throw new Error('the markets do not differ: no interval can be told')
  return { mean: p, strength: (p * (1 - p)) / variance - 1 }
}

function learn(): BaseModel {
  const markets = Array.from({ length: MARKETS }, (_, i) => {
    const market = rowsOf(FIRST_SEED + i)
    const { examples, known, positives } = market
    process.stderr.write(
      `market ${FIRST_SEED + i}: ${examples.rows} rows, ${positives} of ${known}\n`,
    )
    return market
  })
  const all = markets.map(({ examples }) => examples)
  const { inputs, fitted } = select(all)
  const rate = rateOf(markets)
  const labels = all.flatMap((examples) => [...examples.labels])
  return {
    declarations: declarationsOf(inputs),
    markets: MARKETS,
    intercept: round(fitted.intercept),
    terms: inputs.map((input, i) => {
      const { weight, sd, mean: center } = fitted.terms[i]!
      return { ...input, coefficient: round(weight / sd), center: round(center) }
    }),
    average: round(mean(labels)),
    rate: { mean: round(rate.mean), strength: round(rate.strength) },
    apart: apartOf(markets, inputs, rate),
  }
}

const text = `/** Written by \`npm run base-model\`; do not edit. */
export const BASE_MODEL = ${JSON.stringify(learn())} as const
`
const written = await format(text, { ...(await resolveConfig(FILE)), filepath: FILE })
if (!process.argv.includes('--check')) writeFileSync(FILE, written)
else if (readFileSync(FILE, 'utf8') !== written) {
  process.stderr.write('src/models/base-coefficients.ts differs: run npm run base-model\n')
  process.exitCode = 1
} else process.stdout.write('src/models/base-coefficients.ts is as it would be learned\n')
