/**
 * Draws the pictures of docs/concepts from runs: `node bench/learning-pictures.ts`. The rows are
 * drawn at random, so that no data set is needed; the models and the detector are the product's own.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createAdwin,
  reliability,
  rocAuc,
  trainClassifier,
  trainForest,
  type Frame,
} from '../src/learners/index.ts'
import { seededRandom } from '../src/math/index.ts'

const SIZE = 320
const PAD = 40

interface Leads {
  readonly frame: Frame
  readonly labels: Float64Array
}

/** `turned`: what used to speak for a conversion speaks against it. */
function leads(rows: number, seed: number, turned = false): Leads {
  const random = seededRandom(seed)
  const columns = ['visits', 'minutes', 'replies', 'noise'].map((name) => ({
    kind: 'numeric' as const,
    name,
    values: Float64Array.from({ length: rows }, () => random.normal()),
  }))
  const [visits, minutes, replies] = columns.map((column) => column.values)
  const labels = visits!.map((v, i) => {
    const z = (turned ? -0.4 : 1) * v + 0.8 * minutes![i]! * (replies![i]! > 0 ? 1 : 0) - 1
    return random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  })
  return { frame: { rows, columns }, labels }
}

interface Line {
  readonly name: string
  readonly colour: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** A moment in a chart over time. */
interface Mark {
  readonly at: number
  readonly name: string
  readonly colour: string
}

interface Chart {
  readonly across: string
  readonly up: string
  readonly x: readonly [from: number, to: number]
  readonly y: readonly [from: number, to: number]
  readonly width: number
  readonly lines: readonly Line[]
  readonly marks?: readonly Mark[]
  /** The diagonal of perfect agreement. */
  readonly hasDiagonal?: boolean
}

function drawing({ across, up, x, y, width, lines, marks = [], hasDiagonal }: Chart): string {
  const left = (v: number): number => PAD + ((v - x[0]) / (x[1] - x[0])) * width
  const top = (v: number): number => PAD + (1 - (v - y[0]) / (y[1] - y[0])) * SIZE
  const text = (at: readonly [number, number], words: string, colour = '#333'): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" fill="${colour}">${words}</text>`
  const [w, h] = [width + 2 * PAD, SIZE + 2 * PAD]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" font-size="13"`,
    '  font-family="sans-serif">',
    `<rect width="${w}" height="${h}" fill="#fff"/>`,
    `<path d="M${PAD} ${PAD}V${PAD + SIZE}H${PAD + width}" fill="none" stroke="#333"/>`,
    ...[y[0], (y[0] + y[1]) / 2, y[1]].map((v) => text([6, top(v) + 4], String(v))),
    ...[x[0], (x[0] + x[1]) / 2, x[1]].map((v) => text([left(v) - 4, h - PAD + 16], String(v))),
    ...(hasDiagonal
      ? [
          `<path d="M${PAD} ${PAD + SIZE}L${PAD + width} ${PAD}" stroke="#aaa" stroke-dasharray="4"/>`,
        ]
      : []),
    ...marks.flatMap(({ at, name, colour }, i) => [
      `<path d="M${left(at).toFixed(1)} ${PAD}V${PAD + SIZE}" stroke="${colour}" stroke-dasharray="6"/>`,
      text([left(at) + 5, PAD + SIZE - 10 - 18 * i], name, colour),
    ]),
    ...lines.map(({ points, colour }) => {
      const list = points.map(([px, py]) => `${left(px).toFixed(1)},${top(py).toFixed(1)}`)
      return `<polyline points="${list.join(' ')}" fill="none" stroke="${colour}" stroke-width="3"/>`
    }),
    ...lines.map(({ name, colour }, i) => text([PAD + 10, PAD + 14 + 18 * i], name, colour)),
    text([PAD, h - 6], across),
    text([4, 20], up),
    '</svg>',
  ].join('\n')
}

/** What was said against what was found, by tenths, for a raw forest and for the default model. */
function calibration(): Chart {
  const train = leads(1500, 1)
  const later = leads(6000, 2)
  const forest = trainForest(train.frame, train.labels, { minLeafWeight: 1, trees: 100 })
  const ensemble = trainClassifier(train.frame, train.labels, { mostTrees: 200 })
  const points = (answers: Float64Array): [number, number][] =>
    reliability(later.labels, answers, 10)
      .filter((bin) => bin.rows >= 20)
      .map((bin) => [bin.meanProbability, bin.positiveShare])
  return {
    across: 'probability that was said',
    up: 'share that converted',
    x: [0, 1],
    y: [0, 1],
    width: SIZE,
    hasDiagonal: true,
    lines: [
      { name: 'raw forest', colour: '#c2410c', points: points(forest.predict(later.frame)) },
      {
        name: 'stacked and calibrated',
        colour: '#1d4ed8',
        points: points(ensemble.predict(later.frame)),
      },
    ],
  }
}

