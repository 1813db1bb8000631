import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import { binRow, numericBins, type Binner } from './binner.ts'
import { goesLeft, joinTrees, leafOf, treeBuilder, type TreeEnsemble } from './ensemble.ts'
import { treeExplainer } from './treeshap.ts'

const COLUMNS = 5

/** A random tree: depth up to 5, some categorical splits, covers that add up. */
function randomTree(seed: number): TreeEnsemble {
  const random = seededRandom(seed)
  const builder = treeBuilder()
  const covers = [100]
  const grow = (node: number, depth: number): void => {
    builder.setCover(node, covers[node]!)
    if (depth === 5 || random.next() < 0.2) return
    const set =
      random.next() < 0.3 ? Uint32Array.from({ length: 8 }, () => random.int(2 ** 32)) : null
    const left = builder.split(node, {
      gain: 1,
      feature: random.int(COLUMNS),
      threshold: random.int(255),
      missingLeft: random.next() < 0.5,
      set,
    })
    const share = 0.1 + 0.8 * random.next()
    covers[left] = covers[node]! * share
    covers[left + 1] = covers[node]! - covers[left]
    grow(left, depth + 1)
    grow(left + 1, depth + 1)
  }
  grow(0, 0)
  const tree = builder.finish()
  tree.value.forEach((_, node) => {
    if (tree.feature[node]! < 0) tree.value[node] = random.normal()
  })
  return tree
}

/** Mean of the tree given only the columns in `known` (Lundberg et al. 2020, Algorithm 1). */
function given(e: TreeEnsemble, node: number, bins: Uint8Array, known: number): number {
  const f = e.feature[node]!
  if (f < 0) return e.value[node]!
  const left = e.left[node]!
  if ((known >> f) & 1) return given(e, goesLeft(e, node, bins[f]!) ? left : left + 1, bins, known)
  const share = e.cover[left]! / e.cover[node]!
  return share * given(e, left, bins, known) + (1 - share) * given(e, left + 1, bins, known)
}

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
const size = (set: number): number => set.toString(2).replaceAll('0', '').length

/** Shapley value (i = j) or interaction value (i < j) straight from its definition. */
function bruteForce(worth: (set: number) => number, i: number, j: number): number {
  let sum = 0
  const players = i === j ? 1 : 2
  for (let set = 0; set < 1 << COLUMNS; set++) {
    if ((set >> i) & 1 || (set >> j) & 1) continue
    const s = size(set)
    const rest = factorial(COLUMNS - s - players)
    const weight = (factorial(s) * rest) / factorial(COLUMNS - players + 1)
    const a = 1 << i
    const b = 1 << j
    sum +=
      i === j
        ? weight * (worth(set | a) - worth(set))
        : (weight / 2) * (worth(set | a | b) - worth(set | a) - worth(set | b) + worth(set))
  }
  return sum
}

const manyTrees = (seed: number, trees: number): TreeEnsemble =>
  joinTrees(
    Array.from({ length: trees }, (_, t) => randomTree(seed * 100 + t)),
    1,
  )

