import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exponential } from './exponential.ts'

test('agrees with Math.exp to a few units in the last place', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 709, noNaN: true }), (x) => {
      expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-15)
    }),
    { numRuns: 3000 },
  )
})

test('keeps its head at the ends', () => {
  expect(exponential(0)).toBe(1)
  expect(exponential(-1e300)).toBe(0)
  expect(exponential(-Infinity)).toBe(0)
  expect(exponential(1e300)).toBe(Infinity)
  expect(exponential(NaN)).toBeNaN()
})
