/**
 * k-means (Lloyd 1982) from k-means++ starts (Arthur and Vassilvitskii 2007), with the silhouette
 * (Rousseeuw 1987) to judge how many clusters there are.
 */
import { AppError } from '../../core/index.ts'
import { seededRandom, type SeededRandom } from '../../math/index.ts'
import {
  checkAborted,
  checkModelState,
  checkTraining,
  type BatchModel,
  type TrainingOptions,
} from '../batch-model.ts'
import type { Frame } from '../frame.ts'
import { designRows, fitDesign, type Design } from '../linear/design.ts'

export interface KMeansOptions extends TrainingOptions {
  /** Number of clusters, at least 1. */
  readonly clusters: number
  /** Starts, of which the best is kept. Default 8. */
  readonly starts?: number
}

/** Plain JSON; version 1. */
export interface KMeansState {
  readonly kind: 'k-means'
  readonly version: 1
  readonly design: Design
  readonly centres: readonly (readonly number[])[]
  readonly inertia: number
}

/** `predict` answers the cluster of each row, from 0. */
export interface KMeansModel extends BatchModel {
  /** Standardised coordinates, one list per cluster. */
  readonly centres: readonly (readonly number[])[]
  /** Weighted sum of squared distances of the training rows to their centres. */
  readonly inertia: number
  toState(): KMeansState
}

const MOST_ROUNDS = 100

/** Coordinates of the rows: standardised numbers, and standardised 0/1 columns of categories. */
function pointsOf(design: Design, frame: Frame): { points: Float64Array; width: number } {
  const { rows, numbers, numberAt, active, categories } = designRows(design, frame)
  const width = design.mean.length
  const points = new Float64Array(rows * width)
  for (let i = 0; i < rows; i++) {
    if (categories > 0)
      for (let k = 0; k < width; k++) points[i * width + k] = -design.mean[k]! / design.sd[k]!
    for (let j = 0; j < categories; j++) {
      const at = active[i * categories + j]!
      points[i * width + at] = (1 - design.mean[at]!) / design.sd[at]!
    }
    numberAt.forEach((at, j) => (points[i * width + at] = numbers[i * numberAt.length + j]!))
  }
  return { points, width }
}

function squaredDistance(
  points: Float64Array,
  row: number,
  centre: ArrayLike<number>,
  width: number,
): number {
  let sum = 0
  for (let k = 0; k < width; k++) sum += (points[row * width + k]! - centre[k]!) ** 2
  return sum
}

/**
 * Clusters the rows of `frame` (not changed); columns are standardised and missing numbers become
 * medians. Deterministic in `options.seed`.
 *
 * @throws AppError `invalid-request` for fewer rows than clusters.
 */
export function trainKMeans(frame: Frame, options: KMeansOptions): KMeansModel {
  const { clusters, starts = 8, seed = 0, weights, signal, onProgress } = options
  checkTraining(frame, new Float64Array(frame.rows), weights)
  if (!Number.isInteger(clusters) || clusters < 1 || clusters > frame.rows)
    throw new AppError(
      'invalid-request',
      `${frame.rows} rows cannot make ${clusters} clusters: give a number from 1 to the rows`,
    )
  const design = fitDesign(frame, { weights })
  const { points, width } = pointsOf(design, frame)
  const own = Float64Array.from({ length: frame.rows }, (_, i) => (weights ? weights[i]! : 1))
  const root = seededRandom(seed).fork('k-means')
  let best: { centres: Float64Array[]; inertia: number } | undefined
  for (let start = 0; start < starts; start++) {
    checkAborted(signal)
    const first = spreadStart(points, own, width, clusters, root.fork(`start ${start}`))
    const found = settle(points, own, width, first)
    if (!best || found.inertia < best.inertia) best = found
    onProgress?.((start + 1) / starts)
  }
  const centres = best!.centres.map((centre) => [...centre])
  return kMeansModel({ kind: 'k-means', version: 1, design, centres, inertia: best!.inertia })
}

