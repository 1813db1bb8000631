/** A trained gradient-boosting model: predictions, importance, state. */
import { respond } from './objective.ts'
import type { ObjectiveSpec } from './target.ts'
import {
  binnerFromState,
  binnerToState,
  checkState,
  ensembleFromState,
  ensembleToState,
  type BinnerState,
  type EnsembleState,
} from './state.ts'

import { treeModel, type TreeModel, type TreeParts } from './tree-model.ts'

/** Plain JSON; version 1. */
export interface GbdtState {
  readonly kind: 'gbdt'
  readonly version: 1
  readonly spec: ObjectiveSpec
  readonly start: readonly number[]
  readonly binner: BinnerState
  readonly ensemble: EnsembleState
  readonly validationLoss: readonly number[]
}

/** What a trained boosting model consists of. */
export interface GbdtParts extends TreeParts {
  readonly spec: ObjectiveSpec
  /** Validation loss after each iteration that was tried; empty without a validation part. */
  readonly validationLoss: readonly number[]
}

/**
 * Answers are on the scale of the labels: probability of 1 (logistic), mean, rate or quantile, a
 * ranking score, or for softmax class probabilities.
 */
export interface GbdtModel extends GbdtParts, TreeModel {
  toState(): GbdtState
}

export function gbdtModel(parts: GbdtParts): GbdtModel {
  const { spec, start, binner, ensemble, validationLoss } = parts
  return {
    ...treeModel(parts, (margins) => respond(spec, margins)),
    spec,
    validationLoss,
    toState: () => ({
      kind: 'gbdt',
      version: 1,
      spec,
      start,
      binner: binnerToState(binner),
      ensemble: ensembleToState(ensemble),
      validationLoss,
    }),
  }
}

/** The model of a state made by `toState`; predicts equally. */
export function gbdtFromState(state: GbdtState): GbdtModel {
  checkState(state, 'gbdt')
  const { spec, start, validationLoss } = state
  return gbdtModel({
    spec,
    start,
    validationLoss,
    binner: binnerFromState(state.binner),
    ensemble: ensembleFromState(state.ensemble),
  })
}
