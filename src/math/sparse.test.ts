import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnCounts, sparseFromEntries, sparseTimesDense, transposeSparse } from './sparse.ts'

test('entries are sorted, of repeated places the largest value stays', () => {
  const m = sparseFromEntries(2, 3, [1, 0, 1, 1], [2, 1, 0, 2], [5, 4, 3, 7])
  expect([...m.offsets]).toEqual([0, 1, 3])
  expect([...m.indices]).toEqual([1, 0, 2])
  expect([...m.values]).toEqual([4, 3, 7])
  expect([...columnCounts(m)]).toEqual([1, 1, 1])
})

test('a place outside is refused', () => {
  expect(() => sparseFromEntries(2, 2, [2], [0])).toThrow(RangeError)
  expect(() => sparseFromEntries(2, 2, [0], [-1])).toThrow(RangeError)
})

const places = fc.array(fc.tuple(fc.nat(6), fc.nat(8)), { maxLength: 60 })

test('transposing twice changes nothing; products equal the dense ones', () => {
  const check = fc.property(places, (list) => {
    const row = list.map(([r]) => r)
    const col = list.map(([, c]) => c)
    const m = sparseFromEntries(7, 9, row, col)
    expect(transposeSparse(transposeSparse(m))).toEqual(m)
    const dense = Float32Array.from({ length: 18 }, (_, i) => i - 5)
    const product = sparseTimesDense(m, dense, 2)
    const distinct = new Set(list.map(([r, c]) => r * 9 + c))
    const expected = new Float32Array(14)
    for (const place of distinct) {
      const [r, c] = [Math.floor(place / 9), place % 9]
      expected[2 * r] = expected[2 * r]! + dense[2 * c]!
      expected[2 * r + 1] = expected[2 * r + 1]! + dense[2 * c + 1]!
    }
    expect(product).toEqual(expected)
  })
  fc.assert(check, { seed: 1 })
})
