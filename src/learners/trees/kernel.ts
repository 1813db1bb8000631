/**
 * The inner loops of tree growing over an arena. script-kernel.ts does them in TypeScript,
 * kernel/histogram.asm.ts in WebAssembly; gradients are integers, so both give the same bits in any
 * order of addition, and real numbers are computed by the same operations in the same order.
 *
 * A histogram is 256 cells per column, a cell two 32-bit integers: the sum of hessians (unsigned)
 * in the low word, the sum of gradients (signed) in the high word.
 */
/** Bytes of one column's histogram: 256 cells of 8 bytes. */
export const HISTOGRAM_BYTES = 2048

/**
 * Scan rules: a block of 64 bytes. In: float64 real gradient of a unit, real hessian of a unit, l2,
 * least child weight. Out, when something was found: float64 score, then int32 threshold, missing
 * left (0 or 1), gradient sum and hessian sum of the left side.
 */
export const SCAN_BYTES = 64

/** All arguments are addresses in bytes, or counts. */
export interface Kernel {
  /**
   * Adds `count` rows, which follow one another at `table`, to the histograms of `width` columns.
   * @param stride bytes from row to row
   * @param gradients packed gradients in the order of the rows
   * @param features `width` column numbers (int32): 8 neighbours, any 4, or 1
   * @param histograms the histogram of column 0
   */
  readonly histogram: (
    table: number,
    stride: number,
    gradients: number,
    count: number,
    features: number,
    width: number,
    histograms: number,
  ) => void
  /** As `histogram` for the one column at `bins`, of the row numbers (int32) at `rows`. */
  readonly column: (
    bins: number,
    stride: number,
    rows: number,
    gradients: number,
    count: number,
    histogram: number,
  ) => void
  /** Copies `width` bytes of each row number at `rows` to `out`; may write 15 more at the end. */
  readonly copyRows: (
    bins: number,
    stride: number,
    rows: number,
    count: number,
    width: number,
    out: number,
  ) => void
  /** from -= what, over `bytes` of histogram cells (a multiple of 32). */
  readonly subtract: (from: number, what: number, bytes: number) => void
  /** to += what, over `bytes` of histogram cells (a multiple of 32). */
  readonly add: (to: number, what: number, bytes: number) => void
  /** Zeroes `bytes` at `at`: the engine's own fill of shared memory is several times as slow. */
  readonly clear: (at: number, bytes: number) => void
  /** Copies `bytes` from `from` to `to`, which may overlap. */
  readonly move: (to: number, from: number, bytes: number) => void
  /** out[i] = gradients[rows[i]], 8 bytes each. */
  readonly gather: (gradients: number, rows: number, count: number, out: number) => void
  /**
   * Stable partition of `count` row numbers at `rows`: first those whose bin b, at `bins` + row *
   * `stride`, has a 1 in the byte `sides` + b. Uses `scratch` for as many and 256 bytes at `aside`.
   * Gives the number of those first ones.
   */
  readonly partition: (
    bins: number,
    stride: number,
    sides: number,
    rows: number,
    count: number,
    scratch: number,
    aside: number,
  ) => number
  /**
   * The best threshold of a numeric column with `bins` value bins from its histogram, for a node
   * with sums g, h: the largest GL^2 / (HL + l2) + GR^2 / (HR + l2) above `floor`, missing rows
   * right and then left. Gives whether there is one; it is then in the block `rules`.
   */
  readonly scan: (
    histogram: number,
    bins: number,
    g: number,
    h: number,
    floor: number,
    rules: number,
  ) => boolean
  /** As histogram and scan of one column; `histogram` is its place, zeroed before and after. */
  readonly searchColumn: (
    bins: number,
    stride: number,
    rows: number,
    gradients: number,
    count: number,
    histogram: number,
    valueBins: number,
    g: number,
    h: number,
    floor: number,
    rules: number,
  ) => boolean
  /** Bins `count` float64 at `values` by 255 padded float64 `edges`, `stride` bytes apart. */
  readonly binNumbers: (
    values: number,
    count: number,
    edges: number,
    out: number,
    stride: number,
  ) => void
}
