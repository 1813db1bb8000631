/**
 * Choosing a recommender and its settings on part of the training interactions, within a time
 * budget, and training the choice on all of them.
 */
import type { Clock } from '../../core/index.ts'
import { seededRandom, type SparseMatrix } from '../../math/index.ts'
import { learnBlendWeights } from './blend.ts'
import {
  FAMILIES,
  recommenderFromState,
  trainRecommender,
  type RecommenderFamily,
  type RecommenderState,
  type Settings,
} from './family.ts'
import { holdOut, type Holdout } from './holdout.ts'
import { evaluateRanking } from './ranking.ts'
import { step, type Recommender, type TrainingControl } from './recommender.ts'

export interface SelectionOptions {
  /** One family, or `auto`: all that fit the budget, and their blend. */
  readonly family: RecommenderFamily | 'auto'
  /** Length of the lists that are judged. */
  readonly k: number
  /** Time for the search; training the choice on everything comes on top. */
  readonly budgetMs: number
  readonly seed: number
  readonly clock: Clock
  /** Time of each entry of `taken`: the latest of each person are held out. */
  readonly times?: Float64Array | undefined
  /** Search on this split of `taken` instead of one made here. */
  readonly split?: Holdout | undefined
}

export interface Trial {
  readonly family: RecommenderFamily
  readonly settings: Settings
  /** (recall@k + ndcg@k) / 2 on the held-out part. */
  readonly quality: number
}

export interface Selection {
  readonly state: RecommenderState
  /** Each part of the choice (one, or those of a blend). */
  readonly parts: readonly (Trial & { readonly weight: number })[]
  readonly trials: readonly Trial[]
}

/** Multiplications a millisecond that the cost estimates of the families count on. */
const SPEED = 1e6
const PEOPLE_MAX = 2000
/** Blended parts must be within this factor of the best one alone. */
const PART_MIN = 0.6
/** A blend must gain this much, relatively, to be worth its cost. */
const BLEND_GAIN = 1.003

interface Bench {
  readonly train: SparseMatrix
  readonly held: SparseMatrix
  readonly people: Int32Array
  readonly options: SelectionOptions
  readonly deadline: number
  readonly control: TrainingControl
}

type Tried = Trial & { readonly recommender: Recommender }

function makeBench(
  taken: SparseMatrix,
  options: SelectionOptions,
  control: TrainingControl,
): Bench {
  const { seed, times, clock, budgetMs } = options
  const { train, held } = options.split ?? holdOut(taken, 0.15, { seed, times })
  const able: number[] = []
  for (let row = 0; row < held.rows; row++)
    if (held.offsets[row + 1]! > held.offsets[row]!) able.push(row)
  const random = seededRandom(seed).fork('people')
  for (let n = 0; n < Math.min(PEOPLE_MAX, able.length); n++) {
    const other = n + random.int(able.length - n)
    ;[able[n], able[other]] = [able[other]!, able[n]!]
  }
  const people = Int32Array.from(able.slice(0, PEOPLE_MAX)).sort()
  return { train, held, people, options, control, deadline: clock.monotonic() + budgetMs }
}

function tryOut(bench: Bench, family: RecommenderFamily, settings: Settings): Tried {
  const { options, control } = bench
  const quiet = { signal: control.signal }
  const state = trainRecommender(family, bench.train, settings, options.seed, quiet)
  const recommender = recommenderFromState(state)
  const { recall, ndcg } = evaluateRanking(
    recommender,
    bench.train,
    bench.held,
    options.k,
    bench.people,
  )
  return { family, settings, quality: (recall + ndcg) / 2, recommender }
}

/** Coordinate search from the family's start; one training is the least, the budget the most. */
function tune(bench: Bench, family: RecommenderFamily, until: number, trials: Trial[]): Tried {
  const { clock } = bench.options
  const record = (tried: Tried): Tried => {
    const { recommender: _, ...trial } = tried
    trials.push(trial)
    step(
      bench.control,
      Math.min(0.9, 0.05 * trials.length),
      `${family} ${tried.quality.toFixed(4)}`,
    )
    return tried
  }
  const began = clock.monotonic()
  let best = record(tryOut(bench, family, FAMILIES[family].start))
  let longest = clock.monotonic() - began
  for (const change of FAMILIES[family].alternatives) {
    const now = clock.monotonic()
    if (now + longest > until) break
    const tried = record(tryOut(bench, family, { ...best.settings, ...change }))
    longest = Math.max(longest, clock.monotonic() - now)
    if (tried.quality > best.quality) best = tried
  }
  return best
}

/** Families in the order of the search, cheap and good ones first. */
const AUTO_ORDER: readonly RecommenderFamily[] = ['popular', 'item-knn', 'gfcf', 'ease', 'als']

function affordable(taken: SparseMatrix, budgetMs: number): RecommenderFamily[] {
  return AUTO_ORDER.filter((name) => {
    const family = FAMILIES[name]
    const share = budgetMs / AUTO_ORDER.length
    return family.possible(taken) && family.cost(taken) / SPEED <= 2 * share
  })
}

/**
 * Searches, then trains the choice on all of `taken` (people x items; values are importances). With
 * the same budget unspent the result is deterministic; when the budget cuts the search short it
 * depends on the speed of the machine. With too little data to hold anything out the first family's
 * defaults (popularity for `auto`) are trained untested.
 */
export function selectRecommender(
  taken: SparseMatrix,
  options: SelectionOptions,
  control: TrainingControl = {},
): Selection {
  const bench = makeBench(taken, options, control)
  const names = options.family === 'auto' ? affordable(taken, options.budgetMs) : [options.family]
  const trials: Trial[] = []
  if (bench.people.length === 0) {
    const family = names[0]!
    return finish(
      taken,
      options,
      [{ family, settings: FAMILIES[family].start, quality: 0 }],
      trials,
    )
  }
  const { clock } = options
  const best = names.map((family, n) => {
    const now = clock.monotonic()
    // What a family leaves unspent goes to those after it; a fifth is kept for the blend.
    const share = (0.8 * (bench.deadline - now)) / (names.length - n)
    return tune(bench, family, now + share, trials)
  })
  best.sort((a, b) => b.quality - a.quality)
  const top = best[0]!
  const parts = best.filter(({ quality }) => quality >= PART_MIN * top.quality)
  if (parts.length < 2 || clock.monotonic() > bench.deadline)
    return finish(taken, options, [top], trials)
  const recommenders = parts.map(({ recommender }) => recommender)
  const learned = learnBlendWeights(
    recommenders,
    bench.train,
    bench.held,
    bench.people,
    options.k,
    { signal: control.signal },
  )
  if (learned.blended < BLEND_GAIN * learned.alone) return finish(taken, options, [top], trials)
  const chosen = parts
    .map(({ recommender: _, ...trial }, p) => ({ ...trial, weight: learned.weights[p]! }))
    .filter(({ weight }) => weight > 0)
  return finish(taken, options, chosen, trials)
}

function finish(
  taken: SparseMatrix,
  options: SelectionOptions,
  chosen: readonly (Trial & { readonly weight?: number })[],
  trials: readonly Trial[],
): Selection {
  const parts = chosen.map(({ family, settings, quality, weight = 1 }) => {
    const state = trainRecommender(family, taken, settings, options.seed)
    return { family, settings, quality, weight, state }
  })
  const state: RecommenderState =
    parts.length === 1
      ? parts[0]!.state
      : {
          kind: 'blend',
          version: 1,
          parts: parts.map(({ weight, state: part }) => ({ weight, state: part })),
        }
  return { state, parts: parts.map(({ state: _, ...trial }) => trial), trials }
}
