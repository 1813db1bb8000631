/**
 * Thompson sampling (Thompson, Biometrika 25, 1933; Chapelle and Li, NIPS 2011) whose propensities
 * are exact. Arms are first sampled `draws` times; the share of draws an arm wins, floored so that
 * no arm is ever impossible, is the distribution the action is then drawn from. So the probability
 * logged is the one that was used, as off-policy evaluation needs. Before the floor it differs from
 * Thompson's own distribution by a standard error of sqrt(p (1 - p) / draws), at most .05 for 100.
 */
import type { Random } from '../../core/index.ts'
import { betaQuantile, normalQuantile } from '../../math/index.ts'
import { drawArm, type BanditChoice } from './choice.ts'

/** What is believed of one arm. Beta: successes and failures, priors included. */
export type ArmBelief =
  | { readonly kind: 'beta'; readonly a: number; readonly b: number }
  | { readonly kind: 'gaussian'; readonly mean: number; readonly deviation: number }

export interface ThompsonOptions {
  /** Posterior samples behind one choice. Default 100. */
  readonly draws?: number
  /** Smallest probability of an arm; times the number of arms at most 1. Default 0.01. */
  readonly floor?: number
}

/** One number from a belief, by inversion of its distribution function. */
function sample(belief: ArmBelief, random: Random): number {
  // Away from 0 and 1, where quantiles may be infinite.
  const u = Math.min(1 - 1e-12, Math.max(1e-12, random.next()))
  if (belief.kind === 'beta') return betaQuantile(u, belief.a, belief.b)
  return belief.mean + belief.deviation * normalQuantile(u)
}

/** Shares of wins of `arms` samplers over `draws` rounds, mixed with the floor. */
function winShares(
  sampleArm: (arm: number) => number,
  arms: number,
  { draws = 100, floor = 0.01 }: ThompsonOptions,
): Float64Array {
  if (arms < 1) throw new RangeError('a bandit needs at least one arm')
  if (!(floor >= 0 && floor * arms <= 1))
    throw new RangeError(`floor ${floor} is too large for ${arms} arms`)
  const wins = new Float64Array(arms)
  for (let draw = 0; draw < draws; draw++) {
    let best = 0
    let highest = -Infinity
    for (let arm = 0; arm < arms; arm++) {
      const value = sampleArm(arm)
      if (value > highest) {
        highest = value
        best = arm
      }
    }
    wins[best]! += 1
  }
  return wins.map((count) => floor + (1 - floor * arms) * (count / draws))
}

/** Chooses an arm by Thompson sampling. */
export function chooseThompson(
  beliefs: readonly ArmBelief[],
  random: Random,
  options: ThompsonOptions = {},
): BanditChoice {
  const shares = winShares((arm) => sample(beliefs[arm]!, random), beliefs.length, options)
  return drawArm(shares, random)
}
