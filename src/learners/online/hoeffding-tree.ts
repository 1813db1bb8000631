/**
 * Hoeffding tree (VFDT): Domingos and Hulten, "Mining High-Speed Data Streams" (KDD 2000). A leaf
 * is split as soon as its best feature beats the second best by the Hoeffding bound
 *
 *   epsilon = sqrt(R^2 ln(1/delta) / (2 n)),   R = log2(classes),
 *
 * or when epsilon < tie, after which waiting would not pay. Leaves answer by majority or naive
 * Bayes, whichever has been right more often there (Holmes, Kirkby and Pfahringer 2005).
 *
 * This file holds the dense tree (features by position, NaN missing), which the forest shares.
 */
import { counterSubset } from '../../math/index.ts'
import {
  bestSplit,
  createObserver,
  entropy,
  logDensity,
  observe,
  type GaussianObserver,
  type SplitCandidate,
} from './gaussian-observer.ts'
import { argmax } from './online-classifier.ts'

export interface HoeffdingTreeOptions {
  /** Weight a leaf must gain between two split attempts. Default 200. */
  readonly grace?: number
  /** Chance of choosing another feature than the best, delta. Default 1e-7. */
  readonly delta?: number
  /** Split anyway when the bound is below this. Default 0.05. */
  readonly tie?: number
  /** Depth of the deepest leaf. Default 20. */
  readonly depthMax?: number
  /** Leaves, at most: bounds memory. Default 1000. */
  readonly leavesMax?: number
  /** Features each leaf looks at, drawn at random; 0 is all. Default 0. */
  readonly subspace?: number
  /** Seed of the draws. Default 0. */
  readonly seed?: number
}

/** One node: a leaf with statistics, or a split with two children. */
interface Leaf {
  readonly kind: 'leaf'
  /** Names the stream of random numbers of this leaf. */
  readonly id: number
  readonly depth: number
  /** Weight of each class. */
  weights: Float64Array
  /** By feature position; null until a value is seen or when not in the subspace. */
  observers: (GaussianObserver | null)[]
  /** Features looked at (null: all), and how many features there were when they were drawn. */
  chosen: Int32Array | null
  chosenOf: number
  sinceAttempt: number
  majorityRight: number
  bayesRight: number
}

interface Split {
  readonly kind: 'split'
  readonly feature: number
  readonly threshold: number
  left: TreeNode
  right: TreeNode
  /** Where a missing value goes: the heavier side when the split was made. */
  readonly missingLeft: boolean
}

type TreeNode = Leaf | Split

export interface DenseTree {
  readonly options: Required<HoeffdingTreeOptions>
  classes: number
  leaves: number
  nextId: number
  root: TreeNode
}

