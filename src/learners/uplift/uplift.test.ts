import { expect, test } from 'vitest'
import { learnerSuite } from '../../../test/suites/learner.ts'
import { seededRandom } from '../../math/index.ts'
import type { Frame } from '../frame.ts'
import { areaUnderUplift, policyValue, qiniCoefficient, qiniCurve, qiniInterval } from './qini.ts'
import { trainUplift, upliftFromState, type UpliftMethod } from './uplift.ts'

/** Treatment helps where x > 0 (by 0.4), and nowhere else; z moves the outcome in both arms. */
function experiment(rows: number, seed: number) {
  const random = seededRandom(seed)
  const x = Float64Array.from({ length: rows }, () => random.normal())
  const z = Float64Array.from({ length: rows }, () => random.normal())
  const propensity = z.map((v) => (v > 0 ? 0.7 : 0.3))
  const treated = propensity.map((e) => (random.next() < e ? 1 : 0))
  const effect = x.map((v) => (v > 0 ? 0.4 : 0))
  const outcomes = z.map((v, i) => {
    const p = 0.3 + (v > 0 ? 0.2 : 0) + treated[i]! * effect[i]!
    return random.next() < p ? 1 : 0
  })
  const frame: Frame = {
    rows,
    columns: [
      { kind: 'numeric', name: 'x', values: x },
      { kind: 'numeric', name: 'z', values: z },
    ],
  }
  return { frame, treated, outcomes, propensity, effect }
}

test.each(['t', 'x', 'dr'] satisfies UpliftMethod[])('the %s-learner finds who is helped', (m) => {
  const data = experiment(4000, 1)
  const later = experiment(4000, 2)
  const model = trainUplift(data, { method: m, propensity: data.propensity })
  const uplift = model.predict(later.frame)
  const mean = (helped: boolean): number => {
    const rows = [...uplift.keys()].filter((i) => later.effect[i]! > 0 === helped)
    return rows.reduce((sum, i) => sum + uplift[i]!, 0) / rows.length
  }
  expect(Math.abs(mean(true) - 0.4)).toBeLessThan(0.08)
  expect(Math.abs(mean(false))).toBeLessThan(0.08)
})

/** The contract gives labels only: here a random half is treated, and the label is the effect. */
learnerSuite({
  name: 'uplift',
  answers: 'number',
  skill: 0.2,
  train: (frame, labels, options) => {
    const random = seededRandom(9)
    const treated = labels.map(() => random.int(2))
    const outcomes = labels.map((y, i) => y * treated[i]!)
    return trainUplift({ frame, outcomes, treated }, { ...options, method: 't' })
  },
  restore: upliftFromState,
})

test('a perfect order has a high Qini coefficient, a random one none, the reverse a low one', () => {
  const data = experiment(6000, 3)
  const random = seededRandom(4)
  // Equal propensity, as the curve assumes.
  const treated = data.treated.map(() => random.int(2))
  const outcomes = treated.map((t, i) => (random.next() < 0.3 + t * data.effect[i]! ? 1 : 0))
  const rows = { uplift: data.effect, outcomes, treated }
  const best = qiniInterval(rows, { draws: 200 })
  expect(best.low).toBeGreaterThan(0)
  const noise = { ...rows, uplift: treated.map(() => random.next()) }
  const useless = qiniInterval(noise, { draws: 200 })
  expect(useless.low).toBeLessThan(0)
  expect(useless.high).toBeGreaterThan(0)
  const turned = { ...rows, uplift: data.effect.map((v) => -v) }
  expect(qiniCoefficient(turned)).toBeCloseTo(-best.value, 2)
  const { share, gain } = qiniCurve(rows)
  expect([share[0], gain[0], share.at(-1)]).toEqual([0, 0, 1])
  expect(areaUnderUplift(rows)).toBeCloseTo(best.value + gain.at(-1) / 2, 12)
})

test('the doubly robust value is right when only one of its two parts is', () => {
  const data = experiment(40_000, 5)
  // Treat everybody: its true value is the mean outcome under treatment.
  const truth = data.effect.reduce((sum, e, i) => {
    return sum + 0.3 + (data.propensity[i]! > 0.5 ? 0.2 : 0) + e
  }, 0)
  const taken = data.treated.map((t, i) =>
    t === 1 ? data.propensity[i]! : 1 - data.propensity[i]!,
  )
  const logged = { actions: data.treated, rewards: data.outcomes, policy: taken.map(() => 1) }
  const right = (arm: number, i: number): number =>
    0.3 + (data.propensity[i]! > 0.5 ? 0.2 : 0) + arm * data.effect[i]!
  const wrongModel = { expected: taken.map(() => 0.9), expectedTaken: taken.map(() => 0.9) }
  const rightModel = {
    expected: taken.map((_, i) => right(1, i)),
    expectedTaken: taken.map((_, i) => right(data.treated[i]!, i)),
  }
  for (const found of [
    policyValue({ ...logged, propensities: taken, ...wrongModel }),
    policyValue({ ...logged, propensities: taken.map(() => 0.5), ...rightModel }),
  ]) {
    expect(found.standardError).toBeLessThan(0.01)
    expect(Math.abs(found.value - truth / 40_000)).toBeLessThan(4 * found.standardError)
  }
})
