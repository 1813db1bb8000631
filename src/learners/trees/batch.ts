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

/** Most rows of one tile: their bins and one tree share the first-level cache. */
const TILE = 256
/**
 * A packed node says in 16 bits where its bin lies from the start of a row. A row's turned bins
 * (one more, missing first) lie a tile further on: a node that sends missing left looks there.
 */
const REACH = 32_768
/** A packed node names its categorical set in 8 bits. */
const MOST_SETS = 256

/** Adds all trees to margins (rows x outputs). */
export type BatchPredictor = (rows: Frame | BinnedFrame, margins: Float64Array) => void

/** Undefined where the kernel does not work or the ensemble does not fit its node format. */
export function batchPredictor(e: TreeEnsemble, binner: Binner): BatchPredictor | undefined {
  const columns = binner.columns.length
  const nodes = e.feature.length
  if (!wasmWorks() || columns === 0 || columns > REACH / 16) return undefined
  if (nodes > 2 ** 26 || setsPerTree(e).some((sets) => sets > MOST_SETS)) return undefined
  const { take, size } = layout()
  const tile = Math.min(TILE, Math.floor(REACH / columns / 16) * 16)
  const places = {
    tile,
    // Node 0 lies at 8, so that no address is 0.
    nodes: take(8 * nodes + 8) + 8,
    values: take(8 * nodes + 8) + 8,
    sets: take(4 * e.sets.length),
    bins: take(2 * tile * columns + 16),
    margins: take(8 * tile * e.outputs),
    numbers: take(8 * tile),
    edges: take(HISTOGRAM_BYTES * columns),
  }
  const arena = createArena(size(), true)
  const trees = packTrees(e, arena, places.nodes, places.sets, tile * columns)
  arena.f64.set(e.value, places.values >> 3)
  return predictTiles(e, binner, arena, places, trees)
}

interface BatchPlaces {
  /** Rows of a tile, a multiple of 16. */
  readonly tile: number
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
  /** -1 without categorical splits. */
  readonly sets: number
}

function setsPerTree(e: TreeEnsemble): number[] {
  return Array.from(e.roots, (root, t) => {
    const flags = e.flags.subarray(root, e.roots[t + 1] ?? e.feature.length)
    return flags.reduce((n, flag) => n + (flag & CATEGORICAL ? 1 : 0), 0)
  })
}

function packTrees(
  e: TreeEnsemble,
  arena: Arena,
  at: number,
  sets: number,
  turned: number,
): PackedTree[] {
  arena.u32.set(e.sets, sets >> 2)
  const depths = new Int32Array(e.feature.length)
  return Array.from(e.roots, (root, t): PackedTree => {
    const end = e.roots[t + 1] ?? e.feature.length
    const firstSet = lowestSet(e, root, end)
    let depth = 0
    for (let node = root; node < end; node++) {
      const word = (at >> 2) + 2 * node
      const f = e.feature[node]!
      const left = f < 0 ? node : e.left[node]!
      arena.u32[word + 1] = at + 8 * left
      if (f < 0) {
        arena.u32[word] = 0xff000000
        continue
      }
      depths[left] = depths[left + 1] = depths[node]! + 1
      depth = Math.max(depth, depths[left])
      const toLeft = e.flags[node]! & MISSING_LEFT ? 1 : 0
      // A tree's sets follow one another: count from its first.
      if (e.flags[node]! & CATEGORICAL)
        arena.u32[word] = f | (1 << 16) | (((e.setAt[node]! - firstSet) / SET_WORDS) << 24)
      else arena.u32[word] = (f + toLeft * turned) | ((e.threshold[node]! + toLeft) << 24)
    }
    const own = Number.isFinite(firstSet) ? sets + 4 * firstSet : -1
    return { root: at + 8 * root, depth, sets: own }
  })
}

/** First word of a tree's categorical sets; Infinity without. */
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
    const { bins, tile } = places
    const own = f64.subarray(places.margins >> 3, (places.margins >> 3) + tile * outputs)
    for (let from = 0; from < rows.rows; from += tile) {
      const to = Math.min(rows.rows, from + tile)
      const count = to - from
      bin(from, to)
      kernel.turn(bins, tile * stride, bins + tile * stride)
      own.set(margins.subarray(from * outputs, to * outputs))
      trees.forEach(({ root, depth, sets }, t) => {
        const at = places.margins + 8 * (t % outputs)
        const step = 8 * outputs
        if (sets < 0) kernel.addTree(root, depth, values, bins, stride, count, at, step)
        else kernel.addMixedTree(root, sets, values, bins, stride, count, at, step)
      })
      margins.set(own.subarray(0, count * outputs), from * outputs)
    }
  }
}
