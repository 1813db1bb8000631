/** What batch learners of a yes/no label share: their options, their checks, their model. */
import { AppError, type Progress } from '../core/index.ts'
import type { Frame } from './frame.ts'

export interface TrainingOptions {
  /** Weight of each row, finite and at least 0. Default 1 each. */
  readonly weights?: ArrayLike<number> | undefined
  /** Everything drawn at random comes from this integer. Default 0. */
  readonly seed?: number
  readonly onProgress?: Progress | undefined
  /** Training stops with an error of name `AbortError` once `aborted` is true. */
  readonly signal?: { readonly aborted: boolean } | undefined
}

/** Columns are matched by name; absent ones count as missing, unseen categories as rare. */
export interface BatchModel {
  /** One answer per row; for a yes/no label the probability of 1, in [0, 1]. */
  predict(frame: Frame): Float64Array
  /** Plain JSON with `kind` and `version`. */
  toState(): { readonly kind: string; readonly version: number }
}

/** Throws `invalid-request` unless there are rows, as many labels, and usable weights. */
export function checkTraining(
  frame: Frame,
  labels: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): void {
  if (frame.rows === 0) throw new AppError('invalid-request', 'There are no rows to train on')
  if (labels.length !== frame.rows)
    throw new AppError('invalid-request', `${labels.length} labels for ${frame.rows} rows`)
  if (!weights) return
  let total = 0
  for (let i = 0; i < frame.rows; i++) {
    const weight = weights[i] ?? Number.NaN
    if (!(weight >= 0 && weight < Infinity))
      throw new AppError(
        'invalid-request',
        `The weight of row ${i} must be finite and not negative`,
      )
    total += weight
  }
  if (!(total > 0)) throw new AppError('invalid-request', 'All weights are 0')
}

/** As `checkTraining`, and every label must be 0 or 1. */
export function checkBinary(
  frame: Frame,
  labels: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): void {
  checkTraining(frame, labels, weights)
  for (let i = 0; i < labels.length; i++)
    if (labels[i] !== 0 && labels[i] !== 1)
      throw new AppError('invalid-request', `Label of row ${i} must be 0 or 1: ${labels[i]}`)
}

/** Throws `AbortError` once the caller gave up. */
export function checkAborted(signal: TrainingOptions['signal']): void {
  if (signal?.aborted) throw new DOMException('Training was cancelled', 'AbortError')
}

/** Throws `invalid-request` unless `state` is of this kind and a version this code can read. */
export function checkModelState(
  state: { readonly kind: string; readonly version: number },
  kind: string,
): void {
  if (state.kind !== kind || state.version !== 1)
    throw new AppError(
      'invalid-request',
      `This is the state of a ${state.kind} version ${state.version}, not of a ${kind} version 1`,
    )
}
