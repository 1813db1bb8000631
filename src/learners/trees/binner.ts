/**
 * Binning: every value becomes one byte, once, from training to serving. A numeric column has up to
 * 255 value bins cut at quantiles; a categorical column gives each frequent level its own bin. Bin
 * 255 is "missing" in both. One binned vector serves every tree model that shares the binner.
 */
import { AppError } from '../../core/index.ts'
import { seededRandom } from '../../math/index.ts'
import type { CategoricalColumn, Column, Frame, NumericColumn } from '../frame.ts'

/** The bin of a missing value, in every column. */
export const MISSING_BIN = 255
const EDGES = 255

export interface NumericBins {
  readonly kind: 'numeric'
  readonly name: string
  /** Value bins in use, 1 to 255. */
  readonly bins: number
  /**
   * 255 ascending edges, padded with +Infinity: a value's bin is the number of edges below it, so
   * bin b holds edges[b-1] < v <= edges[b].
   */
  readonly edges: Float64Array
}

export interface CategoricalBins {
  readonly kind: 'categorical'
  readonly name: string
  readonly bins: number
  readonly levels: readonly string[]
  /** Bin of each level, same order as `levels`. */
  readonly binOf: Uint8Array
  /** Bin shared by rare and unseen levels; 255 (missing) when no training level was rare. */
  readonly rareBin: number
}

export type ColumnBins = NumericBins | CategoricalBins

/** How to bin each column; columns sorted by name, so the order in a frame never matters. */
export interface Binner {
  readonly columns: readonly ColumnBins[]
}

/** Bytes of `rows` x `binner.columns.length`, row after row. */
export interface BinnedFrame {
  readonly rows: number
  readonly binner: Binner
  readonly bins: Uint8Array
}

export interface BinnerOptions {
  /** Most value bins of a numeric column, 2 to 255. Default 255. */
  readonly maxBins?: number
  /** A level with fewer training rows shares the rare bin. Default 5. */
  readonly minCategoryRows?: number
  /** Chooses the rows from which quantiles are taken when there are more than 30,000. Default 0. */
  readonly seed?: number
}

const SAMPLE_ROWS = 30_000

