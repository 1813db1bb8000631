/** Symmetric matrices: eigenvalues, truncated singular values, inverse. */
import { addProduct, columnGram, multiplyTransposed, panel, transposed } from './dense.ts'
import { seededRandom } from './random.ts'
import { sparseTimesDense, transposeSparse, type SparseMatrix } from './sparse.ts'

export interface Eigen {
  /** Falling. */
  readonly values: Float64Array
  /** Row k is the unit eigenvector of values[k]; n x n, row-major. */
  readonly vectors: Float64Array
}

/**
 * Eigenvalues and -vectors of the symmetric n x n matrix `a` by the cyclic Jacobi method (Golub and
 * Van Loan, "Matrix Computations", 4th ed., 8.5). Cost about 30 n^3; meant for n up to some
 * hundreds. Only the lower triangle is read.
 */
export function symmetricEigen(a: ArrayLike<number>, n: number): Eigen {
  const s = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) s[i * n + j] = s[j * n + i] = a[i * n + j]!
  const v = new Float64Array(n * n)
  for (let i = 0; i < n; i++) v[i * n + i] = 1
  const sweepsMax = 30
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    let off = 0
    let all = 0
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const square = s[i * n + j]! ** 2
        if (j < i) off += square
        all += square
      }
    if (off <= 1e-26 * all) break
    const ignore = Math.sqrt(off) * 1e-4 ** sweep * 1e-3
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++)
        if (Math.abs(s[p * n + q]!) > ignore / n) rotate(s, v, n, p, q)
  }
  return sortedEigen(s, v, n)
}

function rotate(s: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = s[p * n + q]!
  if (apq === 0) return
  const theta = (s[q * n + q]! - s[p * n + p]!) / (2 * apq)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const sine = t * c
  const rowP = p * n
  const rowQ = q * n
  for (let k = 0; k < n; k++) {
    const x = s[rowP + k]!
    const y = s[rowQ + k]!
    s[rowP + k] = c * x - sine * y
    s[rowQ + k] = sine * x + c * y
    const f = v[rowP + k]!
    const g = v[rowQ + k]!
    v[rowP + k] = c * f - sine * g
    v[rowQ + k] = sine * f + c * g
  }
  const pp = c * s[rowP + p]! - sine * s[rowP + q]!
  const qq = sine * s[rowQ + p]! + c * s[rowQ + q]!
  for (let k = 0; k < n; k++) {
    s[k * n + p] = s[rowP + k]!
    s[k * n + q] = s[rowQ + k]!
  }
  s[rowP + p] = pp
  s[rowQ + q] = qq
  s[rowP + q] = s[rowQ + p] = 0
}

function sortedEigen(s: Float64Array, v: Float64Array, n: number): Eigen {
  const order = Array.from({ length: n }, (_, i) => i)
  order.sort((i, j) => s[j * n + j]! - s[i * n + i]! || i - j)
  const values = new Float64Array(n)
  const vectors = new Float64Array(n * n)
  order.forEach((from, to) => {
    values[to] = s[from * n + from]!
    vectors.set(v.subarray(from * n, from * n + n), to * n)
  })
  return { values, vectors }
}

/** Columns of y[rows x width] made orthonormal through their Gram matrix; twice for accuracy. */
function orthonormal(y: Float32Array, rows: number, width: number, times: 1 | 2): Float32Array {
  let q = y
  for (let pass = 0; pass < times; pass++) {
    const gram = columnGram(q, rows, width)
    const map = inverseCholesky(gram, width) ?? inverseRoot(gram, width)
    q = multiplyTransposed(q, map, [rows, width, width])
  }
  return q
}

/** L^-1 of a = L L^T, or undefined when `a` is too close to singular. */
function inverseCholesky(a: Float64Array, n: number): Float32Array | undefined {
  const l = new Float64Array(n * n)
  const m = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!
      if (i === j && !(sum > 1e-9 * a[i * n + i]!)) return undefined
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!
    }
    const pivot = l[i * n + i]!
    for (let k = 0; k < i; k++)
      for (let j = 0; j <= k; j++)
        m[i * n + j] = m[i * n + j]! - (l[i * n + k]! / pivot) * m[k * n + j]!
    m[i * n + i] = 1 / pivot
  }
  return Float32Array.from(m)
}

/** The inverse square root by eigenvectors; directions without content become zero. */
function inverseRoot(a: Float64Array, n: number): Float32Array {
  const { values, vectors } = symmetricEigen(a, n)
  const floor = Math.max(0, values[0]!) * 1e-9
  return Float32Array.from(vectors, (value, at) => {
    const eigenvalue = values[Math.floor(at / n)]!
    return eigenvalue > floor ? value / Math.sqrt(eigenvalue) : 0
  })
}

export interface TruncatedSvd {
  /** Falling. */
  readonly values: Float64Array
  /** Right singular vectors: m.cols x rank, row-major (row = column of m). */
  readonly right: Float32Array
}