test('equals the Shapley values and interaction values of their definition', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.array(fc.integer({ min: 0, max: 255 }), { minLength: COLUMNS, maxLength: COLUMNS }),
      (seed, row) => {
        const bins = Uint8Array.from(row)
        const e = manyTrees(seed, 3)
        const worth = (set: number): number =>
          e.roots.reduce((sum, root) => sum + given(e, root, bins, set), 0)
        const explainer = treeExplainer(e, [0.25], COLUMNS)
        const shares = new Float64Array(COLUMNS)
        explainer.addRow(bins, 0, shares, 0)
        const pairs = explainer.interactions(bins, 0, 0)
        expect(Math.abs(explainer.base[0]! - 0.25 - worth(0))).toBeLessThan(1e-9)
        for (let i = 0; i < COLUMNS; i++) {
          expect(Math.abs(shares[i]! - bruteForce(worth, i, i))).toBeLessThan(1e-9)
          let sum = 0
          for (let j = 0; j < COLUMNS; j++) {
            const pair = pairs[i * COLUMNS + j]!
            sum += pair
            if (i !== j) expect(Math.abs(pair - bruteForce(worth, i, j))).toBeLessThan(1e-9)
          }
          expect(Math.abs(sum - shares[i]!)).toBeLessThan(1e-9)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('shares of many rows equal those of each row, and add up to the margin', () => {
  const e = manyTrees(7, 20)
  const random = seededRandom(1)
  const rows = 100
  const bins = Uint8Array.from({ length: rows * COLUMNS }, () => random.int(256))
  const explainer = treeExplainer(e, [0], COLUMNS)
  const all = explainer.rows(bins, rows)
  for (let r = 0; r < rows; r++) {
    const one = new Float64Array(COLUMNS)
    explainer.addRow(bins, r * COLUMNS, one, 0)
    const margin = e.roots.reduce(
      (sum, root) => sum + e.value[leafOf(e, root, bins, r * COLUMNS)]!,
      0,
    )
    const sum = one.reduce((a, b) => a + b, explainer.base[0]!)
    expect(Math.abs(sum - margin)).toBeLessThan(1e-9)
    one.forEach((share, f) => expect(Math.abs(share - all[r * COLUMNS + f]!)).toBeLessThan(1e-12))
  }
})

const SHARED = process.env['EH_SHARED'] ?? join(import.meta.dirname, '../../../../shared')
const GOLDEN = join(SHARED, 'design/yardsticks/golden')

interface XgbTree {
  left_children: number[]
  split_indices: number[]
  split_conditions: number[]
  default_left: number[]
  sum_hessian: number[]
}
interface Golden {
  X: (number | null)[][]
  margin: number[]
  contribs: number[][]
  interactions: number[][][]
}

/** The largest double below `x`: XGBoost sends v < x left, our bins v <= edge. */
function below(x: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  if (x === 0) return -Number.MIN_VALUE
  view.setBigInt64(0, view.getBigInt64(0) + (x > 0 ? -1n : 1n))
  return view.getFloat64(0)
}

/** XGBoost's recorded trees in our bins: every threshold becomes an edge. */
function fromXgboost(trees: readonly XgbTree[]): { binner: Binner; ensemble: TreeEnsemble } {
  const edges: number[][] = [[], [], [], []]
  const edgeOf = (tree: XgbTree, node: number): number =>
    below(Math.fround(tree.split_conditions[node]!))
  for (const tree of trees)
    tree.left_children.forEach((left, node) => {
      if (left >= 0) edges[tree.split_indices[node]!]!.push(edgeOf(tree, node))
    })
  const sorted = edges.map((list) => [...new Set(list)].sort((a, b) => a - b))
  const grown = trees.map((tree) => {
    const builder = treeBuilder()
    const leaves: [number, number][] = []
    const copy = (from: number, to: number): void => {
      builder.setCover(to, tree.sum_hessian[from]!)
      const child = tree.left_children[from]!
      if (child < 0) {
        leaves.push([to, Math.fround(tree.split_conditions[from]!)])
        return
      }
      const feature = tree.split_indices[from]!
      const left = builder.split(to, {
        gain: 0,
        feature,
        threshold: sorted[feature]!.indexOf(edgeOf(tree, from)),
        missingLeft: tree.default_left[from] === 1,
        set: null,
      })
      // XGBoost numbers siblings one after the other, as we do.
      copy(child, left)
      copy(child + 1, left + 1)
    }
    copy(0, 0)
    const e = builder.finish()
    for (const [node, value] of leaves) e.value[node] = value
    return e
  })
  const binner = { columns: sorted.map((list, f) => numericBins(`f${f}`, list)) }
  return { binner, ensemble: joinTrees(grown, 1) }
}

test.skipIf(!existsSync(GOLDEN))('equals the contributions XGBoost recorded', () => {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(GOLDEN, file), 'utf8'))
  const golden = read('treeshap.json') as Golden
  const model = read('treeshap_model.json') as {
    learner: { gradient_booster: { model: { trees: XgbTree[] } } }
  }
  const { binner, ensemble } = fromXgboost(model.learner.gradient_booster.model.trees)
  const explainer = treeExplainer(ensemble, [0], 4)
  golden.X.forEach((row, r) => {
    const bins = binRow(
      binner,
      row.map((v) => v ?? NaN),
    )
    const margin = ensemble.roots.reduce(
      (sum, root) => sum + ensemble.value[leafOf(ensemble, root, bins, 0)]!,
      0,
    )
    expect(Math.abs(margin - golden.margin[r]!)).toBeLessThan(1e-5)
    const shares = new Float64Array(4)
    explainer.addRow(bins, 0, shares, 0)
    const expected = golden.contribs[r]!
    ;[...shares, explainer.base[0]!].forEach((share, f) =>
      expect(Math.abs(share - expected[f]!)).toBeLessThan(1e-4),
    )
    const pairs = explainer.interactions(bins, 0, 0)
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++)
        expect(Math.abs(pairs[i * 4 + j]! - golden.interactions[r]![i]![j]!)).toBeLessThan(1e-4)
  })
})
