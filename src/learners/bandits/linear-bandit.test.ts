import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalCdf, seededRandom, type SeededRandom } from '../../math/index.ts'
import type { BanditChoice } from './choice.ts'
import {
  chooseLinTs,
  chooseLinUcb,
  createLinearBandit,
  linearBanditFromState,
  type LinearBandit,
} from './linear-bandit.ts'

type Rule = (bandit: LinearBandit, context: number[], random: SeededRandom) => BanditChoice

const ARMS = 4
const FEATURES = 5
const NOISE = 0.3
const ROUNDS = 1500

/** Plays seeded linear rewards: total regret, and how far choices strayed from propensities. */
function play(rule: Rule, seed: number) {
  const random = seededRandom(seed)
  const world = random.fork('world')
  const truth = Array.from({ length: ARMS }, () =>
    Array.from({ length: FEATURES }, () => world.normal() / Math.sqrt(FEATURES)),
  )
  const bandit = createLinearBandit({ arms: ARMS, features: FEATURES })
  let regret = 0
  // Sums of (chosen - propensity), a martingale, and of its variance, per arm.
  const strayed = truth.map(() => 0)
  const variance = truth.map(() => 0)
  for (let round = 0; round < ROUNDS; round++) {
    const context = Array.from({ length: FEATURES }, () => world.normal())
    const means = truth.map((theta) => theta.reduce((sum, t, j) => sum + t * context[j]!, 0))
    const { arm, propensity, propensities } = rule(bandit, context, random)
    if (propensity !== propensities[arm]) throw new Error('propensity of another arm')
    propensities.forEach((p, k) => {
      strayed[k]! += (k === arm ? 1 : 0) - p
      variance[k]! += p * (1 - p)
    })
    bandit.learn(arm, context, means[arm]! + NOISE * world.normal())
    regret += Math.max(...means) - means[arm]!
  }
  return { regret, z: strayed.map((sum, k) => sum / Math.sqrt(variance[k]!)) }
}

const RULES: [string, Rule][] = [
  ['LinUCB', (bandit, context, random) => chooseLinUcb(bandit, context, random)],
  [
    'LinTS',
    (bandit, context, random) =>
      chooseLinTs(bandit, context, random, { noise: NOISE, draws: 40, floor: 0.0125 }),
  ],
]

describe.each(RULES)('%s', (_, rule) => {
  test('regrets a fraction of what a uniform choice does, and chooses by its propensities', () => {
    const uniform: Rule = (bandit, context, random) =>
      chooseLinUcb(bandit, context, random, { explore: 1 })
    for (const seed of [1, 2, 3]) {
      const { regret, z } = play(rule, seed)
      expect(regret).toBeLessThan(0.1 * play(uniform, seed).regret)
      for (const score of z) expect(Math.abs(score)).toBeLessThan(4)
    }
  })
})

/** Solves A x = b by Gauss-Jordan elimination: an independent way to the ridge estimate. */
function solve(a: number[][], b: number[]): number[] {
  const m = a.map((row, i) => [...row, b[i]!])
  m.forEach((pivot, i) => {
    const scale = pivot[i]!
    for (let j = 0; j < pivot.length; j++) pivot[j]! /= scale
    m.forEach((row, k) => {
      if (k === i) return
      const factor = row[i]!
      for (let j = 0; j < row.length; j++) row[j]! -= factor * pivot[j]!
    })
  })
  return m.map((row) => row.at(-1))
}

const number = fc.double({ min: -10, max: 10, noNaN: true })
const lesson = fc.tuple(fc.array(number, { minLength: 3, maxLength: 3 }), number)

