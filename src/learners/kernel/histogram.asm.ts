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
function addCell(bin: usize, histogram: usize, gradient: i64): void {
  const cell = histogram + (bin << CELL)
  store<i64>(cell, load<i64>(cell) + gradient)
}

/** Eight neighbouring columns, the first at `table`. */
export function histogram8(
  table: usize,
  stride: usize,
  gradients: usize,
  count: usize,
  histogram: usize,
): void {
  const end = gradients + (count << 3)
  while (gradients < end) {
    eight(table, load<i64>(gradients), histogram)
    table += stride
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

/** Any four columns, whose numbers lie at `features`. */
export function histogram4(
  table: usize,
  stride: usize,
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
  const end = gradients + (count << 3)
  while (gradients < end) {
    const g = load<i64>(gradients)
    addCell(load<u8>(table + f0), h0, g)
    addCell(load<u8>(table + f1), h1, g)
    addCell(load<u8>(table + f2), h2, g)
    addCell(load<u8>(table + f3), h3, g)
    table += stride
    gradients += 8
  }
}

/** One column, at `table`. */
export function histogram1(
  table: usize,
  stride: usize,
  gradients: usize,
  count: usize,
  histogram: usize,
): void {
  const end = gradients + (count << 3)
  while (gradients < end) {
    addCell(load<u8>(table), histogram, load<i64>(gradients))
    table += stride
    gradients += 8
  }
}

/** One column, rows by number. */
export function column(
  bins: usize,
  stride: usize,
  rows: usize,
  gradients: usize,
  count: usize,
  histogram: usize,
): void {
  for (let i: usize = 0; i < count; i++) {
    const bin = <usize>load<u8>(bins + <usize>load<u32>(rows + (i << 2)) * stride)
    addCell(bin, histogram, load<i64>(gradients + (i << 3)))
  }
}

/**
 * Copies rows side by side, 16 bytes at a time (what runs over is overwritten by the next row): the
 * histogram loops then read memory in order, and the cache misses of many rows overlap here.
 */
export function copyRows(
  bins: usize,
  stride: usize,
  rows: usize,
  count: usize,
  width: usize,
  out: usize,
): void {
  const end = rows + (count << 2)
  while (rows < end) {
    const p = bins + <usize>load<u32>(rows) * stride
    for (let o: usize = 0; o < width; o += 16) v128.store(out + o, v128.load(p + o))
    out += width
    rows += 4
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

/** Two 64-bit cells at a time. */
export function add(to: usize, what: usize, bytes: usize): void {
  const end = to + bytes
  while (to < end) {
    v128.store(to, i64x2.add(v128.load(to), v128.load(what)))
    v128.store(to, i64x2.add(v128.load(to, 16), v128.load(what, 16)), 16)
    to += 32
    what += 32
  }
}

export function clear(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes)
}

export function move(to: usize, from: usize, bytes: usize): void {
  memory.copy(to, from, bytes)
}

export function gather(gradients: usize, rows: usize, count: usize, out: usize): void {
  const end = out + (count << 3)
  while (out < end) {
    store<i64>(out, load<i64>(gradients + (<usize>load<u32>(rows) << 3)))
    out += 8
    rows += 4
  }
}

/** Rows whose sides are looked up together, before any is moved. */
const AHEAD: usize = 256

/**
 * Looks up the sides of some rows first (these loads miss the cache and must not wait for one
 * another), then writes every row to both sides and moves on the side it belongs to: no branch to
 * guess. `aside` takes the sides of a block.
 */
export function partition(
  bins: usize,
  stride: usize,
  sides: usize,
  rows: usize,
  count: usize,
  scratch: usize,
  aside: usize,
): usize {
  let left = rows
  let right = scratch
  const end = rows + (count << 2)
  for (let block = rows; block < end; block += AHEAD << 2) {
    const stop = min(end, block + (AHEAD << 2))
    let out = aside
    for (let at = block; at < stop; at += 4, out++) {
      const bin = <usize>load<u8>(bins + <usize>load<u32>(at) * stride)
      store<u8>(out, load<u8>(sides + bin))
    }
    out = aside
    for (let at = block; at < stop; at += 4, out++) {
      const row = load<u32>(at)
      const go = <usize>load<u8>(out)
      store<u32>(left, row)
      store<u32>(right, row)
      left += go << 2
      right += (1 - go) << 2
    }
  }
  memory.copy(left, scratch, right - scratch)
  return (left - rows) >> 2
}

// Byte offsets of the scan's rules (in) and of what it found (out).
const RESULT_SCORE: usize = 32
const RESULT_THRESHOLD: usize = 40
const RESULT_MISSING_LEFT: usize = 44
const RESULT_G: usize = 48
const RESULT_H: usize = 52
const MISSING: usize = 255

/** State of one scan; module variables so that both ways of walking share the step. */
let scaleG: f64 = 0
let scaleH: f64 = 0
let l2: f64 = 0
let minimum: f64 = 0
let top: f64 = 0
let found: i32 = 0

// @ts-ignore: decorator
@inline
function startScan(rules: usize, floor: f64): void {
  scaleG = load<f64>(rules)
  scaleH = load<f64>(rules, 8)
  l2 = load<f64>(rules, 16)
  minimum = load<f64>(rules, 24)
  top = floor
  found = 0
}

// @ts-ignore: decorator
@inline
function record(rules: usize, bin: i32, left: i32, g: i32, h: u32): void {
  store<f64>(rules, top, RESULT_SCORE)
  store<i32>(rules, bin, RESULT_THRESHOLD)
  store<i32>(rules, left, RESULT_MISSING_LEFT)
  store<i32>(rules, g, RESULT_G)
  store<u32>(rules, h, RESULT_H)
  found = 1
}

/**
 * One threshold: left sums g, h of a node with sums nodeG, nodeH. Gives 0 when no later threshold
 * can leave enough on the right.
 */
// @ts-ignore: decorator
@inline
function step(
  rules: usize,
  bin: i32,
  g: i32,
  h: u32,
  nodeG: i32,
  nodeH: u32,
  missingH: u32,
  pass: i32,
): i32 {
  const hl = <f64>h * scaleH
  const hr = <f64>(nodeH - h) * scaleH
  if (hl < minimum) return 1
  if (hr < minimum || h >= nodeH) return 0
  const gl = <f64>g * scaleG
  const gr = <f64>(nodeG - g) * scaleG
  const a = hl + l2
  const b = hr + l2
  const score = gl * gl * b + gr * gr * a
  const parts = a * b
  if (score > top * parts) {
    top = score / parts
    record(rules, bin, missingH ? pass : i32(2 * <f64>h > <f64>nodeH), g, h)
  }
  return 1
}

/** The best threshold of one column from its histogram. */
export function scan(
  histogram: usize,
  bins: i32,
  nodeG: i32,
  nodeH: u32,
  floor: f64,
  rules: usize,
): i32 {
  startScan(rules, floor)
  const missing = histogram + (MISSING << CELL)
  const missingH = load<u32>(missing)
  const last = missingH ? bins : bins - 1
  const passes = missingH ? 2 : 1
  for (let pass = 0; pass < passes; pass++) {
    let g = pass ? load<i32>(missing, 4) : 0
    let h: u32 = pass ? missingH : 0
    let cell = histogram
    for (let b = 0; b < last; b++, cell += 8) {
      const own = load<u32>(cell)
      if (!own) continue
      h += own
      g += load<i32>(cell, 4)
      if (!step(rules, b, g, h, nodeG, nodeH, missingH, pass)) break
    }
  }
  return found
}

/**
 * The best threshold of one column from a node's rows: sums them into the zeroed `histogram`, walks
 * over the bins that occur only (`mask`: 32 zeroed bytes), and leaves both zeroed.
 */
export function searchColumn(
  bins: usize,
  stride: usize,
  rows: usize,
  gradients: usize,
  count: usize,
  histogram: usize,
  mask: usize,
  nodeG: i32,
  nodeH: u32,
  floor: f64,
  rules: usize,
): i32 {
  for (let i: usize = 0; i < count; i++) {
    const bin = <usize>load<u8>(bins + <usize>load<u32>(rows + (i << 2)) * stride)
    addCell(bin, histogram, load<i64>(gradients + (i << 3)))
    const word = mask + ((bin >> 6) << 3)
    store<u64>(word, load<u64>(word) | (<u64>1 << (<u64>bin & 63)))
  }
  startScan(rules, floor)
  const missing = histogram + (MISSING << CELL)
  const missingH = load<u32>(missing)
  const missingG = load<i32>(missing, 4)
  store<i64>(missing, 0)
  store<u64>(mask, load<u64>(mask, 24) & 0x7fffffffffffffff, 24)
  const passes = missingH ? 2 : 1
  for (let pass = 0; pass < passes; pass++) {
    let g = pass ? missingG : 0
    let h: u32 = pass ? missingH : 0
    let more = 1
    for (let w: usize = 0; w < 4; w++) {
      let bits = load<u64>(mask + (w << 3))
      while (more && bits) {
        const bin = (w << 6) + <usize>ctz(bits)
        bits &= bits - 1
        const cell = histogram + (bin << CELL)
        h += load<u32>(cell)
        g += load<i32>(cell, 4)
        more = step(rules, <i32>bin, g, h, nodeG, nodeH, missingH, pass)
      }
    }
  }
  for (let w: usize = 0; w < 4; w++) {
    let bits = load<u64>(mask + (w << 3))
    store<u64>(mask + (w << 3), 0)
    while (bits) {
      store<i64>(histogram + (((w << 6) + <usize>ctz(bits)) << CELL), 0)
      bits &= bits - 1
    }
  }
  return found
}

/**
 * Bins `count` numbers at `values` by 255 padded edges and writes them `stride` bytes apart: eight
 * comparisons, no branch. NaN gets bin 255.
 */
export function binNumbers(
  values: usize,
  count: usize,
  edges: usize,
  out: usize,
  stride: usize,
): void {
  const end = values + (count << 3)
  while (values < end) {
    const v = load<f64>(values)
    let b = edges
    b += <usize>(load<f64>(b, 127 * 8) < v) << 10
    b += <usize>(load<f64>(b, 63 * 8) < v) << 9
    b += <usize>(load<f64>(b, 31 * 8) < v) << 8
    b += <usize>(load<f64>(b, 15 * 8) < v) << 7
    b += <usize>(load<f64>(b, 7 * 8) < v) << 6
    b += <usize>(load<f64>(b, 3 * 8) < v) << 5
    b += <usize>(load<f64>(b, 8) < v) << 4
    b += <usize>(load<f64>(b) < v) << 3
    const bin = (b - edges) >> 3
    store<u8>(out, v == v ? <u8>bin : <u8>MISSING)
    values += 8
    out += stride
  }
}

// A packed node: where its bin lies in a row (16 bits), 1 byte "categorical", 1 byte threshold or
// number of its set; then the address of its left child's node. A leaf is its own left child.

/** out = bins + 1 modulo 256, 16 at a time: missing, 255, becomes 0 and comes before all values. */
export function turn(bins: usize, bytes: usize, out: usize): void {
  const one = i8x16.splat(1)
  for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, i8x16.add(v128.load(bins + i), one))
}

// @ts-ignore: decorator
@inline
function numericChild(node: usize, row: usize): usize {
  const right = <usize>(load<u8>(row + <usize>load<u16>(node)) > load<u8>(node, 3))
  return <usize>load<u32>(node, 4) + (right << 3)
}

/**
 * Adds one tree without categorical splits to every margin, `step` bytes apart, four rows at a time,
 * so that a row's chain of loads does not stand alone. A node's value lies `values` bytes beyond it.
 */
export function addTree(
  root: usize,
  depth: i32,
  values: usize,
  bins: usize,
  stride: usize,
  rows: usize,
  margins: usize,
  step: usize,
): void {
  let p = bins
  let m = margins
  let left = rows
  for (; left >= 4; left -= 4) {
    const q = p + stride
    const s = q + stride
    const t = s + stride
    let a = root
    let b = root
    let c = root
    let d = root
    for (let level = depth; level > 0; level--) {
      a = numericChild(a, p)
      b = numericChild(b, q)
      c = numericChild(c, s)
      d = numericChild(d, t)
    }
    store<f64>(m, load<f64>(m) + load<f64>(a + values))
    m += step
    store<f64>(m, load<f64>(m) + load<f64>(b + values))
    m += step
    store<f64>(m, load<f64>(m) + load<f64>(c + values))
    m += step
    store<f64>(m, load<f64>(m) + load<f64>(d + values))
    m += step
    p = t + stride
  }
  for (; left > 0; left--) {
    let a = root
    for (let level = depth; level > 0; level--) a = numericChild(a, p)
    store<f64>(m, load<f64>(m) + load<f64>(a + values))
    m += step
    p += stride
  }
}

/** As addTree, for any tree; its sets of 32 bytes lie at `sets`. */
export function addMixedTree(
  root: usize,
  sets: usize,
  values: usize,
  bins: usize,
  stride: usize,
  rows: usize,
  margins: usize,
  step: usize,
): void {
  let p = bins
  let m = margins
  for (let left = rows; left > 0; left--) {
    let a = root
    for (;;) {
      let next: usize
      if (load<u8>(a, 2)) {
        const bin = <u32>load<u8>(p + <usize>load<u16>(a))
        const word = load<u32>(sets + (<usize>load<u8>(a, 3) << 5) + <usize>((bin >> 5) << 2))
        next = <usize>load<u32>(a, 4) + <usize>((((word >>> (bin & 31)) & 1) ^ 1) << 3)
      } else next = numericChild(a, p)
      if (next == a) break
      a = next
    }
    store<f64>(m, load<f64>(m) + load<f64>(a + values))
    m += step
    p += stride
  }
}
