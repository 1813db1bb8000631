/** A trained random forest: predictions, out-of-bag answers, state. */
import {
  binnerFromState,
  binnerToState,
  checkState,
  ensembleFromState,
  ensembleToState,
  type BinnerState,
  type EnsembleState,
} from './state.ts'
import type { ObjectiveSpec } from './target.ts'
import { treeModel, type TreeModel, type TreeParts } from './tree-model.ts'

/** Plain JSON; version 1. Out-of-bag answers belong to the training rows and are not kept. */
export interface ForestState {
  readonly kind: 'forest'
  readonly version: 1
  readonly spec: ObjectiveSpec
  readonly binner: BinnerState
  readonly ensemble: EnsembleState
}

export interface ForestParts extends TreeParts {
  readonly spec: ObjectiveSpec
  /**
   * Answers for the training rows (rows x outputs) by the trees that did not see them; NaN where
   * every tree did. Undefined when not asked for, and for a model made from its state.
   */
  readonly outOfBag: Float64Array | undefined
}

/** Margins are the answers themselves: shares of the classes, or means. */
export interface ForestModel extends ForestParts, TreeModel {
  toState(): ForestState
}

export function forestModel(parts: ForestParts): ForestModel {
  const { spec, binner, ensemble, outOfBag } = parts
  const respond = respondAs(spec)
  if (outOfBag) respond(outOfBag)
  return {
    ...treeModel(parts, respond),
    spec,
    outOfBag,
    toState: () => ({
      kind: 'forest',
      version: 1,
      spec,
      binner: binnerToState(binner),
      ensemble: ensembleToState(ensemble),
    }),
  }
}

function respondAs({ name, outputs }: ObjectiveSpec): (margins: Float64Array) => Float64Array {
  if (name === 'softmax') return toShares(outputs)
  if (name === 'squared') return (margins) => margins
  // A mean of shares may exceed 1 by its rounding.
  return (margins) => {
    for (let i = 0; i < margins.length; i++) margins[i] = Math.min(1, Math.max(0, margins[i]!))
    return margins
  }
}

/** Makes the class shares of each row sum to one: the trees of the classes grow separately. */
function toShares(outputs: number): (margins: Float64Array) => Float64Array {
  return (margins) => {
    for (let at = 0; at < margins.length; at += outputs) {
      let sum = 0
      for (let k = 0; k < outputs; k++) sum += margins[at + k]!
      for (let k = 0; k < outputs; k++)
        margins[at + k] = sum > 0 ? margins[at + k]! / sum : 1 / outputs
    }
    return margins
  }
}

/** The model of a state made by `toState`; predicts equally. */
export function forestFromState(state: ForestState): ForestModel {
  checkState(state, 'forest')
  return forestModel({
    spec: state.spec,
    start: new Array<number>(state.spec.outputs).fill(0),
    binner: binnerFromState(state.binner),
    ensemble: ensembleFromState(state.ensemble),
    outOfBag: undefined,
  })
}
