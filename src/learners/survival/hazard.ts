/**
 * Time until something happens, by a discrete-time hazard (Singer and Willett 1993): every row
 * becomes one row per interval it lived through, labelled with whether it happened then, and
 * boosted trees learn the hazard of each interval. Censored rows stop contributing when they were
 * last seen. The answer for any horizon, 1 - product of (1 - hazard), rises by construction.
 */
import { AppError } from '../../core/index.ts'
import {
  checkAborted,
  checkModelState,
  checkTraining,
  type BatchModel,
  type TrainingOptions,
} from '../batch-model.ts'
import { takeRows, type Column, type Frame } from '../frame.ts'
import { trainGbdt } from '../trees/gbdt.ts'
import { gbdtFromState, type GbdtModel, type GbdtState } from '../trees/gbdt-model.ts'

export interface HazardOptions extends TrainingOptions {
  /** Ascending ends of the intervals, in the unit of the durations; e.g. [1, 3, 7, 14, 30] days. */
  readonly horizons: readonly number[]
  /** Default 80. */
  readonly trees?: number
}

export interface Durations {
  /** Time until it happened, or until the row was last seen; at least 0. */
  readonly time: ArrayLike<number>
  /** 1 it happened, 0 censored. */
  readonly happened: ArrayLike<number>
}

/** Plain JSON; version 1. */
export interface HazardState {
  readonly kind: 'hazard'
  readonly version: 1
  readonly horizons: readonly number[]
  readonly model: GbdtState
}

export interface HazardModel extends BatchModel {
  readonly horizons: readonly number[]
  /** Probability that it happens by each horizon: rows x horizons, rising along each row. */
  predictHorizons(frame: Frame): Float64Array
  toState(): HazardState
}

/** The column that tells the intervals apart. */
const INTERVAL = '\u0000interval'

function withInterval(frame: Frame, intervals: Float64Array): Frame {
  const column: Column = { kind: 'numeric', name: INTERVAL, values: intervals }
  return { rows: frame.rows, columns: [...frame.columns, column] }
}

/**
 * One row per interval lived through. An interval in which a row was censored counts only when the
 * row was seen to its end.
 */
function personPeriods({ time, happened }: Durations, horizons: readonly number[]) {
  const source: number[] = []
  const interval: number[] = []
  const labels: number[] = []
  for (let i = 0; i < time.length; i++)
    for (let k = 0; k < horizons.length; k++) {
      const here = happened[i] === 1 && time[i]! <= horizons[k]!
      if (!here && time[i]! < horizons[k]!) break
      source.push(i)
      interval.push(k)
      labels.push(here ? 1 : 0)
      if (here) break
    }
  return { source, interval: Float64Array.from(interval), labels }
}

/**
 * Trains on `frame` (not changed). Memory: rows x intervals lived through.
 *
 * @throws AppError `invalid-request` for bad durations or horizons, or when no interval was lived
 * through.
 */
export function trainHazard(frame: Frame, data: Durations, options: HazardOptions): HazardModel {
  const { horizons, weights, seed = 0, trees = 80, signal, onProgress } = options
  checkTraining(frame, data.time, weights)
  checkAborted(signal)
  const ascending = horizons.every((h, k) => h > (horizons[k - 1] ?? 0) && h < Infinity)
  if (horizons.length === 0 || !ascending)
    throw new AppError('invalid-request', 'Horizons must be above 0 and ascending')
  for (let i = 0; i < frame.rows; i++)
    if (!(data.time[i]! >= 0) || (data.happened[i] !== 0 && data.happened[i] !== 1))
      throw new AppError('invalid-request', `Row ${i} needs a time from 0 and happened 0 or 1`)
  const { source, interval, labels } = personPeriods(data, horizons)
  if (labels.length === 0)
    throw new AppError('invalid-request', 'No row was seen to the end of the first interval')
  const model = trainGbdt(withInterval(takeRows(frame, source), interval), labels, {
    trees,
    learningRate: 0.08,
    maxDepth: 3,
    maxLeaves: 8,
    minChildWeight: 3,
    rowFraction: 0.8,
    seed,
    ...(weights ? { weights: source.map((row) => weights[row]!) } : {}),
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  })
  return hazardModel({ kind: 'hazard', version: 1, horizons, model: model.toState() }, model)
}

function hazardModel(state: HazardState, model: GbdtModel): HazardModel {
  const { horizons } = state
  const predictHorizons = (frame: Frame): Float64Array => {
    const answers = new Float64Array(frame.rows * horizons.length)
    const alive = new Float64Array(frame.rows).fill(1)
    horizons.forEach((_, k) => {
      const hazards = model.predict(withInterval(frame, new Float64Array(frame.rows).fill(k)))
      hazards.forEach((hazard, i) => {
        alive[i]! *= 1 - hazard
        answers[i * horizons.length + k] = 1 - alive[i]!
      })
    })
    return answers
  }
  return {
    horizons,
    predictHorizons,
    /** Probability by the last horizon. */
    predict(frame) {
      const all = predictHorizons(frame)
      return Float64Array.from(
        { length: frame.rows },
        (_, i) => all[(i + 1) * horizons.length - 1]!,
      )
    },
    toState: () => state,
  }
}

/** The model of a state made by `toState`; predicts equally. */
export function hazardFromState(state: HazardState): HazardModel {
  checkModelState(state, 'hazard')
  return hazardModel(state, gbdtFromState(state.model))
}
