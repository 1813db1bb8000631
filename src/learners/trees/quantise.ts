/**
 * Gradients as integers (after Shi et al. 2022, "Quantized Training of Gradient Boosting Decision
 * Trees", but with about 31 - log2(rows) bits instead of 2 to 5, rounded to nearest): sums are
 * exact in any order, so every kernel and any number of threads grow the same tree, and one 64-bit
 * addition adds a row's gradient and hessian to a cell.
 */
import type { Arena } from './arena.ts'
import type { Scale } from './split.ts'
import type { Places } from './workshop.ts'

/** Rows whose sums are added together first: the same for any number of threads. */
export const SUM_BLOCK = 4096

/** Adds up |g| and h of the blocks of rows [from, to) (whole blocks, float32 pairs). */
export function sumBlocks(
  { f32, f64 }: Arena,
  { packed, sums }: Places,
  rows: number,
  from: number,
  to: number,
): void {
  for (let start = from; start < to; start += SUM_BLOCK) {
    let g = 0
    let h = 0
    const end = Math.min(rows, start + SUM_BLOCK)
    for (let row = start, at = (packed >> 2) + 2 * row; row < end; row++, at += 2) {
      h += f32[at]!
      g += Math.abs(f32[at + 1]!)
    }
    const cell = (sums >> 3) + 2 * (start / SUM_BLOCK)
    f64[cell] = g
    f64[cell + 1] = h
  }
}

/** The smallest power of two u for which `sum` / u stays below `limit`. */
function unit(sum: number, limit: number): number {
  if (!(sum > 0)) return 1
  return 2 ** Math.ceil(Math.log2(sum / limit) + 1e-9)
}

/** Units such that no sum over any rows leaves 31 bits (gradients) or 32 (hessians). */
export function scaleOf({ f64 }: Arena, { sums }: Places, rows: number): Scale {
  let g = 0
  let h = 0
  const blocks = Math.ceil(rows / SUM_BLOCK)
  for (let i = 0, cell = sums >> 3; i < blocks; i++, cell += 2) {
    g += f64[cell]!
    h += f64[cell + 1]!
  }
  // Rounding adds at most half a unit a row to g; the floor of one unit at most one to h.
  return { g: unit(g, 2 ** 31 - 1 - rows), h: unit(h, 2 ** 32 - 1 - 2 * rows) }
}

/**
 * Turns the float32 pairs of rows [from, to) into integers, in place; h stays at least 1. Writes
 * the sums of g and of h to `results`, and with `inOrder` the row numbers.
 */
export function quantise(
  { f32, i32, u32 }: Arena,
  { packed, rows }: Places,
  from: number,
  to: number,
  scale: Scale,
  inOrder: boolean,
  results: Float64Array,
): void {
  const perG = 1 / scale.g
  const perH = 1 / scale.h
  let sumG = 0
  let sumH = 0
  const end = (packed >> 2) + 2 * to
  for (let at = (packed >> 2) + 2 * from; at < end; at += 2) {
    const real = f32[at]!
    const h = real > 0 ? Math.max(1, Math.floor(real * perH + 0.5)) : 0
    const g = Math.floor(f32[at + 1]! * perG + 0.5)
    u32[at] = h
    i32[at + 1] = g
    sumH += h
    sumG += g
  }
  results[0] = sumG
  results[1] = sumH
  if (inOrder) for (let row = from; row < to; row++) i32[(rows >> 2) + row] = row
}
