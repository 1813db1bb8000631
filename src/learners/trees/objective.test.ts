import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import type { Frame } from '../frame.ts'
import { trainGbdt } from './gbdt.ts'
import { gainImportance, permutationImportance } from './importance.ts'
import { createObjective, meanLoss, weightedQuantile } from './objective.ts'
import type { ObjectiveName, ObjectiveSpec, Target } from './target.ts'

const specOf = (name: ObjectiveName, outputs = 1): ObjectiveSpec => ({
  name,
  outputs,
  quantile: 0.3,
})

const label: Record<string, (u: number) => number> = {
  logistic: (u) => (u < 0.5 ? 0 : 1),
  squared: (u) => 4 * u - 2,
  poisson: (u) => Math.floor(5 * u),
  softmax: (u) => Math.floor(2.999 * u),
}

test.each(['logistic', 'squared', 'poisson', 'softmax'] as const)(
  'the gradient of %s is the slope of its loss',
  (name) => {
    const outputs = name === 'softmax' ? 3 : 1
    const spec = specOf(name, outputs)
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const margin = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
      minLength: outputs,
      maxLength: outputs,
    })
    fc.assert(
      fc.property(share, margin, (u, f) => {
        const target: Target = {
          labels: Float64Array.of(label[name]!(u)),
          weights: undefined,
          starts: undefined,
        }
        const margins = Float64Array.from(f)
        const objective = createObjective(spec, target)
        objective.prepare(margins)
        for (let k = 0; k < outputs; k++) {
          const out = new Float32Array(2)
          objective.gradients(k, 0, 1, out)
          const step = 1e-4
          const at = (d: number): number => {
            const moved = margins.slice()
            moved[k]! += d
            return meanLoss(spec, target, moved)
          }
          const slope = (at(step) - at(-step)) / (2 * step)
          // The squared error's gradient is written without its factor of two.
          expect(out[1]! * (name === 'squared' ? 2 : 1)).toBeCloseTo(slope, 3)
          expect(out[0]).toBeGreaterThan(0)
        }
      }),
      { numRuns: 100 },
    )
  },
)

test('the weighted quantile is the value at its share of the weight', () => {
  const values = Float64Array.of(5, 1, 3)
  expect(weightedQuantile(values, undefined, 0.5)).toBe(3)
  expect(weightedQuantile(values, Float64Array.of(1, 1, 8), 0.05)).toBe(1)
  expect(weightedQuantile(values, Float64Array.of(1, 1, 8), 0.15)).toBe(3)
  expect(weightedQuantile(values, Float64Array.of(1, 1, 8), 0.95)).toBe(5)
})

/** Two columns; `useful` decides, `noise` does not. */
function table(
  rows: number,
  seed: number,
): { frame: Frame; useful: Float64Array; noise: Float64Array } {
  const random = seededRandom(seed)
  const useful = Float64Array.from({ length: rows }, () => random.next())
  const noise = Float64Array.from({ length: rows }, () => random.normal())
  const frame: Frame = {
    rows,
    columns: [
      { kind: 'numeric', name: 'useful', values: useful },
      { kind: 'numeric', name: 'noise', values: noise },
    ],
  }
  return { frame, useful, noise }
}

test('quantile boosting leaves the wanted share below', () => {
  const { frame, useful, noise } = table(4000, 1)
  const labels = useful.map((u, i) => 10 * u + (1 + 3 * u) * noise[(i + 7) % 4000]!)
  const options = { objective: 'quantile', quantile: 0.9, trees: 80, maxDepth: 3 } as const
  const answers = trainGbdt(frame, labels, options).predict(frame)
  const below = labels.reduce((n, y, i) => n + (y <= answers[i]! ? 1 : 0), 0) / frame.rows
  expect(Math.abs(below - 0.9)).toBeLessThan(0.015)
})

test('Poisson boosting finds the rate, softmax the classes', () => {
  const { frame, useful, noise } = table(3000, 2)
  const random = seededRandom(3)
  const draw = (rate: number): number => {
    let n = -1
    for (let product = 1; product > Math.exp(-rate); n++) product *= random.next()
    return n
  }
  const counts = useful.map((u) => draw(1 + 4 * u))
  const rates = trainGbdt(frame, counts, { objective: 'poisson', trees: 40, maxDepth: 2 })
  const mean = rates.predict(frame).reduce((sum, p, i) => sum + Math.abs(p - 1 - 4 * useful[i]!), 0)
  expect(mean / frame.rows).toBeLessThan(0.2)
  expect(rates.predict(frame).every((p) => p > 0)).toBe(true)

  const thirds = useful.map((u, i) => Math.floor(2.999 * (noise[i]! > 2 ? 1 - u : u)))
  const model = trainGbdt(frame, thirds, { objective: 'softmax', trees: 15 })
  const shares = model.predictProba(frame)
  let right = 0
  for (let r = 0; r < frame.rows; r++) {
    const row = Array.from(shares.subarray(3 * r, 3 * r + 3))
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1)
    if (row.indexOf(Math.max(...row)) === thirds[r]) right++
  }
  expect(right / frame.rows).toBeGreaterThan(0.97)
})

test('LambdaRank orders the rows of each query, wherever they stand in the table', () => {
  const { frame, useful, noise } = table(1200, 4)
  const groups = useful.map((_, i) => i % 60)
  const relevance = useful.map((u, i) =>
    Math.max(0, Math.min(4, Math.floor(4 * u + 0.3 * noise[i]!))),
  )
  const model = trainGbdt(frame, relevance, { objective: 'lambdarank', groups, trees: 30 })
  const order = Array.from(groups.keys()).sort((a, b) => groups[a]! - groups[b]! || a - b)
  const target: Target = {
    labels: Float64Array.from(order, (i) => relevance[i]!),
    weights: undefined,
    starts: Int32Array.from({ length: 61 }, (_, q) => 20 * q),
  }
  const scores = model.predict(frame)
  const loss = (s: Float64Array): number =>
    meanLoss(
      model.spec,
      target,
      Float64Array.from(order, (i) => s[i]!),
    )
  expect(loss(scores)).toBeLessThan(0.08)
  expect(loss(noise)).toBeGreaterThan(0.2)
  expect(() => trainGbdt(frame, relevance, { objective: 'lambdarank' })).toThrow('needs `groups`')
})

test('class weights move the answers, importance finds the useful column', () => {
  const { frame, useful, noise } = table(2000, 5)
  const labels = useful.map((u, i) => (u + 0.1 * noise[(i + 1) % 2000]! > 0.9 ? 1 : 0))
  const plain = trainGbdt(frame, labels, { trees: 20, maxDepth: 3 })
  const balanced = trainGbdt(frame, labels, { trees: 20, maxDepth: 3, classWeights: 'balanced' })
  const mean = (p: Float64Array): number => p.reduce((a, b) => a + b, 0) / p.length
  expect(mean(balanced.predict(frame))).toBeGreaterThan(mean(plain.predict(frame)) + 0.02)
  const [first] = gainImportance(plain)
  expect(first!.column).toBe('useful')
  expect(first!.importance).toBeGreaterThan(0.8)
  const target: Target = { labels, weights: undefined, starts: undefined }
  const brier = (p: Float64Array): number => meanLoss(specOf('squared'), target, p)
  const [top, rest] = permutationImportance(plain, frame, brier)
  expect(top!.column).toBe('useful')
  expect(top!.importance).toBeGreaterThan(10 * Math.abs(rest!.importance))
})
