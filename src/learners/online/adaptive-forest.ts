/**
 * Adaptive random forest (ARF): Gomes et al., "Adaptive random forests for evolving data stream
 * classification" (Machine Learning 106, 2017), Algorithm 1. Each tree learns every row
 * Poisson(lambda) times, its leaves look at a random subspace of features, and two ADWINs watch its
 * errors: the first (warning) starts a background tree, the second (drift) puts the background tree
 * in its place. Trees vote with their accuracy since they took their place.
 *
 * Four defaults differ from the paper's, chosen on the Elec2 stream: with few features sqrt + 1 of
 * them starve a leaf, and where labels follow one another a tree is better replaced too often than
 * too late. docs/CLAIMS.md has both.
 *
 * Chance comes from a hash of (seed, tree, row number), so the saved state is complete.
 */
import { counterUniform, poissonFromUniform } from '../../math/index.ts'
import { adwinFromState, createAdwin, type Adwin, type AdwinState } from '../drift/adwin.ts'
import { createDenseTree, treeLearn, treeProba, type DenseTree } from './hoeffding-tree.ts'
import { treeFromState, treeToState, type DenseTreeState } from './hoeffding-tree-state.ts'
import {
  argmax,
  createFeatureIndex,
  normalise,
  requireLabel,
  type OnlineClassifier,
} from './online-classifier.ts'

export interface AdaptiveForestOptions {
  /** Number of trees. Default 10. */
  readonly trees?: number
  /** Mean of the Poisson weight of a row in each tree. Default 12 (the paper: 6). */
  readonly lambda?: number
  /** Confidence of the detector that starts a background tree. Default 0.2 (the paper: 0.01). */
  readonly warningDelta?: number
  /** Confidence of the detector that replaces a tree. Default 0.1 (the paper: 0.001). */
  readonly driftDelta?: number
  /** Features a leaf looks at; 0, the default, is four fifths of them (the paper: sqrt + 1). */
  readonly subspace?: number
  /** Of the trees: see HoeffdingTreeOptions. Defaults 50, 0.01, 0.05, 20, 500. */
  readonly grace?: number
  readonly delta?: number
  readonly tie?: number
  readonly depthMax?: number
  readonly leavesMax?: number
  /** Seed of all chance. Default 0. */
  readonly seed?: number
}

interface Member {
  tree: DenseTree
  background: DenseTree | null
  warning: Adwin
  drift: Adwin
  /** Rows, and rows right, since the tree took its place. */
  rows: number
  right: number
}

interface MemberState {
  readonly tree: DenseTreeState
  readonly background: DenseTreeState | null
  readonly warning: AdwinState
  readonly drift: AdwinState
  readonly rows: number
  readonly right: number
}

export interface AdaptiveForestState {
  readonly kind: 'adaptive-forest'
  readonly version: 1
  readonly options: Required<AdaptiveForestOptions>
  readonly names: readonly string[]
  readonly rows: number
  /** Trees grown so far: names the random subspaces of the next one. */
  readonly grown: number
  readonly warnings: number
  readonly drifts: number
  readonly members: readonly MemberState[]
}

export interface AdaptiveForest extends OnlineClassifier<AdaptiveForestState> {
  /** Background trees started, and trees replaced, so far. */
  readonly counts: { readonly warnings: number; readonly drifts: number }
}

export function createAdaptiveForest(options: AdaptiveForestOptions = {}): AdaptiveForest {
  const { trees = 10, lambda = 12, warningDelta = 0.2, driftDelta = 0.1 } = options
  const { subspace = 0, grace = 50, delta = 0.01, tie = 0.05 } = options
  const { depthMax = 20, leavesMax = 500, seed = 0 } = options
  if (!Number.isInteger(trees) || trees < 1)
    throw new RangeError(`trees must be an integer of at least 1, got ${trees}`)
  if (!(lambda > 0 && lambda <= 30)) throw new RangeError(`lambda must be in (0, 30]: ${lambda}`)
  const limits = { subspace, grace, delta, tie, depthMax, leavesMax, seed }
  return adaptiveForestFromState({
    kind: 'adaptive-forest',
    version: 1,
    options: { trees, lambda, warningDelta, driftDelta, ...limits },
    names: [],
    rows: 0,
    grown: 0,
    warnings: 0,
    drifts: 0,
    members: [],
  })
}

