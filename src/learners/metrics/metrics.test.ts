import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bootstrapInterval } from './bootstrap.ts'
import { seededRandom } from '../../math/index.ts'
import { calibrationNoise } from './calibration-noise.ts'
import { confusionMatrix, decisionScores } from './decisions.ts'
import { brierScore, calibrationError, logLoss } from './probability.ts'
import { averagePrecision, rocAuc } from './ranking.ts'
import { selectiveCurve, selectiveScores } from './selective.ts'

// Environment access is for tests only; the learners themselves are pure.
const shared = process.env['EH_SHARED'] ?? join(import.meta.dirname, '../../../../shared')
const golden = join(shared, 'design/yardsticks/golden/metrics.json')

interface Golden {
  cases: (Record<
    | 'id'
    | 'roc_auc'
    | 'average_precision'
    | 'log_loss'
    | 'brier'
    | 'f1'
    | 'tn'
    | 'fp'
    | 'fn'
    | 'tp'
    | 'accuracy'
    | 'precision'
    | 'recall'
    | 'mcc'
    | 'balanced_accuracy'
    | 'ece15_pos',
    number
  > & { y: number[]; p: number[] })[]
}

test('honest probabilities lie inside the noise of calibration, others beyond', () => {
  const random = seededRandom(4)
  const rows = 600
  let inside = 0
  for (let k = 0; k < 10; k++) {
    const p = Float64Array.from({ length: rows }, () => random.next())
    const honest = p.map((v) => (random.next() < v ? 1 : 0))
    const { median, high } = calibrationNoise(p, { seed: k })
    expect(median).toBeLessThan(high)
    if (calibrationError(honest, p) < high) inside++
    const sure = p.map((v) => (random.next() < v * v ? 1 : 0))
    expect(calibrationError(sure, p)).toBeGreaterThan(high)
  }
  expect(inside).toBeGreaterThan(7)

  // One bin of n rows at probability p: half a normal distribution.
  const { median, high } = calibrationNoise(new Float64Array(10_000).fill(0.3))
  const deviation = Math.sqrt((0.3 * 0.7) / 10_000)
  expect(Math.abs(median / deviation - 0.6745)).toBeLessThan(0.15)
  expect(Math.abs(high / deviation - 1.96)).toBeLessThan(0.3)
  expect(calibrationNoise([0, 1, 1, 0])).toEqual({ median: 0, high: 0 })
  expect(calibrationNoise([])).toEqual({ median: NaN, high: NaN })
})

describe.skipIf(!existsSync(golden))('metrics against recorded scikit-learn figures', () => {
  const cases = existsSync(golden) ? (JSON.parse(readFileSync(golden, 'utf8')) as Golden).cases : []
  test.each(cases.map((c) => [c.id, c] as const))('case %i', (_, c) => {
    const matrix = confusionMatrix(c.y, c.p)
    const scores = decisionScores(matrix)
    expect([matrix.trueNegatives, matrix.falsePositives]).toEqual([c.tn, c.fp])
    expect([matrix.falseNegatives, matrix.truePositives]).toEqual([c.fn, c.tp])
    const pairs = [
      [rocAuc(c.y, c.p), c.roc_auc],
      [averagePrecision(c.y, c.p), c.average_precision],
      [logLoss(c.y, c.p), c.log_loss],
      [brierScore(c.y, c.p), c.brier],
      [calibrationError(c.y, c.p), c.ece15_pos],
      [scores.accuracy, c.accuracy],
      [scores.precision, c.precision],
      [scores.recall, c.recall],
      [scores.f1, c.f1],
      [scores.mcc, c.mcc],
      [scores.balancedAccuracy, c.balanced_accuracy],
    ] as const
    for (const [ours, theirs] of pairs) expect(ours).toBeCloseTo(theirs, 12)
  })
})

const rows = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 1 }), fc.float({ min: 0, max: 1, noNaN: true })),
  { minLength: 1, maxLength: 60 },
)

test('ranking does not care about the scale of scores and turns around with them', () => {
  fc.assert(
    fc.property(rows, (pairs) => {
      const y = pairs.map(([label]) => label)
      const s = pairs.map(([, score]) => score)
      const auc = rocAuc(y, s)
      if (Number.isNaN(auc)) return
      expect(
        rocAuc(
          y,
          Float64Array.from(s, (v) => v * 8),
        ),
      ).toBeCloseTo(auc, 12)
      expect(
        rocAuc(
          y,
          Float64Array.from(s, (v) => -v),
        ),
      ).toBeCloseTo(1 - auc, 12)
      expect(averagePrecision(y, s)).toBeGreaterThan(0)
    }),
  )
})

test('probability scores keep their bounds', () => {
  fc.assert(
    fc.property(rows, (pairs) => {
      const y = pairs.map(([label]) => label)
      const p = pairs.map(([, score]) => score)
      for (const value of [brierScore(y, p), calibrationError(y, p)]) {
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1)
      }
      expect(Number.isFinite(logLoss(y, p))).toBe(true)
      const coverages = selectiveCurve(y, p).map((point) => point.coverage)
      expect(coverages).toEqual(coverages.toSorted((a, b) => b - a))
    }),
  )
})

test('one class leaves the ranking undefined rather than wrong', () => {
  expect(rocAuc([1, 1], [0.2, 0.3])).toBeNaN()
  expect(averagePrecision([0, 0], [0.2, 0.3])).toBeNaN()
})

test('the gate keeps only confident rows', () => {
  const found = selectiveScores([1, 0, 1, 0], [0.9, 0.1, 0.6, 0.95], 0.85)
  expect(found.coverage).toBe(0.75)
  expect(found.accuracy).toBeCloseTo(2 / 3)
  expect(found.precision).toBe(0.5)
  expect(selectiveScores([1], [0.6], 0.9).accuracy).toBeNaN()
})

test('the bootstrap interval of a mean is about 2 standard errors wide on each side', () => {
  const values = Array.from({ length: 400 }, (_, i) => Math.sin(i * 12.9898) * 2)
  const mean = (drawn: Int32Array): number =>
    drawn.reduce((sum, row) => sum + values[row]!, 0) / drawn.length
  const { low, high, sd } = bootstrapInterval(400, mean, { seed: 3 })
  const standardError = Math.sqrt(2 / 400)
  expect(sd).toBeGreaterThan(0.85 * standardError)
  expect(sd).toBeLessThan(1.15 * standardError)
  expect(high - low).toBeGreaterThan(3.4 * standardError)
  // Pairs that repeat each other carry half the information.
  const clusters = values.map((_, i) => i >> 1)
  const paired = (drawn: Int32Array): number =>
    drawn.reduce((sum, row) => sum + values[row - (row % 2)]!, 0) / drawn.length
  expect(bootstrapInterval(400, paired, { seed: 3, clusters }).sd).toBeGreaterThan(
    1.2 * standardError,
  )
})
