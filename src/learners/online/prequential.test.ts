import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createNaiveBayes } from './online-naive-bayes.ts'
import { createOnlineLogistic } from './online-logistic.ts'
import type { OnlineClassifier } from './online-classifier.ts'
import { createPrequentialMeter, prequential } from './prequential.ts'

const shared = process.env['EH_SHARED'] ?? '../shared'
const golden = `${shared}/design/yardsticks/golden`
const STREAMS = { 'drift-elec2': 'elec.csv.gz', 'drift-sea': 'sea.csv.gz' }

function readStream(name: keyof typeof STREAMS) {
  const text = gunzipSync(readFileSync(`${shared}/data/${name}/${STREAMS[name]}`)).toString()
  const [header, ...lines] = text.trim().split('\n')
  const names = header!.split(',')
  return lines.map((line) => {
    const cells = line.split(',').map(Number)
    const label = cells.pop()!
    return { row: Object.fromEntries(cells.map((value, j) => [names[j]!, value])), label }
  })
}

test.skipIf(!existsSync(golden)).each(['drift-elec2', 'drift-sea'] as const)(
  'naive Bayes and the logistic gradient step make the recorded errors on %s',
  (name) => {
    const recorded = JSON.parse(readFileSync(`${golden}/streams.json`, 'utf8')) as Record<
      string,
      Record<string, number>
    >
    const stream = readStream(name)
    const errors = readFileSync(`${golden}/${name}.gnb_errors.txt`, 'utf8').replace(/\s/g, '')
    let different = 0
    prequential(createNaiveBayes(), stream, {
      onError: (row, error) => {
        if (String(error) !== errors[row]) different += 1
      },
    })
    expect(different).toBe(0)
    for (const rate of [0.01, 0.05, 0.1]) {
      const model = createOnlineLogistic({ optimizer: 'sgd', rate })
      const wanted = recorded[name]![`sgd_lr${rate}`]!
      // The first row is a tie, which the reference gives to class 1 and we to class 0.
      const right = prequential(model, stream).accuracy * stream.length
      expect(Math.abs(right - wanted * stream.length)).toBeLessThan(1 + 1e-6)
    }
  },
)

test('a label counts only after its delay', () => {
  const learnt: number[] = []
  const seenBefore: number[] = []
  const model: OnlineClassifier = {
    learnOne: (row) => void learnt.push(row['t']!),
    predictOne: () => 0,
    predictProbaOne: () => {
      seenBefore.push(learnt.length)
      return Float64Array.of(1, 0)
    },
    toState: () => null,
  }
  const stream = Array.from({ length: 5 }, (_, t) => ({ row: { t }, label: 0 }))
  const errors: number[] = []
  prequential(model, stream, { delayRows: 2, onError: (row) => errors.push(row) })
  expect(seenBefore).toEqual([0, 0, 0, 1, 2])
  expect(learnt).toEqual([0, 1, 2, 3, 4])
  expect(errors).toEqual([0, 1, 2, 3, 4])
})

test('the meter computes accuracy, kappa and log loss as by hand', () => {
  const meter = createPrequentialMeter()
  expect(meter.result()).toMatchObject({ rows: 0, accuracy: 0, kappa: 0, logLoss: 0 })
  const add = (label: number, p1: number) => meter.add(label, [1 - p1, p1], p1 >= 0.5 ? 1 : 0)
  add(1, 0.8)
  add(0, 0.4)
  add(1, 0.4)
  add(0, 0.1)
  const { accuracy, kappa, logLoss, confusion } = meter.result()
  expect(accuracy).toBe(0.75)
  expect(confusion).toEqual([
    [2, 0],
    [1, 1],
  ])
  // Chance agreement: 1/2 * 3/4 + 1/2 * 1/4 = 1/2.
  expect(kappa).toBeCloseTo(0.5, 12)
  expect(logLoss).toBeCloseTo(-Math.log(0.8 * 0.6 * 0.4 * 0.9) / 4, 12)
})
