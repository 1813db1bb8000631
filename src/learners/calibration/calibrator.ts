/**
 * Calibrators: maps that make a model's scores honest probabilities. Fit them on rows the model did
 * not train on.
 */
import { AppError } from '../../core/index.ts'
import { irls, logit, sigmoid } from '../linear/irls.ts'
import { fitIsotonic, isotonicAt } from './isotonic.ts'

/** Plain JSON; version 1. */
export type CalibratorState =
  | { readonly kind: 'isotonic'; readonly version: 1; readonly x: number[]; readonly y: number[] }
  | { readonly kind: 'platt'; readonly version: 1; readonly a: number; readonly b: number }
  | {
      readonly kind: 'beta'
      readonly version: 1
      readonly a: number
      readonly b: number
      readonly c: number
    }

export interface Calibrator {
  /** The honest probability, in [0, 1], for one score. */
  calibrateOne(score: number): number
  calibrate(scores: ArrayLike<number>): Float64Array
  toState(): CalibratorState
}

type Fit = (
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
) => Calibrator

function checkRows(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length === 0 || scores.length !== labels.length)
    throw new AppError('invalid-request', 'Calibration needs rows, with one label per score')
}

/** The calibrator of a state made by `toState`; answers equally. */
export function calibratorFromState(state: CalibratorState): Calibrator {
  if ((state.version as number) !== 1)
    throw new AppError('invalid-request', `Unknown calibrator version ${String(state.version)}`)
  const one = mapOf(state)
  return {
    calibrateOne: one,
    calibrate: (scores) => Float64Array.from(scores, one),
    toState: () => state,
  }
}

function mapOf(state: CalibratorState): (score: number) => number {
  switch (state.kind) {
    case 'isotonic': {
      const line = { x: Float64Array.from(state.x), y: Float64Array.from(state.y) }
      return (score) => isotonicAt(line, score)
    }
    case 'platt':
      return (score) => sigmoid(-(state.a * score + state.b))
    case 'beta':
      return (p) => {
        const inside = Math.min(1 - 1e-12, Math.max(1e-12, p))
        return sigmoid(state.a * Math.log(inside) - state.b * Math.log1p(-inside) + state.c)
      }
  }
}

/** Any rising map: flexible, needs some hundred rows. Scores on any scale. */
export const calibrateIsotonic: Fit = (scores, labels, weights) => {
  checkRows(scores, labels)
  const { x, y } = fitIsotonic(scores, labels, weights)
  return calibratorFromState({ kind: 'isotonic', version: 1, x: [...x], y: [...y] })
}

/**
 * Platt scaling: P(1 | s) = 1 / (1 + exp(a s + b)), fitted to targets smoothed as in Platt (1999):
 * (N+ + 1) / (N+ + 2) for positives and 1 / (N- + 2) for negatives. Scores on any scale, best log
 * odds.
 */
export const calibratePlatt: Fit = (scores, labels, weights) => {
  checkRows(scores, labels)
  let positives = 0
  let all = 0
  for (let i = 0; i < labels.length; i++) {
    const w = weights ? weights[i]! : 1
    positives += w * labels[i]!
    all += w
  }
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (all - positives + 2)
  const targets = Float64Array.from(labels, (label) => (label === 1 ? high : low))
  const [slope, intercept] = irls([scores], targets, { weights })
  return calibratorFromState({ kind: 'platt', version: 1, a: -slope!, b: -intercept! })
}

/**
 * Beta calibration (Kull, Silva Filho, Flach 2017, equation 9): logit P = a ln p - b ln(1 - p) + c
 * with a, b at least 0, so the map rises. Scores are probabilities.
 */
export const calibrateBeta: Fit = (scores, labels, weights) => {
  checkRows(scores, labels)
  const inside = Float64Array.from(scores, (p) => Math.min(1 - 1e-12, Math.max(1e-12, p)))
  const up = inside.map((p) => Math.log(p))
  const down = inside.map((p) => -Math.log1p(-p))
  let [a, b, c] = irls([up, down], labels, { weights, l2: 1e-6 })
  // A negative exponent would make the map fall: the constrained optimum lies on the border.
  if (a! < 0 || b! < 0) {
    const only = a! < 0 ? down : up
    const [slope, intercept] = irls([only], labels, { weights, l2: 1e-6 })
    const kept = Math.max(0, slope!)
    ;[a, b, c] = a! < 0 ? [0, kept, intercept!] : [kept, 0, intercept!]
  }
  return calibratorFromState({ kind: 'beta', version: 1, a: a!, b: b!, c: c! })
}

/** Log odds of probabilities, the scale Platt scaling works best on. */
export function logOdds(probabilities: ArrayLike<number>): Float64Array {
  return Float64Array.from(probabilities, (p) => logit(p))
}
