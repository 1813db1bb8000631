/**
 * Online learning and drift on real streams: writes the section `stream` of docs/CLAIMS.md.
 * Needs the shared data (EH_SHARED). Run: node bench/stream.ts
 * `node bench/stream.ts detectors` writes the section `detectors`: delays and false alarms on
 * simulated errors, which need no data and take no time that matters.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  createAdaptiveForest,
  createAdwin,
  createDdm,
  createEddm,
  createHoeffdingTree,
  createKswin,
  createNaiveBayes,
  createOnlineLogistic,
  createPageHinkley,
  prequential,
  type Adwin,
  type DriftStatus,
  type OnlineClassifier,
} from '../src/learners/index.ts'
import { seededRandom } from '../src/math/index.ts'
import { writeClaims } from './claims.ts'

const shared = process.env['EH_SHARED'] ?? join(import.meta.dirname, '..', '..', 'shared')

function readStream(path: string) {
  const text = gunzipSync(readFileSync(join(shared, 'data', path))).toString()
  const [header, ...lines] = text.trim().split('\n')
  const names = header!.split(',')
  return lines.map((line) => {
    const cells = line.split(',').map(Number)
    const label = cells.pop()!
    return { row: Object.fromEntries(cells.map((value, j) => [names[j]!, value])), label }
  })
}

const PAPER_FOREST = { lambda: 6, warningDelta: 0.01, driftDelta: 0.001 }
const MODELS: [string, (features: number) => OnlineClassifier][] = [
  ['adaptive forest, default', () => createAdaptiveForest()],
  ['adaptive forest, default, seed 1', () => createAdaptiveForest({ seed: 1 })],
  [
    'adaptive forest, settings of the paper',
    (features) =>
      createAdaptiveForest({ ...PAPER_FOREST, subspace: Math.round(Math.sqrt(features)) + 1 }),
  ],
  ['Hoeffding tree', () => createHoeffdingTree()],
  ['logistic, constant rate 0.1', () => createOnlineLogistic({ optimizer: 'sgd', rate: 0.1 })],
  ['logistic, FTRL', () => createOnlineLogistic({ optimizer: 'ftrl' })],
  ['Gaussian naive Bayes', () => createNaiveBayes()],
]

type Stream = ReturnType<typeof readStream>

function accuracyTable(streams: Record<string, Stream>): string {
  const lines = [
    '| model | stream | accuracy | kappa | log loss (nats) | us a row |',
    '|---|---|---|---|---|---|',
  ]
  for (const [name, create] of MODELS)
    for (const [stream, rows] of Object.entries(streams)) {
      const from = performance.now()
      const model = create(Object.keys(rows[0]!.row).length)
      const r = prequential(model, rows)
      const us = ((performance.now() - from) * 1000) / rows.length
      const cells = [r.accuracy, r.kappa, r.logLoss].map((value) => value.toFixed(4))
      lines.push(`| ${name} | ${stream} | ${cells.join(' | ')} | ${us.toFixed(1)} |`)
      console.error(lines.at(-1))
    }
  return lines.join('\n')
}

const detections = (detector: Adwin, errors: ArrayLike<number>): number[] => {
  const rows: number[] = []
  for (let i = 0; i < errors.length; i++) if (detector.update(errors[i]!) === 'drift') rows.push(i)
  return rows
}

/** Best of `runs` passes, in nanoseconds a value. */
function nanoseconds(create: () => Adwin, errors: ArrayLike<number>, runs = 7): number {
  let best = Infinity
  for (let run = 0; run < runs; run++) {
    const detector = create()
    const from = performance.now()
    for (let i = 0; i < errors.length; i++) detector.update(errors[i]!)
    best = Math.min(best, ((performance.now() - from) * 1e6) / errors.length)
  }
  return best
}

const clockOne = () => createAdwin({ clock: 1, windowMin: 0, sideMin: 1 })

/** Detectors with their default settings; ADWIN also as in its paper, tested each row. */
const DETECTORS: [string, () => { update: (error: number) => DriftStatus }][] = [
  ['ADWIN', () => createAdwin()],
  ['ADWIN, each row', clockOne],
  ['Page-Hinkley', () => createPageHinkley()],
  ['DDM', () => createDdm()],
  ['EDDM', () => createEddm()],
  ['KSWIN', () => createKswin()],
]
const RISES = [0.01, 0.02, 0.03, 0.05, 0.1, 0.2]
const STREAMS = 10
const CHANGE_AT = 12_500
const ROWS = 22_500

/** 0/1 errors at the rate .15, and at .15 + `rise` from row CHANGE_AT on. */
function errorsWith(rise: number, seed: number): Uint8Array {
  const random = seededRandom(seed)
  return Uint8Array.from({ length: ROWS }, (_, i) =>
    random.next() < (i < CHANGE_AT ? 0.15 : 0.15 + rise) ? 1 : 0,
  )
}

type Create = (typeof DETECTORS)[number][1]

/** Row of the first alarm from CHANGE_AT on; undefined without one. */
function firstAlarm(create: Create, errors: Uint8Array): number | undefined {
  const detector = create()
  const found = errors.findIndex(
    (error, row) => detector.update(error) === 'drift' && row >= CHANGE_AT,
  )
  return found < 0 ? undefined : found
}

