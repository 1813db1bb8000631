/**
 * Dense single-precision linear algebra on row-major Float32Arrays. The inner loops run in
 * WebAssembly SIMD (kernel/dense.asm.ts) on panels copied into its memory; they round the same way
 * on every machine.
 */
import { DENSE_WASM } from './kernel/dense.wasm.ts'

interface DenseKernel {
  memory: WebAssembly.Memory
  multiply: (a: number, b: number, c: number, m: number, n: number, k: number, add: number) => void
  gram: (a: number, c: number, m: number, k: number, add: number) => void
  cholesky: (a: number, n: number, width: number) => number
  solve: (l: number, n: number, width: number, x: number) => void
  addScaled: (x: number, y: number, factor: number, n: number) => void
}

function loadKernel(): DenseKernel {
  const bytes = Uint8Array.from(atob(DENSE_WASM), (character) => character.charCodeAt(0))
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {})
  return instance.exports as unknown as DenseKernel
}

const kernel = loadKernel()
const f32 = new Float32Array(kernel.memory.buffer)

const up4 = (n: number): number => (n + 3) & ~3

// Panels of a product: A_ROWS x DEPTH of a stay in the first-level cache while b streams past.
const A_ROWS = 64
const B_ROWS = 256
const DEPTH = 128
const BASE = 4096
const A_AT = BASE
const B_AT = A_AT + A_ROWS * DEPTH * 4
const C_AT = B_AT + B_ROWS * DEPTH * 4

/** Part of a row-major matrix: element (i, j) is `data[offset + i * stride + j]`. */
export interface Panel {
  readonly data: Float32Array
  readonly offset: number
  readonly stride: number
}

function copyIn(from: Panel, row: number, rows: number, col: number, cols: number, to: number) {
  const width = up4(cols)
  const { data, stride } = from
  let at = to >> 2
  for (let i = 0; i < rows; i++, at += width) {
    const start = from.offset + (row + i) * stride + col
    for (let j = 0; j < cols; j++) f32[at + j] = data[start + j]!
    for (let j = cols; j < width; j++) f32[at + j] = 0
  }
  const padded = up4(rows) - rows
  f32.fill(0, at, at + padded * width)
}

function addOut(out: Panel, row: number, rows: number, col: number, cols: number, sign: number) {
  const { data, stride } = out
  const width = up4(cols)
  for (let i = 0; i < rows; i++) {
    const start = out.offset + (row + i) * stride + col
    const from = (C_AT >> 2) + i * width
    for (let j = 0; j < cols; j++) data[start + j] = data[start + j]! + sign * f32[from + j]!
  }
}

/** out[m x n] += sign * a[m x k] b[n x k]^T; panels may be parts of larger matrices. */
export function addProduct(
  out: Panel,
  a: Panel,
  b: Panel,
  [m, n, k]: readonly [number, number, number],
  sign: 1 | -1 = 1,
): void {
  for (let p = 0; p < k; p += DEPTH) {
    const depth = Math.min(DEPTH, k - p)
    for (let i = 0; i < m; i += A_ROWS) {
      const rows = Math.min(A_ROWS, m - i)
      copyIn(a, i, rows, p, depth, A_AT)
      for (let j = 0; j < n; j += B_ROWS) {
        const cols = Math.min(B_ROWS, n - j)
        copyIn(b, j, cols, p, depth, B_AT)
        kernel.multiply(A_AT, B_AT, C_AT, up4(rows), up4(cols), up4(depth), 0)
        addOut(out, i, rows, j, cols, sign)
      }
    }
  }
}

/** `data` as a whole matrix with rows of `stride` floats. */
export function panel(data: Float32Array, stride: number, offset = 0): Panel {
  return { data, offset, stride }
}

/** a[m x k] b[n x k]^T, m x n. */
export function multiplyTransposed(
  a: Float32Array,
  b: Float32Array,
  shape: readonly [m: number, n: number, k: number],
  out: Float32Array = new Float32Array(shape[0] * shape[1]),
): Float32Array {
  const [m, n, k] = shape
  out.fill(0, 0, m * n)
  addProduct(panel(out, n), panel(a, k), panel(b, k), shape)
  return out
}

/** The transpose of a[rows x cols], cols x rows. */
export function transposed(a: Float32Array, rows: number, cols: number): Float32Array {
  const out = new Float32Array(rows * cols)
  const side = 32
  for (let i = 0; i < rows; i += side)
    for (let j = 0; j < cols; j += side)
      for (let r = i; r < Math.min(rows, i + side); r++)
        for (let c = j; c < Math.min(cols, j + side); c++) out[c * rows + r] = a[r * cols + c]!
  return out
}