const MONTHS = 24
const MONTH_ROWS = 1500
const CHANGE = 12
/** Months that a retraining learns from. */
const WINDOW = 3

/**
 * Two years in which the market turns after the first. One model is trained once; the other is
 * trained again at the end of every month, and ADWIN listens to its squared errors.
 */
function twoYears(): { gain: Chart; errors: Chart } {
  const months = Array.from({ length: MONTHS }, (_, m) => leads(MONTH_ROWS, 100 + m, m >= CHANGE))
  const learn = (upTo: number) => {
    const parts = months.slice(Math.max(0, upTo - WINDOW), upTo)
    const frame: Frame = {
      rows: parts.length * MONTH_ROWS,
      columns: parts[0]!.frame.columns.map(({ name }, c) => {
        const values = parts.flatMap((part) => {
          const column = part.frame.columns[c]!
          return column.kind === 'numeric' ? [...column.values] : []
        })
        return { kind: 'numeric' as const, name, values: Float64Array.from(values) }
      }),
    }
    const labels = Float64Array.from(parts.flatMap((part) => [...part.labels]))
    return trainClassifier(frame, labels, { model: 'gbdt', mostTrees: 150, folds: 3 })
  }
  const once = learn(WINDOW)
  let live = once
  const adwin = createAdwin({ delta: 0.002, clock: 1 })
  const alarms: number[] = []
  const lines: Record<'once' | 'live' | 'errors' | 'window', [number, number][]> = {
    once: [],
    live: [],
    errors: [],
    window: [],
  }
  for (let month = WINDOW; month < MONTHS; month++) {
    const { frame, labels } = months[month]!
    const answers = live.predict(frame)
    lines.once.push([month, rocAuc(labels, once.predict(frame))])
    lines.live.push([month, rocAuc(labels, answers)])
    let hasGrown = false
    const part = MONTH_ROWS / 5
    for (let from = 0; from < MONTH_ROWS; from += part) {
      let sum = 0
      for (let i = from; i < from + part; i++) {
        const error = (labels[i]! - answers[i]!) ** 2
        sum += error
        const before = adwin.mean
        if (adwin.update(error) === 'drift' && adwin.mean > before) {
          if (!hasGrown) alarms.push(month + i / MONTH_ROWS)
          hasGrown = true
        }
      }
      const at = month + (from + part) / MONTH_ROWS
      lines.errors.push([at, sum / part])
      lines.window.push([at, adwin.mean])
    }
    // The outcomes of a month are known at its end.
    live = learn(month + 1)
  }
  process.stderr.write(`alarms in months ${alarms.join(', ')}\n`)
  const change: Mark = { at: CHANGE, name: 'the market turns', colour: '#555' }
  const heard = alarms.map((at): Mark => ({ at, name: 'alarm', colour: '#b91c1c' }))
  const time = {
    across: 'month',
    x: [0, MONTHS] as const,
    width: 2 * SIZE,
    marks: [change, ...heard],
  }
  return {
    gain: {
      ...time,
      up: 'AUC of the month, from outcomes that no model had seen',
      y: [0.4, 0.9],
      lines: [
        { name: 'trained once', colour: '#c2410c', points: lines.once },
        { name: 'trained again every month', colour: '#1d4ed8', points: lines.live },
      ],
    },
    errors: {
      ...time,
      up: 'squared error of the live model',
      y: [0, 0.4],
      lines: [
        { name: 'mean of 300 leads', colour: '#9ca3af', points: lines.errors },
        { name: 'mean of ADWIN’s window', colour: '#1d4ed8', points: lines.window },
      ],
    },
  }
}

const folder = join(import.meta.dirname, '..', 'docs', 'concepts')
mkdirSync(folder, { recursive: true })
const { gain, errors } = twoYears()
const charts = { calibration: calibration(), retraining: gain, drift: errors }
for (const [name, chart] of Object.entries(charts))
  writeFileSync(join(folder, `${name}.svg`), `${drawing(chart)}\n`)
