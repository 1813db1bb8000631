/** Sparse matrices by rows (CSR). Column numbers rise within a row; no column twice. */
export interface SparseMatrix {
  readonly rows: number
  readonly cols: number
  /** Row r owns the entries offsets[r] ... offsets[r + 1] - 1. Length rows + 1. */
  readonly offsets: Int32Array
  readonly indices: Int32Array
  readonly values: Float32Array
}

/**
 * The matrix with `values[e]` (1 when absent) at (row[e], col[e]). Of repeated places the largest
 * value is kept. Throws RangeError for a place outside rows x cols.
 */
export function sparseFromEntries(
  rows: number,
  cols: number,
  row: ArrayLike<number>,
  col: ArrayLike<number>,
  values?: ArrayLike<number>,
): SparseMatrix {
  const byColumn = countingSort(cols, col, undefined)
  const order = countingSort(rows, row, byColumn)
  const offsets = new Int32Array(rows + 1)
  const indices = new Int32Array(order.length)
  const kept = new Float32Array(order.length)
  let size = 0
  let last = -1
  for (const e of order) {
    const value = values === undefined ? 1 : values[e]!
    const r = row[e]!
    if (r === last && indices[size - 1] === col[e]!) {
      kept[size - 1] = Math.max(kept[size - 1]!, value)
      continue
    }
    last = r
    indices[size] = col[e]!
    kept[size++] = value
    offsets[r + 1] = offsets[r + 1]! + 1
  }
  for (let r = 0; r < rows; r++) offsets[r + 1] = offsets[r + 1]! + offsets[r]!
  return { rows, cols, offsets, indices: indices.slice(0, size), values: kept.slice(0, size) }
}

function countingSort(
  bound: number,
  keys: ArrayLike<number>,
  order: Int32Array | undefined,
): Int32Array {
  const starts = new Int32Array(bound + 1)
  for (let e = 0; e < keys.length; e++) {
    const key = keys[e]!
    if (!(key >= 0 && key < bound)) throw new RangeError(`place ${key} is outside 0..${bound - 1}`)
    starts[key + 1] = starts[key + 1]! + 1
  }
  for (let k = 0; k < bound; k++) starts[k + 1] = starts[k + 1]! + starts[k]!
  const sorted = new Int32Array(keys.length)
  for (let i = 0; i < keys.length; i++) {
    const e = order === undefined ? i : order[i]!
    const key = keys[e]!
    sorted[starts[key]!] = e
    starts[key] = starts[key]! + 1
  }
  return sorted
}

export function transposeSparse(m: SparseMatrix): SparseMatrix {
  const offsets = new Int32Array(m.cols + 1)
  for (const c of m.indices) offsets[c + 1] = offsets[c + 1]! + 1
  for (let c = 0; c < m.cols; c++) offsets[c + 1] = offsets[c + 1]! + offsets[c]!
  const next = offsets.slice()
  const indices = new Int32Array(m.indices.length)
  const values = new Float32Array(m.indices.length)
  for (let r = 0; r < m.rows; r++)
    for (let e = m.offsets[r]!; e < m.offsets[r + 1]!; e++) {
      const c = m.indices[e]!
      const at = next[c]!
      next[c] = at + 1
      indices[at] = r
      values[at] = m.values[e]!
    }
  return { rows: m.cols, cols: m.rows, offsets, indices, values }
}

/** m times dense[m.cols x width], m.rows x width, row-major. */
export function sparseTimesDense(
  m: SparseMatrix,
  dense: Float32Array,
  width: number,
): Float32Array {
  const out = new Float32Array(m.rows * width)
  for (let r = 0; r < m.rows; r++) {
    const to = r * width
    for (let e = m.offsets[r]!; e < m.offsets[r + 1]!; e++) {
      const from = m.indices[e]! * width
      const value = m.values[e]!
      for (let k = 0; k < width; k++) out[to + k] = out[to + k]! + value * dense[from + k]!
    }
  }
  return out
}

/** The number of entries in each column. */
export function columnCounts(m: SparseMatrix): Int32Array {
  const counts = new Int32Array(m.cols)
  for (const c of m.indices) counts[c] = counts[c]! + 1
  return counts
}

/** The same places with other values: `value(row, col, old)`. */
export function mapSparse(
  m: SparseMatrix,
  value: (row: number, col: number, old: number) => number,
): SparseMatrix {
  const values = new Float32Array(m.values.length)
  for (let r = 0; r < m.rows; r++)
    for (let e = m.offsets[r]!; e < m.offsets[r + 1]!; e++)
      values[e] = value(r, m.indices[e]!, m.values[e]!)
  return { ...m, values }
}
