/**
 * Contextual bandits with a linear reward per arm: LinUCB with disjoint models (Li, Chu, Langford
 * and Schapire, "A Contextual-Bandit Approach to Personalized News Article Recommendation", WWW
 * 2010, Algorithm 1) and LinTS (Agrawal and Goyal, "Thompson Sampling for Contextual Bandits with
 * Linear Payoffs", ICML 2013; disjoint arms are its case of block contexts).
 *
 * Each arm keeps a ridge regression of its rewards r on the contexts x it was tried with:
 * A = ridge I + sum x x', b = sum r x, theta = A^-1 b. The inverse is updated in place by the
 * Sherman-Morrison formula, O(features^2) a lesson.
 */
import type { Random } from '../../core/index.ts'
import { drawArm, type BanditChoice } from './choice.ts'
import { chooseThompson, type ThompsonOptions } from './thompson.ts'

interface LinearBanditOptions {
  /** How many arms, at least 1. */
  readonly arms: number
  /** Length of a context, at least 1; give it a constant 1 when rewards have an intercept. */
  readonly features: number
  /** Ridge, above 0: the prior's weight in lessons of unit contexts. Default 1. */
  readonly ridge?: number
}

/** Plain JSON; version 1. */
export interface LinearBanditState {
  readonly kind: 'linear-bandit'
  readonly version: 1
  readonly options: Required<LinearBanditOptions>
  /** A^-1 of each arm, features x features, row-major. */
  readonly inverses: readonly (readonly number[])[]
  /** b of each arm. */
  readonly sums: readonly (readonly number[])[]
}

/** What an arm promises in one context. */
interface ArmEstimate {
  /** theta' x, in the unit of the reward. */
  readonly mean: number
  /** sqrt(x' A^-1 x): posterior standard deviation for rewards of noise 1. */
  readonly width: number
}

export interface LinearBandit {
  /** Takes the reward (any finite number) of an arm that was chosen in `context`. */
  readonly learn: (arm: number, context: ArrayLike<number>, reward: number) => void
  /** One estimate per arm; changes nothing. */
  readonly estimate: (context: ArrayLike<number>) => ArmEstimate[]
  /** `linearBanditFromState` continues exactly where this stopped. */
  readonly toState: () => LinearBanditState
}

export interface LinUcbOptions {
  /** Widths added to the mean, at least 0. Default 1. */
  readonly alpha?: number
  /**
   * Share of choices made uniformly at random, in [0, 1]. Default 0.05. With 0 the rule is the
   * paper's and deterministic: off-policy evaluation then has no support for the other arms.
   */
  readonly explore?: number
}

export interface LinTsOptions extends ThompsonOptions {
  /** Scale v of the posterior: the noise of a reward, above 0. Default 1. */
  readonly noise?: number
}

