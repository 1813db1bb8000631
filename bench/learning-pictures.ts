/**
 * Draws the picture of docs/concepts/learning.md from a run: `node bench/learning-pictures.ts`.
 * The rows are drawn at random, so that no data set is needed; the models are the product's own.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reliability, trainClassifier, trainForest, type Frame } from '../src/learners/index.ts'
import { seededRandom } from '../src/math/index.ts'

const SIZE = 320
const PAD = 40

function leads(rows: number, seed: number): { frame: Frame; labels: Float64Array } {
  const random = seededRandom(seed)
  const columns = ['visits', 'minutes', 'replies', 'noise'].map((name) => ({
    kind: 'numeric' as const,
    name,
    values: Float64Array.from({ length: rows }, () => random.normal()),
  }))
  const [visits, minutes, replies] = columns.map((column) => column.values)
  const labels = visits!.map((v, i) => {
    const z = v + 0.8 * minutes![i]! * (replies![i]! > 0 ? 1 : 0) - 1
    return random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  })
  return { frame: { rows, columns }, labels }
}

const place = (share: number): number => PAD + share * SIZE
const height = (share: number): number => PAD + (1 - share) * SIZE

function line(labels: Float64Array, answers: Float64Array, colour: string): string {
  const bins = reliability(labels, answers, 10).filter((bin) => bin.rows >= 20)
  const points = bins.map(
    (bin) => `${place(bin.meanProbability).toFixed(1)},${height(bin.positiveShare).toFixed(1)}`,
  )
  return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="3"/>`
}

const train = leads(1500, 1)
const later = leads(6000, 2)
const forest = trainForest(train.frame, train.labels, { minLeafWeight: 1, trees: 100 })
const ensemble = trainClassifier(train.frame, train.labels, { mostTrees: 200 })
const edge = SIZE + 2 * PAD
const text = (x: number, y: number, words: string, colour = '#333'): string =>
  `<text x="${x}" y="${y}" fill="${colour}">${words}</text>`
const svg = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${edge} ${edge}" font-size="13"`,
  '  font-family="sans-serif">',
  `<rect width="${edge}" height="${edge}" fill="#fff"/>`,
  `<path d="M${PAD} ${PAD}V${PAD + SIZE}H${PAD + SIZE}" fill="none" stroke="#333"/>`,
  `<path d="M${PAD} ${PAD + SIZE}L${PAD + SIZE} ${PAD}" stroke="#aaa" stroke-dasharray="4"/>`,
  line(later.labels, forest.predict(later.frame), '#c2410c'),
  line(later.labels, ensemble.predict(later.frame), '#1d4ed8'),
  text(PAD + 10, PAD + 14, 'raw forest', '#c2410c'),
  text(PAD + 10, PAD + 32, 'stacked and calibrated', '#1d4ed8'),
  text(PAD, edge - 12, 'probability that was said'),
  text(4, 24, 'share that converted'),
  '</svg>',
]
const folder = join(import.meta.dirname, '..', 'docs', 'concepts')
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'calibration.svg'), `${svg.join('\n')}\n`)
