/** A choice among arms, with what off-policy evaluation needs to know of it. */
import type { Random } from '../../core/index.ts'

export interface BanditChoice {
  readonly arm: number
  /** Probability with which this arm was chosen. */
  readonly propensity: number
  /** The whole distribution, for the decision log. */
  readonly propensities: Float64Array
}

/** A draw from `propensities` (which sum to 1). */
export function drawArm(propensities: Float64Array, random: Random): BanditChoice {
  let left = random.next()
  let arm = propensities.length - 1
  for (let k = 0; k < propensities.length; k++) {
    left -= propensities[k]!
    if (left < 0) {
      arm = k
      break
    }
  }
  return { arm, propensity: propensities[arm]!, propensities }
}