export function createDenseTree(options: HoeffdingTreeOptions = {}): DenseTree {
  const { grace = 200, delta = 1e-7, tie = 0.05, depthMax = 20, leavesMax = 1000 } = options
  const { subspace = 0, seed = 0 } = options
  if (!(grace > 0)) throw new RangeError(`grace must be positive, got ${grace}`)
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be in (0, 1), got ${delta}`)
  const all = { grace, delta, tie, depthMax, leavesMax, subspace, seed }
  return { options: all, classes: 2, leaves: 1, nextId: 1, root: createLeaf(0, 0, 2) }
}

function createLeaf(id: number, depth: number, classes: number): Leaf {
  return {
    kind: 'leaf',
    id,
    depth,
    weights: new Float64Array(classes),
    observers: [],
    chosen: null,
    chosenOf: 0,
    sinceAttempt: 0,
    majorityRight: 0,
    bayesRight: 0,
  }
}

const goesLeft = (split: Split, x: Float64Array): boolean => {
  const value = x[split.feature] ?? NaN
  return Number.isNaN(value) ? split.missingLeft : value <= split.threshold
}

function findLeaf(tree: DenseTree, x: Float64Array): Leaf {
  let node = tree.root
  while (node.kind === 'split') node = goesLeft(node, x) ? node.left : node.right
  return node
}

function sumOf(weights: Float64Array): number {
  let sum = 0
  for (let k = 0; k < weights.length; k++) sum += weights[k]!
  return sum
}

function bayesLogs(leaf: Leaf, x: Float64Array): Float64Array {
  const logs = new Float64Array(leaf.weights.length)
  for (let k = 0; k < logs.length; k++)
    logs[k] = leaf.weights[k]! > 0 ? Math.log(leaf.weights[k]!) : -Infinity
  for (let j = 0; j < leaf.observers.length && j < x.length; j++) {
    const observer = leaf.observers[j]
    if (!observer || Number.isNaN(x[j]!)) continue
    for (let k = 0; k < logs.length; k++)
      if (leaf.weights[k]! > 0) logs[k]! += logDensity(observer, x[j]!, k)
  }
  return logs
}

/**
 * Class probabilities of a row, `tree.classes` of them; Laplace-smoothed majority when in
 * doubt.
 */
export function treeProba(tree: DenseTree, x: Float64Array): Float64Array<ArrayBuffer> {
  const leaf = findLeaf(tree, x)
  const result = new Float64Array(tree.classes)
  const total = sumOf(leaf.weights)
  if (leaf.bayesRight > leaf.majorityRight && total > 0) {
    const logs = bayesLogs(leaf, x)
    const largest = logs[argmax(logs)]!
    let sum = 0
    for (let k = 0; k < logs.length; k++) {
      result[k] = Math.exp(logs[k]! - largest)
      sum += result[k]!
    }
    for (let k = 0; k < result.length; k++) result[k]! /= sum
    return result
  }
  for (let k = 0; k < result.length; k++)
    result[k] = ((leaf.weights[k] ?? 0) + 1) / (total + result.length)
  return result
}

function widenWeights(leaf: Leaf, classes: number): void {
  if (leaf.weights.length >= classes) return
  const wider = new Float64Array(classes)
  wider.set(leaf.weights)
  leaf.weights = wider
}

/** Teaches the tree one row; NaN is missing. */
export function treeLearn(tree: DenseTree, x: Float64Array, label: number, weight: number): void {
  tree.classes = Math.max(tree.classes, label + 1)
  let parent: Split | null = null
  let node = tree.root
  while (node.kind === 'split') {
    parent = node
    node = goesLeft(node, x) ? node.left : node.right
  }
  const leaf = node
  widenWeights(leaf, tree.classes)
  if (argmax(leaf.weights) === label) leaf.majorityRight += weight
  if (argmax(bayesLogs(leaf, x)) === label) leaf.bayesRight += weight
  leaf.weights[label]! += weight
  const { subspace, seed } = tree.options
  if (subspace > 0 && leaf.chosenOf !== x.length) {
    // Also when features were added: the draw must stay fair to the new ones.
    leaf.chosen = counterSubset(x.length, subspace, seed, leaf.id)
    leaf.chosenOf = x.length
  }
  const looked = leaf.chosen ?? x
  for (let i = 0; i < looked.length; i++) {
    const j = leaf.chosen ? leaf.chosen[i]! : i
    if (Number.isNaN(x[j]!)) continue
    while (leaf.observers.length <= j) leaf.observers.push(null)
    observe((leaf.observers[j] ??= createObserver()), x[j]!, label, weight)
  }
  leaf.sinceAttempt += weight
  if (leaf.sinceAttempt < tree.options.grace) return
  leaf.sinceAttempt = 0
  const split = attemptSplit(tree, leaf)
  if (split === null) return
  if (parent === null) tree.root = split
  else if (parent.left === leaf) parent.left = split
  else parent.right = split
}

function attemptSplit(tree: DenseTree, leaf: Leaf): Split | null {
  const { delta, tie, depthMax, leavesMax } = tree.options
  if (leaf.depth >= depthMax || tree.leaves >= leavesMax) return null
  if (entropy(leaf.weights) === 0) return null
  let best: SplitCandidate | null = null
  // Not splitting is a candidate too, with gain 0.
  let second = 0
  leaf.observers.forEach((observer, feature) => {
    const candidate =
      observer && (leaf.chosen?.includes(feature) ?? true) ? bestSplit(observer, feature) : null
    if (candidate === null || candidate.merit <= 0) return
    if (best === null || candidate.merit > best.merit) {
      second = best === null ? second : best.merit
      best = candidate
    } else second = Math.max(second, candidate.merit)
  })
  if (best === null) return null
  const winner: SplitCandidate = best
  const total = sumOf(leaf.weights)
  const range = Math.log2(Math.max(2, tree.classes))
  const epsilon = Math.sqrt((range * range * Math.log(1 / delta)) / (2 * total))
  if (winner.merit - second <= epsilon && epsilon >= tie) return null
  return makeSplit(tree, leaf, winner)
}

function makeSplit(tree: DenseTree, leaf: Leaf, winner: SplitCandidate): Split {
  const child = (weights: Float64Array): Leaf => {
    const made = createLeaf(tree.nextId, leaf.depth + 1, tree.classes)
    tree.nextId += 1
    made.weights.set(weights)
    return made
  }
  tree.leaves += 1
  return {
    kind: 'split',
    feature: winner.feature,
    threshold: winner.threshold,
    left: child(winner.left),
    right: child(winner.right),
    missingLeft: sumOf(winner.left) >= sumOf(winner.right),
  }
}