/** An untaught bandit. @throws RangeError for options out of range. */
export function createLinearBandit(options: LinearBanditOptions): LinearBandit {
  const { arms, features, ridge = 1 } = options
  for (const [name, value] of Object.entries({ arms, features }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${name} must be an integer of at least 1, got ${value}`)
  if (!(ridge > 0 && ridge < Infinity)) throw new RangeError(`ridge must be above 0, got ${ridge}`)
  const inverse = Array.from({ length: features ** 2 }, (_, at) =>
    at % (features + 1) === 0 ? 1 / ridge : 0,
  )
  return linearBanditFromState({
    kind: 'linear-bandit',
    version: 1,
    options: { arms, features, ridge },
    inverses: Array.from({ length: arms }, () => inverse),
    sums: Array.from({ length: arms }, () => new Array<number>(features).fill(0)),
  })
}

/** A x for a row-major square matrix. */
function times(matrix: Float64Array, x: ArrayLike<number>): Float64Array {
  const n = x.length
  const product = new Float64Array(n)
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) product[i]! += matrix[i * n + j]! * x[j]!
  return product
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** The bandit that `toState` described. */
export function linearBanditFromState(state: LinearBanditState): LinearBandit {
  const { arms, features } = state.options
  const inverses = state.inverses.map((values) => Float64Array.from(values))
  const sums = state.sums.map((values) => Float64Array.from(values))
  const check = (context: ArrayLike<number>): void => {
    if (context.length !== features)
      throw new RangeError(`a context has ${features} numbers, got ${context.length}`)
    for (let j = 0; j < features; j++)
      if (!Number.isFinite(context[j]))
        throw new RangeError(`a context needs finite numbers, got ${context[j]} at ${j}`)
  }
  return {
    learn(arm, context, reward) {
      check(context)
      if (!Number.isInteger(arm) || arm < 0 || arm >= arms)
        throw new RangeError(`arm must be 0 to ${arms - 1}, got ${arm}`)
      if (!Number.isFinite(reward)) throw new RangeError(`a reward must be finite, got ${reward}`)
      const inverse = inverses[arm]!
      const direction = times(inverse, context)
      const scale = 1 + dot(context, direction)
      // Both factors are the same vector, so the matrix stays exactly symmetric.
      for (let i = 0; i < features; i++)
        for (let j = 0; j < features; j++)
          inverse[i * features + j]! -= (direction[i]! * direction[j]!) / scale
      for (let j = 0; j < features; j++) sums[arm]![j]! += reward * context[j]!
    },
    estimate(context) {
      check(context)
      return inverses.map((inverse, arm) => {
        const direction = times(inverse, context)
        return {
          mean: dot(direction, sums[arm]!),
          width: Math.sqrt(Math.max(0, dot(direction, context))),
        }
      })
    },
    toState: () => ({
      ...state,
      inverses: inverses.map((values) => [...values]),
      sums: sums.map((values) => [...values]),
    }),
  }
}

/**
 * LinUCB: the arm of the highest mean + alpha width, mixed with a uniform choice. Equal arms share.
 * The propensities are exact: the rule leaves no chance but `explore` and ties.
 */
export function chooseLinUcb(
  bandit: LinearBandit,
  context: ArrayLike<number>,
  random: Random,
  options: LinUcbOptions = {},
): BanditChoice {
  const { alpha = 1, explore = 0.05 } = options
  if (!(alpha >= 0 && alpha < Infinity))
    throw new RangeError(`alpha must be at least 0, got ${alpha}`)
  if (!(explore >= 0 && explore <= 1))
    throw new RangeError(`explore must be between 0 and 1, got ${explore}`)
  const bounds = bandit.estimate(context).map(({ mean, width }) => mean + alpha * width)
  const highest = Math.max(...bounds)
  const winners = bounds.filter((bound) => bound === highest).length
  const shares = Float64Array.from(
    bounds,
    (bound) => explore / bounds.length + (bound === highest ? (1 - explore) / winners : 0),
  )
  return drawArm(shares, random)
}

/**
 * LinTS. With theta drawn from N(theta, noise^2 A^-1) for each arm by itself, an arm's reward
 * theta' x is N(mean, noise^2 width^2), so only these numbers are drawn. Arms are sampled `draws`
 * times and the action is drawn from their shares of wins: the propensity logged is the one used.
 * Those shares estimate LinTS's own with a standard error of sqrt(p (1 - p) / draws).
 */
export function chooseLinTs(
  bandit: LinearBandit,
  context: ArrayLike<number>,
  random: Random,
  options: LinTsOptions = {},
): BanditChoice {
  const { noise = 1 } = options
  if (!(noise > 0 && noise < Infinity)) throw new RangeError(`noise must be above 0, got ${noise}`)
  const beliefs = bandit
    .estimate(context)
    .map(({ mean, width }) => ({ kind: 'gaussian', mean, deviation: noise * width }) as const)
  return chooseThompson(beliefs, random, options)
}
