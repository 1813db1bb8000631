/**
 * Real inactivity: 69,659 purchases of 23,570 CDNOW customers as property_purchased entries. Who
 * buys nothing within 7, 14, 30 or 90 days of 1997-10-01 and 1998-03-01? Boosting and logistic
 * regression on the product's features, beside recency-frequency logistic regression and BG/NBD.
 * Every customer belongs by a hash of its id to a training or a test half; all three learn from the
 * first and are judged on the second. `node bench/cdnow.ts` writes docs/CLAIMS.md, "cdnow".
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { LogEntry } from '../src/core/index.ts'
import { NUMERIC_FEATURES, replayTrainingRows } from '../src/features/index.ts'
import {
  bootstrapInterval,
  logLoss,
  rocAuc,
  trainGbdt,
  trainLogistic,
  type Frame,
} from '../src/learners/index.ts'
import { fnv1a } from '../src/math/index.ts'
import { fitBgNbd, inactivity, type Buyer } from './bg-nbd.ts'
import { writeClaims } from './claims.ts'

const SHARED = process.env['EH_SHARED'] ?? join(import.meta.dirname, '..', '..', 'shared')
const DAY = 86_400_000
const ORIGINS = ['1997-10-01', '1998-03-01']
const HORIZONS = [7, 14, 30, 90]

function readRows(name: string): string[][] {
  const file = join(SHARED, 'data', 'cdnow', name)
  if (!existsSync(file))
    throw new Error(`${file} is missing: set EH_SHARED to the folder with the public data`)
  const [, ...lines] = gunzipSync(readFileSync(file)).toString().trim().split('\n')
  return lines.map((line) => line.split(','))
}

interface Customer {
  readonly id: string
  readonly purchases: LogEntry[]
  /** Half: a hash of the id. */
  readonly test: boolean
}

function readCustomers(): Customer[] {
  const customers = new Map<string, Customer>()
  readRows('cdnow_master.csv.gz').forEach(([id, date, , dollars], i) => {
    let customer = customers.get(id!)
    if (customer === undefined) {
      customer = { id: id!, purchases: [], test: fnv1a(`split ${id!}`) % 2 === 1 }
      customers.set(id!, customer)
    }
    const eventTime = Date.parse(`${date!}T12:00:00Z`)
    customer.purchases.push({
      position: i + 1,
      workspaceId: 1,
      personId: 1,
      type: 'property_purchased',
      eventTime,
      receivedAt: eventTime,
      body: { properties: { amount: Number(dollars) } },
    })
  })
  return [...customers.values()]
}

/** Repeat purchase days, last of them and age in weeks, as known at `origin`. */
function buyerAt(purchases: readonly LogEntry[], origin: number): Buyer {
  const days = [...new Set(purchases.map((p) => Math.floor(p.eventTime / DAY)))]
    .filter((day) => day * DAY < origin)
    .sort((a, b) => a - b)
  const [first] = days
  const weeks = (day: number): number => (day - first!) / 7
  return { x: days.length - 1, tx: weeks(days.at(-1)), age: weeks(origin / DAY) }
}

function frameOf(names: readonly string[], rows: readonly ArrayLike<number>[]): Frame {
  const columns = names.map((name, i) => {
    const values = Float64Array.from(rows, (row) => row[i]!)
    return { kind: 'numeric', name, values } as const
  })
  const varies = columns.filter(({ values }) => {
    const seen = values.filter((v) => !Number.isNaN(v))
    return seen.some((v) => v !== seen[0])
  })
  return { rows: rows.length, columns: varies }
}

const RECENCY_FREQUENCY = ['recency', 'log_recency', 'frequency', 'log_frequency']

function recencyFrequency({ x, tx, age }: Buyer): number[] {
  const recency = 7 * (age - tx)
  return [recency, Math.log1p(recency), x, Math.log1p(x)]
}

/** Boosting and logistic regression on the same features, averaged as log-odds. */
function learnFeatures(train: Frame, labels: Float64Array, test: Frame): Float64Array {
  const options = { learningRate: 0.04, maxDepth: 4, rowFraction: 0.6, columnFraction: 0.6 }
  const trees = trainGbdt(train, labels, {
    ...options,
    trees: 600,
    l2: 10,
    minChildWeight: 10,
    validationFraction: 0.2,
    patience: 40,
    seed: 1,
  })
  const linear = trainLogistic(train, labels, { c: 0.1 })
  const fromTrees = trees.predictProba(test)
  const logit = (p: number): number => Math.log(p / (1 - p))
  return linear.predict(test).map((p, i) => {
    const margin = (logit(p) + logit(fromTrees[i]!)) / 2
    return 1 / (1 + Math.exp(-margin))
  })
}

interface Case {
  readonly labels: Float64Array
  readonly ours: Float64Array
  readonly simple: Float64Array
  readonly bgNbd: Float64Array
}

