import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import { sigmoid } from '../linear/irls.ts'
import { calibrationError } from '../metrics/probability.ts'
import {
  calibrateBeta,
  calibrateIsotonic,
  calibratePlatt,
  calibratorFromState,
  logOdds,
  type CalibratorState,
} from './calibrator.ts'
import { conformalQuantile, conformalRadius, fitLabelSets } from './conformal.ts'
import { fitIsotonic, groupScores, poolAdjacent } from './isotonic.ts'
import { fitVennAbers } from './venn-abers.ts'

const shared = process.env['EH_SHARED'] ?? join(import.meta.dirname, '../../../../shared')
const file = join(shared, 'design/yardsticks/golden/metrics.json')

interface Platt {
  a: number
  b: number
  fitted: number[]
}
interface Case {
  id: number
  y: number[]
  p: number[]
  isotonic?: { fitted: number[]; x_thresholds: number[]; grid: number[]; grid_out: number[] }
  platt_on_p?: Platt
  platt_on_logit?: Platt
}

const close = (ours: ArrayLike<number>, theirs: ArrayLike<number>, tolerance: number): void => {
  expect(ours.length).toBe(theirs.length)
  for (let i = 0; i < ours.length; i++)
    expect(Math.abs(ours[i]! - theirs[i]!)).toBeLessThan(tolerance)
}

describe.skipIf(!existsSync(file))('calibration against recorded scikit-learn figures', () => {
  const { cases } = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] })
    : { cases: [] }
  const calibrated = cases.filter((c) => c.isotonic)
  test.each(calibrated.map((c) => [c.id, c] as const))('case %i', (_, c) => {
    const { isotonic, platt_on_p: onP, platt_on_logit: onLogit, y, p } = c
    const rising = calibrateIsotonic(p, y)
    close(rising.calibrate(p), isotonic!.fitted, 1e-9)
    close(rising.calibrate(isotonic!.grid), isotonic!.grid_out, 1e-9)
    close(fitIsotonic(p, y).x, isotonic!.x_thresholds, 1e-12)
    // The reference stops its optimiser at a gradient of about 1e-5.
    close(calibratePlatt(p, y).calibrate(p), onP!.fitted, 2e-4)
    close(calibratePlatt(logOdds(p), y).calibrate(logOdds(p)), onLogit!.fitted, 2e-4)
  })
  test('all recorded cases are there', () => {
    expect(calibrated.map((c) => c.id)).toEqual([0, 1, 6, 9, 15])
  })
})

/** Scores whose log odds are twice too extreme, and labels. */
function overconfident(rows: number, seed: number) {
  const random = seededRandom(seed)
  const z = Float64Array.from({ length: rows }, () => random.normal() * 1.5 - 0.5)
  const labels = z.map((v) => (random.next() < sigmoid(v) ? 1 : 0))
  return { scores: z.map((v) => sigmoid(2 * v)), labels }
}

test('every calibrator mends overconfidence and survives its state', () => {
  const { scores, labels } = overconfident(4000, 1)
  const later = overconfident(8000, 2)
  expect(calibrationError(later.labels, later.scores)).toBeGreaterThan(0.08)
  for (const fit of [calibrateIsotonic, calibrateBeta, calibratePlatt]) {
    const onLogit = fit === calibratePlatt
    const calibrator = fit(onLogit ? logOdds(scores) : scores, labels)
    const answers = calibrator.calibrate(onLogit ? logOdds(later.scores) : later.scores)
    expect(calibrationError(later.labels, answers)).toBeLessThan(0.025)
    const state = JSON.parse(JSON.stringify(calibrator.toState())) as CalibratorState
    const input = onLogit ? logOdds(later.scores) : later.scores
    expect(calibratorFromState(state).calibrate(input)).toEqual(answers)
  }
})

test('pooling gives the nearest rising sequence: it rises and keeps the weighted mean', () => {
  const cell = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 9 }))
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 40 }), (cells) => {
      const mean = Float64Array.from(cells, ([m]) => m)
      const weight = Float64Array.from(cells, ([, w]) => w)
      const fitted = poolAdjacent(mean, weight)
      const total = (values: Float64Array): number =>
        values.reduce((sum, v, i) => sum + v * weight[i]!, 0)
      expect(total(fitted)).toBeCloseTo(total(mean), 9)
      for (let i = 1; i < fitted.length; i++)
        expect(fitted[i]!).toBeGreaterThanOrEqual(fitted[i - 1]!)
    }),
  )
})

test('equal scores form one group and rows of no weight none', () => {
  const { score, weight, mean } = groupScores([0.2, 0.1, 0.2, 0.9], [1, 0, 0, 1], [1, 1, 3, 0])
  expect([[...score], [...weight], [...mean]]).toEqual([
    [0.1, 0.2],
    [1, 4],
    [0, 0.25],
  ])
})

test('Venn-Abers brackets the calibrated probability', () => {
  const { scores, labels } = overconfident(600, 3)
  const later = overconfident(300, 4)
  const predictor = fitVennAbers(scores, labels)
  const answers = Array.from(later.scores, (s) => predictor.answer(s))
  for (const { low, high, probability } of answers) {
    expect(low).toBeLessThanOrEqual(high)
    expect(probability).toBeGreaterThanOrEqual(low)
    expect(probability).toBeLessThanOrEqual(high)
  }
  const p = answers.map((a) => a.probability)
  expect(calibrationError(later.labels, p, 8)).toBeLessThan(0.08)
})

test('conformal intervals and label sets cover as promised', () => {
  const random = seededRandom(5)
  const draw = (n: number): Float64Array => Float64Array.from({ length: n }, () => random.normal())
  const radius = conformalRadius(new Float64Array(999), draw(999), 0.9)
  const fresh = draw(20_000)
  const covered = fresh.reduce((sum, v) => sum + (Math.abs(v) <= radius ? 1 : 0), 0) / fresh.length
  expect(Math.abs(covered - 0.9)).toBeLessThan(0.03)
  expect(conformalQuantile([1, 2, 3], 0.9)).toBe(Infinity)

  const { scores, labels } = overconfident(2000, 6)
  const later = overconfident(8000, 7)
  const setOf = fitLabelSets(scores, labels, 0.9)
  for (const wanted of [0, 1] as const) {
    let rows = 0
    let held = 0
    later.labels.forEach((label, i) => {
      if (label !== wanted) return
      rows++
      if (setOf(later.scores[i]!).includes(wanted)) held++
    })
    expect(Math.abs(held / rows - 0.9)).toBeLessThan(0.03)
  }
})
