/**
 * The inner loops of tree growing over an arena, in TypeScript. kernel/histogram.asm.ts does the
 * same in WebAssembly; gradients are integers, so both give the same bits in any order of addition.
 *
 * A histogram is 256 cells per column, a cell two 32-bit integers: the sum of hessians (unsigned)
 * in the low word, the sum of gradients (signed) in the high word.
 */
import type { Arena } from './arena.ts'

/** Bytes of one column's histogram: 256 cells of 8 bytes. */
export const HISTOGRAM_BYTES = 2048

export interface Kernel {
  /**
   * Adds `count` rows to the histograms of `width` (1, 4 or 8) columns.
   * @param bins address of the binned table; `stride` its bytes per row
   * @param rows address of the row numbers (int32), or -1: rows 0, 1, 2 ... from `first`
   * @param gradients address of the packed gradients in the order of the rows
   * @param features address of `width` column numbers (int32)
   * @param histograms address of the first of the node's histograms (column 0)
   */
  histogram: (
    bins: number,
    stride: number,
    rows: number,
    first: number,
    gradients: number,
    count: number,
    features: number,
    width: number,
    histograms: number,
  ) => void
  /** from[i] -= what[i] over `bytes` of histogram cells. */
  subtract: (from: number, what: number, bytes: number) => void
  /** out[i] = gradients[rows[i]], 8 bytes each. */
  gather: (gradients: number, rows: number, count: number, out: number) => void
  /**
   * Stable partition of `count` row numbers at `rows` by the 256-bit set at `set`: those whose bin
   * of the column is in the set first. Uses `scratch` for as many; gives how many went left.
   */
  partition: (
    bins: number,
    stride: number,
    feature: number,
    set: number,
    rows: number,
    count: number,
    scratch: number,
  ) => number
}

export function scriptKernel({ u8, i32, u32 }: Arena): Kernel {
  const oneColumn = (
    bins: number,
    stride: number,
    rows: number,
    first: number,
    gradients: number,
    count: number,
    histogram: number,
  ): void => {
    const cells = histogram >> 2
    let g = gradients >> 2
    const at = rows >> 2
    for (let i = 0; i < count; i++, g += 2) {
      const row = rows < 0 ? first + i : i32[at + i]!
      const cell = cells + (u8[bins + row * stride]! << 1)
      i32[cell] = (i32[cell]! + i32[g]!) | 0
      i32[cell + 1] = (i32[cell + 1]! + i32[g + 1]!) | 0
    }
  }
  return {
    histogram(bins, stride, rows, first, gradients, count, features, width, histograms) {
      for (let k = 0; k < width; k++) {
        const f = i32[(features >> 2) + k]!
        const own = histograms + f * HISTOGRAM_BYTES
        oneColumn(bins + f, stride, rows, first, gradients, count, own)
      }
    },
    subtract(from, what, bytes) {
      const a = from >> 2
      const b = what >> 2
      for (let i = 0; i < bytes >> 2; i++) i32[a + i] = (i32[a + i]! - i32[b + i]!) | 0
    },
    gather(gradients, rows, count, out) {
      for (let i = 0, o = out >> 2; i < count; i++, o += 2) {
        const g = (gradients >> 2) + 2 * i32[(rows >> 2) + i]!
        i32[o] = i32[g]!
        i32[o + 1] = i32[g + 1]!
      }
    },
    partition(bins, stride, feature, set, rows, count, scratch) {
      const from = rows >> 2
      const aside = scratch >> 2
      let left = 0
      for (let i = 0; i < count; i++) {
        const row = i32[from + i]!
        const bin = u8[bins + row * stride + feature]!
        const go = (u32[(set >> 2) + (bin >> 5)]! >>> (bin & 31)) & 1
        i32[from + left] = row
        i32[aside + i - left] = row
        left += go
      }
      i32.copyWithin(from + left, aside, aside + count - left)
      return left
    },
  }
}
