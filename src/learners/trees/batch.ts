/**
 * Predictions for many rows by the WebAssembly kernel: the trees packed once into its memory, tiles
 * of rows binned and sent down four at a time. Gives the same bits as `addMargins`: every row adds
 * its leaves in the order of the trees.
 */
import type { Frame } from '../frame.ts'
import { createArena, layout, type Arena } from './arena.ts'
import { columnWriters, type BinnedFrame, type Binner } from './binner.ts'
import { CATEGORICAL, MISSING_LEFT, SET_WORDS, type TreeEnsemble } from './ensemble.ts'
import { HISTOGRAM_BYTES } from './kernel.ts'
import { kernelExports, wasmWorks } from './wasm-kernel.ts'

/** Rows of one tile: their bins and one tree share the first-level cache. */
const TILE = 256
/** A packed node names its column in 16 bits and its categorical set in 8. */
const MOST_COLUMNS = 65_536
const MOST_SETS = 256

/** Adds all trees to margins (rows x outputs). */
export type BatchPredictor = (rows: Frame | BinnedFrame, margins: Float64Array) => void

/** Undefined where the kernel does not work or the ensemble does not fit its node format. */
export function batchPredictor(e: TreeEnsemble, binner: Binner): BatchPredictor | undefined {
  const columns = binner.columns.length
  const nodes = e.feature.length
  if (!wasmWorks() || columns === 0 || columns > MOST_COLUMNS) return undefined
  if (nodes > 2 ** 26 || setsPerTree(e).some((sets) => sets > MOST_SETS)) return undefined
  const { take, size } = layout()
  const places = {
    // Node 0 lies at 8, so that no address is 0.
    nodes: take(8 * nodes + 8) + 8,
    values: take(8 * nodes + 8) + 8,
    sets: take(4 * e.sets.length),
    bins: take(TILE * columns + 16),
    margins: take(8 * TILE * e.outputs),
    numbers: take(8 * TILE),
    edges: take(HISTOGRAM_BYTES * columns),
  }
  const arena = createArena(size(), true)
  const trees = packTrees(e, arena, places.nodes, places.sets)
  arena.f64.set(e.value, places.values >> 3)
  return predictTiles(e, binner, arena, places, trees)
}

interface BatchPlaces {
  readonly nodes: number
  readonly values: number
  readonly bins: number
  readonly margins: number
  readonly numbers: number
  readonly edges: number
}

/** A tree in the arena: its root's address, its depth, the address of its sets. */
interface PackedTree {
  readonly root: number
  readonly depth: number
  readonly sets: number
}

function setsPerTree(e: TreeEnsemble): number[] {
  return Array.from(e.roots, (root, t) => {
    const flags = e.flags.subarray(root, e.roots[t + 1] ?? e.feature.length)
    return flags.reduce((n, flag) => n + (flag & CATEGORICAL ? 1 : 0), 0)
  })
}

function packTrees(e: TreeEnsemble, arena: Arena, at: number, sets: number): PackedTree[] {
  arena.u32.set(e.sets, sets >> 2)
  const depths = new Int32Array(e.feature.length)
  return Array.from(e.roots, (root, t): PackedTree => {
    const end = e.roots[t + 1] ?? e.feature.length
    let depth = 0
    let firstSet = -1
    for (let node = root; node < end; node++) {
      const word = (at >> 2) + 2 * node
      if (e.feature[node]! < 0) {
        arena.u32[word] = 0xff000000
        arena.u32[word + 1] = at + 8 * node
        continue
      }
      const left = e.left[node]!
      depths[left] = depths[left + 1] = depths[node]! + 1
      depth = Math.max(depth, depths[left])
      arena.u32[word + 1] = at + 8 * left
      if (e.flags[node]! & CATEGORICAL) {
        // A tree's sets follow one another: count from its first.
        if (firstSet < 0) firstSet = lowestSet(e, root, end)
        const own = (e.setAt[node]! - firstSet) / SET_WORDS
        arena.u32[word] = e.feature[node]! | (1 << 17) | (own << 24)
      } else {
        const turned = e.flags[node]! & MISSING_LEFT ? 1 : 0
        arena.u32[word] = e.feature[node]! | (turned << 16) | ((e.threshold[node]! + turned) << 24)
      }
    }
    return { root: at + 8 * root, depth, sets: sets + 4 * Math.max(0, firstSet) }
  })
}

function lowestSet(e: TreeEnsemble, from: number, to: number): number {
  let lowest = Infinity
  for (let node = from; node < to; node++)
    if (e.flags[node]! & CATEGORICAL) lowest = Math.min(lowest, e.setAt[node]!)
  return lowest
}

function predictTiles(
  e: TreeEnsemble,
  binner: Binner,
  arena: Arena,
  places: BatchPlaces,
  trees: readonly PackedTree[],
): BatchPredictor {
  const kernel = kernelExports(arena)
  const { u8, f64 } = arena
  const stride = binner.columns.length
  const { outputs } = e
  const values = places.values - places.nodes
  binner.columns.forEach((spec, f) => {
    if (spec.kind === 'numeric') f64.set(spec.edges, (places.edges + f * HISTOGRAM_BYTES) >> 3)
  })
  const binTile = (rows: Frame | BinnedFrame): ((from: number, to: number) => void) => {
    if ('bins' in rows)
      return (from, to) => u8.set(rows.bins.subarray(from * stride, to * stride), places.bins)
    const writers = columnWriters(binner, rows, (_, column, f) => (from, to, __, offset) => {
      f64.set(column.values.subarray(from, to), places.numbers >> 3)
      const edges = places.edges + f * HISTOGRAM_BYTES
      kernel.binNumbers(places.numbers, to - from, edges, offset, stride)
    })
    return (from, to) => {
      for (let f = 0; f < stride; f++) writers[f]!(from, to, u8, places.bins + f, stride)
    }
  }
  return (rows, margins) => {
    const bin = binTile(rows)
    const own = f64.subarray(places.margins >> 3, (places.margins >> 3) + TILE * outputs)
    for (let from = 0; from < rows.rows; from += TILE) {
      const to = Math.min(rows.rows, from + TILE)
      bin(from, to)
      own.set(margins.subarray(from * outputs, to * outputs))
      trees.forEach(({ root, depth, sets }, t) => {
        const at = places.margins + 8 * (t % outputs)
        const { bins } = places
        kernel.addTree(root, depth, sets, values, bins, stride, to - from, at, 8 * outputs)
      })
      margins.set(own.subarray(0, (to - from) * outputs), from * outputs)
    }
  }
}
