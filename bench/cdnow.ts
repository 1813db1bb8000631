/**
 * Real inactivity: 69,659 purchases of 23,570 CDNOW customers, imported into the product as
 * property_purchased events. Who buys nothing within 7, 14, 30 or 90 days of 1997-10-01 and
 * 1998-03-01? Boosting and logistic regression on the product's features, beside recency-frequency
 * logistic regression and BG/NBD. Every customer belongs by a hash of its id to a training or a
 * test half; all three learn from the first and are judged on the second. `node bench/cdnow.ts`
 * writes docs/CLAIMS.md, "cdnow".
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { LogEntry } from '../src/core/index.ts'
import { markDeclared, NUMERIC_FEATURES, replayTrainingRows } from '../src/features/index.ts'
import {
  bootstrapInterval,
  logLoss,
  rocAuc,
  trainGbdt,
  trainLogistic,
  type Column,
  type Frame,
} from '../src/learners/index.ts'
import { fnv1a } from '../src/math/index.ts'
import { readDeclaredHistory, readPersons } from '../src/store/index.ts'
import { freePort, openBeside, productFolder, serve, stop } from '../test/support/served.ts'
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
  readonly personId: number
  /** As they stand in the log, in order of time. */
  readonly purchases: LogEntry[]
  /** Half: a hash of the id. */
  readonly test: boolean
}

const MAIN = join(import.meta.dirname, '../src/cli/main.ts')

/** What `enterprisehub import events --history` made of the file. */
async function importCustomers(): Promise<Customer[]> {
  const dataDir = productFolder('cdnow')
  const served = await serve(dataDir, await freePort())
  try {
    const file = join(dataDir, 'purchases.jsonl')
    const lines = readRows('cdnow_master.csv.gz').map(([id, date, , dollars], i) =>
      JSON.stringify({
        event_id: `purchase-${i}`,
        lead_id: id,
        type: 'property_purchased',
        timestamp: `${date!}T12:00:00Z`,
        properties: { amount: Number(dollars) },
      }),
    )
    writeFileSync(file, lines.join('\n'))
    const command = [MAIN, 'import', 'events', file, '--history', '--json']
    const env = { ...process.env, DATA_DIR: dataDir, LOG_LEVEL: 'warn' }
    const told = execFileSync(process.execPath, command, { env, encoding: 'utf8' })
    process.stderr.write(`imported: ${told.replace(/\s+/g, ' ')}\n`)
    return await readCustomers(dataDir)
  } finally {
    await stop(served)
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function readCustomers(dataDir: string): Promise<Customer[]> {
  const database = await openBeside(dataDir)
  const found = await database.owner.query<{ workspace_id: number; person_id: string; id: string }>(
    `select p.workspace_id, p.person_id, p.lead_id as id from persons p
     join workspaces w using (workspace_id) where w.slug = 'main' and p.lead_id is not null`,
  )
  const workspaceId = found.rows[0]!.workspace_id
  const isDeclared = await database.withWorkspace(workspaceId, readDeclaredHistory)
  const customers: Customer[] = []
  for (let from = 0; from < found.rows.length; from += 500) {
    const part = found.rows.slice(from, from + 500)
    const ids = part.map(({ person_id }) => Number(person_id))
    const logs = await readPersons(database.app, workspaceId, ids, Number.MAX_SAFE_INTEGER)
    part.forEach(({ id }, i) => {
      const purchases = markDeclared(logs.get(ids[i]!) ?? [], isDeclared)
      purchases.sort((one, other) => one.eventTime - other.eventTime)
      customers.push({ personId: ids[i]!, purchases, test: fnv1a(`split ${id}`) % 2 === 1 })
    })
  }
  await database.close()
  return customers
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

/** With the logarithm of every column beside it: sign(x) log(1 + |x|). */
const withLogs = ({ rows, columns }: Frame): Frame => ({
  rows,
  columns: columns.flatMap((column): Column[] =>
    column.kind !== 'numeric'
      ? [column]
      : [
          column,
          {
            kind: 'numeric' as const,
            name: `log ${column.name}`,
            values: column.values.map((x) => Math.sign(x) * Math.log1p(Math.abs(x))),
          },
        ],
  ),
})

/** Recency, frequency (a visit is a purchase here) and age: all that matters where few buy. */
const FEW = ['last_activity_hours', 'session_count', 'days_in_pipeline']
const onlyFew = ({ rows, columns }: Frame): Frame => ({
  rows,
  columns: columns.filter(({ name }) => FEW.includes(name)),
})

const logit = (p: number): number => Math.log(p / (1 - p))

/** The parts of the blend: probabilities by learner, one per row each. */
type Parts = readonly Float64Array[]

/** Log odds averaged with `shares`, as probabilities. */
const blend = (parts: Parts, shares: readonly number[]): Float64Array =>
  parts[0]!.map((_, i) => {
    const margin = parts.reduce((sum, part, k) => sum + shares[k]! * logit(part[i]!), 0)
    return 1 / (1 + Math.exp(-margin))
  })

/** Boosting, logistic regression on all, and on few of the features. */
function learnParts(train: Frame, labels: Float64Array, test: Frame): Parts {
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
  const linear = trainLogistic(withLogs(train), labels, { c: 0.01 })
  const few = trainLogistic(withLogs(onlyFew(train)), labels)
  return [
    trees.predictProba(test),
    linear.predict(withLogs(test)),
    few.predict(withLogs(onlyFew(test))),
  ]
}

const FOLDS = 5
/** Quarters that three learners can share. */
const SHARES = [0, 1, 2, 3, 4].flatMap((trees) =>
  [0, 1, 2, 3, 4]
    .filter((linear) => trees + linear <= 4)
    .map((linear) => [trees / 4, linear / 4, (4 - trees - linear) / 4]),
)

const takeRows = ({ columns }: Frame, rows: readonly number[]): Frame => ({
  rows: rows.length,
  columns: columns.map((column) => {
    if (column.kind !== 'numeric') throw new TypeError('only numbers here')
    return { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) }
  }),
})

/**
 * Learners of the same features, averaged as log odds with the shares that have the least log loss
 * in cross-validation inside the training half.
 */
function learnFeatures(train: Frame, labels: Float64Array, test: Frame): Float64Array {
  const held = [0, 1, 2].map(() => new Float64Array(train.rows))
  const all = Array.from({ length: train.rows }, (_, i) => i)
  for (let fold = 0; fold < FOLDS; fold++) {
    const out = all.filter((i) => i % FOLDS === fold)
    const rest = all.filter((i) => i % FOLDS !== fold)
    const of = Float64Array.from(rest, (i) => labels[i]!)
    const parts = learnParts(takeRows(train, rest), of, takeRows(train, out))
    parts.forEach((part, k) => {
      out.forEach((row, i) => (held[k]![row] = part[i]!))
    })
  }
  const [best] = SHARES.map((shares) => ({
    shares,
    loss: logLoss(labels, blend(held, shares)),
  })).sort((one, other) => one.loss - other.loss)
  process.stderr.write(`shares ${best!.shares.join(' ')}\n`)
  return blend(learnParts(train, labels, test), best!.shares)
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
        ({ purchases, personId }) =>
          replayTrainingRows(purchases, [origin], personId).rows[0]!.numeric,
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
const customers = await importCustomers()
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
