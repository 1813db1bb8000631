/**
 * Hybrid: a weighted sum of several recommenders' scores, each standardised (mean 0, deviation 1)
 * over the items of one person. The weights are learned on held-out choices.
 */
import type { SparseMatrix } from '../../math/index.ts'
import { eachBlockOfScores, listQuality, topItems } from './ranking.ts'
import { step, type Recommender, type TrainingControl } from './recommender.ts'

/** In place: `scores[from ... from + items)` to mean 0 and deviation 1 (0 when all are equal). */
function standardise(scores: Float32Array, from: number, items: number): void {
  let mean = 0
  for (let i = 0; i < items; i++) mean += scores[from + i]! / items
  let variance = 0
  for (let i = 0; i < items; i++) variance += (scores[from + i]! - mean) ** 2 / items
  const factor = variance > 0 ? 1 / Math.sqrt(variance) : 0
  for (let i = 0; i < items; i++) scores[from + i] = (scores[from + i]! - mean) * factor
}

/** `weights` align with `parts`, which must rank the same items. A weight of 0 costs nothing. */
export function blendRecommender(
  parts: readonly Recommender[],
  weights: ArrayLike<number>,
): Recommender {
  const items = parts[0]?.items ?? 0
  if (parts.some((part) => part.items !== items))
    throw new RangeError('the parts of a blend must rank the same items')
  return {
    items,
    score(histories, from, to, out) {
      const own = new Float32Array((to - from) * items)
      out.fill(0, 0, own.length)
      parts.forEach((part, p) => {
        const weight = weights[p]!
        if (weight === 0) return
        part.score(histories, from, to, own)
        for (let row = 0; row < to - from; row++) standardise(own, row * items, items)
        for (let k = 0; k < own.length; k++) out[k] = out[k]! + weight * own[k]!
      })
    },
  }
}

/** One person's candidates: every part's standardised score for each. */
interface Pool {
  readonly candidates: Int32Array
  /** parts x candidates. */
  readonly scores: Float32Array
  readonly relevant: ReadonlySet<number>
}

/** Candidates of each part that enter the pool. */
const DEPTH = 100

function makePools(
  parts: readonly Recommender[],
  histories: SparseMatrix,
  relevant: SparseMatrix,
  people: ArrayLike<number>,
  control: TrainingControl,
): Pool[] {
  const candidates = Array.from({ length: people.length }, () => new Set<number>())
  const each = (part: Recommender, visit: (s: Float32Array, from: number, n: number) => void) => {
    eachBlockOfScores(part, histories, people, (scores, from, n) => {
      standardise(scores, from, part.items)
      visit(scores, from, n)
    })
  }
  parts.forEach((part, p) => {
    each(part, (scores, from, n) => {
      const row = people[n]!
      const seen = histories.indices.subarray(histories.offsets[row], histories.offsets[row + 1])
      for (const item of topItems(scores, DEPTH, seen, from, part.items)) candidates[n]!.add(item)
    })
    step(control, (p + 1) / parts.length / 2)
  })
  const pools = candidates.map((set, n): Pool => {
    const row = people[n]!
    const list = Int32Array.from(set).sort()
    const targets = relevant.indices.subarray(relevant.offsets[row], relevant.offsets[row + 1])
    const scores = new Float32Array(parts.length * list.length)
    return { candidates: list, scores, relevant: new Set(targets) }
  })
  parts.forEach((part, p) => {
    each(part, (scores, from, n) => {
      const pool = pools[n]!
      const start = p * pool.candidates.length
      pool.candidates.forEach((item, c) => (pool.scores[start + c] = scores[from + item]!))
    })
    step(control, 0.5 + (p + 1) / parts.length / 2)
  })
  return pools.filter((pool) => pool.relevant.size > 0)
}

/** Mean of recall@k and ndcg@k of the weighted sums over the pools. */
function poolQuality(pools: readonly Pool[], weights: Float64Array, k: number): number {
  let sum = 0
  for (const { candidates, scores, relevant } of pools) {
    const size = candidates.length
    const total = new Float32Array(size)
    weights.forEach((weight, p) => {
      if (weight !== 0)
        for (let c = 0; c < size; c++) total[c] = total[c]! + weight * scores[p * size + c]!
    })
    const list = topItems(total, k).map((c) => candidates[c]!)
    const { recall, ndcg } = listQuality(list, relevant, k)
    sum += (recall + ndcg) / 2
  }
  return sum / Math.max(1, pools.length)
}

const STEPS = [0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3]
const ROUNDS_MAX = 4

export interface BlendWeights {
  /** One per part, 0 or more; the first part to be best alone has 1 to begin with. */
  readonly weights: Float64Array
  /** (recall@k + ndcg@k) / 2 over the held-out people, before and after: best part, blend. */
  readonly alone: number
  readonly blended: number
}

/**
 * Learns the weights of `parts` (trained without `relevant`) by coordinate ascent on recall@k +
 * ndcg@k of `people` over the union of each part's best 100 items. Deterministic.
 */
export function learnBlendWeights(
  parts: readonly Recommender[],
  histories: SparseMatrix,
  relevant: SparseMatrix,
  people: ArrayLike<number>,
  k: number,
  control: TrainingControl = {},
): BlendWeights {
  const pools = makePools(parts, histories, relevant, people, control)
  const single = parts.map((_, p) => {
    const weights = new Float64Array(parts.length)
    weights[p] = 1
    return poolQuality(pools, weights, k)
  })
  const first = single.indexOf(Math.max(...single))
  const weights = new Float64Array(parts.length)
  weights[first] = 1
  let best = single[first]!
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const before = best
    for (let p = 0; p < parts.length; p++) {
      if (p === first) continue
      for (const value of STEPS) {
        const kept = weights[p]!
        weights[p] = value
        const quality = poolQuality(pools, weights, k)
        if (quality > best) best = quality
        else weights[p] = kept
      }
    }
    if (best === before) break
  }
  return { weights, alone: single[first]!, blended: best }
}
