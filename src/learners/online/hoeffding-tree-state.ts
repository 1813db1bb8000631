/** The Hoeffding tree behind the contract of online classifiers, and its saved form. */
import type { GaussianObserver } from './gaussian-observer.ts'
import {
  createDenseTree,
  treeLearn,
  treeProba,
  type DenseTree,
  type HoeffdingTreeOptions,
} from './hoeffding-tree.ts'
import {
  argmax,
  createFeatureIndex,
  requireLabel,
  type OnlineClassifier,
} from './online-classifier.ts'

type TreeNode = DenseTree['root']
type Leaf = Extract<TreeNode, { kind: 'leaf' }>

type NodeState =
  | (Omit<Leaf, 'weights' | 'observers' | 'chosen'> & {
      readonly weights: readonly number[]
      readonly observers: readonly (null | {
        readonly min: number
        readonly max: number
        readonly classes: readonly number[]
      })[]
      readonly chosen: readonly number[] | null
    })
  | {
      readonly kind: 'split'
      readonly feature: number
      readonly threshold: number
      readonly missingLeft: boolean
      readonly left: NodeState
      readonly right: NodeState
    }

export interface DenseTreeState {
  readonly options: Required<HoeffdingTreeOptions>
  readonly classes: number
  readonly leaves: number
  readonly nextId: number
  readonly root: NodeState
}

export interface HoeffdingTreeState {
  readonly kind: 'hoeffding-tree'
  readonly version: 1
  readonly names: readonly string[]
  readonly tree: DenseTreeState
}

function nodeToState(node: TreeNode): NodeState {
  if (node.kind === 'split')
    return { ...node, left: nodeToState(node.left), right: nodeToState(node.right) }
  return {
    ...node,
    weights: [...node.weights],
    observers: node.observers.map((o) => o && { ...o, classes: [...o.classes] }),
    chosen: node.chosen && [...node.chosen],
  }
}

function nodeFromState(state: NodeState): TreeNode {
  if (state.kind === 'split')
    return { ...state, left: nodeFromState(state.left), right: nodeFromState(state.right) }
  return {
    ...state,
    weights: Float64Array.from(state.weights),
    observers: state.observers.map(
      (o): GaussianObserver | null => o && { ...o, classes: Float64Array.from(o.classes) },
    ),
    chosen: state.chosen && Int32Array.from(state.chosen),
  }
}

export function treeToState(tree: DenseTree): DenseTreeState {
  return { ...tree, root: nodeToState(tree.root) }
}

export function treeFromState(state: DenseTreeState): DenseTree {
  return { ...state, root: nodeFromState(state.root) }
}

function wrap(tree: DenseTree, names: readonly string[]): OnlineClassifier<HoeffdingTreeState> {
  const index = createFeatureIndex(names)
  const predictProbaOne: OnlineClassifier['predictProbaOne'] = (row) =>
    treeProba(tree, index.read(row))
  return {
    learnOne(row, label, weight = 1) {
      requireLabel(label, weight)
      treeLearn(tree, index.readAndGrow(row), label, weight)
    },
    predictProbaOne,
    predictOne: (row) => argmax(predictProbaOne(row)),
    toState: () => ({
      kind: 'hoeffding-tree',
      version: 1,
      names: [...index.names],
      tree: treeToState(tree),
    }),
  }
}

/**
 * A new Hoeffding tree. Cost a row: O(depth + features x classes), and a split attempt each
 * grace.
 */
export function createHoeffdingTree(
  options: HoeffdingTreeOptions = {},
): OnlineClassifier<HoeffdingTreeState> {
  return wrap(createDenseTree(options), [])
}

export function hoeffdingTreeFromState(
  state: HoeffdingTreeState,
): OnlineClassifier<HoeffdingTreeState> {
  return wrap(treeFromState(state.tree), state.names)
}