/**
 * The `rank` largest singular values of a sparse matrix and their right vectors by randomised
 * subspace iteration (Halko, Martinsson and Tropp, SIAM Review 53(2), 2011, algorithm 4.4) with
 * `oversample` extra directions and `powers` passes. Seeded.
 */
export function truncatedSvd(
  m: SparseMatrix,
  rank: number,
  { seed = 0, oversample = 16, powers = 4 } = {},
): TruncatedSvd {
  const width = Math.min(rank + oversample, m.rows, m.cols)
  const kept = Math.min(rank, width)
  const t = transposeSparse(m)
  const random = seededRandom(seed)
  let right: Float32Array = Float32Array.from({ length: m.cols * width }, () => random.normal())
  right = orthonormal(right, m.cols, width, 1)
  for (let pass = 0; pass < powers; pass++) {
    const left = sparseTimesDense(m, right, width)
    const times = pass === powers - 1 ? 2 : 1
    right = orthonormal(sparseTimesDense(t, left, width), m.cols, width, times)
  }
  const left = sparseTimesDense(m, right, width)
  const { values, vectors } = symmetricEigen(columnGram(left, m.rows, width), width)
  const map = Float32Array.from(vectors.subarray(0, kept * width))
  return {
    values: values.slice(0, kept).map((value) => Math.sqrt(Math.max(0, value))),
    right: multiplyTransposed(right, map, [m.cols, kept, width]),
  }
}

const BLOCK = 64

/** Inverse of the lower triangular `size` x `size` block at (from, from); zeros above. */
function invertTriangle(l: Float32Array, n: number, from: number, size: number): Float32Array {
  const m = new Float32Array(size * size)
  for (let i = 0; i < size; i++) {
    const pivot = l[(from + i) * n + from + i]!
    m[i * size + i] = 1 / pivot
    for (let j = 0; j < i; j++) {
      let sum = 0
      for (let k = j; k < i; k++) sum += l[(from + i) * n + from + k]! * m[k * size + j]!
      m[i * size + j] = -sum / pivot
    }
  }
  return m
}

function choleskyBlock(l: Float32Array, n: number, from: number, size: number): void {
  for (let i = from; i < from + size; i++)
    for (let j = from; j <= i; j++) {
      let sum = l[i * n + j]!
      for (let k = from; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!
      if (i === j && !(sum > 0)) throw new RangeError('the matrix is not positive definite')
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!
    }
}

/**
 * The inverse of a symmetric positive definite n x n matrix by blocked Cholesky factorisation; only
 * the lower triangle is read. About 2/3 n^3 multiplications in single precision: the relative error
 * grows with the condition number times 1e-7. Throws RangeError when not positive definite.
 */
export function invertPositiveDefinite(a: Float32Array, n: number): Float32Array {
  const l = a.slice()
  const u = new Float32Array(n * n)
  for (let from = 0; from < n; from += BLOCK) {
    const size = Math.min(BLOCK, n - from)
    const below = n - from
    addProduct(
      panel(l, n, from * n + from),
      panel(l, n, from * n),
      panel(l, n, from * n),
      [below, size, from],
      -1,
    )
    choleskyBlock(l, n, from, size)
    const inverse = invertTriangle(l, n, from, size)
    solveBelow(l, n, from, size, inverse)
    extendInverse(l, u, n, from, size, inverse)
  }
  const out = new Float32Array(n * n)
  for (let i = 0; i < n; i += BLOCK) {
    const size = Math.min(BLOCK, n - i)
    const part = panel(out, n, i * n)
    addProduct(part, panel(u, n, i * n + i), panel(u, n, i), [size, i + size, n - i])
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[j * n + i] = out[i * n + j]!
  return out
}

/** Rows below a factored diagonal block: L[i, J] = A[i, J] L[J, J]^-T. */
function solveBelow(
  l: Float32Array,
  n: number,
  from: number,
  size: number,
  inverse: Float32Array,
): void {
  const rest = n - from - size
  if (rest === 0) return
  const part = new Float32Array(rest * size)
  const start = (from + size) * n + from
  addProduct(panel(part, size), panel(l, n, start), panel(inverse, size), [rest, size, size])
  for (let i = 0; i < rest; i++) l.set(part.subarray(i * size, (i + 1) * size), start + i * n)
}

/** The next `size` columns of u = L^-T, from the earlier ones. */
function extendInverse(
  l: Float32Array,
  u: Float32Array,
  n: number,
  from: number,
  size: number,
  inverse: Float32Array,
): void {
  if (from > 0) {
    const t = new Float32Array(size * from)
    addProduct(panel(t, from), panel(l, n, from * n), panel(u, n), [size, from, from])
    const down = transposed(t, size, from)
    addProduct(panel(u, n, from), panel(down, size), panel(inverse, size), [from, size, size], -1)
  }
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) u[(from + j) * n + from + i] = inverse[i * size + j]!
}