function alarmsIn(create: Create, errors: Uint8Array): number {
  const detector = create()
  return errors.reduce((sum, error) => sum + (detector.update(error) === 'drift' ? 1 : 0), 0)
}

/**
 * A found change: share of the streams with an alarm after it, and the median delay of the first.
 * A detector that alarms at random finds everything: alarms on streams without a change stand
 * beside it.
 */
function detectorTable(): string {
  const lines = DETECTORS.map(([name, create]) => {
    const cells = RISES.map((rise) => {
      const delays: number[] = []
      for (let seed = 1; seed <= STREAMS; seed++) {
        const found = firstAlarm(create, errorsWith(rise, seed))
        if (found !== undefined) delays.push(found - CHANGE_AT)
      }
      delays.sort((a, b) => a - b)
      return delays.length === 0 ? '0' : `${delays.length}: ${delays[delays.length >> 1]}`
    })
    let alarms = 0
    for (let seed = 1; seed <= STREAMS; seed++)
      alarms += alarmsIn(create, errorsWith(0, 1_000 + seed))
    const each = (alarms / (STREAMS * ROWS)) * 100_000
    console.error(name, cells.join(' | '), each)
    return `| ${name} | ${each.toFixed(1)} | ${cells.join(' | ')} |`
  })
  return [
    `| detector | false alarms in 100,000 rows | ${RISES.map((rise) => `+${rise}`).join(' | ')} |`,
    `|---|---|${'---|'.repeat(RISES.length)}`,
    ...lines,
  ].join('\n')
}

function driftReport(streams: Record<string, Stream>): string {
  const errorsOf = (stream: Stream) => {
    const errors = new Uint8Array(stream.length)
    prequential(createNaiveBayes(), stream, { onError: (row, error) => (errors[row] = error) })
    return errors
  }
  const sea = errorsOf(streams['SEA']!)
  const quarters = [0, 1, 2, 3].map((q) => {
    const part = sea.subarray(q * 12_500, (q + 1) * 12_500)
    return (part.reduce((a, b) => a + b, 0) / part.length).toFixed(3)
  })
  const found = detections(clockOne(), sea)
  const delay = (at: number) => {
    const row = found.find((detected) => detected >= at && detected < at + 12_500)
    return row === undefined ? 'not found' : `after ${row - at} rows`
  }
  let alarms = 0
  for (let seed = 1; seed <= 5; seed++) {
    const random = seededRandom(seed)
    const errors = Uint8Array.from({ length: 10_000 }, () => (random.next() < 0.15 ? 1 : 0))
    alarms += detections(clockOne(), errors).length + detections(createAdwin(), errors).length
  }
  const elec = errorsOf(streams['Elec2']!)
  const speed = [sea, elec].flatMap((errors) => [
    nanoseconds(createAdwin, errors),
    nanoseconds(clockOne, errors),
  ])
  const [seaDefault, seaEach, elecDefault, elecEach] = speed.map((ns) => Math.round(ns))
  return `### ADWIN (delta 0.002) on the errors of naive Bayes, SEA

Alarms before the first change (tested each row): ${found.filter((row) => row < 12_500).length}.
Change at 12,500: ${delay(12_500)}. Change at 25,000: ${delay(25_000)}. Change at 37,500:
${delay(37_500)}. The error rates of the four parts are ${quarters.join(', ')}: at 25,000 the rule
changes but this model's error rate does not, and a detector that watches errors can see only a
change of the error. Five runs of 10,000 stationary rows, each with two settings: ${alarms} alarms.

Speed, nanoseconds a value, best of 7: SEA ${seaDefault} (default, tested every 32nd row) and
${seaEach} (tested each row); Elec2 ${elecDefault} and ${elecEach}.`
}

function streamClaims(): void {
  const streams = {
    Elec2: readStream('drift-elec2/elec.csv.gz'),
    SEA: readStream('drift-sea/sea.csv.gz'),
  }
  const body = `## Online learning and drift

Each row is predicted before it is learnt from. Elec2's no-change rule reaches 0.8533; the best
possible on SEA is about 0.90. The adaptive forest's defaults were chosen on Elec2.

${accuracyTable(streams)}

${driftReport(streams)}`
  writeClaims('stream', body, {
    data: 'drift-elec2 (45,312 rows, 6 features), drift-sea (50,000 rows, 3 features)',
    command: 'node bench/stream.ts',
  })
}

function detectorClaims(): void {
  const body = `## Drift detectors: delay and false alarms

Default settings on 0/1 errors. False alarms: on ${STREAMS} streams of ${ROWS} rows at a constant
rate of .15. Then for a rise of the rate at row ${CHANGE_AT}: in how many of ${STREAMS} streams an
alarm follows within ${ROWS - CHANGE_AT} rows, and after how many rows (median of those). Read both
together: a detector that often alarms without a change finds small ones by chance.

${detectorTable()}`
  writeClaims('detectors', body, {
    data: `simulated 0/1 errors, ${STREAMS} seeds`,
    command: 'node bench/stream.ts detectors',
  })
}

if (process.argv[2] === 'detectors') detectorClaims()
else streamClaims()
