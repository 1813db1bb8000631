/**
 * Online bagging: Oza and Russell, "Online Bagging and Boosting" (AISTATS 2001). Each of several
 * models learns every row with weight k drawn from Poisson(lambda); lambda = 1 is what the
 * bootstrap tends to. Probabilities are averaged. Works over any online classifier.
 */
import { counterUniform, poissonFromUniform } from '../../math/index.ts'
import { argmax, normalise, requireLabel, type OnlineClassifier } from './online-classifier.ts'

export interface OnlineBaggingOptions {
  /** Number of models. Default 10. */
  readonly models?: number
  /** Mean weight of a row in each model. Default 1. */
  readonly lambda?: number
  /** Seed of the draws. Default 0. */
  readonly seed?: number
}

export interface OnlineBaggingState<State> {
  readonly kind: 'online-bagging'
  readonly version: 1
  readonly options: Required<OnlineBaggingOptions>
  readonly rows: number
  readonly models: readonly State[]
}

function wrap<State>(
  options: Required<OnlineBaggingOptions>,
  models: readonly OnlineClassifier<State>[],
  rowsBefore: number,
): OnlineClassifier<OnlineBaggingState<State>> {
  let rows = rowsBefore
  const predictProbaOne: OnlineClassifier['predictProbaOne'] = (row) => {
    const all = models.map((model) => model.predictProbaOne(row))
    const sum = new Float64Array(Math.max(...all.map((shares) => shares.length)))
    for (const shares of all) shares.forEach((share, k) => (sum[k]! += share))
    return normalise(sum)
  }
  return {
    learnOne(row, label, weight = 1) {
      requireLabel(label, weight)
      models.forEach((model, m) => {
        const k = poissonFromUniform(options.lambda, counterUniform(options.seed, m, rows))
        if (k > 0) model.learnOne(row, label, k * weight)
      })
      rows += 1
    },
    predictProbaOne,
    predictOne: (row) => argmax(predictProbaOne(row)),
    toState: () => ({
      kind: 'online-bagging',
      version: 1,
      options,
      rows,
      models: models.map((model) => model.toState()),
    }),
  }
}

/** Bags `create(m)`, m = 0 … models - 1; give each its own seed where the learner has one. */
export function createOnlineBagging<State>(
  create: (model: number) => OnlineClassifier<State>,
  options: OnlineBaggingOptions = {},
): OnlineClassifier<OnlineBaggingState<State>> {
  const { models = 10, lambda = 1, seed = 0 } = options
  if (!Number.isInteger(models) || models < 1)
    throw new RangeError(`models must be an integer of at least 1, got ${models}`)
  const made = Array.from({ length: models }, (_, m) => create(m))
  return wrap({ models, lambda, seed }, made, 0)
}

export function onlineBaggingFromState<State>(
  state: OnlineBaggingState<State>,
  fromState: (state: State) => OnlineClassifier<State>,
): OnlineClassifier<OnlineBaggingState<State>> {
  return wrap(state.options, state.models.map(fromState), state.rows)
}
