/**
 * A small multilayer perceptron: rectified hidden layers, trained by Adam (Kingma and Ba 2015) on
 * mini-batches with L2 and a falling rate. For a yes/no label or a number.
 */
import { AppError } from '../../core/index.ts'
import { seededRandom, type SeededRandom } from '../../math/index.ts'
import {
  checkAborted,
  checkBinary,
  checkModelState,
  checkTraining,
  type BatchModel,
  type TrainingOptions,
} from '../batch-model.ts'
import type { Frame } from '../frame.ts'
import { designRows, fitDesign, type Design, type DesignedRows } from '../linear/design.ts'
import { sigmoid } from '../linear/irls.ts'

export interface MlpOptions extends TrainingOptions {
  /** `logistic` (default): labels 0 or 1; `squared`: any finite numbers. */
  readonly objective?: 'logistic' | 'squared'
  /** Units of each hidden layer. Default [32, 16]. */
  readonly hidden?: readonly number[]
  /** Passes over the rows. Default 40. */
  readonly epochs?: number
  /** Default 64. */
  readonly batchRows?: number
  /** Default 0.003. */
  readonly learningRate?: number
  /** L2 penalty per row. Default 1e-4. */
  readonly l2?: number
}

/** Weights of one layer: `to` x `from`, then one bias per unit. */
interface Layer {
  readonly from: number
  readonly to: number
  readonly weights: Float64Array
  readonly biases: Float64Array
}

/** Plain JSON; version 1. */
export interface MlpState {
  readonly kind: 'mlp'
  readonly version: 1
  readonly objective: 'logistic' | 'squared'
  readonly design: Design
  readonly layers: readonly { weights: number[]; biases: number[]; from: number; to: number }[]
  /** Mean and spread of the label, for numbers. */
  readonly centre: number
  readonly scale: number
}

export interface MlpModel extends BatchModel {
  toState(): MlpState
}

/** He et al. 2015: standard deviation sqrt(2 / inputs). */
function newLayer(from: number, to: number, random: SeededRandom): Layer {
  const scale = Math.sqrt(2 / Math.max(1, from))
  const weights = Float64Array.from({ length: from * to }, () => random.normal() * scale)
  return { from, to, weights, biases: new Float64Array(to) }
}

/** Row `i` as a dense vector; categories are plain 0/1. */
function fillInput(rows: DesignedRows, i: number, input: Float64Array): void {
  input.fill(0)
  const { numbers, numberAt, active, categories } = rows
  for (let j = 0; j < numberAt.length; j++) input[numberAt[j]!] = numbers[i * numberAt.length + j]!
  for (let j = 0; j < categories; j++) input[active[i * categories + j]!] = 1
}

/** Fills `outputs[l]` for each layer and returns the single answer of the last. */
function forward(layers: readonly Layer[], input: Float64Array, outputs: Float64Array[]): number {
  let from = input
  layers.forEach(({ weights, biases, to }, l) => {
    const out = outputs[l]!
    const last = l === layers.length - 1
    for (let u = 0; u < to; u++) {
      let z = biases[u]!
      const at = u * from.length
      for (let k = 0; k < from.length; k++) z += weights[at + k]! * from[k]!
      out[u] = last || z > 0 ? z : 0
    }
    from = out
  })
  return from[0]!
}

/** Adds the gradient of one row, whose loss changes by `slope` per unit of the answer. */
function backward(
  layers: readonly Layer[],
  gradients: readonly Layer[],
  input: Float64Array,
  outputs: readonly Float64Array[],
  slope: number,
): void {
  let above = Float64Array.of(slope)
  for (let l = layers.length - 1; l >= 0; l--) {
    const { weights, from, to } = layers[l]!
    const below = l > 0 ? outputs[l - 1]! : input
    const next = new Float64Array(from)
    for (let u = 0; u < to; u++) {
      const g = above[u]!
      if (g === 0) continue
      gradients[l]!.biases[u]! += g
      for (let k = 0; k < from; k++) {
        gradients[l]!.weights[u * from + k]! += g * below[k]!
        next[k]! += g * weights[u * from + k]!
      }
    }
    if (l > 0) for (let k = 0; k < from; k++) if (below[k] === 0) next[k] = 0
    above = next
  }
}

interface Adam {
  readonly first: Float64Array
  readonly second: Float64Array
}

/** One Adam step on `values`; clears `gradient`. Kingma and Ba 2015, algorithm 1. */
function adamStep(
  values: Float64Array,
  gradient: Float64Array,
  { first, second }: Adam,
  rate: number,
  l2: number,
  step: number,
): void {
  const scaled = (rate * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step)
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i]! + l2 * values[i]!
    first[i] = 0.9 * first[i]! + 0.1 * g
    second[i] = 0.999 * second[i]! + 0.001 * g * g
    values[i]! -= (scaled * first[i]!) / (Math.sqrt(second[i]!) + 1e-8)
    gradient[i] = 0
  }
}

