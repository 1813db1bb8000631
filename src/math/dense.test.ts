import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileDenseKernel } from '../../scripts/dense-kernel.ts'
import { columnGram, multiplyTransposed, ridgeRow, transposed } from './dense.ts'
import { DENSE_WASM } from './kernel/dense.wasm.ts'
import { seededRandom } from './random.ts'

const normals = (n: number, seed: number): Float32Array => {
  const random = seededRandom(seed)
  return Float32Array.from({ length: n }, () => random.normal())
}

test('the committed kernel is what its source compiles to', async () => {
  expect(await compileDenseKernel()).toBe(DENSE_WASM)
})

const shape = fc.tuple(
  fc.integer({ min: 1, max: 140 }),
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 270 }),
)

test('a product of any shape equals the plain loop', () => {
  const check = fc.property(shape, ([m, n, k]) => {
    const a = normals(m * k, 1)
    const b = normals(n * k, 2)
    const product = multiplyTransposed(a, b, [m, n, k])
    for (let t = 0; t < 50; t++) {
      const [i, j] = [(t * 7919) % m, (t * 104729) % n]
      let sum = 0
      for (let p = 0; p < k; p++) sum += a[i * k + p]! * b[j * k + p]!
      expect(Math.abs(product[i * n + j]! - sum)).toBeLessThan(1e-4)
    }
  })
  fc.assert(check, { numRuns: 20, seed: 1 })
})

test('columnGram is the product of the transpose with itself', () => {
  const [rows, cols] = [1500, 5]
  const a = normals(rows * cols, 3)
  const t = transposed(a, rows, cols)
  const plain = multiplyTransposed(t, t, [cols, cols, rows])
  columnGram(a, rows, cols).forEach((value, i) => expect(value).toBeCloseTo(plain[i]!, 2))
})

test('ridgeRow has the value solved by hand', () => {
  // One row x = (1, 2), scale (1, 1): w = x / (1 + |x|^2) = (1, 2) / 6.
  const out = new Float32Array(2)
  const rows = { indices: Int32Array.of(0), from: 0, to: 1 }
  ridgeRow(Float32Array.of(1, 2), rows, Float32Array.of(1, 1), out, 0)
  expect(out[0]).toBeCloseTo(1 / 6, 6)
  expect(out[1]).toBeCloseTo(2 / 6, 6)
})

test('the gradient of the ridge loss vanishes for any number of rows and columns', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 70 }))
  const check = fc.property(sizes, ([n, d]) => {
    const table = normals(700 * d, 4)
    const random = seededRandom(5)
    const scale = Float32Array.from({ length: d }, () => 0.3 + random.next())
    const weights = Float32Array.from({ length: n }, () => 0.5 + random.next())
    const indices = Int32Array.from({ length: n }, (_, j) => (j * 13) % 700)
    const w = new Float32Array(d)
    ridgeRow(table, { indices, from: 0, to: n, weights }, scale, w, 0)
    const gradient = Float64Array.from(w, (value, k) => value / scale[k]! ** 2)
    indices.forEach((row, j) => {
      let error = 1
      for (let k = 0; k < d; k++) error -= table[row * d + k]! * w[k]!
      for (let k = 0; k < d; k++)
        gradient[k] = gradient[k]! - weights[j]! * error * table[row * d + k]!
    })
    for (const value of gradient) expect(Math.abs(value)).toBeLessThan(2e-3)
  })
  fc.assert(check, { numRuns: 40, seed: 2 })
})

test('no rows give the zero vector, values that are not finite an error', () => {
  const out = Float32Array.of(9, 9)
  const none = { indices: new Int32Array(0), from: 0, to: 0 }
  ridgeRow(new Float32Array(4), none, Float32Array.of(1, 1), out, 0)
  expect([...out]).toEqual([0, 0])
  const one = { indices: Int32Array.of(0), from: 0, to: 1 }
  const bad = Float32Array.of(NaN, 1)
  expect(() => ridgeRow(bad, one, Float32Array.of(1, 1), out, 0)).toThrow('not finite')
})
