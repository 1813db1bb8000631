import { expect, test } from 'vitest'
import { resultantLength } from './circular.ts'
import { concentration, evenness } from './entropy.ts'
import { seededRandom } from './random.ts'
import { medianInPlace, theilSenSlope } from './robust.ts'

test('the median, short and long', () => {
  expect(medianInPlace(Float64Array.of(5, 1, 3))).toBe(3)
  expect(medianInPlace(Float64Array.of(4, 1, 3, 2))).toBe(2.5)
  expect(medianInPlace(Float64Array.from({ length: 101 }, (_, i) => 100 - i))).toBe(50)
  expect(medianInPlace(new Float64Array(0))).toBeNaN()
})

test('the median is that of the sorted numbers, ties among them', () => {
  const random = seededRandom(7)
  for (let n = 1; n < 200; n++) {
    const values = Float64Array.from({ length: n }, () =>
      random.next() < 0.5 ? random.int(4) : random.next(),
    )
    const sorted = values.toSorted()
    const middle = n >> 1
    const median = n % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
    expect(medianInPlace(Float64Array.of(...values, -1), n)).toBe(median)
  }
})

test('Theil-Sen keeps its slope beside an outlier (scipy.stats.theilslopes: 2)', () => {
  expect(theilSenSlope([0, 1, 2, 3, 4, 5], [1, 3, 5, 7, 9, 100])).toBe(2)
  expect(theilSenSlope([1, 1], [0, 5])).toBeNaN()
})

test('evenness and concentration at their ends', () => {
  expect(evenness([2, 2, 2, 0])).toBeCloseTo(1, 12)
  expect(evenness([7])).toBe(0)
  expect(evenness([])).toBeNaN()
  expect(evenness([1, 3])).toBeCloseTo(0.8112781244591328, 12)
  expect(concentration([1, 1])).toBe(0.5)
})

test('the corrected resultant length: equal phases 1, opposite phases 0', () => {
  expect(resultantLength(4, 0, 4)).toBe(1)
  expect(resultantLength(0, 0, 4)).toBe(0)
  expect(resultantLength(1, 0, 1)).toBeNaN()
})
