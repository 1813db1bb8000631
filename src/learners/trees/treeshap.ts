/**
 * Exact path-dependent TreeSHAP (Lundberg et al. 2020, "From local explanations to global
 * understanding with explainable AI for trees", Algorithm 2): each column's share of the margin,
 * such that base + sum of shares = margin.
 */
import { goesLeft, type TreeEnsemble } from './ensemble.ts'
import {
  leafInteractions,
  leafPath,
  leafShapley,
  MOST_ELEMENTS,
  type LeafPath,
} from './leaf-game.ts'

/** Shares of the margin. `columns` is the number of columns of the binner. */
export interface Shares {
  /** Mean margin of the training rows as the trees saw it, one per output. */
  readonly base: Float64Array
  /** rows x outputs x columns. */
  readonly shares: Float64Array
}

export interface TreeExplainer {
  /** Mean margin per output. */
  readonly base: Float64Array
  /** Adds the shares (outputs x columns) of the row at `bins[offset..]` to `out[at..]`. */
  readonly addRow: (bins: Uint8Array, offset: number, out: Float64Array, at: number) => void
  /** Shares of many rows, tree after tree: rows x outputs x columns. */
  readonly rows: (bins: Uint8Array, rows: number) => Float64Array
  /**
   * Interaction values of one row for one output, columns x columns, symmetric: a row of it sums
   * to that column's share; off the diagonal stands half of the joint effect of two columns.
   */
  readonly interactions: (bins: Uint8Array, offset: number, output: number) => Float64Array
}

/** From this many rows on, building a table per leaf pays. */
const BATCH = 24

export function treeExplainer(
  e: TreeEnsemble,
  start: ArrayLike<number>,
  columns: number,
): TreeExplainer {
  const base = Float64Array.from(start)
  e.roots.forEach((root, t) => (base[t % e.outputs]! += expectation(e, root)))
  const path = leafPath()
  const values = new Float64Array(MOST_ELEMENTS)
  const addRow = (bins: Uint8Array, offset: number, out: Float64Array, at: number): void => {
    e.roots.forEach((root, t) => {
      const own = at + (t % e.outputs) * columns
      visitLeaves(e, root, bins, offset, path, (d, v) => {
        leafShapley(path, d, v, values)
        for (let i = 0; i < d; i++) out[own + path.column[i]!]! += values[i]!
      })
    })
  }
  return {
    base,
    addRow,
    rows(bins, rows) {
      const width = e.outputs * columns
      const out = new Float64Array(rows * width)
      if (rows < BATCH) for (let r = 0; r < rows; r++) addRow(bins, r * columns, out, r * width)
      else
        e.roots.forEach((root, t) => {
          addTreeOfRows(e, root, bins, columns, rows, out, (t % e.outputs) * columns, width)
        })
      return out
    },
    interactions: (bins, offset, output) => interactionsOf(e, columns, bins, offset, output),
  }
}

/** Mean leaf value under the training rows. */
function expectation(e: TreeEnsemble, node: number): number {
  if (e.feature[node]! < 0) return e.value[node]!
  const left = e.left[node]!
  const share = shareOf(e, node, left)
  return share * expectation(e, left) + (1 - share) * expectation(e, left + 1)
}

/** Share of the rows at `node` that go to `child`; even when no weight came here. */
const shareOf = (e: TreeEnsemble, node: number, child: number): number =>
  e.cover[node]! > 0 ? e.cover[child]! / e.cover[node]! : 0.5

/**
 * Calls `visit` at every leaf below `node` with the number of elements on its path and its value;
 * `path` then holds the elements. Conditions on the same column are merged into one.
 */
function visitLeaves(
  e: TreeEnsemble,
  root: number,
  bins: Uint8Array,
  offset: number,
  path: LeafPath,
  visit: (d: number, v: number) => void,
): void {
  const { column, share, passed } = path
  const descend = (node: number, d: number): void => {
    const f = e.feature[node]!
    if (f < 0) {
      visit(d, e.value[node]!)
      return
    }
    let k = 0
    while (k < d && column[k] !== f) k++
    const length = k === d ? d + 1 : d
    const z = k === d ? 1 : share[k]!
    const o = k === d ? 1 : passed[k]!
    column[k] = f
    const left = e.left[node]!
    const first = shareOf(e, node, left)
    const goes = goesLeft(e, node, bins[offset + f]!)
    share[k] = z * first
    passed[k] = goes ? o : 0
    descend(left, length)
    column[k] = f
    share[k] = z * (1 - first)
    passed[k] = goes ? 0 : o
    descend(left + 1, length)
    share[k] = z
    passed[k] = o
  }
  descend(root, 0)
}