const memberToState = (member: Member): MemberState => ({
  tree: treeToState(member.tree),
  background: member.background && treeToState(member.background),
  warning: member.warning.toState(),
  drift: member.drift.toState(),
  rows: member.rows,
  right: member.right,
})

const memberFromState = (state: MemberState): Member => ({
  tree: treeFromState(state.tree),
  background: state.background && treeFromState(state.background),
  warning: adwinFromState(state.warning),
  drift: adwinFromState(state.drift),
  rows: state.rows,
  right: state.right,
})

function createMember(tree: DenseTree, options: Required<AdaptiveForestOptions>): Member {
  return {
    tree,
    background: null,
    warning: createAdwin({ delta: options.warningDelta }),
    drift: createAdwin({ delta: options.driftDelta }),
    rows: 0,
    right: 0,
  }
}

/** Probabilities of all trees, each weighted by its accuracy since it took its place. */
function vote(members: readonly Member[], x: Float64Array): Float64Array {
  const classes = members.reduce((most, { tree }) => Math.max(most, tree.classes), 2)
  const votes = new Float64Array(classes)
  for (const member of members) {
    const shares = treeProba(member.tree, x)
    // A tree without a record yet counts as one that is always right, as in the paper.
    const weight = member.rows > 0 ? member.right / member.rows : 1
    for (let k = 0; k < shares.length; k++) votes[k]! += weight * shares[k]!
  }
  return normalise(votes)
}

export function adaptiveForestFromState(state: AdaptiveForestState): AdaptiveForest {
  const { options } = state
  const index = createFeatureIndex(state.names)
  const members = state.members.map(memberFromState)
  let { rows, grown, warnings, drifts } = state

  const growTree = (features: number): DenseTree => {
    const { grace, delta, tie, depthMax, leavesMax, seed } = options
    const subspace = options.subspace || Math.ceil(0.8 * features)
    grown += 1
    // A multiplier keeps the streams of neighbouring seeds apart.
    const own = seed * 1_000_003 + grown
    return createDenseTree({ grace, delta, tie, depthMax, leavesMax, subspace, seed: own })
  }
  const newMember = (features: number) => createMember(growTree(features), options)
  const watch = (member: Member, error: 0 | 1, features: number): void => {
    // A change for the better is no reason to throw a tree away.
    const before = member.warning.mean
    if (member.warning.update(error) === 'drift' && member.warning.mean > before) {
      member.background = growTree(features)
      member.warning = createAdwin({ delta: options.warningDelta })
      warnings += 1
    }
    const level = member.drift.mean
    if (member.drift.update(error) !== 'drift' || member.drift.mean <= level) return
    const fresh = newMember(features)
    Object.assign(member, { ...fresh, tree: member.background ?? fresh.tree })
    drifts += 1
  }
  const predictProbaOne: OnlineClassifier['predictProbaOne'] = (row) => {
    return vote(members, index.read(row))
  }
  return {
    learnOne(row, label, weight = 1) {
      requireLabel(label, weight)
      const x = index.readAndGrow(row)
      while (members.length < options.trees) members.push(newMember(x.length))
      members.forEach((member, t) => {
        const error = argmax(treeProba(member.tree, x)) === label ? 0 : 1
        member.rows += 1
        member.right += 1 - error
        const k = poissonFromUniform(options.lambda, counterUniform(options.seed, t, rows))
        if (k > 0) {
          treeLearn(member.tree, x, label, k * weight)
          if (member.background) treeLearn(member.background, x, label, k * weight)
        }
        watch(member, error, x.length)
      })
      rows += 1
    },
    predictProbaOne,
    predictOne: (row) => argmax(predictProbaOne(row)),
    toState: () => ({
      ...state,
      names: [...index.names],
      rows,
      grown,
      warnings,
      drifts,
      members: members.map(memberToState),
    }),
    get counts() {
      return { warnings, drifts }
    },
  }
}
