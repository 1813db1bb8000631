/** A fitted model: trees, calibration, reference population and priors, ready to predict. */
import {
  binFrame,
  gbdtFromState,
  type Binner,
  type BoostingSettings,
  type Frame,
  type GbdtModel,
} from '../learners/index.ts'
import { exampleWriter, type Examples } from './examples.ts'
import { columnReaders, frameOf, type AttributeMap, type ColumnReader } from './inputs.ts'
import type { Priors } from './prior.ts'
import type { ReferenceQuantiles } from './reference.ts'
import type { AttributeDeclaration } from '../core/index.ts'
import type { FeatureVector } from '../features/index.ts'
import type { ModelSpec } from './spec.ts'
import type { Thresholds } from './thresholds.ts'

/** What the model learned from. */
export interface TrainedOn {
  readonly rows: number
  readonly leads: number
  readonly positives: number
  /** Moments of the first and last row, milliseconds since the epoch. */
  readonly from: number
  readonly to: number
}

/** How the calibrated model did on leads that the part predicting them had not seen. */
export interface HeldOutMetrics {
  readonly folds: number
  readonly rows: number
  readonly rocAuc: number
  readonly logLoss: number
  readonly calibrationError: number
}

export interface ModelParts {
  readonly spec: Pick<ModelSpec, 'name' | 'label' | 'horizonDays' | 'minimumEvents' | 'features'>
  readonly attributes: readonly AttributeDeclaration[]
  /** FOLD_SCHEMA of the features it was trained on. */
  readonly foldSchema: number
  readonly trainedOn: TrainedOn
  readonly crossValidation: HeldOutMetrics
  readonly settings: BoostingSettings & { readonly trees: number }
  /** Calibrated log odds = slope * mean margin of the boosters + intercept (Platt 1999). */
  readonly calibration: { readonly slope: number; readonly intercept: number }
  readonly priors: Priors
  readonly reference: ReferenceQuantiles
  /**
   * The model's columns of leads as they were at training, one row each: what the leads of later
   * days are compared with. Null in versions of releases that kept none.
   */
  readonly sample: Frame | null
  /** What is much and little by segment. Null in versions of releases that learned none. */
  readonly thresholds: Thresholds | null
  /** Of different seeds, averaged. All trees share one binner. */
  readonly boosters: readonly GbdtModel[]
  /** Of bootstrap samples of the leads: how far they part is the interval. */
  readonly bags: readonly GbdtModel[]
}

export interface FittedModel extends ModelParts {
  readonly binner: Binner
  readonly readers: readonly ColumnReader[]
}

export function fittedModel(parts: ModelParts): FittedModel {
  const { binner } = parts.boosters[0]!
  return { ...parts, binner, readers: columnReaders(binner.columns, parts.attributes) }
}

type Trees = ReturnType<GbdtModel['toState']>

/** Trees without their binner, which all of a model share. */
export type BoosterState = Omit<Trees, 'binner'>

export function boosterStates(models: readonly GbdtModel[]): BoosterState[] {
  return models.map((model) => {
    const { binner: _, ...state } = model.toState()
    return state
  })
}

export function boostersFromStates(
  states: readonly BoosterState[],
  binner: Trees['binner'],
): GbdtModel[] {
  return states.map((state) => gbdtFromState({ ...state, binner }))
}

/** Calibrated log odds of every row of the model's columns, by the averaged boosters. */
export function marginsOfFrame(model: FittedModel, frame: Frame): Float64Array {
  const binned = binFrame(model.binner, frame)
  const { slope, intercept } = model.calibration
  const margins = new Float64Array(binned.rows)
  for (const booster of model.boosters)
    booster.predictMargin(binned).forEach((z, i) => (margins[i]! += z / model.boosters.length))
  return margins.map((z) => slope * z + intercept)
}

export function marginsOf(model: FittedModel, examples: Examples): Float64Array {
  return marginsOfFrame(model, frameOf(model.spec, examples))
}

/** Calibrated probabilities of every row, as `predictModel` gives one by one. */
export function predictExamples(model: FittedModel, examples: Examples): Float64Array {
  return marginsOf(model, examples).map((z) => 1 / (1 + Math.exp(-z)))
}

/** A lead at some moment, as a model reads it. */
export interface SeenLead {
  readonly vector: FeatureVector
  readonly attributes: AttributeMap
}

/** The model's columns of `leads`, comparable with its reference sample. */
export function frameOfLeads(model: FittedModel, leads: readonly SeenLead[]): Frame {
  const writer = exampleWriter(model.attributes)
  // Label and group are not read.
  for (const { vector, attributes } of leads) writer.add({ vector, label: 0, group: 0, attributes })
  return frameOf(model.spec, writer.finish())
}
