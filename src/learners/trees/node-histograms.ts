/** Histograms of nodes: summed over rows, or inherited from the parent's. */
import type { Arena } from './arena.ts'
import { HISTOGRAM_BYTES } from './kernel.ts'
import type { Places, Workshop } from './workshop.ts'

/** Most rows copied side by side at a time, and bytes of them: they fit the second-level cache. */
export const CHUNK = 1024
const CHUNK_BYTES = 64 * 1024

/** Room for one chunk of rows of so many columns. */
export const chunkBytes = (columns: number): number =>
  Math.max(columns, Math.min(CHUNK * columns, CHUNK_BYTES)) + 16
/** Columns in groups of 8 neighbours, then of any 4, then single ones. */
interface ColumnGroup {
  readonly at: number
  readonly width: number
}

/** Columns and how they are grouped for the kernel. */
export interface ColumnShare {
  readonly features: Int32Array
  readonly groups: readonly ColumnGroup[]
}

export const NO_COLUMNS: ColumnShare = { features: new Int32Array(0), groups: [] }

/** Lists the columns at `list`, counted from the first, so that each group lies together. */
export function groupColumns({ i32 }: Arena, features: Int32Array, list: number): ColumnShare {
  const runs: number[] = []
  const rest: number[] = []
  for (let i = 0; i < features.length;) {
    if (features[i + 7] === features[i]! + 7) {
      for (let k = 0; k < 8; k++) runs.push(features[i + k]!)
      i += 8
    } else rest.push(features[i++]!)
  }
  const numbers = [...runs, ...rest].map((f) => f - features[0]!)
  i32.set(numbers, list >> 2)
  const groups: ColumnGroup[] = []
  for (let i = 0; i < features.length;) {
    const width = i < runs.length ? 8 : features.length - i >= 4 ? 4 : 1
    groups.push({ at: list + 4 * i, width })
    i += width
  }
  return { features, groups }
}

/** The histogram of column 0 in a slot. */
export const slotAt = ({ histograms, columns }: Places, slot: number): number =>
  histograms + slot * columns * HISTOGRAM_BYTES

/** The histogram of column 0 in the spare node of a member. */
export const spareAt = ({ spares, columns }: Places, member: number): number =>
  spares + member * columns * HISTOGRAM_BYTES

/** Bytes [first, end) from the first to the last of a member's columns. */
export const span = (features: Int32Array): [number, number] => [
  features[0]! * HISTOGRAM_BYTES,
  (features[features.length - 1]! + 1) * HISTOGRAM_BYTES,
]

/** The larger child's histograms, in place of the parent's: those minus the smaller child's. */
export function inherit(
  { kernel }: Workshop,
  large: number,
  small: number,
  features: Int32Array,
): void {
  const [first, end] = span(features)
  kernel.subtract(large + first, small + first, end - first)
}

/** Zeroes the histograms at `at`, over the columns of `share` only. */
export function clearNode({ kernel }: Workshop, { features }: ColumnShare, at: number): void {
  if (features.length === 0) return
  const [start, end] = span(features)
  kernel.clear(at + start, end - start)
}

/** The histograms of rows at `at`, over the columns of `share` only. */
export function sumRows(
  workshop: Workshop,
  share: ColumnShare,
  at: number,
  from: number,
  count: number,
  inOrder: boolean,
): void {
  clearNode(workshop, share, at)
  addRows(workshop, share, at, from, count, inOrder)
}

/** Adds rows to the histograms at `at`, over the columns of `share` only. */
export function addRows(
  { kernel, places }: Workshop,
  { features, groups }: ColumnShare,
  at: number,
  from: number,
  count: number,
  inOrder: boolean,
): void {
  if (features.length === 0) return
  const { columns, packed, ordered, chunk } = places
  const [start, end] = span(features)
  const first = features[0]!
  const width = (end - start) / HISTOGRAM_BYTES
  const stride = inOrder ? columns : width
  const most = Math.max(1, Math.min(CHUNK, Math.floor(CHUNK_BYTES / width)))
  for (let row = from; row < from + count; row += most) {
    const n = Math.min(most, from + count - row)
    const rows = places.rows + 4 * row
    if (!inOrder) {
      kernel.copyRows(places.bins + first, columns, rows, n, width, chunk)
      kernel.gather(packed, rows, n, ordered)
    }
    const gradients = inOrder ? packed + 8 * row : ordered
    const table = inOrder ? places.bins + first + row * columns : chunk
    for (const group of groups)
      kernel.histogram(table, stride, gradients, n, group.at, group.width, at + start)
  }
}
