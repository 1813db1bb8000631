import { expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import { takeRows, type Column, type Frame } from '../frame.ts'
import { binFrame } from './binner.ts'
import { trainForest } from './forest.ts'
import { forestFromState, type ForestState } from './forest-model.ts'

/** A ring in the plane: inside 1, outside 0, one label in ten flipped; with a category and holes. */
function ring(rows: number, seed: number): { frame: Frame; labels: Float64Array } {
  const random = seededRandom(seed)
  const x = Float64Array.from({ length: rows }, () => random.normal())
  const y = Float64Array.from({ length: rows }, () => random.normal())
  const codes = Int32Array.from({ length: rows }, () => random.int(4) - 1)
  const labels = Float64Array.from(x, (v, i) => {
    const inside = v * v + y[i]! * y[i]! < 1.2 || codes[i] === 2
    return inside === random.next() < 0.9 ? 1 : 0
  })
  const columns: Column[] = [
    { kind: 'numeric', name: 'y', values: y.map((v) => (random.next() < 0.05 ? NaN : v)) },
    { kind: 'numeric', name: 'x', values: x },
    { kind: 'categorical', name: 'c', codes, levels: ['a', 'b', 'c'] },
  ]
  return { frame: { rows, columns }, labels }
}

const accuracy = (p: ArrayLike<number>, labels: Float64Array): number =>
  labels.reduce((sum, label, i) => sum + (p[i]! >= 0.5 === (label === 1) ? 1 : 0), 0) /
  labels.length

test('out-of-bag answers foretell the accuracy on new rows', () => {
  const { frame, labels } = ring(1500, 1)
  const later = ring(3000, 2)
  const model = trainForest(frame, labels, { trees: 60 })
  const honest = accuracy(model.outOfBag!, labels)
  const found = accuracy(model.predictProba(later.frame), later.labels)
  expect(found).toBeGreaterThan(0.83)
  expect(Math.abs(honest - found)).toBeLessThan(0.03)
  expect(accuracy(model.predict(frame), labels)).toBeGreaterThan(honest)
})

test('both kernels plant the same forest, for categories, holes and weights too', () => {
  const { frame, labels } = ring(800, 3)
  const weights = Float64Array.from(labels, (_, i) => 0.5 + (i % 3))
  const options = { trees: 8, weights, columnsPerSplit: 2, seed: 4 }
  const script = trainForest(frame, labels, { ...options, kernel: 'script' })
  const wasm = trainForest(frame, labels, { ...options, kernel: 'wasm' })
  expect(wasm.toState()).toEqual(script.toState())
  expect(wasm.outOfBag).toEqual(script.outOfBag)
  const turned = { rows: frame.rows, columns: frame.columns.toReversed() }
  expect(trainForest(turned, labels, options).toState()).toEqual(wasm.toState())
})

test('a forest survives JSON, and its shares add up', () => {
  const { frame, labels } = ring(400, 5)
  const model = trainForest(frame, labels, { trees: 12 })
  const back = forestFromState(JSON.parse(JSON.stringify(model.toState())) as ForestState)
  const answers = model.predict(frame)
  expect(back.predict(frame)).toEqual(answers)
  const { base, shares } = back.explain(binFrame(back.binner, frame))
  answers.forEach((p, r) => {
    const own = shares.subarray(r * 3, (r + 1) * 3)
    expect(Math.abs(own.reduce((a, b) => a + b, base[0]!) - p)).toBeLessThan(1e-9)
  })
  for (const p of answers) expect(p >= 0 && p <= 1 + 1e-12).toBe(true)
})

test('learns means and several classes', () => {
  const { frame } = ring(1200, 6)
  const column = frame.columns.find((c) => c.name === 'x')!
  const x = column.kind === 'numeric' ? column.values : new Float64Array(0)
  const means = trainForest(
    frame,
    x.map((v) => 100 + 10 * v),
    { objective: 'squared', trees: 40 },
  )
  const error = means.predict(frame).reduce((sum, p, i) => sum + Math.abs(p - 100 - 10 * x[i]!), 0)
  expect(error / frame.rows).toBeLessThan(1.5)
  const thirds = x.map((v) => (v < -0.5 ? 0 : v < 0.5 ? 1 : 2))
  const classes = trainForest(frame, thirds, { objective: 'softmax', trees: 20 })
  const shares = classes.predictProba(takeRows(frame, [0, 1, 2, 3]))
  for (let r = 0; r < 4; r++) {
    const row = Array.from(shares.subarray(3 * r, 3 * r + 3))
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1)
    expect(row.indexOf(Math.max(...row))).toBe(thirds[r])
  }
})

test('a wish that cannot be met is named', () => {
  const { frame, labels } = ring(20, 7)
  expect(() => trainForest(frame, labels, { trees: 0 })).toThrow('trees must be an integer')
  expect(() => trainForest(frame, labels, { signal: { aborted: true } })).toThrow('cancelled')
  expect(() => trainForest(frame, [...labels].fill(7))).toThrow('Label 7 of row 0')
})
