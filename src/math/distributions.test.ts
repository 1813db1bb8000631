import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as distributions from './distributions.ts'
import { incompleteBeta, incompleteGamma, logGamma } from './special.ts'

const FUNCTIONS = { ...distributions, logGamma } as unknown as Record<
  string,
  (...args: number[]) => number
>
const path = new URL('../../test/oracles/distributions.json', import.meta.url)
const oracle = JSON.parse(readFileSync(path, 'utf8')) as { rows: [string, number[], number][] }

describe('equal to SciPy within 1e-10 of the value', () => {
  const byName = Map.groupBy(oracle.rows, ([name]) => name)
  test.each([...byName])('%s', (name, rows) => {
    for (const [, args, expected] of rows) {
      const got = FUNCTIONS[name]!(...args)
      const error = Math.abs(got - expected) / Math.max(Math.abs(expected), 1e-300)
      // Near a zero of the function only the absolute error means anything.
      const passes = error <= 1e-10 || Math.abs(got - expected) <= 1e-15
      expect(passes, `${name}(${args.join(', ')}) = ${got}, SciPy ${expected}`).toBe(true)
    }
  })
})

test('both tails sum to one and quantile inverts the distribution function', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 500, noNaN: true }),
      fc.double({ min: 0.01, max: 500, noNaN: true }),
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      (a, b, p) => {
        const beta = incompleteBeta(a, b, p)
        expect(beta.lower + beta.upper).toBeCloseTo(1, 12)
        const gamma = incompleteGamma(a, b)
        expect(gamma.lower + gamma.upper).toBeCloseTo(1, 12)
        const chi = distributions.chiSquareQuantile(p, a)
        expect(distributions.chiSquareCdf(chi, a)).toBeCloseTo(p, 10)
        expect(distributions.normalCdf(distributions.normalQuantile(p))).toBeCloseTo(p, 13)
      },
    ),
    { seed: 1, numRuns: 200 },
  )
})

test('arguments outside the domain are refused', () => {
  expect(() => distributions.normalQuantile(1.2)).toThrow(/probability/)
  expect(() => distributions.chiSquareSf(1, 0)).toThrow(/degrees/)
  expect(() => incompleteBeta(-1, 1, 0.5)).toThrow(/a > 0/)
})

test('with one degree of freedom Student’s t is Cauchy, whose quantile is a tangent', () => {
  for (const p of [1e-6, 0.01, 0.3, 0.9, 0.9995]) {
    const exact = Math.tan(Math.PI * (p - 0.5))
    const got = distributions.studentTQuantile(p, 1)
    expect(Math.abs(got / exact - 1)).toBeLessThan(1e-10)
  }
})
