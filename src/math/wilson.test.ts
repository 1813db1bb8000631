import { expect, test } from 'vitest'
import { wilsonInterval } from './wilson.ts'

// The roots of the score equation (p - q)^2 n = z^2 q (1 - q) in q, solved apart.
test.each([
  [8, 10, 0.4901625, 0.9433178],
  [0, 10, 0, 0.2775328],
  [3, 30, 0.0345999, 0.2562108],
])('%i of %i', (hits, trials, low, high) => {
  const [from, to] = wilsonInterval(hits, trials)
  expect(from).toBeCloseTo(low, 6)
  expect(to).toBeCloseTo(high, 6)
})

test('no trials, no share', () => expect(() => wilsonInterval(0, 0)).toThrow(RangeError))