function judge(customers: readonly Customer[], origin: number, days: number): Case {
  const known = customers.filter(({ purchases }) => purchases[0]!.eventTime < origin)
  const parts = [false, true].map((test) => {
    const part = known.filter((customer) => customer.test === test)
    const buyers = part.map(({ purchases }) => buyerAt(purchases, origin))
    return {
      buyers,
      labels: Float64Array.from(part, ({ purchases }) =>
        purchases.some((p) => p.eventTime >= origin && p.eventTime < origin + days * DAY) ? 0 : 1,
      ),
      vectors: part.map(
        ({ purchases }) => replayTrainingRows(purchases, [origin], 1).rows[0]!.numeric,
      ),
      simple: frameOf(RECENCY_FREQUENCY, buyers.map(recencyFrequency)),
    }
  })
  const [train, test] = parts as [(typeof parts)[number], (typeof parts)[number]]
  const names = NUMERIC_FEATURES.map((feature) => feature.name)
  const model = fitBgNbd(train.buyers)
  const { labels } = test
  return {
    labels,
    ours: learnFeatures(frameOf(names, train.vectors), train.labels, frameOf(names, test.vectors)),
    simple: trainLogistic(train.simple, train.labels).predict(test.simple),
    bgNbd: Float64Array.from(test.buyers, (buyer) => inactivity(model, buyer, days / 7)),
  }
}

const pick = (values: Float64Array, drawn: Int32Array): Float64Array =>
  Float64Array.from(drawn, (i) => values[i]!)

function rowOf(origin: string, days: number, found: Case): string {
  const { labels } = found
  const auc = (p: Float64Array): string => rocAuc(labels, p).toFixed(4)
  const loss = (p: Float64Array): string => logLoss(labels, p).toFixed(4)
  const better = (of: typeof rocAuc, other: Float64Array, digits: number): string => {
    const { low, high } = bootstrapInterval(
      labels.length,
      (drawn) => {
        const truth = pick(labels, drawn)
        return of(truth, pick(found.ours, drawn)) - of(truth, pick(other, drawn))
      },
      { draws: 200, seed: 1 },
    )
    return `${low.toFixed(digits)} to ${high.toFixed(digits)}`
  }
  const rate = labels.reduce((sum, y) => sum + y, 0) / labels.length
  return `| ${[
    `${origin} + ${days} d`,
    rate.toFixed(3),
    ...[found.ours, found.simple, found.bgNbd].map(auc),
    better(rocAuc, found.simple, 4),
    better(rocAuc, found.bgNbd, 4),
    ...[found.ours, found.simple, found.bgNbd].map(loss),
    better(logLoss, found.simple, 4),
    better(logLoss, found.bgNbd, 4),
  ].join(' | ')} |`
}

/** The fit must agree with the one published (r .243, alpha 4.414, a .793, b 2.426). */
function checkReference(): string {
  const buyers = readRows('cdnow_sample_2357_summary.csv.gz').map(([, x, tx, age]): Buyer => ({
    x: Number(x),
    tx: Number(tx),
    age: Number(age),
  }))
  const { r, alpha, a, b, logLikelihood } = fitBgNbd(buyers)
  if (Math.abs(logLikelihood + 9582.4) > 0.5)
    throw new Error(`BG/NBD of the published sample: ${logLikelihood}, expected -9582.4`)
  const found = [r, alpha, a, b].map((v) => v.toFixed(3)).join(', ')
  return `${found}, log likelihood ${logLikelihood.toFixed(1)}`
}

const reference = checkReference()
const customers = readCustomers()
const head = 'origin and horizon,inactive,AUC,RF,BG/NBD,less RF (95 %),less BG/NBD (95 %)'
const losses = 'log loss,RF,BG/NBD,less RF (95 %),less BG/NBD (95 %)'
const columns = `${head},${losses}`.split(',')
const table = [
  '## Inactivity of real buyers (CDNOW)',
  '',
  'AUC and log loss of "buys nothing within the horizon" from the features of this product, from',
  'recency-frequency logistic regression (RF) and from BG/NBD, on the half of the customers that',
  'none of them learned from. Differences with 95 % bootstrap intervals; for log loss less is',
  `better. BG/NBD on the published sample of 2,357: ${reference}.`,
  '',
  `| ${columns.join(' | ')} |`,
  `|${' --- |'.repeat(columns.length)}`,
]
for (const origin of ORIGINS)
  for (const days of HORIZONS) {
    const row = rowOf(origin, days, judge(customers, Date.parse(`${origin}T00:00:00Z`), days))
    table.push(row)
    process.stdout.write(`${row}\n`)
  }
writeClaims('cdnow', table.join('\n'), {
  data: 'cdnow, 69,659 purchases of 23,570 customers, halves by hash of the customer',
  command: 'node bench/cdnow.ts',
})