/** a^T a of a[rows x cols], cols x cols, summed in double precision over blocks of rows. */
export function columnGram(a: Float32Array, rows: number, cols: number): Float64Array {
  const sum = new Float64Array(cols * cols)
  const block = 1024
  const partial = new Float32Array(cols * cols)
  for (let from = 0; from < rows; from += block) {
    const size = Math.min(block, rows - from)
    const t = transposed(a.subarray(from * cols, (from + size) * cols), size, cols)
    multiplyTransposed(t, t, [cols, cols, size], partial)
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + partial[i]!
  }
  return sum
}

/** The largest number of columns that ridgeRow takes. */
export const RIDGE_COLUMNS_MAX = 512
const CHUNK = 512
const X_AT = BASE
const G_AT = X_AT + RIDGE_COLUMNS_MAX * CHUNK * 4
const RHS_AT = G_AT + RIDGE_COLUMNS_MAX * RIDGE_COLUMNS_MAX * 4
const W_AT = RHS_AT + RIDGE_COLUMNS_MAX * 4

/** The chosen rows of a table, each with an importance. */
export interface RowSelection {
  /** Row numbers; those in [from, to) count. */
  readonly indices: Int32Array
  readonly from: number
  readonly to: number
  /** Positive importance of each row, aligned with `indices`; absent: 1. */
  readonly weights?: Float32Array | undefined
}

const weightOf = (rows: RowSelection, at: number): number =>
  rows.weights === undefined ? 1 : Math.sqrt(rows.weights[at]!)

/**
 * Weighted ridge regression of the constant 1 on chosen rows x_j of `table` (rows of d floats):
 * minimises sum_j v_j (1 - x_j . w)^2 + sum_k (w_k / scale_k)^2 exactly, and writes w to
 * `out[at ... at + d)`. Solves in the smaller of d and the number of rows (Woodbury identity).
 * d is at most RIDGE_COLUMNS_MAX.
 */
export function ridgeRow(
  table: Float32Array,
  rows: RowSelection,
  scale: Float32Array,
  out: Float32Array,
  at: number,
): void {
  const d = scale.length
  if (rows.to === rows.from) out.fill(0, at, at + d)
  else if (rows.to - rows.from < d) ridgeByRows(table, rows, scale, out, at)
  else ridgeByColumns(table, rows, scale, out, at)
}

function factorAndSolve(size: number, width: number): void {
  const g = G_AT >> 2
  for (let i = 0; i < size; i++) f32[g + i * width + i] = f32[g + i * width + i]! + 1
  if (kernel.cholesky(G_AT, size, width) !== 0)
    throw new Error('ridgeRow: the table holds values that are not finite')
  kernel.solve(G_AT, size, width, RHS_AT)
}

function ridgeByRows(
  table: Float32Array,
  rows: RowSelection,
  scale: Float32Array,
  out: Float32Array,
  at: number,
): void {
  const d = scale.length
  const width = up4(d)
  const n = rows.to - rows.from
  const x = X_AT >> 2
  for (let j = 0; j < n; j++) {
    const weight = weightOf(rows, rows.from + j)
    const start = rows.indices[rows.from + j]! * d
    const to = x + j * width
    for (let k = 0; k < d; k++) f32[to + k] = table[start + k]! * scale[k]! * weight
    for (let k = d; k < width; k++) f32[to + k] = 0
    f32[(RHS_AT >> 2) + j] = weight
  }
  const padded = up4(n)
  f32.fill(0, x + n * width, x + padded * width)
  kernel.gram(X_AT, G_AT, padded, width, 0)
  factorAndSolve(n, padded)
  const w = W_AT >> 2
  f32.fill(0, w, w + width)
  for (let j = 0; j < n; j++)
    kernel.addScaled(W_AT, X_AT + j * width * 4, f32[(RHS_AT >> 2) + j]!, width)
  for (let k = 0; k < d; k++) out[at + k] = f32[w + k]! * scale[k]!
}

function ridgeByColumns(
  table: Float32Array,
  rows: RowSelection,
  scale: Float32Array,
  out: Float32Array,
  at: number,
): void {
  const d = scale.length
  const width = up4(d)
  const x = X_AT >> 2
  const rhs = RHS_AT >> 2
  f32.fill(0, rhs, rhs + d)
  for (let from = rows.from; from < rows.to; from += CHUNK) {
    const n = Math.min(CHUNK, rows.to - from)
    const padded = up4(n)
    for (let k = 0; k < width; k++) for (let j = n; j < padded; j++) f32[x + k * padded + j] = 0
    f32.fill(0, x + d * padded, x + width * padded)
    for (let j = 0; j < n; j++) {
      const weight = weightOf(rows, from + j)
      const start = rows.indices[from + j]! * d
      for (let k = 0, to = x + j; k < d; k++, to += padded) {
        const value = table[start + k]! * scale[k]! * weight
        f32[to] = value
        f32[rhs + k] = f32[rhs + k]! + value * weight
      }
    }
    kernel.gram(X_AT, G_AT, width, padded, from === rows.from ? 0 : 1)
  }
  factorAndSolve(d, width)
  for (let k = 0; k < d; k++) out[at + k] = f32[rhs + k]! * scale[k]!
}
