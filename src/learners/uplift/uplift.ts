/**
 * Uplift: how much a treatment changes the outcome of each row, learned from rows that were treated
 * by chance or with known propensity. All learners build on the same boosted trees.
 *
 * - T-learner: one model per arm, the difference of their answers.
 * - X-learner (Künzel et al. 2019): effects imputed with the other arm's model, learned per arm
 *   and weighted by the propensity.
 * - DR-learner (Kennedy 2023): regression on the doubly robust pseudo-outcome, cross-fitted.
 */
import { AppError } from '../../core/index.ts'
import {
  checkAborted,
  checkModelState,
  checkTraining,
  type BatchModel,
  type TrainingOptions,
} from '../batch-model.ts'
import { splitFold, stratifiedFolds } from '../automatic/folds.ts'
import { takeRows, type Frame } from '../frame.ts'
import { trainGbdt } from '../trees/gbdt.ts'
import { gbdtFromState, type GbdtModel, type GbdtState } from '../trees/gbdt-model.ts'
import type { GbdtOptions } from '../trees/gbdt-options.ts'

export type UpliftMethod = 't' | 'x' | 'dr'

export interface UpliftOptions extends TrainingOptions {
  /** Default `dr`. */
  readonly method?: UpliftMethod
  /** Probability of treatment of each row, in (0, 1). Default the share of treated rows. */
  readonly propensity?: ArrayLike<number>
  /** Trees of each model. Default 60. */
  readonly trees?: number
}

/** Plain JSON; version 1. The effect is the sum of `weight` times each model's answer. */
export interface UpliftState {
  readonly kind: 'uplift'
  readonly version: 1
  readonly method: UpliftMethod
  readonly models: readonly { readonly weight: number; readonly model: GbdtState }[]
}

/** `predict` answers the expected change of the outcome by the treatment. */
export interface UpliftModel extends BatchModel {
  toState(): UpliftState
}

/** The rows of one experiment. */
export interface TreatedRows {
  readonly frame: Frame
  /** Any numbers; 0 and 1 for a yes/no outcome. */
  readonly outcomes: ArrayLike<number>
  /** 1 treated, 0 not. */
  readonly treated: ArrayLike<number>
}

interface Experiment extends TreatedRows {
  readonly propensity: Float64Array
  readonly options: UpliftOptions
}

/** Kept away from 0 and 1, so that one row cannot outweigh all others. */
const LEAST_PROPENSITY = 0.01

export function trainUplift(data: TreatedRows, options: UpliftOptions = {}): UpliftModel {
  const { frame, outcomes, treated } = data
  const { weights, method = 'dr', onProgress, signal } = options
  checkTraining(frame, outcomes, weights)
  checkAborted(signal)
  let arms = 0
  for (let i = 0; i < frame.rows; i++) {
    if (!Number.isFinite(outcomes[i]) || (treated[i] !== 0 && treated[i] !== 1))
      throw new AppError('invalid-request', `Row ${i} needs a finite outcome and treated 0 or 1`)
    arms += treated[i]!
  }
  if (arms < 2 || frame.rows - arms < 2)
    throw new AppError('invalid-request', 'Uplift needs at least 2 rows in each arm')
  const share = arms / frame.rows
  const propensity = Float64Array.from({ length: frame.rows }, (_, i) =>
    Math.min(1 - LEAST_PROPENSITY, Math.max(LEAST_PROPENSITY, options.propensity?.[i] ?? share)),
  )
  const models = LEARNERS[method]({ ...data, propensity, options }, share)
  onProgress?.(1)
  const states = models.map(({ weight, model }) => ({ weight, model: model.toState() }))
  return upliftModel({ kind: 'uplift', version: 1, method, models: states })
}

interface Weighted {
  readonly weight: number
  readonly model: GbdtModel
}

const LEARNERS: Record<UpliftMethod, (data: Experiment, share: number) => Weighted[]> = {
  t: (data) => [
    { weight: 1, model: learn(data, armRows(data, 1), data.outcomes) },
    { weight: -1, model: learn(data, armRows(data, 0), data.outcomes) },
  ],
  x: xLearner,
  dr: drLearner,
}

