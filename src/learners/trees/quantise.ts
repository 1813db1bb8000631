/**
 * Gradients as integers (after Shi et al. 2022, "Quantized Training of Gradient Boosting Decision
 * Trees", but with about 31 - log2(rows) bits instead of 2 to 5, rounded to nearest): sums are
 * exact in any order, so every kernel and any number of threads grow the same tree, and one 64-bit
 * addition adds a row's gradient and hessian to a cell.
 */
import type { Arena } from './arena.ts'
import type { Scale } from './split.ts'

/** Rows whose sums are added together first: the same for any number of threads. */
export const SUM_BLOCK = 4096

/** Adds up |g| and h of each block of rows at `packed` into sums[2 block], sums[2 block + 1]. */
export function sumBlocks(
  { f32 }: Arena,
  packed: number,
  rows: number,
  sums: Float64Array,
  fromBlock: number,
  toBlock: number,
): void {
  for (let block = fromBlock; block < toBlock; block++) {
    let g = 0
    let h = 0
    const end = Math.min(rows, (block + 1) * SUM_BLOCK)
    for (let row = block * SUM_BLOCK, at = (packed >> 2) + 2 * row; row < end; row++, at += 2) {
      h += f32[at]!
      g += Math.abs(f32[at + 1]!)
    }
    sums[2 * block] = g
    sums[2 * block + 1] = h
  }
}

/** The smallest power of two u for which `sum` / u stays below `limit`. */
function unit(sum: number, limit: number): number {
  if (!(sum > 0)) return 1
  return 2 ** Math.ceil(Math.log2(sum / limit) + 1e-9)
}

/** Units such that no sum over any rows leaves 31 bits (gradients) or 32 (hessians). */
export function scaleOf(sums: Float64Array, rows: number): Scale {
  let g = 0
  let h = 0
  for (let i = 0; i < sums.length; i += 2) {
    g += sums[i]!
    h += sums[i + 1]!
  }
  // Rounding adds at most half a unit a row to g; the floor of one unit at most one to h.
  return { g: unit(g, 2 ** 31 - 1 - rows), h: unit(h, 2 ** 32 - 1 - 2 * rows) }
}

/** Turns the float32 pairs of rows [from, to) into integers, in place; h stays at least 1. */
export function quantise(
  { f32, i32, u32 }: Arena,
  packed: number,
  from: number,
  to: number,
  scale: Scale,
): void {
  const perG = 1 / scale.g
  const perH = 1 / scale.h
  const end = (packed >> 2) + 2 * to
  for (let at = (packed >> 2) + 2 * from; at < end; at += 2) {
    const h = f32[at]!
    const g = f32[at + 1]!
    u32[at] = h > 0 ? Math.max(1, Math.floor(h * perH + 0.5)) : 0
    i32[at + 1] = Math.floor(g * perG + 0.5)
  }
}
