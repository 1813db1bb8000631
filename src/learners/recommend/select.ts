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
  readonly split?: Pick<Holdout, 'train' | 'held'> | undefined
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
/** Blended parts must be within this factor of the best one alone, */
const PART_MIN = 0.6
/** and other settings of a family within this factor of its choice. */
const NEAR_MIN = 0.95
/** Most settings of a family, and most parts of all, that a blend is learned from. */
const NEAR_MAX = 8
const PARTS_MAX = 12
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

interface Tried extends Trial {
  readonly recommender: Recommender
  /** The quality of each person's list, in the order of `people`. */
  readonly each: Float64Array
  readonly ms: number
}

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
  const began = options.clock.monotonic()
  const quiet = { signal: control.signal }
  const state = trainRecommender(family, bench.train, settings, options.seed, quiet)
  const recommender = recommenderFromState(state)
  const each = new Float64Array(bench.people.length)
  let n = 0
  evaluateRanking(recommender, bench.train, bench.held, options.k, bench.people, (_row, list) => {
    each[n++] = (list.recall + list.ndcg) / 2
  })
  const quality = each.reduce((sum, value) => sum + value, 0) / Math.max(1, n)
  const ms = options.clock.monotonic() - began
  return { family, settings, quality, recommender, each, ms }
}

/** Whether `a` is better than `b` by more than the standard error of the paired difference. */
function clearlyBetter(a: Tried, b: Tried): boolean {
  const gain = a.quality - b.quality
  const people = a.each.length
  let squares = 0
  for (let n = 0; n < people; n++) squares += (a.each[n]! - b.each[n]! - gain) ** 2
  return gain > Math.sqrt(squares) / people
}

function record({ control }: Bench, tried: Tried, trials: Trial[]): Tried {
  const { family, settings, quality } = tried
  trials.push({ family, settings, quality })
  step(control, Math.min(0.9, 0.05 * trials.length), `${family} ${quality.toFixed(4)}`)
  return tried
}

/** The choice within a family, and other settings that did nearly as well, the best first. */
interface Tuned {
  readonly best: Tried
  readonly near: readonly Tried[]
}

/** Coordinate search from a first trial, as long as another one is likely to end in time. */
function tune(bench: Bench, first: Tried, until: number, trials: Trial[]): Tuned {
  const { clock } = bench.options
  const weighted = bench.train.values.some((value) => value !== 1)
  let best = first
  let others: readonly Tried[] = []
  let longest = first.ms
  for (const change of FAMILIES[first.family].alternatives) {
    if ('weighted' in change && !weighted) continue
    if (clock.monotonic() + longest > until) break
    const settings = { ...best.settings, ...change }
    const tried = record(bench, tryOut(bench, first.family, settings), trials)
    longest = Math.max(longest, tried.ms)
    const isBetter = clearlyBetter(tried, best)
    others = [...others, isBetter ? best : tried]
      .sort((a, b) => b.quality - a.quality)
      .slice(0, NEAR_MAX - 1)
    if (isBetter) best = tried
  }
  return { best, near: others.filter(({ quality }) => quality >= NEAR_MIN * best.quality) }
}

/** Every family once, then the best first, each with half of the time that is left. */
function tuneAll(bench: Bench, names: readonly RecommenderFamily[], trials: Trial[]): Tuned[] {
  const { clock, budgetMs } = bench.options
  const first: Tried[] = []
  for (const family of names) {
    if (first.length > 0 && clock.monotonic() > bench.deadline) break
    first.push(record(bench, tryOut(bench, family, FAMILIES[family].start), trials))
  }
  first.sort((a, b) => b.quality - a.quality)
  // A fifth is kept for the blend.
  const end = bench.deadline - (first.length > 1 ? budgetMs / 5 : 0)
  return first
    .map((trial, n) => {
      const now = clock.monotonic()
      const share = n === first.length - 1 ? end - now : (end - now) / 2
      return tune(bench, trial, now + share, trials)
    })
    .sort((a, b) => b.best.quality - a.best.quality)
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
  const tuned = tuneAll(bench, names, trials)
  const top = tuned[0]!.best
  // Settings that did nearly as well as the choice err elsewhere: their mean is surer than each
  // (Caruana et al. 2004), also of which of them chance made the best on these held-out choices.
  const able = tuned.filter(({ best }) => best.quality >= PART_MIN * top.quality)
  const near = able.flatMap((family) => family.near).sort((a, b) => b.quality - a.quality)
  const parts = [...able.map(({ best }) => best), ...near].slice(0, PARTS_MAX)
  const isDone = options.family !== 'auto' || parts.length < 2
  if (isDone || options.clock.monotonic() > bench.deadline)
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
    .map((part, p) => ({ ...part, weight: learned.weights[p]! }))
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