/** k-means++: each further centre is a row drawn by its squared distance to the nearest so far. */
function spreadStart(
  points: Float64Array,
  weights: Float64Array,
  width: number,
  clusters: number,
  random: SeededRandom,
): Float64Array[] {
  const centres: Float64Array[] = []
  const near = new Float64Array(weights.length).fill(1)
  while (centres.length < clusters) {
    const total = near.reduce((sum, d, i) => sum + d * weights[i]!, 0)
    let left = random.next() * total
    let row = near.findIndex((d, i) => (left -= d * weights[i]!) < 0)
    if (row < 0) row = random.int(weights.length)
    const centre = points.slice(row * width, (row + 1) * width)
    centres.push(centre)
    near.forEach((d, i) => {
      const own = squaredDistance(points, i, centre, width)
      near[i] = centres.length === 1 ? own : Math.min(d, own)
    })
  }
  return centres
}

function nearest(
  points: Float64Array,
  row: number,
  centres: readonly ArrayLike<number>[],
  width: number,
): { cluster: number; distance: number } {
  let best = { cluster: 0, distance: Infinity }
  centres.forEach((centre, cluster) => {
    const distance = squaredDistance(points, row, centre, width)
    if (distance < best.distance) best = { cluster, distance }
  })
  return best
}

/** Lloyd's rounds until no centre moves. A centre that lost all its rows stays where it is. */
function settle(points: Float64Array, weights: Float64Array, width: number, start: Float64Array[]) {
  let centres = start
  let inertia = Infinity
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const sums = centres.map(() => new Float64Array(width))
    const mass = new Float64Array(centres.length)
    let total = 0
    for (let i = 0; i < weights.length; i++) {
      const { cluster, distance } = nearest(points, i, centres, width)
      const w = weights[i]!
      total += w * distance
      mass[cluster]! += w
      for (let k = 0; k < width; k++) sums[cluster]![k]! += w * points[i * width + k]!
    }
    if (!(total < inertia)) break
    inertia = total
    centres = centres.map((centre, c) =>
      mass[c]! > 0 ? sums[c]!.map((sum) => sum / mass[c]!) : centre,
    )
  }
  return { centres, inertia }
}

function kMeansModel(state: KMeansState): KMeansModel {
  const { design, centres, inertia } = state
  return {
    centres,
    inertia,
    predict(frame) {
      const { points, width } = pointsOf(design, frame)
      return Float64Array.from(
        { length: frame.rows },
        (_, i) => nearest(points, i, centres, width).cluster,
      )
    },
    toState: () => state,
  }
}

/** The model of a state made by `toState`; predicts equally. */
export function kMeansFromState(state: KMeansState): KMeansModel {
  checkModelState(state, 'k-means')
  return kMeansModel(state)
}

/** Rows on which the silhouette is computed: its cost grows with their square. */
const SILHOUETTE_ROWS = 1000

/**
 * Mean silhouette of evenly spaced rows, in [-1, 1]: how much nearer rows are to their own cluster
 * than to the next. 0 for a single cluster.
 */
export function silhouette(model: KMeansModel, frame: Frame): number {
  const { points, width } = pointsOf(model.toState().design, frame)
  const cluster = model.predict(frame)
  const step = Math.max(1, frame.rows / SILHOUETTE_ROWS)
  const rows = Array.from({ length: Math.floor(frame.rows / step) }, (_, i) => Math.floor(i * step))
  const scores = rows.map((row) => {
    const sums = new Float64Array(model.centres.length)
    const counts = new Float64Array(model.centres.length)
    for (const other of rows) {
      if (other === row) continue
      const at = points.subarray(other * width, (other + 1) * width)
      sums[cluster[other]!]! += Math.sqrt(squaredDistance(points, row, at, width))
      counts[cluster[other]!]!++
    }
    const own = cluster[row]!
    if (counts[own] === 0) return 0
    const inside = sums[own]! / counts[own]!
    let outside = Infinity
    sums.forEach((sum, c) => {
      if (c !== own && counts[c]! > 0) outside = Math.min(outside, sum / counts[c]!)
    })
    const most = Math.max(inside, outside)
    return outside === Infinity || most === 0 ? 0 : (outside - inside) / most
  })
  return scores.reduce((sum, s) => sum + s, 0) / Math.max(1, scores.length)
}
