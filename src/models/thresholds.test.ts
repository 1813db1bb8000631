import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitThresholds, levelOf, shrunkQuantile } from './thresholds.ts'

const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort()

/** By counting: every value of the workspace stands 50 times, every own one as often as all do. */
function byCounting(own: readonly number[], all: readonly number[], p: number): number {
  const pool = [
    ...all.flatMap((x) => Array.from({ length: 50 }, () => x)),
    ...own.flatMap((x) => Array.from({ length: all.length }, () => x)),
  ].sort((a, b) => a - b)
  return pool[Math.ceil(p * pool.length - 1e-9) - 1]!
}

test('a shrunken quantile is that of the two samples put together with their weights', () => {
  const values = fc.array(fc.integer({ min: -5, max: 20 }), { maxLength: 12 })
  fc.assert(
    fc.property(values, values, fc.constantFrom(0.2, 0.5, 0.8), (own, others, p) => {
      const all = [...own, ...others]
      fc.pre(all.length > 0)
      expect(shrunkQuantile(sorted(own), sorted(all), p)).toBe(byCounting(own, all, p))
    }),
  )
})

/** 1,000 leads without a segment spread evenly from 0 to 999, and `investors` at 2,000. */
function market(investors: number) {
  const rows = 1_000 + investors
  const values = Float64Array.from({ length: rows }, (_, i) => (i < 1_000 ? i : 2_000))
  const codes = Int32Array.from({ length: rows }, (_, i) => (i < 1_000 ? 0 : 1))
  const columns = [
    { kind: 'numeric' as const, name: 'views', values },
    { kind: 'numeric' as const, name: 'never', values: values.map(() => NaN) },
  ]
  return fitThresholds({ rows, columns }, { codes, levels: ['', 'investor'] })
}

test('a large segment is judged by itself, a small one as all are', () => {
  const many = market(2_000)
  expect(levelOf(many, 'investor', 'views', 1_500)).toEqual({
    level: 'low',
    low: 2_000,
    high: 2_000,
    among: 'investor',
    leads: 2_000,
  })
  expect(levelOf(many, 'investor', 'views', 2_000)?.level).toBe('usual')
  const few = market(3)
  const [low, high] = few.segments['investor']!.features['views']!
  const [lowest, highest] = few.workspace.features['views']!
  expect(low - lowest).toBeLessThan(30)
  expect(high - highest).toBeLessThan(60)
  expect(levelOf(few, 'investor', 'views', 1_500)?.level).toBe('high')
})

test('a segment nobody was learned from is compared with all; a feature nobody has with none', () => {
  const thresholds = market(10)
  expect(levelOf(thresholds, 'seller', 'views', 999)).toMatchObject({ level: 'high', among: null })
  expect(levelOf(thresholds, null, 'views', 500)).toMatchObject({ level: 'usual', leads: 1_010 })
  expect(levelOf(thresholds, null, 'never', 1)).toBeNull()
  expect(levelOf(thresholds, 'constructor', 'toString', 1)).toBeNull()
})
