/** Popularity: the same ranking for everybody, by how many took an item. The floor to beat. */
import { columnCounts, type SparseMatrix } from '../../math/index.ts'
import type { Recommender } from './recommender.ts'

export interface PopularityState {
  readonly kind: 'popular'
  readonly version: 1
  /** People who took each item. */
  readonly counts: Int32Array
}

export function trainPopularity(taken: SparseMatrix): PopularityState {
  return { kind: 'popular', version: 1, counts: columnCounts(taken) }
}

export function popularityRecommender({ counts }: PopularityState): Recommender {
  return {
    items: counts.length,
    score(_histories, from, to, out) {
      for (let row = 0; row < to - from; row++) out.set(counts, row * counts.length)
    },
  }
}
