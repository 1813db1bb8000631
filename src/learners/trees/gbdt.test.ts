import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Parallel } from '../../core/index.ts'
import { seededRandom } from '../../math/index.ts'
import { takeRows, type Column, type Frame } from '../frame.ts'
import { binFrame, binRow } from './binner.ts'
import { startThreads } from '../../platform/index.ts'
import { trainGbdt, trainGbdtTogether } from './gbdt.ts'
import { gbdtFromState, type GbdtState } from './gbdt-model.ts'

/** Two useful numbers, a useful category, noise, and holes; the label follows a known logit. */
function market(
  rows: number,
  seed: number,
): { frame: Frame; labels: Float64Array; truth: number[] } {
  const random = seededRandom(seed)
  const a = Float64Array.from({ length: rows }, () => random.normal())
  const b = Float64Array.from({ length: rows }, () => (random.next() < 0.1 ? NaN : random.normal()))
  const noise = Float64Array.from({ length: rows }, () => random.next())
  const codes = Int32Array.from({ length: rows }, () => random.int(6) - 1)
  const effect = [1.5, -1, 0, 0.5, -1.5]
  const truth = Array.from(a, (v, i) => {
    const fromB = Number.isNaN(b[i]!) ? 1 : b[i]! > 0 ? 0.8 : -0.8
    return v + fromB * Math.sign(v) + (codes[i]! < 0 ? 0 : effect[codes[i]!]!)
  })
  const labels = Float64Array.from(truth, (z) => (random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0))
  const columns: Column[] = [
    { kind: 'numeric', name: 'a', values: a },
    { kind: 'numeric', name: 'b', values: b },
    { kind: 'numeric', name: 'noise', values: noise },
    { kind: 'categorical', name: 'c', codes, levels: ['p', 'q', 'r', 's', 't'] },
  ]
  return { frame: { rows, columns }, labels, truth }
}

/** Probability that a random positive scores above a random negative. */
function auc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Array.from({ length: labels.length }, (_, i) => i)
  order.sort((i, j) => scores[i]! - scores[j]!)
  let ranks = 0
  let positives = 0
  order.forEach((i, place) => {
    ranks += labels[i]! * (place + 1)
    positives += labels[i]!
  })
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives))
}

test('comes close to the true odds on rows it has not seen', () => {
  const train = market(4000, 1)
  const later = market(4000, 2)
  const model = trainGbdt(train.frame, train.labels, { trees: 60, maxDepth: 4 })
  const found = auc(model.predictProba(later.frame), later.labels)
  const best = auc(later.truth, later.labels)
  expect(best - found).toBeLessThan(0.02)
  expect(found).toBeGreaterThan(0.75)
})

test('the inputs stay as they were and the answers do not depend on column order', () => {
  const { frame, labels } = market(500, 3)
  const before = structuredClone({ frame, labels })
  const options = { trees: 20, rowFraction: 0.7, columnFraction: 0.6, seed: 5 }
  const model = trainGbdt(frame, labels, options)
  const turned = { rows: frame.rows, columns: frame.columns.toReversed() }
  expect({ frame, labels }).toEqual(before)
  expect(trainGbdt(turned, labels, options).predict(turned)).toEqual(model.predict(frame))
  expect(trainGbdt(frame, labels, { ...options, seed: 6 }).predict(frame)).not.toEqual(
    model.predict(frame),
  )
})

test('a model survives JSON, and one row answers as the table does', () => {
  const { frame, labels } = market(300, 4)
  const model = trainGbdt(frame, labels, { trees: 15 })
  const back = gbdtFromState(JSON.parse(JSON.stringify(model.toState())) as GbdtState)
  const answers = model.predict(frame)
  expect(back.predict(frame)).toEqual(answers)
  expect(back.predict(binFrame(model.binner, frame))).toEqual(answers)
  const c = model.binner.columns.find((column) => column.name === 'c')!
  for (let row = 0; row < 50; row++) {
    const vector = model.binner.columns.map((spec) => {
      const column = frame.columns.find(({ name }) => name === spec.name)!
      if (column.kind === 'numeric') return column.values[row]!
      const level = column.levels[column.codes[row]!]
      return level === undefined || c.kind === 'numeric' ? NaN : c.levels.indexOf(level)
    })
    expect(back.predictRow(vector)[0]).toBe(answers[row])
    expect(back.predictBinnedRow(binRow(back.binner, vector))[0]).toBe(answers[row])
  }
})

test('one row of numbers alone answers as the table does, for any count of trees', () => {
  const { frame, labels } = market(300, 4)
  const columns = frame.columns.filter(({ kind }) => kind === 'numeric')
  for (const trees of [1, 4, 15, 16]) {
    const model = trainGbdt({ ...frame, columns }, labels, { trees })
    const answers = model.predict({ ...frame, columns })
    for (let row = 0; row < 50; row++) {
      const vector = columns.map((column) => (column.kind === 'numeric' ? column.values[row]! : 0))
      expect(model.predictRow(vector)[0]).toBe(answers[row])
    }
  }
})

