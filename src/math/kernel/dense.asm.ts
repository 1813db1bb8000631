// Dense single-precision kernels in AssemblyScript: products of rows, Cholesky, triangular solves.
// Only multiplication followed by addition is used (no fused operation), so that every machine
// gives the same bits. All addresses are bytes; rows are contiguous; see dense.ts for the callers.
// Built by scripts/dense-kernel.ts into dense.wasm.ts.

// @ts-ignore: decorator
@inline
function sumOfLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  )
}

// [sum(a), sum(b), sum(c), sum(d)]
// @ts-ignore: decorator
@inline
function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7))
  const cd = f32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7))
  return f32x4.add(i64x2.shuffle(ab, cd, 0, 2), i64x2.shuffle(ab, cd, 1, 3))
}

// c[2 x 4] (+)= a[2 x k] b[4 x k]^T; `stride` is the bytes of a row of a and b.
// @ts-ignore: decorator
@inline
function tile(a: usize, b: usize, stride: usize, c0: usize, c1: usize, add: bool): void {
  const a1 = a + stride
  const b1 = b + stride
  const b2 = b1 + stride
  const b3 = b2 + stride
  let s00 = f32x4.splat(0)
  let s01 = s00
  let s02 = s00
  let s03 = s00
  let s10 = s00
  let s11 = s00
  let s12 = s00
  let s13 = s00
  for (let k: usize = 0; k < stride; k += 16) {
    const x = v128.load(a + k)
    const y = v128.load(a1 + k)
    const p = v128.load(b + k)
    s00 = f32x4.add(s00, f32x4.mul(x, p))
    s10 = f32x4.add(s10, f32x4.mul(y, p))
    const q = v128.load(b1 + k)
    s01 = f32x4.add(s01, f32x4.mul(x, q))
    s11 = f32x4.add(s11, f32x4.mul(y, q))
    const r = v128.load(b2 + k)
    s02 = f32x4.add(s02, f32x4.mul(x, r))
    s12 = f32x4.add(s12, f32x4.mul(y, r))
    const s = v128.load(b3 + k)
    s03 = f32x4.add(s03, f32x4.mul(x, s))
    s13 = f32x4.add(s13, f32x4.mul(y, s))
  }
  let top = sumsOfLanes(s00, s01, s02, s03)
  let low = sumsOfLanes(s10, s11, s12, s13)
  if (add) {
    top = f32x4.add(top, v128.load(c0))
    low = f32x4.add(low, v128.load(c1))
  }
  v128.store(c0, top)
  v128.store(c1, low)
}

/** c[m x n] (+)= a[m x k] b[n x k]^T. m even; n and k multiples of 4; c has n columns. */
export function multiply(
  a: usize,
  b: usize,
  c: usize,
  m: usize,
  n: usize,
  k: usize,
  add: bool,
): void {
  const stride = k << 2
  const width = n << 2
  for (let j: usize = 0; j < n; j += 4) {
    const from = b + j * stride
    for (let i: usize = 0; i < m; i += 2) {
      const to = c + i * width + (j << 2)
      tile(a + i * stride, from, stride, to, to + width, add)
    }
  }
}

/** The lower triangle of c[m x m] (+)= a[m x k] a^T (some of the upper too). m, k multiples of 4. */
export function gram(a: usize, c: usize, m: usize, k: usize, add: bool): void {
  const stride = k << 2
  const width = m << 2
  for (let i: usize = 0; i < m; i += 2) {
    for (let j: usize = 0; j <= i; j += 4) {
      const to = c + i * width + (j << 2)
      tile(a + i * stride, a + j * stride, stride, to, to + width, add)
    }
  }
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, n: usize): f32 {
  let s = f32x4.splat(0)
  let i: usize = 0
  for (; i + 4 <= n; i += 4)
    s = f32x4.add(s, f32x4.mul(v128.load(a + (i << 2)), v128.load(b + (i << 2))))
  let sum = sumOfLanes(s)
  for (; i < n; i++) sum += load<f32>(a + (i << 2)) * load<f32>(b + (i << 2))
  return sum
}

/**
 * In place: the lower triangle of a (n x n, rows of `width` floats) becomes its Cholesky factor.
 * Returns 0, or 1 + the row where a is not positive definite.
 */
export function cholesky(a: usize, n: usize, width: usize): usize {
  const stride = width << 2
  for (let i: usize = 0; i < n; i++) {
    const row = a + i * stride
    for (let j: usize = 0; j < i; j++) {
      const other = a + j * stride
      const at = row + (j << 2)
      store<f32>(at, (load<f32>(at) - dot(row, other, j)) / load<f32>(other + (j << 2)))
    }
    const at = row + (i << 2)
    const pivot = load<f32>(at) - dot(row, row, i)
    if (!(pivot > 0)) return i + 1
    store<f32>(at, sqrt<f32>(pivot))
  }
  return 0
}

/** In place: x becomes the solution of L L^T x = x, L as cholesky() leaves it. */
export function solve(l: usize, n: usize, width: usize, x: usize): void {
  const stride = width << 2
  for (let i: usize = 0; i < n; i++) {
    const row = l + i * stride
    const at = x + (i << 2)
    store<f32>(at, (load<f32>(at) - dot(row, x, i)) / load<f32>(row + (i << 2)))
  }
  for (let i: isize = n - 1; i >= 0; i--) {
    const row = l + i * stride
    const at = x + (i << 2)
    const value = load<f32>(at) / load<f32>(row + (i << 2))
    store<f32>(at, value)
    addScaled(x, row, -value, i)
  }
}

/** x[0..n) += factor * y[0..n). */
export function addScaled(x: usize, y: usize, factor: f32, n: usize): void {
  const f = f32x4.splat(factor)
  let i: usize = 0
  for (; i + 4 <= n; i += 4) {
    const at = x + (i << 2)
    v128.store(at, f32x4.add(v128.load(at), f32x4.mul(f, v128.load(y + (i << 2)))))
  }
  for (; i < n; i++) {
    const at = x + (i << 2)
    store<f32>(at, load<f32>(at) + factor * load<f32>(y + (i << 2)))
  }
}
