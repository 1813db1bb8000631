/**
 * LambdaRank gradients for trees, that is LambdaMART (Burges 2010, MSR-TR-2010-82, section 7): a
 * pair of rows of one query pushes the better one up by the NDCG that swapping them would change,
 * times the logistic of the margin difference.
 */
import type { Objective, Target } from './target.ts'

/** NDCG counts this many first places; pairs wholly below it are not compared. */
const TRUNCATION = 30

const gain = (relevance: number): number => 2 ** relevance - 1
const discount = (place: number): number => (place < TRUNCATION ? 1 / Math.log2(place + 2) : 0)

/** Rows of the query in the order of `score`, best first; ties keep row order. */
function ranking(from: number, to: number, score: Float64Array): Int32Array {
  const order = Int32Array.from({ length: to - from }, (_, i) => from + i)
  return order.sort((a, b) => score[b]! - score[a]! || a - b)
}

function idealDcg(from: number, to: number, labels: Float64Array): number {
  return ranking(from, to, labels).reduce(
    (sum, row, place) => sum + gain(labels[row]!) * discount(place),
    0,
  )
}

export function lambdaRank({ labels, weights, starts }: Target): Objective {
  const rows = labels.length
  const bounds = starts ?? Int32Array.of(0, rows)
  const queries = bounds.length - 1
  const ideal = Float64Array.from({ length: queries }, (_, q) =>
    idealDcg(bounds[q]!, bounds[q + 1]!, labels),
  )
  const lambda = new Float64Array(rows)
  const curvature = new Float64Array(rows)
  const onePair = (high: number, low: number, delta: number, margins: Float64Array): void => {
    const p = 1 / (1 + Math.exp(margins[high]! - margins[low]!))
    lambda[high]! -= delta * p
    lambda[low]! += delta * p
    curvature[high]! += delta * p * (1 - p)
    curvature[low]! += delta * p * (1 - p)
  }
  const oneQuery = (q: number, margins: Float64Array): void => {
    if (ideal[q]! <= 0) return
    const order = ranking(bounds[q]!, bounds[q + 1]!, margins)
    for (let i = 0; i < Math.min(TRUNCATION, order.length); i++)
      for (let j = i + 1; j < order.length; j++) {
        const a = order[i]!
        const b = order[j]!
        const difference = gain(labels[a]!) - gain(labels[b]!)
        if (difference === 0) continue
        const delta = Math.abs(difference * (discount(i) - discount(j))) / ideal[q]!
        if (difference > 0) onePair(a, b, delta, margins)
        else onePair(b, a, delta, margins)
      }
  }
  return {
    start: () => [0],
    prepare(margins) {
      lambda.fill(0)
      curvature.fill(0)
      for (let q = 0; q < queries; q++) oneQuery(q, margins)
    },
    gradients(_, from, to, out) {
      for (let i = from; i < to; i++) {
        const w = weights ? weights[i]! : 1
        out[2 * i] = Math.max(curvature[i]!, 1e-16) * w
        out[2 * i + 1] = lambda[i]! * w
      }
    },
  }
}

/** 1 - mean NDCG over the queries that have a relevant row. */
export function ndcgLoss({ labels, starts }: Target, margins: Float64Array): number {
  const bounds = starts ?? Int32Array.of(0, labels.length)
  let sum = 0
  let queries = 0
  for (let q = 0; q + 1 < bounds.length; q++) {
    const from = bounds[q]!
    const to = bounds[q + 1]!
    const ideal = idealDcg(from, to, labels)
    if (ideal <= 0) continue
    ranking(from, to, margins).forEach((row, place) => {
      sum += (gain(labels[row]!) * discount(place)) / ideal
    })
    queries++
  }
  return queries > 0 ? 1 - sum / queries : 0
}
