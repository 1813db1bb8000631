/**
 * One row's way through all trees. Each node is packed into two words, so that a step reads one
 * cache line; the way is computed, not branched on, since half of all branches would be guessed
 * wrong; and four trees are walked side by side, so that their chains of loads overlap.
 */
import { CATEGORICAL, leafOf, MISSING_LEFT, type TreeEnsemble } from './ensemble.ts'

/** Adds every tree's leaf to the margins, one per output, in the order of the trees. */
export type RowPredictor = (bins: Uint8Array, margins: Float64Array) => void

/** Trees walked side by side. */
const LANES = 4

/**
 * First the row's bins, then its turned bins: one more, and missing, 255, becomes 0. A node that
 * sends missing left looks there. A leaf goes to itself, whatever it looks at.
 */
function packNodes(e: TreeEnsemble, columns: number): Int32Array {
  const nodes = new Int32Array(2 * e.feature.length)
  e.feature.forEach((f, node) => {
    const isLeaf = f < 0
    const turned = (e.flags[node]! & MISSING_LEFT) !== 0 ? 1 : 0
    nodes[2 * node] = isLeaf ? 255 : ((f + turned * columns) << 8) | (e.threshold[node]! + turned)
    nodes[2 * node + 1] = 2 * (isLeaf ? node : e.left[node]!)
  })
  return nodes
}

/** Depth of each tree; -1 where it has a categorical split. */
function depthsOf(e: TreeEnsemble): Int32Array {
  const depth = new Int32Array(e.feature.length)
  return Int32Array.from(e.roots, (root, t) => {
    let most = 0
    const end = e.roots[t + 1] ?? e.feature.length
    for (let node = root; node < end; node++) {
      if (e.feature[node]! < 0) continue
      if ((e.flags[node]! & CATEGORICAL) !== 0) return -1
      const left = e.left[node]!
      depth[left] = depth[left + 1] = depth[node]! + 1
      most = Math.max(most, depth[left])
    }
    return most
  })
}

/** For rows of `columns` bins. */
export function rowPredictor(e: TreeEnsemble, columns: number): RowPredictor {
  const nodes = packNodes(e, columns)
  const depths = depthsOf(e)
  const both = new Uint8Array(2 * columns)
  const { roots, value, outputs } = e
  const step = (at: number): number => {
    const word = nodes[at]!
    // The sign of threshold - bin: 1 when the bin lies above.
    return nodes[at + 1]! + ((((word & 255) - both[word >> 8]!) >>> 31) << 1)
  }
  return (bins, margins) => {
    for (let f = 0; f < columns; f++) {
      const bin = bins[f]!
      both[f] = bin
      both[columns + f] = bin + 1
    }
    let k = 0
    const add = (leaf: number): void => {
      margins[k]! += value[leaf]!
      k = k + 1 === outputs ? 0 : k + 1
    }
    let t = 0
    while (t < roots.length) {
      const last = t + LANES - 1
      const least =
        last < roots.length
          ? Math.min(depths[t]!, depths[t + 1]!, depths[t + 2]!, depths[last]!)
          : -1
      if (least < 0) {
        add(leafOf(e, roots[t]!, bins, 0))
        t++
        continue
      }
      const most = Math.max(depths[t]!, depths[t + 1]!, depths[t + 2]!, depths[last]!)
      let a = 2 * roots[t]!
      let b = 2 * roots[t + 1]!
      let c = 2 * roots[t + 2]!
      let d = 2 * roots[last]!
      for (let level = 0; level < most; level++) {
        a = step(a)
        b = step(b)
        c = step(c)
        d = step(d)
      }
      add(a >> 1)
      add(b >> 1)
      add(c >> 1)
      add(d >> 1)
      t += LANES
    }
  }
}
