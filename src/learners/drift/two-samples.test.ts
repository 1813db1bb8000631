import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import { benjaminiHochberg, chiSquareTest, ksTest } from './two-samples.ts'

test('Kolmogorov-Smirnov equals SciPy ks_2samp, exact and large', () => {
  const a = [0.61, -0.62, 1.43, -0.1, 0.77, 2.05, -1.2, 0.33]
  const b = [1.9, 0.8, 2.2, 1.1, 2.6, 0.95, 1.45]
  const small = ksTest(a, b)
  expect(small.statistic).toBeCloseTo(0.75, 12)
  expect(small.p).toBeCloseTo(0.013053613053613054, 12)
  const x = Array.from({ length: 200 }, (_, i) => i / 200)
  const y = Array.from({ length: 150 }, (_, i) => (i / 150) ** 1.3)
  const large = ksTest(x, y)
  expect(large.statistic).toBeCloseTo(0.10166666666666667, 12)
  // Limiting distribution against SciPy's exact count.
  expect(Math.abs(large.p - 0.31965068973112587)).toBeLessThan(0.02)
})

test('chi-square equals SciPy chi2_contingency without correction', () => {
  const { statistic, degrees, p } = chiSquareTest([10, 20, 30], [15, 15, 10])
  expect(statistic).toBeCloseTo(8.035714285714285, 10)
  expect(degrees).toBe(2)
  expect(p).toBeCloseTo(0.017991476826658487, 12)
})

test('p-values are uniform when nothing differs', () => {
  const random = seededRandom(4)
  const draw = (n: number) => Float64Array.from({ length: n }, random.normal)
  let below = 0
  for (let i = 0; i < 400; i++) if (ksTest(draw(150), draw(150)).p < 0.1) below += 1
  expect(below / 400).toBeGreaterThan(0.05)
  expect(below / 400).toBeLessThan(0.15)
})

test('Benjamini-Hochberg: the textbook example, order kept', () => {
  const p = [0.041, 0.001, 0.039, 0.008, 0.9]
  const adjusted = [...benjaminiHochberg(p)].map((value) => Number(value.toFixed(5)))
  expect(adjusted).toEqual([0.05125, 0.005, 0.05125, 0.02, 0.9])
})

test('properties: bounds, symmetry, adjusted never below raw', () => {
  const sample = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), {
    minLength: 1,
    maxLength: 60,
  })
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const forward = ksTest(a, b)
      const backward = ksTest(b, a)
      expect(forward.statistic).toBeCloseTo(backward.statistic, 12)
      expect(forward.p).toBeCloseTo(backward.p, 9)
      expect(forward.p).toBeGreaterThanOrEqual(0)
      expect(forward.p).toBeLessThanOrEqual(1)
    }),
    { seed: 2, numRuns: 200 },
  )
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (p) => {
      const adjusted = benjaminiHochberg(p)
      p.forEach((value, i) => {
        expect(adjusted[i]).toBeGreaterThanOrEqual(value)
        expect(adjusted[i]).toBeLessThanOrEqual(1)
      })
    }),
    { seed: 3, numRuns: 200 },
  )
})

test('empty samples are refused', () => {
  expect(() => ksTest([], [1])).toThrow(/at least one/)
  expect(() => chiSquareTest([0, 0], [1, 2])).toThrow(/counts/)
})