test('estimates are those of the ridge regression, however many lessons', () => {
  fc.assert(
    fc.property(
      fc.array(lesson, { maxLength: 60 }),
      fc.double({ min: 0.1, max: 5, noNaN: true }),
      (all, ridge) => {
        const bandit = createLinearBandit({ arms: 1, features: 3, ridge })
        const a = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? ridge : 0)))
        const b = [0, 0, 0]
        for (const [x, reward] of all) {
          bandit.learn(0, x, reward)
          x.forEach((xi, i) => {
            b[i]! += reward * xi
            x.forEach((xj, j) => (a[i]![j]! += xi * xj))
          })
        }
        const probe = [1, -2, 0.5]
        const { mean, width } = bandit.estimate(probe)[0]!
        const theta = solve(a, b)
        const across = solve(a, probe)
        expect(mean).toBeCloseTo(
          theta.reduce((s, t, j) => s + t * probe[j]!, 0),
          5,
        )
        expect(width ** 2).toBeCloseTo(
          across.reduce((s, t, j) => s + t * probe[j]!, 0),
          6,
        )
      },
    ),
    { seed: 1, numRuns: 200 },
  )
})

test('continues from its state as if never stopped; estimating changes nothing', () => {
  const random = seededRandom(3)
  const whole = createLinearBandit({ arms: 2, features: 3 })
  let resumed = createLinearBandit({ arms: 2, features: 3 })
  for (let round = 0; round < 200; round++) {
    const context = [1, random.normal(), random.normal()]
    whole.learn(round % 2, context, random.next())
    const before = whole.toState()
    const estimates = whole.estimate(context)
    expect(whole.toState()).toEqual(before)
    if (round % 20 === 19) {
      resumed = linearBanditFromState(JSON.parse(JSON.stringify(before)) as typeof before)
      expect(resumed.estimate(context)).toEqual(estimates)
    }
  }
  expect(resumed.toState()).toEqual(whole.toState())
})

test('LinUCB is exact: ties share, exploration is spread evenly', () => {
  const bandit = createLinearBandit({ arms: 3, features: 1 })
  const third = chooseLinUcb(bandit, [1], seededRandom(1), { explore: 0 })
  expect([...third.propensities]).toEqual([1 / 3, 1 / 3, 1 / 3])
  bandit.learn(1, [1], 10)
  const { propensities } = chooseLinUcb(bandit, [1], seededRandom(1), { explore: 0.3 })
  expect(propensities[1]).toBeCloseTo(0.8, 12)
  const counts = [0, 0, 0]
  const random = seededRandom(2)
  for (let n = 0; n < 5000; n++)
    counts[chooseLinUcb(bandit, [1], random, { explore: 0.3 }).arm]! += 1 / 5000
  ;[0.1, 0.8, 0.1].forEach((share, k) => expect(Math.abs(counts[k]! - share)).toBeLessThan(0.02))
})

test('LinTS: the shares are those of the posterior within the stated error', () => {
  const bandit = createLinearBandit({ arms: 2, features: 1 })
  bandit.learn(0, [1], 1)
  bandit.learn(1, [2], 1)
  // Arm 0: N(1/2, 1/2); arm 1: N(2/5, 1/5). P(arm 0 wins) = Phi(.1 / sqrt(.7)).
  const exact = normalCdf(0.1 / Math.sqrt(0.7))
  const draws = 10_000
  const choose = () => chooseLinTs(bandit, [1], seededRandom(5), { draws, floor: 0 })
  const error = Math.sqrt((exact * (1 - exact)) / draws)
  expect(Math.abs(choose().propensities[0]! - exact)).toBeLessThan(4 * error)
  expect(choose()).toEqual(choose())
})

test('what cannot be used is refused', () => {
  expect(() => createLinearBandit({ arms: 0, features: 1 })).toThrow(/arms/)
  expect(() => createLinearBandit({ arms: 1, features: 1, ridge: 0 })).toThrow(/ridge/)
  const bandit = createLinearBandit({ arms: 1, features: 2 })
  expect(() => bandit.learn(1, [0, 1], 1)).toThrow(/arm must be/)
  expect(() => bandit.learn(0, [0], 1)).toThrow(/2 numbers/)
  expect(() => bandit.learn(0, [0, NaN], 1)).toThrow(/finite/)
  expect(() => bandit.learn(0, [0, 1], NaN)).toThrow(/finite/)
  expect(() => chooseLinUcb(bandit, [0, 1], seededRandom(1), { explore: 2 })).toThrow(/explore/)
  expect(() => chooseLinTs(bandit, [0, 1], seededRandom(1), { noise: 0 })).toThrow(/noise/)
})
