/** Ranked lists and how good they are: full ranking over all items, seen items masked. */
import type { SparseMatrix } from '../../math/index.ts'
import type { Recommender } from './recommender.ts'

/**
 * The `k` best of `scores[from ... from + items)` without the masked items, best first; equal
 * scores in the order of item numbers. Shorter when fewer are left.
 */
export function topItems(
  scores: Float32Array,
  k: number,
  masked: ArrayLike<number> = [],
  from = 0,
  items = scores.length,
): Int32Array {
  for (let e = 0; e < masked.length; e++)
    if (masked[e]! < items) scores[from + masked[e]!] = -Infinity
  const list = new Int32Array(Math.min(k, items))
  const kept = new Float64Array(list.length)
  let size = 0
  for (let i = 0; i < items; i++) {
    const score = scores[from + i]!
    if (score === -Infinity || (size === list.length && score <= kept[size - 1]!)) continue
    let at = size < list.length ? size++ : size - 1
    for (; at > 0 && kept[at - 1]! < score; at--) {
      kept[at] = kept[at - 1]!
      list[at] = list[at - 1]!
    }
    kept[at] = score
    list[at] = i
  }
  return list.slice(0, size)
}

/** Quality of one ranked list against the set of relevant items; all in [0, 1]. */
export interface ListQuality {
  /** Relevant items in the first k / all relevant items. */
  readonly recall: number
  /** Binary discounted cumulative gain, 1 / log2(place + 1), over the best that is possible. */
  readonly ndcg: number
  /** Mean of the precisions at the hits, over min(k, relevant). */
  readonly averagePrecision: number
}

/** `list` best first; `relevant` must not be empty. */
export function listQuality(
  list: ArrayLike<number>,
  relevant: ReadonlySet<number>,
  k: number,
): ListQuality {
  const possible = Math.min(k, relevant.size)
  let hits = 0
  let gain = 0
  let precisions = 0
  for (let n = 0; n < Math.min(k, list.length); n++) {
    if (!relevant.has(list[n]!)) continue
    hits++
    gain += 1 / Math.log2(n + 2)
    precisions += hits / (n + 1)
  }
  let ideal = 0
  for (let n = 0; n < possible; n++) ideal += 1 / Math.log2(n + 2)
  return {
    recall: hits / relevant.size,
    ndcg: gain / ideal,
    averagePrecision: precisions / possible,
  }
}

/** Gini coefficient of non-negative counts: 0 all equal, towards 1 all on one. */
export function gini(counts: ArrayLike<number>): number {
  const sorted = Float64Array.from(counts).sort()
  let sum = 0
  let weighted = 0
  sorted.forEach((count, i) => {
    sum += count
    weighted += (2 * (i + 1) - sorted.length - 1) * count
  })
  return sum === 0 ? 0 : weighted / (sorted.length * sum)
}

export interface RankingQuality {
  /** Means over the people with a relevant item. */
  readonly recall: number
  readonly ndcg: number
  readonly map: number
  /** Hits in the first ten / 10. */
  readonly precision10: number
  /** Share of the items that stand in at least one list. */
  readonly coverage: number
  /** Of the number of lists an item stands in, over all items. */
  readonly gini: number
  /** People evaluated. */
  readonly users: number
}

const BLOCK = 64
/** Scores held at a time: 64 MB. */
const SCORES_MAX = 1 << 24

/**
 * Ranks all items for each of `people` (row numbers) from their row of `histories`, masks that row,
 * and compares the first `k` with their row of `relevant`. Relevant items that stand in the history
 * are left out; those the model does not know (column >= items) count as missed. People without
 * relevant items are skipped.
 */
export function evaluateRanking(
  recommender: Recommender,
  histories: SparseMatrix,
  relevant: SparseMatrix,
  k: number,
  people: ArrayLike<number> = Int32Array.from({ length: relevant.rows }, (_, row) => row),
  visit?: (row: number, quality: ListQuality) => void,
): RankingQuality {
  const { items } = recommender
  const lists = new Int32Array(items)
  const sums = { recall: 0, ndcg: 0, map: 0, precision10: 0 }
  let users = 0
  const wanted = Array.from(people)
    .map((row) => ({ row, targets: targetsOf(histories, relevant, row) }))
    .filter(({ targets }) => targets.size > 0)
  eachBlockOfScores(
    recommender,
    histories,
    wanted.map(({ row }) => row),
    (scores, from, n) => {
      const { row, targets } = wanted[n]!
      const seen = histories.indices.subarray(histories.offsets[row], histories.offsets[row + 1])
      const list = topItems(scores, Math.max(k, 10), seen, from, items)
      const quality = listQuality(list, targets, k)
      users++
      sums.recall += quality.recall
      sums.ndcg += quality.ndcg
      sums.map += quality.averagePrecision
      sums.precision10 += list.subarray(0, 10).filter((item) => targets.has(item)).length / 10
      for (const item of list.subarray(0, k)) lists[item] = lists[item]! + 1
      visit?.(row, quality)
    },
  )
  const share = users === 0 ? 0 : 1 / users
  return {
    recall: sums.recall * share,
    ndcg: sums.ndcg * share,
    map: sums.map * share,
    precision10: sums.precision10 * share,
    coverage: items === 0 ? 0 : lists.filter((count) => count > 0).length / items,
    gini: gini(lists),
    users,
  }
}

/** Scores the given rows in blocks: `visit(scores, from, n)`, scores of rows[n] start at `from`. */
export function eachBlockOfScores(
  recommender: Recommender,
  histories: SparseMatrix,
  rows: ArrayLike<number>,
  visit: (scores: Float32Array, from: number, n: number) => void,
): void {
  const fitting = Math.floor(SCORES_MAX / Math.max(1, recommender.items))
  const block = Math.max(1, Math.min(BLOCK, rows.length, fitting))
  const scores = new Float32Array(block * recommender.items)
  for (let start = 0; start < rows.length; start += block) {
    const size = Math.min(block, rows.length - start)
    const chosen = takeSparseRows(
      histories,
      Array.from({ length: size }, (_, n) => rows[start + n]!),
    )
    recommender.score(chosen, 0, size, scores)
    for (let n = 0; n < size; n++) visit(scores, n * recommender.items, start + n)
  }
}

/** The rows of `m` named by `rows`, in that order. */
export function takeSparseRows(m: SparseMatrix, rows: readonly number[]): SparseMatrix {
  const offsets = new Int32Array(rows.length + 1)
  rows.forEach((row, n) => {
    offsets[n + 1] = offsets[n]! + m.offsets[row + 1]! - m.offsets[row]!
  })
  const indices = new Int32Array(offsets[rows.length]!)
  const values = new Float32Array(indices.length)
  rows.forEach((row, n) => {
    indices.set(m.indices.subarray(m.offsets[row], m.offsets[row + 1]), offsets[n])
    values.set(m.values.subarray(m.offsets[row], m.offsets[row + 1]), offsets[n])
  })
  return { rows: rows.length, cols: m.cols, offsets, indices, values }
}

function targetsOf(histories: SparseMatrix, relevant: SparseMatrix, row: number): Set<number> {
  const targets = new Set(
    relevant.indices.subarray(relevant.offsets[row], relevant.offsets[row + 1]),
  )
  for (let e = histories.offsets[row]!; e < histories.offsets[row + 1]!; e++)
    targets.delete(histories.indices[e]!)
  return targets
}
