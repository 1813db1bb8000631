import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sparseFromEntries } from '../../math/index.ts'
import { blendRecommender, learnBlendWeights } from './blend.ts'
import { diversify } from './diversify.ts'
import { holdOut } from './holdout.ts'
import { evaluateRanking, gini, listQuality, topItems } from './ranking.ts'
import type { Recommender } from './recommender.ts'
import { selectRecommender } from './select.ts'

const fixed = (...values: number[]): Recommender => ({
  items: values.length,
  score: (_histories, from, to, out) => {
    for (let row = 0; row < to - from; row++) out.set(values, row * values.length)
  },
})

test('list quality by hand', () => {
  const { recall, ndcg, averagePrecision } = listQuality([5, 3, 9, 1], new Set([3, 1, 7]), 4)
  expect(recall).toBeCloseTo(2 / 3, 12)
  const gain = 1 / Math.log2(3) + 1 / Math.log2(5)
  expect(ndcg).toBeCloseTo(gain / (1 + 1 / Math.log2(3) + 1 / 2), 12)
  expect(averagePrecision).toBeCloseTo((1 / 2 + 2 / 4) / 3, 12)
})

test('topItems equals sorting, ties by number, masked items never', () => {
  const values = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 })
  const check = fc.property(values, fc.nat(45), fc.array(fc.nat(60)), (list, k, masked) => {
    const hidden = new Set(masked)
    const expected = list
      .map((_, i) => i)
      .filter((i) => !hidden.has(i))
      .sort((a, b) => list[b]! - list[a]! || a - b)
    expect([...topItems(Float32Array.from(list), k, masked)]).toEqual(expected.slice(0, k))
  })
  fc.assert(check, { seed: 1 })
})

test('gini: equal counts 0, all on one (n - 1) / n', () => {
  expect(gini([4, 4, 4])).toBeCloseTo(0, 12)
  expect(gini([0, 0, 0, 8])).toBeCloseTo(0.75, 12)
  expect(gini([0, 0])).toBe(0)
})

test('evaluation masks the history, counts unknown items as missed, skips the others', () => {
  // Person 0 has item 0; wants 1 and the unknown 9. Person 1 wants only what they have.
  const histories = sparseFromEntries(3, 4, [0, 1], [0, 2])
  const relevant = sparseFromEntries(3, 10, [0, 0, 1], [1, 9, 2])
  const quality = evaluateRanking(fixed(9, 5, 4, 3), histories, relevant, 1)
  expect(quality.users).toBe(1)
  expect(quality.recall).toBe(0.5)
  expect(quality.precision10).toBeCloseTo(0.1, 12)
  expect(quality.coverage).toBe(0.25)
})

test('nobody to evaluate gives zeros, not NaN', () => {
  const none = sparseFromEntries(2, 2, [], [])
  const quality = evaluateRanking(fixed(1, 2), none, none, 5)
  expect(Object.values(quality).every((value) => value === 0)).toBe(true)
})

test('holding out keeps everything once, never all of a person', () => {
  const places = fc.array(fc.tuple(fc.nat(5), fc.nat(9)), { maxLength: 50 })
  const check = fc.property(places, fc.nat(100), (list, seed) => {
    const [row, col] = [list.map(([u]) => u), list.map(([, i]) => i)]
    const taken = sparseFromEntries(6, 10, row, col)
    const { train, held } = holdOut(taken, 0.3, { seed })
    for (let u = 0; u < 6; u++) {
      const rowOf = (m: typeof taken) => [...m.indices.subarray(m.offsets[u], m.offsets[u + 1])]
      const together = [...rowOf(train), ...rowOf(held)].sort((a, b) => a - b)
      expect(together).toEqual(rowOf(taken))
      const size = rowOf(taken).length
      expect(rowOf(held).length > 0).toBe(size > 1)
      expect(rowOf(train).length > 0).toBe(size > 0)
    }
  })
  fc.assert(check, { seed: 3 })
})

test('with times the latest are held out', () => {
  const taken = sparseFromEntries(1, 4, [0, 0, 0, 0], [0, 1, 2, 3])
  const { held } = holdOut(taken, 0.5, { times: Float64Array.of(40, 10, 30, 20) })
  expect([...held.indices]).toEqual([0, 2])
})

test('a blend learns to trust the part that knows', () => {
  const rows = Array.from({ length: 20 }, (_, u) => u)
  const histories = sparseFromEntries(20, 5, [], [])
  const relevant = sparseFromEntries(
    20,
    5,
    rows,
    rows.map(() => 3),
  )
  const parts = [fixed(5, 4, 3, 2, 1), fixed(0, 0, 0, 1, 0)]
  const { weights, alone, blended } = learnBlendWeights(parts, histories, relevant, rows, 1)
  expect(blended).toBeGreaterThanOrEqual(alone)
  expect(weights[1]).toBe(1)
  const quality = evaluateRanking(blendRecommender(parts, weights), histories, relevant, 1)
  expect(quality.recall).toBe(1)
})

test('diversify: all relevance, a trade-off, all spread', () => {
  const alike = (a: number, b: number): number => (a % 2 === b % 2 ? 1 : 0)
  const candidates = [0, 2, 4, 1]
  const relevance = [1, 0.9, 0.8, 0.5]
  expect(diversify(candidates, relevance, alike, 3, 1)).toEqual([0, 2, 4])
  expect(diversify(candidates, relevance, alike, 3, 0.5)).toEqual([0, 1, 2])
  expect(diversify(candidates, relevance, alike, 9, 0)).toHaveLength(4)
  expect(() => diversify(candidates, relevance, alike, 3, 2)).toThrow(RangeError)
})

test('selection beats popularity on two tastes and repeats itself', () => {
  const row: number[] = []
  const col: number[] = []
  for (let u = 0; u < 60; u++)
    for (let i = 0; i < 24; i++)
      if ((u ^ i) % 2 === 0 && (u * 7 + i * 11) % 5 < 3) {
        row.push(u)
        col.push(i)
      }
  const taken = sparseFromEntries(60, 24, row, col)
  let now = 0
  const clock = { now: () => 0, monotonic: () => now++ }
  const base = { k: 5, budgetMs: 12, seed: 1, clock }
  const auto = selectRecommender(taken, { ...base, family: 'auto' })
  const popular = auto.trials.find(({ family }) => family === 'popular')!
  expect(Math.max(...auto.parts.map(({ quality }) => quality))).toBeGreaterThan(popular.quality)
  now = 0
  expect(selectRecommender(taken, { ...base, family: 'auto' })).toEqual(auto)
})

test('selection with nothing to hold out still gives a model', () => {
  const taken = sparseFromEntries(2, 2, [0, 1], [0, 1])
  const clock = { now: () => 0, monotonic: () => 0 }
  const options = { family: 'auto' as const, k: 5, budgetMs: 100, seed: 0, clock }
  expect(selectRecommender(taken, options).state.kind).toBe('popular')
})
