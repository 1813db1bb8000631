/** How well predicted uplift orders rows (Radcliffe 2007), and what a targeting policy is worth. */
import { AppError } from '../../core/index.ts'
import { bootstrapInterval, type BootstrapOptions, type Interval } from '../metrics/bootstrap.ts'

/** Scores, outcomes and arms (1 treated, 0 not) of rows from a randomised experiment. */
export interface ScoredRows {
  readonly uplift: ArrayLike<number>
  readonly outcomes: ArrayLike<number>
  readonly treated: ArrayLike<number>
}

export interface UpliftCurve {
  /** Share of rows targeted, highest predicted uplift first; from 0 to 1. */
  readonly share: Float64Array
  /** Extra outcomes per row of all, had these been treated. */
  readonly gain: Float64Array
}

/**
 * The Qini curve: among the first rows, outcomes of the treated minus outcomes of the untreated
 * scaled to as many rows, per row of all. Ties are crossed in a straight line. O(n log n).
 */
export function qiniCurve(rows: ScoredRows, drawn?: ArrayLike<number>): UpliftCurve {
  const { uplift, outcomes, treated } = rows
  const index = drawn ? Array.from(drawn) : Array.from({ length: uplift.length }, (_, i) => i)
  index.sort((a, b) => uplift[b]! - uplift[a]!)
  const share = [0]
  const gain = [0]
  const count = [0, 0]
  const sum = [0, 0]
  index.forEach((row, i) => {
    const arm = treated[row]!
    count[arm]!++
    sum[arm]! += outcomes[row]!
    const next = index[i + 1]
    if (next !== undefined && uplift[next] === uplift[row]) return
    const [n0, n1] = count as [number, number]
    const scaled = n0 > 0 ? (sum[0]! * n1) / n0 : 0
    share.push((i + 1) / index.length)
    gain.push((sum[1]! - scaled) / Math.max(1, index.length))
  })
  return { share: Float64Array.from(share), gain: Float64Array.from(gain) }
}

function area({ share, gain }: UpliftCurve): number {
  let sum = 0
  for (let i = 1; i < share.length; i++)
    sum += ((share[i]! - share[i - 1]!) * (gain[i]! + gain[i - 1]!)) / 2
  return sum
}

/** Area under the Qini curve. */
export function areaUnderUplift(rows: ScoredRows, drawn?: ArrayLike<number>): number {
  return area(qiniCurve(rows, drawn))
}

/** Area between the Qini curve and the straight line of random targeting; 0 for a useless score. */
export function qiniCoefficient(rows: ScoredRows, drawn?: ArrayLike<number>): number {
  const curve = qiniCurve(rows, drawn)
  return area(curve) - curve.gain.at(-1) / 2
}

/** The Qini coefficient with a percentile bootstrap interval. */
export function qiniInterval(
  rows: ScoredRows,
  options: BootstrapOptions = {},
): Interval & { readonly value: number } {
  const interval = bootstrapInterval(
    rows.uplift.length,
    (drawn) => qiniCoefficient(rows, drawn),
    options,
  )
  return { ...interval, value: qiniCoefficient(rows) }
}

/** What was logged, and what a policy would do instead. */
export interface LoggedRows {
  /** Action taken, from 0. */
  readonly actions: ArrayLike<number>
  readonly rewards: ArrayLike<number>
  /** Probability with which the taken action was taken, above 0. */
  readonly propensities: ArrayLike<number>
  /** Action the policy would take. */
  readonly policy: ArrayLike<number>
  /** Expected reward of the policy's action, by any model not trained on the row. */
  readonly expected: ArrayLike<number>
  /** The same for the action that was taken. */
  readonly expectedTaken: ArrayLike<number>
}

/**
 * Mean reward of a policy by the doubly robust estimate (Dudík, Langford, Li 2011, equation 3):
 * right when either the propensities or the reward model are. With its standard error.
 */
export function policyValue(rows: LoggedRows): { value: number; standardError: number } {
  const { actions, rewards, propensities, policy, expected, expectedTaken } = rows
  const n = actions.length
  const terms = Float64Array.from({ length: n }, (_, i) => {
    if (!(propensities[i]! > 0))
      throw new AppError('invalid-request', `The propensity of row ${i} must be above 0`)
    const followed = actions[i] === policy[i] ? 1 / propensities[i]! : 0
    return expected[i]! + followed * (rewards[i]! - expectedTaken[i]!)
  })
  const value = terms.reduce((sum, v) => sum + v, 0) / n
  const spread = terms.reduce((sum, v) => sum + (v - value) ** 2, 0) / Math.max(1, n - 1)
  return { value, standardError: Math.sqrt(spread / n) }
}