const armRows = ({ treated, frame }: TreatedRows, arm: number): number[] =>
  Array.from({ length: frame.rows }, (_, i) => i).filter((i) => treated[i] === arm)

function learn(
  { frame, options }: Experiment,
  rows: readonly number[],
  targets: ArrayLike<number>,
): GbdtModel {
  const { seed = 0, trees = 60, weights, signal } = options
  checkAborted(signal)
  const settings: GbdtOptions = {
    objective: 'squared',
    trees,
    learningRate: 0.05,
    maxDepth: 3,
    maxLeaves: 8,
    minChildWeight: Math.min(100, Math.max(5, rows.length / 50)),
    rowFraction: 0.8,
    seed,
    ...(signal ? { signal } : {}),
  }
  return trainGbdt(
    takeRows(frame, rows),
    rows.map((row) => targets[row]!),
    { ...settings, ...(weights ? { weights: rows.map((row) => weights[row]!) } : {}) },
  )
}

function xLearner(data: Experiment, share: number): Weighted[] {
  const { frame, outcomes, treated } = data
  const [untreatedRows, treatedRows] = [armRows(data, 0), armRows(data, 1)]
  const withIt = learn(data, treatedRows, outcomes).predict(frame)
  const without = learn(data, untreatedRows, outcomes).predict(frame)
  const effects = Float64Array.from(withIt, (y1, i) =>
    treated[i] === 1 ? outcomes[i]! - without[i]! : y1 - outcomes[i]!,
  )
  // Künzel et al. 2019, equation 9, with the propensity's mean as the weight.
  return [
    { weight: 1 - share, model: learn(data, treatedRows, effects) },
    { weight: share, model: learn(data, untreatedRows, effects) },
  ]
}

const FOLDS = 3

function drLearner(data: Experiment): Weighted[] {
  const { treated, outcomes, propensity } = data
  const { withIt, without } = crossFit(data)
  // Kennedy 2023, equation 1: the pseudo-outcome's mean given x is the effect.
  const effects = Float64Array.from(withIt, (y1, i) => {
    const y0 = without[i]!
    const e = propensity[i]!
    const residual = outcomes[i]! - (treated[i] === 1 ? y1 : y0)
    return y1 - y0 + (treated[i] === 1 ? residual / e : -residual / (1 - e))
  })
  const all = Array.from({ length: effects.length }, (_, i) => i)
  return [{ weight: 1, model: learn(data, all, effects) }]
}

/** Expected outcome of every row in both arms, from models that did not see the row. */
function crossFit(data: Experiment) {
  const { frame, treated, outcomes, options } = data
  const fold = stratifiedFolds(treated, FOLDS, options.seed)
  const withIt = new Float64Array(frame.rows)
  const without = new Float64Array(frame.rows)
  for (let k = 0; k < FOLDS; k++) {
    const { train, test } = splitFold(fold, k)
    const held = takeRows(frame, test)
    for (const arm of [0, 1]) {
      const rows = train.filter((row) => treated[row] === arm)
      const answers = learn(data, rows, outcomes).predict(held)
      test.forEach((row, i) => ((arm === 1 ? withIt : without)[row] = answers[i]!))
    }
    options.onProgress?.((k + 1) / (FOLDS + 1))
  }
  return { withIt, without }
}

function upliftModel(state: UpliftState): UpliftModel {
  const models = state.models.map(({ weight, model }) => ({ weight, model: gbdtFromState(model) }))
  return {
    predict(frame) {
      const effects = new Float64Array(frame.rows)
      for (const { weight, model } of models)
        model.predict(frame).forEach((answer, i) => (effects[i]! += weight * answer))
      return effects
    },
    toState: () => state,
  }
}

/** The model of a state made by `toState`; predicts equally. */
export function upliftFromState(state: UpliftState): UpliftModel {
  checkModelState(state, 'uplift')
  return upliftModel(state)
}