test('a weight of two is the row twice', () => {
  const { frame, labels } = market(400, 5)
  const weights = Float64Array.from(labels, (_, i) => 1 + (i % 2))
  const index = Array.from(labels.keys()).flatMap((i) => (i % 2 ? [i, i] : [i]))
  const options = { trees: 10, maxBins: 255, binner: trainGbdt(frame, labels, { trees: 1 }).binner }
  const weighted = trainGbdt(frame, labels, { ...options, weights })
  const doubled = trainGbdt(
    takeRows(frame, index),
    index.map((i) => labels[i]!),
    options,
  )
  const a = weighted.predict(frame)
  const b = doubled.predict(frame)
  for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(b[i]!, 5)
})

test('missing values go where the labels say, unseen categories count as rare', () => {
  const rows = 400
  const random = seededRandom(6)
  const values = Float64Array.from({ length: rows }, (_, i) => (i % 4 ? random.next() : NaN))
  const labels = Float64Array.from(values, (v) => (Number.isNaN(v) || v > 0.7 ? 1 : 0))
  const frame: Frame = { rows, columns: [{ kind: 'numeric', name: 'x', values }] }
  const model = trainGbdt(frame, labels, { trees: 30 })
  expect(model.predictRow([NaN])[0]).toBeGreaterThan(0.9)
  expect(model.predictRow([0.9])[0]).toBeGreaterThan(0.9)
  expect(model.predictRow([0.3])[0]).toBeLessThan(0.1)

  const codes = Int32Array.from({ length: rows }, (_, i) => (i < 12 ? 2 + (i % 6) : i % 2))
  const levels = ['no', 'yes', ...'abcdef']
  const column: Column = { kind: 'categorical', name: 'k', codes, levels }
  const rareOnes = Float64Array.from(codes, (k) => (k === 0 ? 0 : 1))
  const second = trainGbdt({ rows, columns: [column] }, rareOnes, { trees: 30 })
  const unseen: Column = { ...column, codes: Int32Array.of(0, 1), levels: ['never', 'no'] }
  const [never, no] = second.predict({ rows: 2, columns: [unseen] })
  expect(never).toBeGreaterThan(0.8)
  expect(no).toBeLessThan(0.1)
})

test('monotone constraints hold for every other column value', () => {
  const { frame, labels } = market(1500, 7)
  const model = trainGbdt(frame, labels, { trees: 40, monotone: { a: 1, noise: -1 } })
  const at = (name: string): number => model.binner.columns.findIndex((c) => c.name === name)
  const cell = fc.double({ min: -3, max: 3, noNaN: true })
  fc.assert(
    fc.property(cell, cell, cell, fc.integer({ min: -1, max: 4 }), (b, x, y, c) => {
      const row = (a: number, noise: number): number => {
        const vector = [0, 0, 0, 0]
        vector[at('a')] = a
        vector[at('b')] = b
        vector[at('c')] = c
        vector[at('noise')] = noise
        return model.predictRow(vector)[0]!
      }
      const [low, high] = [Math.min(x, y), Math.max(x, y)]
      expect(row(low, 0.5)).toBeLessThanOrEqual(row(high, 0.5))
      expect(row(0, low)).toBeGreaterThanOrEqual(row(0, high))
    }),
    { numRuns: 300 },
  )
})

test('early stopping keeps the best iteration', () => {
  const { frame, labels } = market(600, 8)
  const model = trainGbdt(frame, labels, {
    trees: 500,
    learningRate: 0.3,
    validationFraction: 0.3,
    patience: 10,
  })
  const { validationLoss } = model
  expect(model.trees).toBe(validationLoss.indexOf(Math.min(...validationLoss)) + 1)
  expect(validationLoss.length).toBe(model.trees + 10)
})

test('shares add up to the margin, for one row and for the table', () => {
  const { frame, labels } = market(400, 14)
  const model = trainGbdt(frame, labels, { trees: 30 })
  const columns = model.binner.columns.length
  const { base, shares } = model.explain(frame)
  const binned = binFrame(model.binner, frame)
  model.predictMargin(binned).forEach((margin, r) => {
    const own = shares.subarray(r * columns, (r + 1) * columns)
    expect(Math.abs(own.reduce((a, b) => a + b, base[0]!) - margin)).toBeLessThan(1e-9)
    const bins = binned.bins.subarray(r * columns, (r + 1) * columns)
    const one = model.explainBinnedRow(bins).shares
    own.forEach((share, f) => expect(Math.abs(share - one[f]!)).toBeLessThan(1e-12))
  })
  const noise = model.binner.columns.findIndex((c) => c.name === 'noise')
  const a = model.binner.columns.findIndex((c) => c.name === 'a')
  const strength = (f: number): number =>
    shares.reduce((sum, share, i) => sum + (i % columns === f ? Math.abs(share) : 0), 0)
  expect(strength(a)).toBeGreaterThan(3 * strength(noise))
})

