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

/** All arguments are addresses in bytes, or counts. */
export interface Kernel {
  /**
   * Adds `count` rows to the histograms of `width` columns.
   * @param bins the binned table; `stride` its bytes per row
   * @param rows row numbers (int32), or 0: the rows follow one another from `bins` on
   * @param gradients packed gradients in the order of the rows
   * @param features `width` column numbers (int32): 8 neighbours, any 4, or 1
   * @param histograms the first of the node's histograms (column 0)
   */
  readonly histogram: (
    bins: number,
    stride: number,
    rows: number,
    gradients: number,
    count: number,
    features: number,
    width: number,
    histograms: number,
  ) => void
  /** from -= what, over `bytes` of histogram cells (a multiple of 32). */
  readonly subtract: (from: number, what: number, bytes: number) => void
  /** out[i] = gradients[rows[i]], 8 bytes each. */
  readonly gather: (gradients: number, rows: number, count: number, out: number) => void
  /**
   * Stable partition of `count` row numbers at `rows`: first those whose bin b, at `bins` + row *
   * `stride`, has a 1 in the byte `sides` + b. Uses `scratch` for as many.
   * Gives the number of those first ones.
   */
  readonly partition: (
    bins: number,
    stride: number,
    sides: number,
    rows: number,
    count: number,
    scratch: number,
  ) => number
}

export function scriptKernel({ u8, i32 }: Arena): Kernel {
  return {
    histogram(bins, stride, rows, gradients, count, features, width, histograms) {
      for (let k = 0; k < width; k++) {
        const f = i32[(features >> 2) + k]!
        const cells = (histograms + f * HISTOGRAM_BYTES) >> 2
        let g = gradients >> 2
        const at = rows >> 2
        for (let i = 0; i < count; i++, g += 2) {
          const row = rows === 0 ? i : i32[at + i]!
          const cell = cells + (u8[bins + f + row * stride]! << 1)
          i32[cell] = (i32[cell]! + i32[g]!) | 0
          i32[cell + 1] = (i32[cell + 1]! + i32[g + 1]!) | 0
        }
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
    partition(bins, stride, sides, rows, count, scratch) {
      const from = rows >> 2
      const aside = scratch >> 2
      let left = 0
      for (let i = 0; i < count; i++) {
        const row = i32[from + i]!
        const go = u8[sides + u8[bins + row * stride]!]!
        i32[from + left] = row
        i32[aside + i - left] = row
        left += go
      }
      i32.copyWithin(from + left, aside, aside + count - left)
      return left
    },
  }
}
