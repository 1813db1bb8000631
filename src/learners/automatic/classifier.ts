/**
 * The default classifier of a yes/no label: boosting, forest and logistic regression that choose
 * their own settings by cross-validation, stacked by a logistic regression on out-of-fold log odds
 * (Wolpert 1992; van der Laan et al. 2007). A single kind of model is calibrated the same way.
 */
import { AppError } from '../../core/index.ts'
import { seededRandom } from '../../math/index.ts'
import {
  checkBinary,
  checkModelState,
  type BatchModel,
  type TrainingOptions,
} from '../batch-model.ts'
import type { Frame } from '../frame.ts'
import { irls, sigmoid } from '../linear/irls.ts'
import { calibrationError, logLoss } from '../metrics/probability.ts'
import { rocAuc } from '../metrics/ranking.ts'
import { stratifiedFolds } from './folds.ts'
import {
  hasOneHotView,
  memberFromState,
  trainBoostingMember,
  trainForestMember,
  trainLogisticMember,
  trainOneHotMember,
  type Member,
  type MemberName,
  type MemberState,
  type TrainedMember,
  type TrainingTable,
} from './members.ts'
import { oneHotWidth } from './one-hot.ts'

/** `gbdt` has both views of categories where there are any. */
export type ClassifierName = 'gbdt' | 'forest' | 'logistic' | 'ensemble'

export interface ClassifierOptions extends TrainingOptions {
  /** Default `ensemble`. */
  readonly model?: ClassifierName
  /** Folds of the cross-validation, at most 5; fewer when a class has fewer rows. Default 5. */
  readonly folds?: number
  /** Most table cells the search works on; beyond it, settings are chosen on a sample of rows. */
  readonly searchCells?: number
  /** Most boosting iterations, and most trees of the forest. Default as many as help. */
  readonly mostTrees?: number
}

/** How the model did on training rows it had not seen; the stacking weights saw their labels. */
export interface CrossValidation {
  readonly folds: number
  readonly rows: number
  readonly rocAuc: number
  readonly logLoss: number
  readonly calibrationError: number
}

/** What each member chose and weighs in log odds. */
export interface MemberReport {
  readonly name: MemberName
  readonly weight: number
  readonly settings: Readonly<Record<string, number>>
}

/** Plain JSON; version 1. */
export interface ClassifierState {
  readonly kind: 'classifier'
  readonly version: 1
  readonly members: readonly (MemberReport & { readonly state: MemberState })[]
  readonly intercept: number
  readonly crossValidation: CrossValidation
}

export interface ClassifierModel extends BatchModel {
  /** Log odds, one per row. */
  predictMargin(frame: Frame): Float64Array
  /**
   * Shares of the log odds by column, rows x `columnNames`; base + sum of shares = margin. Exact
   * Shapley values for boosting; for the forest scaled from shares of votes, for the logistic part
   * as if columns were independent.
   */
  explain(frame: Frame): { readonly base: number; readonly shares: Float64Array }
  readonly columnNames: readonly string[]
  readonly crossValidation: CrossValidation
  readonly members: readonly MemberReport[]
  toState(): ClassifierState
}

const TRAINERS = {
  gbdt: trainBoostingMember,
  one_hot: trainOneHotMember,
  forest: trainForestMember,
  logistic: trainLogisticMember,
} satisfies Record<MemberName, unknown>

/** Share of the work, for progress. */
const EFFORT: Record<MemberName, number> = { gbdt: 4, one_hot: 5, forest: 2, logistic: 1 }
/** What the stacking weights are drawn to: boosting is usually the best of the kinds. */
const PRIOR: Record<MemberName, number> = { gbdt: 7, one_hot: 7, forest: 3, logistic: 3 }
/** Strength of that pull, as the precision of a normal prior: sd 0.14. */
const PULL = 50
/** The same for the slope that calibrates the sum, towards 1: a hundred rows overstate it. */
const SLOPE_PULL = 30

/**
 * Trains on `frame` (not changed) and labels 0 or 1. Everything is chosen inside these rows.
 * Deterministic in its inputs and `options.seed`.
 *
 * @throws AppError `invalid-request` for bad input or fewer than two rows of either label; an error
 * of name `AbortError` once `options.signal.aborted`.
 */
export function trainClassifier(
  frame: Frame,
  labels: ArrayLike<number>,
  options: ClassifierOptions = {},
): ClassifierModel {
  const { model = 'ensemble', onProgress } = options
  checkBinary(frame, labels, options.weights)
  const table = trainingTable(frame, Float64Array.from(labels), options)
  const names = memberNames(model, frame)
  const all = names.reduce((sum, name) => sum + EFFORT[name], 0)
  let before = 0
  const trained = names.map((name) => {
    const share = EFFORT[name] / all
    const from = before
    before += share
    return TRAINERS[name](table, { ...options, onProgress: (f) => onProgress?.(from + share * f) })
  })
  const state = stack(trained, table, options.weights)
  onProgress?.(1)
  return classifierModel(state)
}

function memberNames(model: ClassifierName, frame: Frame): MemberName[] {
  const boosting: MemberName[] = hasOneHotView(frame) ? ['gbdt', 'one_hot'] : ['gbdt']
  if (model === 'ensemble') return [...boosting, 'forest', 'logistic']
  return model === 'gbdt' ? boosting : [model]
}