test('progress is told, and a raised flag stops the training', () => {
  const { frame, labels } = market(100, 9)
  const seen: number[] = []
  const signal = { aborted: false }
  const run = (): unknown =>
    trainGbdt(frame, labels, {
      trees: 10,
      signal,
      onProgress(fraction) {
        seen.push(fraction)
        signal.aborted = fraction >= 0.5
      },
    })
  expect(run).toThrow(expect.objectContaining({ name: 'AbortError' }))
  expect(seen).toEqual([0.1, 0.2, 0.3, 0.4, 0.5])
})

test('one class, one row, no columns and constant columns give an answer', () => {
  const { frame } = market(30, 10)
  const ones = new Float64Array(30).fill(1)
  expect(
    trainGbdt(frame, ones)
      .predict(frame)
      .every((p) => p > 0.95 && p < 1),
  ).toBe(true)
  const one = trainGbdt(takeRows(frame, [3]), [0])
  expect(one.predict(takeRows(frame, [3]))[0]).toBeGreaterThan(0)
  const none = trainGbdt({ rows: 4, columns: [] }, [0, 1, 1, 1])
  expect(none.predict({ rows: 2, columns: [] })[0]).toBeCloseTo(0.75)
})

test('wrong labels and options are named', () => {
  const { frame, labels } = market(10, 11)
  expect(() => trainGbdt(frame, [1])).toThrow('1 labels for 10 rows')
  expect(() =>
    trainGbdt(
      frame,
      labels.map(() => 2),
    ),
  ).toThrow('Label 2 of row 0')
  expect(() => trainGbdt(frame, labels, { maxDepth: 0 })).toThrow('maxDepth must be an integer')
  expect(() => trainGbdt(frame, labels, { monotone: { c: 1 } })).toThrow('not a numeric column')
  expect(() => trainGbdt({ rows: 0, columns: [] }, [])).toThrow('no rows')
})

test('the WebAssembly kernel grows the trees that the TypeScript one grows', () => {
  const { frame, labels } = market(3000, 12)
  const options = { trees: 12, rowFraction: 0.8, columnFraction: 0.7, minChildWeight: 0.1 }
  const script = trainGbdt(frame, labels, { ...options, kernel: 'script' })
  const wasm = trainGbdt(frame, labels, { ...options, kernel: 'wasm' })
  expect(wasm.toState()).toEqual(script.toState())
  expect(wasm.ensemble.feature.length).toBeGreaterThan(100)

  // Fourteen columns take the kernel through its groups of eight, four and one.
  const random = seededRandom(13)
  const columns = Array.from({ length: 14 }, (_, f): Column => {
    const values = Float64Array.from({ length: 900 }, () => Math.round(random.normal() * 40))
    return { kind: 'numeric', name: `x${f}`, values }
  })
  const target = Float64Array.from({ length: 900 }, (_, i) =>
    columns.reduce((sum, c, f) => sum + (c.kind === 'numeric' ? c.values[i]! * (f % 3) : 0), 0),
  )
  const wide: Frame = { rows: 900, columns }
  const squared = { objective: 'squared', trees: 10 } as const
  expect(trainGbdt(wide, target, { ...squared, kernel: 'wasm' }).toState()).toEqual(
    trainGbdt(wide, target, { ...squared, kernel: 'script' }).toState(),
  )
})

test('two threads grow the trees that one grows', async () => {
  const threads = startThreads(new URL('../index.ts', import.meta.url), 2)
  const helped: Promise<unknown>[] = []
  const parallel: Parallel = {
    threads: 2,
    run<Input, Output>(task: string, input: Input) {
      const answer = threads.run<Input, Output>(task, input)
      helped.push(answer)
      return answer
    },
  }
  try {
    // A thread that has loaded its module joins at once; a busy machine may take seconds to load it.
    await threads.run('parseNumber', '1')
    const random = seededRandom(15)
    const rows = 21_000
    const columns = Array.from({ length: 11 }, (_, f): Column => {
      const values = Float64Array.from({ length: rows }, () => random.normal())
      return { kind: 'numeric', name: `x${f}`, values }
    })
    const labels = Float64Array.from({ length: rows }, () => (random.next() < 0.4 ? 1 : 0))
    const frame: Frame = { rows, columns }
    const capped = {
      maxDepth: 9,
      maxLeaves: 13,
      objective: 'quantile',
      monotone: { x3: 1 },
    } as const
    for (const more of [{}, { rowFraction: 0.7, columnFraction: 0.5 }, capped]) {
      const options = { trees: 6, seed: 3, onProgress: () => undefined, ...more }
      const two = await trainGbdtTogether(parallel, frame, labels, options)
      expect(two.toState()).toEqual(trainGbdt(frame, labels, options).toState())
    }
    const classes = { objective: 'softmax', trees: 2, maxDepth: 3 } as const
    const thirds = labels.map((y, i) => y + (i % 2))
    const three = await trainGbdtTogether(parallel, frame, thirds, classes)
    expect(three.toState()).toEqual(trainGbdt(frame, thirds, classes).toState())
    // Each helper did some orders: nothing here was learned alone.
    expect((await Promise.all(helped)).map((orders) => Number(orders) > 20)).toEqual(
      new Array(4).fill(true),
    )
  } finally {
    await threads.close()
  }
})
