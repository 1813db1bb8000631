/**
 * The families of recommenders that learn from interactions alone: how each is trained, used and
 * tuned. One table; `recommenderFromState` and the selection derive from it.
 */
import type { SparseMatrix } from '../../math/index.ts'
import { bprRecommender, trainBpr, type BprState } from './bpr.ts'
import { EASE_SIZE_MAX, easeRecommender, trainEase, type EaseState } from './ease.ts'
import { graphFilterRecommender, trainGraphFilter, type GraphFilterState } from './graph-filter.ts'
import { ialsRecommender, trainIals, type IalsState } from './ials.ts'
import { itemKnnRecommender, trainItemKnn, type ItemKnnState } from './item-knn.ts'
import { popularityRecommender, trainPopularity, type PopularityState } from './popularity.ts'
import { blendRecommender } from './blend.ts'
import { contentRecommender, type ContentState } from './content.ts'
import type { Recommender, TrainingControl } from './recommender.ts'

export type Settings = Readonly<Record<string, number>>

export type RecommenderFamily = 'als' | 'bpr' | 'ease' | 'gfcf' | 'item-knn' | 'popular'

/** Several trained recommenders and the weights of their standardised scores. */
export interface BlendState {
  readonly kind: 'blend'
  readonly version: 1
  readonly parts: readonly { readonly weight: number; readonly state: RecommenderState }[]
}

/** A trained recommender as data: typed arrays and numbers, ready for structured cloning. */
export type RecommenderState =
  | BlendState
  | BprState
  | ContentState
  | EaseState
  | GraphFilterState
  | IalsState
  | ItemKnnState
  | PopularityState

interface Family {
  readonly train: (
    taken: SparseMatrix,
    settings: Settings,
    control?: TrainingControl,
  ) => RecommenderState
  /** Where the search starts. */
  readonly start: Settings
  /** Tried in this order, each from the best settings so far. */
  readonly alternatives: readonly Settings[]
  /** Rough cost of one training in multiplications; the selection leaves out what is hopeless. */
  readonly cost: (taken: SparseMatrix) => number
  readonly possible: (taken: SparseMatrix) => boolean
}

const smaller = ({ rows, cols }: SparseMatrix): number => Math.min(rows, cols)
/** Pairs of items that the same person took, with order and repetition. */
function pairs({ rows, offsets }: SparseMatrix): number {
  let sum = 0
  for (let row = 0; row < rows; row++) sum += (offsets[row + 1]! - offsets[row]!) ** 2
  return sum
}
const always = (): boolean => true

export const FAMILIES: Readonly<Record<RecommenderFamily, Family>> = {
  popular: {
    train: trainPopularity,
    start: {},
    alternatives: [],
    cost: () => 0,
    possible: always,
  },
  gfcf: {
    train: trainGraphFilter,
    start: { rank: 256, lowPass: 0.3, userExponent: 0.5, itemExponent: 0.5 },
    alternatives: [
      { userExponent: 0.3 },
      { itemExponent: 0.4 },
      { lowPass: 0.6 },
      { lowPass: 0.15 },
      { itemExponent: 0.3 },
      { userExponent: 0.15 },
      { rank: 128 },
      { rank: 64 },
    ],
    cost: ({ indices, rows, cols }) => 3e3 * indices.length + 1e6 * Math.sqrt(rows + cols),
    possible: always,
  },
  'item-knn': {
    train: trainItemKnn,
    start: { neighbours: 200, shrink: 10 },
    alternatives: [
      { shrink: 3 },
      { shrink: 30 },
      { neighbours: 1000 },
      { neighbours: 50 },
      { shrink: 100 },
    ],
    cost: (taken) => 6 * pairs(taken),
    possible: always,
  },
  ease: {
    train: trainEase,
    start: { regularisation: 100 },
    alternatives: [
      { regularisation: 300 },
      { regularisation: 30 },
      { regularisation: 1000 },
      { regularisation: 10 },
    ],
    cost: (taken) => smaller(taken) ** 3 / 12,
    possible: (taken) => smaller(taken) <= EASE_SIZE_MAX,
  },
  als: {
    train: trainIals,
    start: { factors: 64, unobserved: 0.1, regularisation: 0.003, epochs: 12, weighted: 0 },
    alternatives: [
      { weighted: 1 },
      { unobserved: 0.03 },
      { unobserved: 0.3 },
      { unobserved: 0.01 },
      { regularisation: 0.01 },
      { regularisation: 0.001 },
      { epochs: 6 },
      { epochs: 20 },
      { factors: 128 },
      { regularisation: 0.03 },
    ],
    cost: ({ indices }) => 2e4 * indices.length,
    possible: always,
  },
  bpr: {
    train: trainBpr,
    start: { factors: 64, rate: 0.05, regularisation: 0.005, epochs: 60 },
    alternatives: [{ regularisation: 0.02 }, { epochs: 150 }, { regularisation: 0.001 }],
    cost: ({ indices }) => 6e4 * indices.length,
    possible: always,
  },
}

/** Trains one family on `taken` (people x items) with these settings; the others stay default. */
export function trainRecommender(
  family: RecommenderFamily,
  taken: SparseMatrix,
  settings: Settings,
  seed: number,
  control: TrainingControl = {},
): RecommenderState {
  const { train, start } = FAMILIES[family]
  return train(taken, { ...start, ...settings, seed }, control)
}

/** The recommender a state describes. */
export function recommenderFromState(state: RecommenderState): Recommender {
  switch (state.kind) {
    case 'als':
      return ialsRecommender(state)
    case 'bpr':
      return bprRecommender(state)
    case 'content':
      return contentRecommender(state)
    case 'ease':
      return easeRecommender(state)
    case 'gfcf':
      return graphFilterRecommender(state)
    case 'item-knn':
      return itemKnnRecommender(state)
    case 'popular':
      return popularityRecommender(state)
    case 'blend':
      return blendRecommender(
        state.parts.map((part) => recommenderFromState(part.state)),
        state.parts.map((part) => part.weight),
      )
  }
}