/**
 * Trains on `frame` (not changed). Deterministic in its inputs and `options.seed`. For tables of a
 * few thousand rows boosted trees are usually more accurate.
 *
 * @throws AppError `invalid-request` for labels, weights or options out of range; an error of name
 * `AbortError` once `options.signal.aborted`.
 */
export function trainMlp(
  frame: Frame,
  labels: ArrayLike<number>,
  options: MlpOptions = {},
): MlpModel {
  const { objective = 'logistic', hidden = [32, 16], weights, seed = 0 } = options
  if (objective === 'logistic') checkBinary(frame, labels, weights)
  else checkTraining(frame, labels, weights)
  const widths = hidden.every((units) => Number.isInteger(units) && units >= 1 && units <= 4096)
  if (!widths) throw new AppError('invalid-request', 'Hidden layers must have 1 to 4,096 units')
  const target = Float64Array.from(labels)
  if (target.some((y) => !Number.isFinite(y)))
    throw new AppError('invalid-request', 'Every label must be a finite number')
  const centre = objective === 'squared' ? target.reduce((a, y) => a + y, 0) / target.length : 0
  const spread = Math.sqrt(target.reduce((a, y) => a + (y - centre) ** 2, 0) / target.length)
  const scale = objective === 'squared' && spread > 0 ? spread : 1
  const design = fitDesign(frame, { weights })
  const random = seededRandom(seed).fork('mlp')
  const sizes = [design.mean.length, ...hidden, 1]
  const layers = sizes.slice(1).map((to, l) => newLayer(sizes[l]!, to, random))
  const scaled = target.map((y) => (y - centre) / scale)
  descend(layers, designRows(design, frame), scaled, objective, options, random)
  return mlpModel({
    kind: 'mlp',
    version: 1,
    objective,
    design,
    centre,
    scale,
    layers: layers.map(({ from, to, weights: w, biases }) => ({
      from,
      to,
      weights: [...w],
      biases: [...biases],
    })),
  })
}

function descend(
  layers: readonly Layer[],
  rows: DesignedRows,
  target: Float64Array,
  objective: MlpState['objective'],
  options: MlpOptions,
  random: SeededRandom,
): void {
  const { epochs = 40, batchRows = 64, learningRate = 0.003, l2 = 1e-4, weights } = options
  const like = (values: Float64Array): Adam => ({
    first: new Float64Array(values.length),
    second: new Float64Array(values.length),
  })
  const gradients = layers.map((layer) => ({
    ...layer,
    weights: new Float64Array(layer.weights.length),
    biases: new Float64Array(layer.to),
  }))
  const memory = layers.map((layer) => ({ w: like(layer.weights), b: like(layer.biases) }))
  const outputs = layers.map((layer) => new Float64Array(layer.to))
  const input = new Float64Array(layers[0]!.from)
  const order = Int32Array.from({ length: rows.rows }, (_, i) => i)
  const meanWeight = weights ? Array.from(weights).reduce((a, w) => a + w, 0) / rows.rows : 1
  let step = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    checkAborted(options.signal)
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.int(i + 1)
      const kept = order[i]!
      order[i] = order[j]!
      order[j] = kept
    }
    // The rate falls to a tenth, so that the last batches do not decide.
    const rate = learningRate * (1 - (0.9 * epoch) / epochs)
    for (let from = 0; from < order.length; from += batchRows) {
      const batch = order.subarray(from, from + batchRows)
      for (const row of batch) {
        fillInput(rows, row, input)
        const z = forward(layers, input, outputs)
        const answer = objective === 'logistic' ? sigmoid(z) : z
        const weight = (weights ? weights[row]! : 1) / (meanWeight * batch.length)
        backward(layers, gradients, input, outputs, weight * (answer - target[row]!))
      }
      step++
      layers.forEach((layer, l) => {
        adamStep(layer.weights, gradients[l]!.weights, memory[l]!.w, rate, l2, step)
        adamStep(layer.biases, gradients[l]!.biases, memory[l]!.b, rate, 0, step)
      })
    }
    options.onProgress?.((epoch + 1) / epochs)
  }
}

function mlpModel(state: MlpState): MlpModel {
  const { design, objective, centre, scale } = state
  const layers = state.layers.map(({ from, to, weights, biases }) => ({
    from,
    to,
    weights: Float64Array.from(weights),
    biases: Float64Array.from(biases),
  }))
  return {
    predict(frame) {
      const rows = designRows(design, frame)
      const input = new Float64Array(design.mean.length)
      const outputs = layers.map((layer) => new Float64Array(layer.to))
      return Float64Array.from({ length: frame.rows }, (_, i) => {
        fillInput(rows, i, input)
        const z = forward(layers, input, outputs)
        return objective === 'logistic' ? sigmoid(z) : centre + scale * z
      })
    },
    toState: () => state,
  }
}

/** The model of a state made by `toState`; predicts equally. */
export function mlpFromState(state: MlpState): MlpModel {
  checkModelState(state, 'mlp')
  return mlpModel(state)
}