/** Learns how to bin the columns of `frame`. O(columns * s log s) for a sample of s rows. */
export function fitBinner(frame: Frame, options: BinnerOptions = {}): Binner {
  const { maxBins = 255, minCategoryRows = 5, seed = 0 } = options
  if (!Number.isInteger(maxBins) || maxBins < 2 || maxBins > 255)
    throw new AppError('invalid-request', `maxBins must be an integer from 2 to 255: ${maxBins}`)
  checkFrame(frame)
  const sample = sampleRows(frame.rows, seed)
  // One buffer for all columns: a new one each would stay until the next garbage collection.
  const buffer = new Float64Array(sample?.length ?? frame.rows)
  const columns = frame.columns
    .map((column) =>
      column.kind === 'numeric'
        ? fitNumeric(column, sample, buffer, maxBins)
        : fitCategorical(column, minCategoryRows),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return { columns }
}

/** Throws unless every column has `rows` cells and a name of its own. */
export function checkFrame(frame: Frame): void {
  const names = new Set<string>()
  for (const column of frame.columns) {
    const cells = column.kind === 'numeric' ? column.values.length : column.codes.length
    if (cells !== frame.rows)
      throw new AppError(
        'invalid-request',
        `Column "${column.name}" has ${cells} rows, the table ${frame.rows}`,
      )
    if (names.has(column.name))
      throw new AppError('invalid-request', `Two columns are called "${column.name}"`)
    names.add(column.name)
  }
}

function sampleRows(rows: number, seed: number): Int32Array | undefined {
  if (rows <= SAMPLE_ROWS) return undefined
  const random = seededRandom(seed).fork('bins')
  return Int32Array.from({ length: SAMPLE_ROWS }, () => random.int(rows))
}

function fitNumeric(
  column: NumericColumn,
  sample: Int32Array | undefined,
  sorted: Float64Array,
  maxBins: number,
): NumericBins {
  const { values, name } = column
  const count = sorted.length
  let n = 0
  for (let i = 0; i < count; i++) {
    const v = values[sample ? sample[i]! : i]!
    if (!Number.isNaN(v)) sorted[n++] = v
  }
  const found = quantileEdges(sorted.subarray(0, n).sort(), maxBins)
  return numericBins(name, found)
}

/** Numeric bins from at most 254 ascending edges. */
export function numericBins(name: string, found: ArrayLike<number>): NumericBins {
  const edges = new Float64Array(EDGES).fill(Infinity)
  edges.set(found)
  return { kind: 'numeric', name, bins: found.length + 1, edges }
}

/**
 * Edges of bins with about equal counts: each bin closes when it holds its share of what is left,
 * and before a value that is heavy enough for a bin of its own.
 */
function quantileEdges(sorted: Float64Array, maxBins: number): number[] {
  const n = sorted.length
  const edges: number[] = []
  let rest = n
  let held = 0
  let i = 0
  const runEnd = (from: number): number => {
    let end = from + 1
    while (end < n && sorted[end] === sorted[from]) end++
    return end
  }
  let distinct = 0
  for (let at = 0; at < n && distinct <= maxBins; at = runEnd(at)) distinct++
  const everyValue = distinct <= maxBins
  while (i < n) {
    const end = runEnd(i)
    held += end - i
    if (end === n || edges.length === maxBins - 1) break
    const share = rest / (maxBins - edges.length)
    const heavyNext = runEnd(end) - end >= share
    if (everyValue || held >= share || heavyNext) {
      edges.push(between(sorted[end - 1]!, sorted[end]!))
      rest -= held
      held = 0
    }
    i = end
  }
  return edges
}

/** A number e with a <= e < b, half way when the numbers leave room. */
function between(a: number, b: number): number {
  const middle = a / 2 + b / 2
  return middle >= a && middle < b ? middle : a
}

function fitCategorical(column: CategoricalColumn, minRows: number): CategoricalBins {
  const { name, levels, codes } = column
  const counts = new Int32Array(levels.length)
  for (const code of codes) {
    if (code >= levels.length)
      throw new AppError('invalid-request', `Column "${name}": code ${code} has no level`)
    if (code >= 0) counts[code] = counts[code]! + 1
  }
  const order = Array.from(levels.keys()).filter((code) => counts[code]! > 0)
  // By frequency, then by text: the order of `levels` must not matter.
  order.sort((a, b) => counts[b]! - counts[a]! || (levels[a]! < levels[b]! ? -1 : 1))
  const frequent = order.filter((code) => counts[code]! >= minRows).slice(0, EDGES - 1)
  const rareBin = frequent.length < order.length ? frequent.length : MISSING_BIN
  const kept = frequent.length < order.length ? order : frequent
  const binOf = Uint8Array.from(kept, (_, i) => Math.min(i, rareBin))
  const bins = Math.max(1, frequent.length + (rareBin === MISSING_BIN ? 0 : 1))
  return { kind: 'categorical', name, bins, levels: kept.map((c) => levels[c]!), binOf, rareBin }
}

/** Number of edges below `value`, not NaN: eight steps over 255 padded edges, without a branch. */
export function edgesBelow(edges: Float64Array, value: number): number {
  let b = Number(edges[127]! < value) << 7
  b += Number(edges[b + 63]! < value) << 6
  b += Number(edges[b + 31]! < value) << 5
  b += Number(edges[b + 15]! < value) << 4
  b += Number(edges[b + 7]! < value) << 3
  b += Number(edges[b + 3]! < value) << 2
  b += Number(edges[b + 1]! < value) << 1
  return b + Number(edges[b]! < value)
}

/** Bin of one raw value: a number, or for a categorical column a code into its `levels`. */
export function binOfValue(column: ColumnBins, value: number): number {
  if (Number.isNaN(value)) return MISSING_BIN
  if (column.kind === 'numeric') return edgesBelow(column.edges, value)
  if (value < 0) return MISSING_BIN
  return column.binOf[value] ?? column.rareBin
}

/** Writes the bins of rows [from, to) of one column, `stride` bytes apart from out[offset] on. */
export type ColumnWriter = (
  from: number,
  to: number,
  out: Uint8Array,
  offset: number,
  stride: number,
) => void

function columnWriter(spec: ColumnBins, column: Column | undefined): ColumnWriter {
  if (column?.kind === 'numeric' && spec.kind === 'numeric') {
    const { edges } = spec
    const { values } = column
    return (from, to, out, offset, stride) => {
      for (let r = from, o = offset; r < to; r++, o += stride) {
        const v = values[r]!
        out[o] = Number.isNaN(v) ? MISSING_BIN : edgesBelow(edges, v)
      }
    }
  }
  if (column?.kind === 'categorical' && spec.kind === 'categorical') {
    const { levels, binOf, rareBin } = spec
    const byLevel = new Map(levels.map((level, i) => [level, binOf[i]!]))
    const map = Uint8Array.from(column.levels, (level) => byLevel.get(level) ?? rareBin)
    const { codes } = column
    return (from, to, out, offset, stride) => {
      for (let r = from, o = offset; r < to; r++, o += stride)
        out[o] = codes[r]! < 0 ? MISSING_BIN : (map[codes[r]!] ?? rareBin)
    }
  }
  return (from, to, out, offset, stride) => {
    for (let r = from, o = offset; r < to; r++, o += stride) out[o] = MISSING_BIN
  }
}

/** Rows binned column after column before the next ones: their bytes stay in the cache. */
const TILE = 512

/** Makes another writer for a numeric column, for instance one that uses the kernel. */
export type NumericWriter = (spec: NumericBins, column: NumericColumn, f: number) => ColumnWriter

/** One writer per column of the binner; columns of `frame` are matched by name. */
export function columnWriters(
  { columns }: Binner,
  frame: Frame,
  faster?: NumericWriter,
): ColumnWriter[] {
  const byName = new Map(frame.columns.map((column) => [column.name, column]))
  return columns.map((spec, f) => {
    const column = byName.get(spec.name)
    return faster && spec.kind === 'numeric' && column?.kind === 'numeric'
      ? faster(spec, column, f)
      : columnWriter(spec, column)
  })
}

/** Bins `frame` into `out` (rows x columns bytes, row after row). */
export function binInto(
  binner: Binner,
  frame: Frame,
  out: Uint8Array,
  faster?: NumericWriter,
): void {
  const stride = binner.columns.length
  const writers = columnWriters(binner, frame, faster)
  for (let from = 0; from < frame.rows; from += TILE) {
    const to = Math.min(frame.rows, from + TILE)
    for (let f = 0; f < stride; f++) writers[f]!(from, to, out, from * stride + f, stride)
  }
}

/** Bins a table once, for any number of models that share `binner`. O(rows * columns). */
export function binFrame(binner: Binner, frame: Frame): BinnedFrame {
  checkFrame(frame)
  const bins = new Uint8Array(frame.rows * binner.columns.length)
  binInto(binner, frame, bins)
  return { rows: frame.rows, binner, bins }
}

/**
 * Bins one vector: `values[f]` belongs to `binner.columns[f]` (a number, or a code into that
 * column's `levels`; NaN or a negative code is missing). Writes to `out` when given.
 */
export function binRow(
  binner: Binner,
  values: ArrayLike<number>,
  out: Uint8Array = new Uint8Array(binner.columns.length),
): Uint8Array {
  const { columns } = binner
  for (let f = 0; f < columns.length; f++) out[f] = binOfValue(columns[f]!, values[f] ?? NaN)
  return out
}
