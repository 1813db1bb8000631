/** What boosting learns: the kind of loss, the rows, and the derivatives it asks for. */

export type ObjectiveName =
  'logistic' | 'squared' | 'poisson' | 'quantile' | 'softmax' | 'lambdarank'

/** What to learn, as kept in a model's state. */
export interface ObjectiveSpec {
  readonly name: ObjectiveName
  /** Margins per row: the number of classes for softmax, otherwise 1. */
  readonly outputs: number
  /** The quantile in (0, 1) for the quantile loss. */
  readonly quantile: number
}

/** The rows to learn from. */
export interface Target {
  readonly labels: Float64Array
  readonly weights: Float64Array | undefined
  /** LambdaRank: rows of one query are consecutive; query q is rows starts[q] to starts[q+1]. */
  readonly starts: Int32Array | undefined
}

export interface Objective {
  /** Best constant margins, one per output. */
  readonly start: () => number[]
  /** Called once per iteration with the margins (rows x outputs) before any `gradients`. */
  readonly prepare: (margins: Float64Array) => void
  /** Writes (hessian, gradient) of rows [from, to) for one output to out[2 row], out[2 row + 1]. */
  readonly gradients: (output: number, from: number, to: number, out: Float32Array) => void
}
