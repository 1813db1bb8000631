import { expect, test } from 'vitest'
import { columnGram, multiplyTransposed } from './dense.ts'
import { seededRandom } from './random.ts'
import { sparseFromEntries } from './sparse.ts'
import { invertPositiveDefinite, symmetricEigen, truncatedSvd } from './symmetric.ts'

const normals = (n: number, seed: number): Float32Array => {
  const random = seededRandom(seed)
  return Float32Array.from({ length: n }, () => random.normal())
}

test('eigenvalues of [[2, 1], [1, 2]] are 3 and 1', () => {
  const { values, vectors } = symmetricEigen([2, 1, 1, 2], 2)
  expect(values[0]).toBeCloseTo(3, 12)
  expect(values[1]).toBeCloseTo(1, 12)
  expect(Math.abs(vectors[0]!)).toBeCloseTo(Math.SQRT1_2, 12)
})

test('eigenvectors rebuild the matrix', () => {
  const n = 40
  const a = columnGram(normals(60 * n, 1), 60, n)
  const { values, vectors } = symmetricEigen(a, n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let k = 0; k < n; k++) sum += vectors[k * n + i]! * values[k]! * vectors[k * n + j]!
      expect(Math.abs(sum - a[i * n + j]!)).toBeLessThan(1e-9)
    }
})

test.each([1, 63, 64, 65, 200])('the inverse of a matrix of %i rows', (n) => {
  const x = normals(n * (n + 20), 2)
  const a = multiplyTransposed(x, x, [n, n, n + 20])
  for (let i = 0; i < n; i++) a[i * n + i] = a[i * n + i]! + 10
  const product = multiplyTransposed(invertPositiveDefinite(a, n), a, [n, n, n])
  product.forEach((value, at) => {
    expect(Math.abs(value - (at % (n + 1) === 0 ? 1 : 0))).toBeLessThan(1e-3)
  })
})

test('a matrix that is not positive definite is refused', () => {
  expect(() => invertPositiveDefinite(Float32Array.of(1, 2, 2, 1), 2)).toThrow(RangeError)
})

test('singular values of the star of three leaves and one more edge', () => {
  // [[1,1,1,0],[0,0,0,1]]: singular values sqrt(3) and 1.
  const m = sparseFromEntries(2, 4, [0, 0, 0, 1], [0, 1, 2, 3])
  const { values, right } = truncatedSvd(m, 2)
  expect(values[0]).toBeCloseTo(Math.sqrt(3), 5)
  expect(values[1]).toBeCloseTo(1, 5)
  expect(Math.abs(right[0]!)).toBeCloseTo(1 / Math.sqrt(3), 5)
  expect(Math.abs(right[3 * 2 + 1]!)).toBeCloseTo(1, 5)
})

test('truncated singular values equal the eigenvalues of the full Gram matrix', () => {
  const random = seededRandom(3)
  const [rows, cols, entries] = [80, 60, 700]
  const row = Array.from({ length: entries }, () => random.int(rows))
  const col = Array.from({ length: entries }, () => Math.floor(cols * random.next() ** 2))
  const m = sparseFromEntries(rows, cols, row, col)
  const dense = new Float32Array(rows * cols)
  for (let r = 0; r < rows; r++)
    for (let e = m.offsets[r]!; e < m.offsets[r + 1]!; e++) dense[r * cols + m.indices[e]!] = 1
  const exact = symmetricEigen(columnGram(dense, rows, cols), cols).values
  const { values, right } = truncatedSvd(m, 8, { powers: 12 })
  values.forEach((value, k) => expect(value).toBeCloseTo(Math.sqrt(exact[k]!), 3))
  columnGram(right, cols, 8).forEach((value, at) =>
    expect(value).toBeCloseTo(at % 9 === 0 ? 1 : 0, 4),
  )
})

test('an empty matrix has zero singular values', () => {
  const { values } = truncatedSvd(sparseFromEntries(3, 3, [], []), 2)
  expect([...values]).toEqual([0, 0])
})
