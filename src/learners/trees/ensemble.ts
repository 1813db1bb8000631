/**
 * Trees as flat arrays over all nodes of all trees. The right child always follows the left one.
 * A node sends a binned value left when its bin is at most `threshold` (numeric) or in its set
 * (categorical); the missing bin goes where the node learned to send it.
 */
import { MISSING_BIN } from './binner.ts'

/** Flag bits of a node. */
export const MISSING_LEFT = 1
export const CATEGORICAL = 2
/** 32-bit words of one categorical set: 256 bins. */
export const SET_WORDS = 8

export interface TreeEnsemble {
  /** Margins per row; tree t adds to output t % outputs. */
  readonly outputs: number
  /** Root node of each tree. */
  readonly roots: Int32Array
  /** Column index of each node's split, -1 for a leaf. */
  readonly feature: Int32Array
  /** Numeric split: bins up to this one go left. */
  readonly threshold: Uint8Array
  readonly flags: Uint8Array
  /** Numeric: left child; the right child is the next node. 0 for a leaf. */
  readonly left: Int32Array
  /** Leaf: what it adds to the margin, learning rate included. Inner node: 0. */
  readonly value: Float64Array
  /** Sum of hessians of the training rows that came here (weight of rows in a forest). */
  readonly cover: Float64Array
  /** Loss reduction of the split: half the difference of the structure scores. */
  readonly gain: Float64Array
  /** First word in `sets` of a categorical node, else 0. */
  readonly setAt: Int32Array
  /** Bit b of eight words: bin b goes left. */
  readonly sets: Uint32Array
}

/** A split: bins up to `threshold`, or those in `set`, go left. */
export interface Split {
  readonly gain: number
  readonly feature: number
  readonly threshold: number
  readonly missingLeft: boolean
  /** Categorical: eight words of bins that go left (missing included); numeric: null. */
  readonly set: Uint32Array | null
}

/** Grows one tree. Nodes are leaves until they are split; node 0 is the root. */
export interface TreeBuilder {
  /** Turns `node` into a split and gives its left child; the right one follows. */
  readonly split: (node: number, split: Split) => number
  readonly setCover: (node: number, cover: number) => void
  /** The tree, an ensemble of one. */
  readonly finish: () => TreeEnsemble
}

export function treeBuilder(): TreeBuilder {
  const feature = [-1]
  const threshold = [0]
  const flags = [0]
  const left = [0]
  const cover = [0]
  const gain = [0]
  const setAt = [0]
  const sets: number[] = []
  const addLeaf = (): number => {
    for (const column of [threshold, flags, left, cover, gain, setAt]) column.push(0)
    return feature.push(-1) - 1
  }
  return {
    split(node, s) {
      const child = addLeaf()
      addLeaf()
      feature[node] = s.feature
      threshold[node] = s.threshold
      flags[node] = (s.missingLeft ? MISSING_LEFT : 0) | (s.set ? CATEGORICAL : 0)
      left[node] = child
      gain[node] = s.gain
      if (s.set) setAt[node] = sets.push(...s.set) - SET_WORDS
      return child
    },
    setCover: (node, c) => void (cover[node] = c),
    finish: () => ({
      outputs: 1,
      roots: Int32Array.of(0),
      feature: Int32Array.from(feature),
      threshold: Uint8Array.from(threshold),
      flags: Uint8Array.from(flags),
      left: Int32Array.from(left),
      value: new Float64Array(feature.length),
      cover: Float64Array.from(cover),
      gain: Float64Array.from(gain),
      setAt: Int32Array.from(setAt),
      sets: Uint32Array.from(sets),
    }),
  }
}

/** One ensemble of all `trees`, in order; tree t adds to output t % outputs. */
export function joinTrees(trees: readonly TreeEnsemble[], outputs: number): TreeEnsemble {
  const sum = (of: (e: TreeEnsemble) => ArrayLike<number>): number =>
    trees.reduce((n, e) => n + of(e).length, 0)
  const nodes = sum((e) => e.feature)
  const all = emptyEnsemble(
    outputs,
    sum((e) => e.roots),
    nodes,
    sum((e) => e.sets),
  )
  let node = 0
  let word = 0
  let tree = 0
  for (const e of trees) {
    all.roots.set(
      e.roots.map((root) => root + node),
      tree,
    )
    all.feature.set(e.feature, node)
    all.threshold.set(e.threshold, node)
    all.flags.set(e.flags, node)
    all.left.set(
      e.left.map((child) => (child > 0 ? child + node : 0)),
      node,
    )
    all.value.set(e.value, node)
    all.cover.set(e.cover, node)
    all.gain.set(e.gain, node)
    all.setAt.set(
      e.setAt.map((at) => at + word),
      node,
    )
    all.sets.set(e.sets, word)
    node += e.feature.length
    word += e.sets.length
    tree += e.roots.length
  }
  return all
}

function emptyEnsemble(outputs: number, trees: number, nodes: number, words: number): TreeEnsemble {
  return {
    outputs,
    roots: new Int32Array(trees),
    feature: new Int32Array(nodes),
    threshold: new Uint8Array(nodes),
    flags: new Uint8Array(nodes),
    left: new Int32Array(nodes),
    value: new Float64Array(nodes),
    cover: new Float64Array(nodes),
    gain: new Float64Array(nodes),
    setAt: new Int32Array(nodes),
    sets: new Uint32Array(words),
  }
}

/** Whether `bin` goes left at `node`. */
export function goesLeft(e: TreeEnsemble, node: number, bin: number): boolean {
  const flags = e.flags[node]!
  if (flags & CATEGORICAL) return ((e.sets[e.setAt[node]! + (bin >> 5)]! >>> (bin & 31)) & 1) === 1
  if (bin === MISSING_BIN) return (flags & MISSING_LEFT) !== 0
  return bin <= e.threshold[node]!
}

/** The leaf where the row at `bins[offset..]` ends in the tree that starts at `root`. */
export function leafOf(e: TreeEnsemble, root: number, bins: Uint8Array, offset: number): number {
  let node = root
  for (;;) {
    const f = e.feature[node]!
    if (f < 0) return node
    node = e.left[node]! + (goesLeft(e, node, bins[offset + f]!) ? 0 : 1)
  }
}

/** Adds one tree to every `step`-th margin from `at`, row after row of `stride` bytes. */
export function addTree(
  e: TreeEnsemble,
  root: number,
  bins: Uint8Array,
  stride: number,
  margins: Float64Array,
  at: number,
  step: number,
): void {
  for (let o = 0, m = at; m < margins.length; m += step, o += stride)
    margins[m]! += e.value[leafOf(e, root, bins, o)]!
}

/**
 * Adds all trees to `margins` (rows x outputs) for binned rows of `stride` bytes. Tree after tree,
 * so that one tree stays in the first-level cache.
 */
export function addMargins(
  e: TreeEnsemble,
  bins: Uint8Array,
  stride: number,
  margins: Float64Array,
): void {
  e.roots.forEach((root, t) => {
    addTree(e, root, bins, stride, margins, t % e.outputs, e.outputs)
  })
}