function interactionsOf(
  e: TreeEnsemble,
  columns: number,
  bins: Uint8Array,
  offset: number,
  output: number,
): Float64Array {
  const path = leafPath()
  const values = new Float64Array(MOST_ELEMENTS)
  const pairs = new Float64Array(MOST_ELEMENTS * MOST_ELEMENTS)
  const out = new Float64Array(columns * columns)
  e.roots.forEach((root, t) => {
    if (t % e.outputs !== output) return
    visitLeaves(e, root, bins, offset, path, (d, v) => {
      leafShapley(path, d, v, values)
      leafInteractions(path, d, v, pairs)
      for (let i = 0; i < d; i++) {
        const own = path.column[i]! * columns + path.column[i]!
        out[own]! += values[i]!
        for (let j = i + 1; j < d; j++) {
          const pair = pairs[i * d + j]!
          // The diagonal keeps what the pairs do not explain, so that rows sum to shares.
          out[own]! -= pair
          out[path.column[j]! * columns + path.column[j]!]! -= pair
          out[path.column[i]! * columns + path.column[j]!]! += pair
          out[path.column[j]! * columns + path.column[i]!]! += pair
        }
      }
    })
  })
  return out
}

/** Paths up to this long get a table over all patterns of passed columns. */
const TABLE_ELEMENTS = 8

/** One leaf for all rows: per element its column and which bins pass. */
interface LeafConditions {
  readonly value: number
  readonly column: readonly number[]
  readonly share: readonly number[]
  readonly passes: readonly Uint8Array[]
}

function conditionsOfLeaves(e: TreeEnsemble, root: number): LeafConditions[] {
  const leaves: LeafConditions[] = []
  const descend = (node: number, held: LeafConditions): void => {
    const f = e.feature[node]!
    if (f < 0) {
      leaves.push({ ...held, value: e.value[node]! })
      return
    }
    const k = held.column.indexOf(f)
    const left = Uint8Array.from({ length: 256 }, (_, bin) => (goesLeft(e, node, bin) ? 1 : 0))
    for (const side of [0, 1]) {
      const child = e.left[node]! + side
      const z = side === 0 ? shareOf(e, node, child) : 1 - shareOf(e, node, child - 1)
      const passes = side === 0 ? left : left.map((bit) => 1 - bit)
      descend(child, extended(held, k, f, z, passes))
    }
  }
  descend(root, { value: 0, column: [], share: [], passes: [] })
  return leaves
}

function extended(
  held: LeafConditions,
  k: number,
  column: number,
  z: number,
  passes: Uint8Array,
): LeafConditions {
  if (k < 0)
    return {
      value: 0,
      column: [...held.column, column],
      share: [...held.share, z],
      passes: [...held.passes, passes],
    }
  const both = held.passes[k]!.map((bit, bin) => bit & passes[bin]!)
  return {
    value: 0,
    column: held.column,
    share: held.share.with(k, held.share[k]! * z),
    passes: held.passes.with(k, both),
  }
}

/**
 * Adds one tree's shares of all rows. A leaf's values depend only on which of its columns a row
 * passes, so each such pattern is computed once (the idea of Yang 2021, "Fast TreeSHAP").
 */
function addTreeOfRows(
  e: TreeEnsemble,
  root: number,
  bins: Uint8Array,
  columns: number,
  rows: number,
  out: Float64Array,
  at: number,
  width: number,
): void {
  const path = leafPath()
  const values = new Float64Array(MOST_ELEMENTS)
  for (const { value, column, share, passes } of conditionsOfLeaves(e, root)) {
    const d = column.length
    path.column.set(column)
    path.share.set(share)
    const tabled = d <= TABLE_ELEMENTS
    const table = new Float64Array(tabled ? d << d : 0)
    const known = new Uint8Array(tabled ? 1 << d : 0)
    for (let r = 0, from = 0, to = at; r < rows; r++, from += columns, to += width) {
      let pattern = 0
      for (let k = 0; k < d; k++) {
        const bit = passes[k]![bins[from + column[k]!]!]!
        path.passed[k] = bit
        pattern = (pattern << 1) | bit
      }
      if (!tabled || known[pattern] === 0) {
        leafShapley(path, d, value, values)
        if (tabled) {
          table.set(values.subarray(0, d), pattern * d)
          known[pattern] = 1
        }
      }
      for (let k = 0; k < d; k++)
        out[to + column[k]!]! += tabled ? table[pattern * d + k]! : values[k]!
    }
  }
}
