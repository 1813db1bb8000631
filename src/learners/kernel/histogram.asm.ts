// @ts-nocheck: AssemblyScript, compiled to WebAssembly by scripts/build-kernel.ts.
/**
 * The inner loops of tree growing (the TypeScript twin is trees/script-kernel.ts, which says what
 * each function does and must give the same bits). Addresses are bytes in the imported memory.
 *
 * A histogram cell is one 64-bit integer: the gradient sum in the high word, the hessian sum in the
 * low one, which never overflows, so that one addition adds both. A row touches eight different
 * histograms in turn, so no addition waits for the one before it.
 */

const CELL: usize = 3
const COLUMN: usize = 2048

// @ts-ignore: decorator
@inline
function add(bin: usize, histogram: usize, gradient: i64): void {
  const cell = histogram + (bin << CELL)
  store<i64>(cell, load<i64>(cell) + gradient)
}

/** Eight neighbouring columns from `first` on. */
export function histogram8(
  bins: usize,
  stride: usize,
  rows: usize,
  gradients: usize,
  count: usize,
  histogram: usize,
): void {
  const end = rows + (count << 2)
  while (rows < end) {
    const p = bins + <usize>load<u32>(rows) * stride
    const g = load<i64>(gradients)
    eight(p, g, histogram)
    rows += 4
    gradients += 8
  }
}

/** As histogram8 for rows that follow one another from `bins` on. */
export function histogram8InOrder(
  bins: usize,
  stride: usize,
  gradients: usize,
  count: usize,
  histogram: usize,
): void {
  const end = gradients + (count << 3)
  while (gradients < end) {
    eight(bins, load<i64>(gradients), histogram)
    bins += stride
    gradients += 8
  }
}

// @ts-ignore: decorator
@inline
function eight(p: usize, g: i64, h: usize): void {
  const a = h + (<usize>load<u8>(p) << CELL)
  const b = h + (<usize>load<u8>(p, 1) << CELL)
  const c = h + (<usize>load<u8>(p, 2) << CELL)
  const d = h + (<usize>load<u8>(p, 3) << CELL)
  store<i64>(a, load<i64>(a) + g)
  store<i64>(b, load<i64>(b, COLUMN) + g, COLUMN)
  store<i64>(c, load<i64>(c, 2 * COLUMN) + g, 2 * COLUMN)
  store<i64>(d, load<i64>(d, 3 * COLUMN) + g, 3 * COLUMN)
  const i = h + (<usize>load<u8>(p, 4) << CELL)
  const j = h + (<usize>load<u8>(p, 5) << CELL)
  const k = h + (<usize>load<u8>(p, 6) << CELL)
  const l = h + (<usize>load<u8>(p, 7) << CELL)
  store<i64>(i, load<i64>(i, 4 * COLUMN) + g, 4 * COLUMN)
  store<i64>(j, load<i64>(j, 5 * COLUMN) + g, 5 * COLUMN)
  store<i64>(k, load<i64>(k, 6 * COLUMN) + g, 6 * COLUMN)
  store<i64>(l, load<i64>(l, 7 * COLUMN) + g, 7 * COLUMN)
}

/** Any four columns, whose numbers lie at `features`. `rows` 0: rows follow one another. */
export function histogram4(
  bins: usize,
  stride: usize,
  rows: usize,
  gradients: usize,
  count: usize,
  features: usize,
  histograms: usize,
): void {
  const f0 = <usize>load<u32>(features)
  const f1 = <usize>load<u32>(features, 4)
  const f2 = <usize>load<u32>(features, 8)
  const f3 = <usize>load<u32>(features, 12)
  const h0 = histograms + f0 * COLUMN
  const h1 = histograms + f1 * COLUMN
  const h2 = histograms + f2 * COLUMN
  const h3 = histograms + f3 * COLUMN
  for (let i: usize = 0; i < count; i++) {
    const p = bins + (rows ? <usize>load<u32>(rows + (i << 2)) : i) * stride
    const g = load<i64>(gradients + (i << 3))
    add(load<u8>(p + f0), h0, g)
    add(load<u8>(p + f1), h1, g)
    add(load<u8>(p + f2), h2, g)
    add(load<u8>(p + f3), h3, g)
  }
}

/** One column. `rows` 0: rows follow one another. */
export function histogram1(
  bins: usize,
  stride: usize,
  rows: usize,
  gradients: usize,
  count: usize,
  histogram: usize,
): void {
  for (let i: usize = 0; i < count; i++) {
    const p = bins + (rows ? <usize>load<u32>(rows + (i << 2)) : i) * stride
    add(load<u8>(p), histogram, load<i64>(gradients + (i << 3)))
  }
}

/** Two 64-bit cells at a time. */
export function subtract(from: usize, what: usize, bytes: usize): void {
  const end = from + bytes
  while (from < end) {
    v128.store(from, i64x2.sub(v128.load(from), v128.load(what)))
    v128.store(from, i64x2.sub(v128.load(from, 16), v128.load(what, 16)), 16)
    from += 32
    what += 32
  }
}

export function gather(gradients: usize, rows: usize, count: usize, out: usize): void {
  const end = out + (count << 3)
  while (out < end) {
    store<i64>(out, load<i64>(gradients + (<usize>load<u32>(rows) << 3)))
    out += 8
    rows += 4
  }
}

/** Writes every row to both sides and moves on the side it belongs to: no branch to guess. */
export function partition(
  bins: usize,
  stride: usize,
  sides: usize,
  rows: usize,
  count: usize,
  scratch: usize,
): usize {
  let left = rows
  let right = scratch
  const end = rows + (count << 2)
  for (let at = rows; at < end; at += 4) {
    const row = load<u32>(at)
    const go = <usize>load<u8>(sides + <usize>load<u8>(bins + <usize>row * stride))
    store<u32>(left, row)
    store<u32>(right, row)
    left += go << 2
    right += (1 - go) << 2
  }
  memory.copy(left, scratch, right - scratch)
  return (left - rows) >> 2
}
