/**
 * Chooses depth, penalties and number of trees of gradient boosting by cross-validation inside the
 * training rows. Weak settings are dropped after two folds. The work is bounded by counting table
 * cells, not by a clock, so that the same data give the same choice on every machine.
 */
import { seededRandom } from '../../math/index.ts'
import { checkAborted, type TrainingOptions } from '../batch-model.ts'
import { takeRows, type Frame } from '../frame.ts'
import { logit } from '../linear/irls.ts'
import { fitBinner, type Binner } from '../trees/binner.ts'
import { trainGbdt } from '../trees/gbdt.ts'
import { gbdtModel, type GbdtModel } from '../trees/gbdt-model.ts'
import type { GbdtOptions } from '../trees/gbdt-options.ts'
import { splitFold } from './folds.ts'

export interface BoostingSettings {
  readonly maxDepth: number
  readonly minChildWeight: number
  readonly l2: number
  readonly learningRate: number
}

/** Shallow to deep; rows and columns are sampled in all. */
const CANDIDATES: readonly BoostingSettings[] = [
  { maxDepth: 2, minChildWeight: 1, l2: 1, learningRate: 0.05 },
  { maxDepth: 3, minChildWeight: 5, l2: 1, learningRate: 0.05 },
  { maxDepth: 4, minChildWeight: 5, l2: 1, learningRate: 0.04 },
  { maxDepth: 6, minChildWeight: 10, l2: 5, learningRate: 0.04 },
]
const MOST_TREES = 800
const PATIENCE = 30
/** Folds after which only the best settings go on, and how many of them. */
const TRIAL_FOLDS = 2
const FINALISTS = 2

export interface BoostingChoice {
  readonly settings: BoostingSettings
  readonly trees: number
  /** Mean log loss over the folds. */
  readonly loss: number
  /** Log odds of every row from models that did not see it. */
  readonly outOfFold: Float64Array
  readonly binner: Binner
}

/** Options that reproduce a choice. */
export function boostingOptions(
  settings: BoostingSettings,
  trees: number,
  seed: number,
): GbdtOptions {
  const maxLeaves = 2 ** settings.maxDepth
  return { ...settings, maxLeaves, rowFraction: 0.8, columnFraction: 0.6, trees, seed }
}

interface Trial {
  readonly settings: BoostingSettings
  readonly curves: (readonly number[])[]
  readonly models: GbdtModel[]
}

/** The number of trees with the least mean loss over the folds, and that loss. */
function bestOf(curves: readonly (readonly number[])[]): { trees: number; loss: number } {
  const length = Math.min(...curves.map((curve) => curve.length))
  let best = { trees: 1, loss: Infinity }
  for (let t = 0; t < length; t++) {
    const loss = curves.reduce((sum, curve) => sum + curve[t]!, 0) / curves.length
    if (loss < best.loss) best = { trees: t + 1, loss }
  }
  return best
}

/** The first `trees` trees of a model. */
function cut(model: GbdtModel, trees: number): GbdtModel {
  const { spec, start, binner, ensemble, validationLoss } = model
  const roots = ensemble.roots.slice(0, trees)
  return gbdtModel({ spec, start, binner, ensemble: { ...ensemble, roots }, validationLoss })
}

interface SearchPlan {
  /** Of each row, 0 to folds - 1. */
  readonly fold: Uint8Array
  readonly mostTrees: number
}

/** Searches on `frame`, every row being held out once. */
export function searchBoosting(
  frame: Frame,
  labels: Float64Array,
  { fold, mostTrees }: SearchPlan,
  options: TrainingOptions,
): BoostingChoice {
  const { seed = 0, weights, signal, onProgress } = options
  const folds = fold.reduce((most, f) => Math.max(most, f), 0) + 1
  const binner = fitBinner(frame, { seed })
  const parts = Array.from({ length: folds }, (_, k) => splitFold(fold, k))
  const seeds = seededRandom(seed).fork('search')
  const foldSeeds = parts.map(() => seeds.int(2 ** 31))
  const pick = (rows: readonly number[]) => ({
    frame: takeRows(frame, rows),
    labels: rows.map((row) => labels[row]!),
    ...(weights ? { weights: rows.map((row) => weights[row]!) } : {}),
  })
  const steps = CANDIDATES.length * Math.min(folds, TRIAL_FOLDS) + FINALISTS * folds
  let done = 0
  const tryFold = (trial: Trial, k: number): void => {
    checkAborted(signal)
    const train = pick(parts[k]!.train)
    const model = trainGbdt(train.frame, train.labels, {
      ...boostingOptions(trial.settings, Math.min(MOST_TREES, mostTrees), foldSeeds[k]!),
      ...(train.weights ? { weights: train.weights } : {}),
      ...(signal ? { signal } : {}),
      binner,
      validation: pick(parts[k]!.test),
      patience: PATIENCE,
    })
    trial.curves.push(model.validationLoss)
    trial.models.push(model)
    onProgress?.(Math.min(1, ++done / steps))
  }
  const trials = CANDIDATES.map((settings): Trial => ({ settings, curves: [], models: [] }))
  for (const trial of trials)
    for (let k = 0; k < Math.min(folds, TRIAL_FOLDS); k++) tryFold(trial, k)
  const byLoss = (a: Trial, b: Trial): number => bestOf(a.curves).loss - bestOf(b.curves).loss
  const finalists = trials.toSorted(byLoss).slice(0, FINALISTS)
  for (const trial of finalists) for (let k = TRIAL_FOLDS; k < folds; k++) tryFold(trial, k)
  const winner = finalists.toSorted(byLoss)[0]!
  const { trees, loss } = bestOf(winner.curves)
  const outOfFold = new Float64Array(frame.rows)
  winner.models.forEach((model, k) => {
    const { test } = parts[k]!
    const answers = cut(model, trees).predict(takeRows(frame, test))
    test.forEach((row, i) => (outOfFold[row] = logit(answers[i]!)))
  })
  return { settings: winner.settings, trees, loss, outOfFold, binner }
}
