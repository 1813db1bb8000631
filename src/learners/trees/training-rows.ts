/** Checks and arranges what a training is given: labels, weights, queries, the validation part. */
import { AppError } from '../../core/index.ts'
import { seededRandom } from '../../math/index.ts'
import { takeRows, type Frame } from '../frame.ts'
import { checkLabels } from './objective.ts'
import type { ObjectiveSpec, Target } from './target.ts'

/** A table with its target, in the order in which it is learned. */
export interface LabelledRows {
  readonly frame: Frame
  readonly target: Target
}

/** What a caller hands over for one part. */
export interface GivenRows {
  readonly frame: Frame
  readonly labels: ArrayLike<number>
  readonly weights?: ArrayLike<number> | undefined
  readonly groups?: ArrayLike<number> | undefined
}

/** `values` as float64 (the same array when it is one), one per row, or an error naming `what`. */
export function perRow(values: ArrayLike<number>, rows: number, what: string): Float64Array {
  if (values.length !== rows)
    throw new AppError('invalid-request', `${values.length} ${what} for ${rows} rows`)
  return values instanceof Float64Array ? values : Float64Array.from(values)
}

export function checkedWeights(
  weights: ArrayLike<number> | undefined,
  rows: number,
): Float64Array | undefined {
  if (!weights) return undefined
  const all = perRow(weights, rows, 'weights')
  let total = 0
  for (const w of all) {
    if (!(w >= 0 && w < 1e30))
      throw new AppError('invalid-request', `A weight must be finite and at least 0: ${w}`)
    total += w
  }
  if (total === 0) throw new AppError('invalid-request', 'All weights are 0')
  return all
}

/** Checks one part; LambdaRank's rows are put in the order of their queries. */
export function labelledRows(given: GivenRows, spec: ObjectiveSpec): LabelledRows {
  const { frame } = given
  if (frame.rows === 0) throw new AppError('invalid-request', 'There are no rows to learn from')
  const labels = perRow(given.labels, frame.rows, 'labels')
  checkLabels(spec, labels)
  const weights = checkedWeights(given.weights, frame.rows)
  if (spec.name !== 'lambdarank') return { frame, target: { labels, weights, starts: undefined } }
  if (!given.groups)
    throw new AppError('invalid-request', 'lambdarank needs `groups`: the query of each row')
  const groups = perRow(given.groups, frame.rows, 'groups')
  const order = Int32Array.from(groups.keys()).sort((a, b) => groups[a]! - groups[b]! || a - b)
  const starts: number[] = []
  order.forEach((row, i) => {
    if (i === 0 || groups[row] !== groups[order[i - 1]!]) starts.push(i)
  })
  starts.push(frame.rows)
  return {
    frame: takeRows(frame, order),
    target: {
      labels: pick(labels, order),
      weights: weights && pick(weights, order),
      starts: Int32Array.from(starts),
    },
  }
}

const pick = (values: Float64Array, index: Int32Array): Float64Array =>
  Float64Array.from(index, (i) => values[i]!)

/** Draws `fraction` of the rows (of the queries, for ranking) for validation. */
export function holdOut(
  all: LabelledRows,
  fraction: number,
  seed: number,
): { train: LabelledRows; validation: LabelledRows | undefined } {
  const random = seededRandom(seed).fork('validation')
  const { starts } = all.target
  const units = starts ? starts.length - 1 : all.frame.rows
  const held = Array.from({ length: units }, () => random.next() < fraction)
  const count = held.filter(Boolean).length
  if (count === 0 || count === units) return { train: all, validation: undefined }
  return {
    train: part(all, (unit) => !held[unit]!, units),
    validation: part(all, (unit) => held[unit]!, units),
  }
}

function part(all: LabelledRows, keep: (unit: number) => boolean, units: number): LabelledRows {
  const { labels, weights, starts } = all.target
  const index: number[] = []
  const newStarts = [0]
  for (let unit = 0; unit < units; unit++) {
    if (!keep(unit)) continue
    const to = starts ? starts[unit + 1]! : unit + 1
    for (let row = starts ? starts[unit]! : unit; row < to; row++) index.push(row)
    newStarts.push(index.length)
  }
  const rows = Int32Array.from(index)
  return {
    frame: takeRows(all.frame, rows),
    target: {
      labels: pick(labels, rows),
      weights: weights && pick(weights, rows),
      starts: starts && Int32Array.from(newStarts),
    },
  }
}

/** Multiplies the weights of a part by its class weights. */
export function withClassWeights(
  target: Target,
  spec: ObjectiveSpec,
  classWeights: 'balanced' | readonly number[] | undefined,
): Target {
  if (classWeights === undefined) return target
  const classes = spec.name === 'logistic' ? 2 : spec.outputs
  if (spec.name !== 'logistic' && spec.name !== 'softmax')
    throw new AppError('invalid-request', `classWeights need classes: not for ${spec.name}`)
  const { labels, weights } = target
  const classOf = (y: number): number => (spec.name === 'logistic' ? (y >= 0.5 ? 1 : 0) : y)
  let byClass: ArrayLike<number> = []
  if (classWeights === 'balanced') {
    const sums = new Float64Array(classes)
    labels.forEach((y, i) => (sums[classOf(y)]! += weights ? weights[i]! : 1))
    const total = sums.reduce((a, b) => a + b, 0)
    byClass = sums.map((sum) => (sum > 0 ? total / (classes * sum) : 0))
  } else byClass = checkedWeights(classWeights, classes)!
  const scaled = labels.map((y, i) => (weights ? weights[i]! : 1) * byClass[classOf(y)]!)
  return { ...target, weights: scaled }
}