function trainingTable(
  frame: Frame,
  labels: Float64Array,
  options: ClassifierOptions,
): TrainingTable {
  const { seed = 0, folds = 5, searchCells = 4_000_000, mostTrees = Infinity } = options
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const rarer = Math.min(positives, labels.length - positives)
  if (rarer < 2)
    throw new AppError(
      'invalid-request',
      `Learning needs at least 2 rows of each label; there are ${positives} positive and ` +
        `${labels.length - positives} negative rows`,
    )
  const most = Math.max(1000, Math.floor(searchCells / Math.max(1, widestView(frame, options))))
  const searchRows = sampleRows(frame.rows, most, seed)
  const searched = Float64Array.from(searchRows, (row) => labels[row]!)
  const hits = searched.reduce((sum, label) => sum + label, 0)
  // A sample without both labels cannot be searched: then all rows are.
  const enough = Math.min(hits, searched.length - hits) >= 2
  const rows = enough ? searchRows : Int32Array.from(labels.keys())
  const own = enough ? searched : labels
  const count = Math.max(2, Math.min(folds, 5, rarer))
  return { frame, labels, searchRows: rows, fold: stratifiedFolds(own, count, seed), mostTrees }
}

/** Columns of the widest table that a member searches. */
function widestView(frame: Frame, { model = 'ensemble' }: ClassifierOptions): number {
  return memberNames(model, frame).includes('one_hot') ? oneHotWidth(frame) : frame.columns.length
}

/** Up to `most` distinct rows in ascending order. */
function sampleRows(rows: number, most: number, seed: number): Int32Array {
  const all = Int32Array.from({ length: rows }, (_, i) => i)
  if (rows <= most) return all
  const random = seededRandom(seed).fork('search rows')
  for (let i = 0; i < most; i++) {
    const j = i + random.int(rows - i)
    const kept = all[i]!
    all[i] = all[j]!
    all[j] = kept
  }
  return all.slice(0, most).sort()
}

/**
 * Weights of the members: a few hundred positives cannot tell good members apart, so the weights
 * are drawn to a prior; then one slope and intercept for all calibrate the sum. A member that would
 * count against its own opinion is left out.
 */
function stack(
  trained: readonly TrainedMember[],
  table: TrainingTable,
  rowWeights: ArrayLike<number> | undefined,
): ClassifierState {
  const labels = Float64Array.from(table.searchRows, (row) => table.labels[row]!)
  const weights = rowWeights && Float64Array.from(table.searchRows, (row) => rowWeights[row]!)
  const margins = (kept: readonly TrainedMember[], slopes: ArrayLike<number>): Float64Array =>
    labels.map((_, i) => kept.reduce((sum, t, k) => sum + slopes[k]! * t.outOfFold[i]!, 0))
  let kept = trained
  let blend = blendWeights(kept, labels, weights)
  while (blend.some((w) => w <= 0)) {
    const better = kept.filter((_, k) => blend[k]! > 0)
    kept = better.length > 0 ? better : trained.slice(0, 1)
    blend = better.length > 0 ? blendWeights(kept, labels, weights) : [1]
  }
  const sums = margins(kept, blend)
  const [slope, intercept] = irls([sums], labels, {
    weights,
    l2: SLOPE_PULL,
    towards: [1],
  }) as unknown as [number, number]
  const slopes = blend.map((w) => w * Math.max(0, slope))
  const answers = sums.map((z) => sigmoid(Math.max(0, slope) * z + intercept))
  return {
    kind: 'classifier',
    version: 1,
    intercept,
    members: kept.map(({ member, settings }, k) => ({
      name: member.name,
      weight: slopes[k]!,
      settings,
      state: member.toState(),
    })),
    crossValidation: {
      folds: table.fold.reduce((most, f) => Math.max(most, f), 0) + 1,
      rows: labels.length,
      rocAuc: rocAuc(labels, answers),
      logLoss: logLoss(labels, answers),
      calibrationError: calibrationError(labels, answers),
    },
  }
}

function blendWeights(
  members: readonly TrainedMember[],
  labels: Float64Array,
  weights: ArrayLike<number> | undefined,
): number[] {
  const priors = members.map(({ member }) => PRIOR[member.name])
  const all = priors.reduce((sum, p) => sum + p, 0)
  const found = irls(
    members.map((t) => t.outOfFold),
    labels,
    { weights, l2: PULL, towards: priors.map((p) => p / all) },
  )
  return members.map((_, k) => found[k]!)
}

function classifierModel(state: ClassifierState): ClassifierModel {
  const { intercept, crossValidation } = state
  const members: readonly Member[] = state.members.map((m) => memberFromState(m.state))
  const slopes = state.members.map((m) => m.weight)
  const predictMargin = (frame: Frame): Float64Array => {
    const margins = new Float64Array(frame.rows).fill(intercept)
    members.forEach((member, k) => {
      member.predictMargin(frame).forEach((z, i) => (margins[i]! += slopes[k]! * z))
    })
    return margins
  }
  return {
    predictMargin,
    predict: (frame) => predictMargin(frame).map(sigmoid),
    columnNames: members[0]!.columnNames,
    crossValidation,
    members: state.members.map(({ name, weight, settings }) => ({ name, weight, settings })),
    explain(frame) {
      let base = intercept
      const shares = new Float64Array(frame.rows * members[0]!.columnNames.length)
      members.forEach((member, k) => {
        const own = member.explain(frame)
        base += slopes[k]! * own.base
        own.shares.forEach((share, i) => (shares[i]! += slopes[k]! * share))
      })
      return { base, shares }
    },
    toState: () => state,
  }
}

/** The model of a state made by `toState`; predicts equally. */
export function classifierFromState(state: ClassifierState): ClassifierModel {
  checkModelState(state, 'classifier')
  return classifierModel(state)
}
