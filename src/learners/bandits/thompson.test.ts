import { expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import { chooseThompson, type ArmBelief } from './thompson.ts'

test('Thompson sampling finds the better arm and logs usable propensities', () => {
  const random = seededRandom(1)
  const rates = [0.1, 0.5, 0.3]
  const counts = rates.map(() => ({ a: 1, b: 1 }))
  let best = 0
  let weighted = 0
  for (let round = 0; round < 400; round++) {
    const beliefs = counts.map(({ a, b }): ArmBelief => ({ kind: 'beta', a, b }))
    const { arm, propensity, propensities } = chooseThompson(beliefs, random, { draws: 20 })
    expect(propensities.reduce((x, y) => x + y, 0)).toBeCloseTo(1, 12)
    expect(propensity).toBeGreaterThanOrEqual(0.01)
    const reward = random.next() < rates[arm]! ? 1 : 0
    counts[arm]![reward === 1 ? 'a' : 'b'] += 1
    if (arm === 1) {
      best += 1
      weighted += reward / propensity
    }
  }
  expect(best).toBeGreaterThan(280)
  // Inverse propensity weighting recovers the arm's value.
  expect(Math.abs(weighted / 400 - 0.5)).toBeLessThan(0.15)
})

test('Gaussian arms; the same seed chooses the same', () => {
  const beliefs: ArmBelief[] = [
    { kind: 'gaussian', mean: 0, deviation: 1 },
    { kind: 'gaussian', mean: 1, deviation: 1 },
  ]
  const choose = () => chooseThompson(beliefs, seededRandom(4), { draws: 4000, floor: 0 })
  // P(N(1,1) > N(0,1)) = Phi(1/sqrt 2) = 0.7602.
  expect(choose().propensities[1]).toBeCloseTo(0.7602, 1)
  expect(choose()).toEqual(choose())
  expect(() => chooseThompson([], seededRandom(1))).toThrow(/at least one arm/)
})
