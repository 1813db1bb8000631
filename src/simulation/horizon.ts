/**
 * The chance of a conversion within a horizon, exactly: backward recursion over days on the latent
 * states. Conversion is an offer or a purchase; for sellers, a signed listing.
 */
import { BLOCK, STATE_COUNT } from './belief.ts'
import { groupOf, GROUPS, MOVE_TO, MOVES_OF } from './dynamics.ts'
import { dayFrame, type DayFrame, type Market } from './market.ts'
import { ACTIVITY_CLASSES, STAGE, STAGE_COUNT, STAGES } from './stages.ts'

export interface Horizon {
  /** Given the latent state itself: what an oracle would say. */
  given: (state: LatentState) => number
  /** Given probabilities of the STATE_COUNT latent states: what the best observer would say. */
  expected: (group: number, belief: Float64Array) => number
}

export interface LatentState {
  readonly group: number
  readonly activity: number
  readonly nudged: number
  readonly stage: number
}

/**
 * Probabilities of a conversion on days `day` to `day + horizonDays - 1`, for states at the first
 * moment of `day`.
 */
export function conversionHorizon(market: Market, day: number, horizonDays: number): Horizon {
  const size = GROUPS * ACTIVITY_CLASSES * BLOCK
  let none: Float64Array = new Float64Array(size).fill(1)
  for (let last = day + horizonDays - 1; last >= day; last--)
    none = stepBack(market, dayFrame(market, last), none)
  for (let i = 0; i < size; i++) if (i % STAGE_COUNT === STAGE.done) none[i] = 1
  return {
    given: ({ group, activity, nudged, stage }) =>
      1 - none[(group * ACTIVITY_CLASSES + activity) * BLOCK + nudged * STAGE_COUNT + stage]!,
    expected: (group, belief) => {
      const width = ACTIVITY_CLASSES * BLOCK
      let sum = 0
      for (let i = 0; i < STATE_COUNT; i++)
        sum += belief[i]! * (1 - none[group * width + (i % width)]!)
      return sum
    },
  }
}

/** The chance of an answered call on the day, by stage, for one activity class. */
export function answeredCall(market: Market, frame: DayFrame, activity: number): Float64Array {
  const { call, sessions, signals, activity: factors } = market.parameters
  return Float64Array.from(STAGES, (stage) => {
    const rate = sessions[stage] * factors[activity]! * frame.factors.sessions
    const inquiry = 1 - Math.exp(-rate * signals.inquiry[stage])
    const placed = inquiry * call.afterInquiry + (1 - inquiry) * call.randomised
    return placed * signals.callAnswer[stage]
  })
}

function stepBack(market: Market, frame: DayFrame, later: Float64Array): Float64Array {
  const { contract, call } = market.parameters
  const now = new Float64Array(later.length)
  const { offer, moves } = frame.dynamics
  for (let activity = 0; activity < ACTIVITY_CLASSES; activity++) {
    const answered = answeredCall(market, frame, activity)
    for (let group = 0; group < GROUPS; group++) {
      const base = (group * ACTIVITY_CLASSES + activity) * BLOCK
      for (let nudged = 0; nudged < 2; nudged++)
        for (let stage = 0; stage < STAGE_COUNT; stage++) {
          const called = answered[stage]!
          const effect = called + (1 - called) * (nudged === 1 ? 1 - call.wearsOff : 0)
          const after = (next: number): number =>
            effect * later[base + STAGE_COUNT + next]! + (1 - effect) * later[base + next]!
          let value: number
          if (stage === STAGE.contract)
            value =
              (1 - contract.close - contract.collapse) * after(stage) +
              contract.collapse * after(STAGE.evaluating)
          else {
            const stay = after(stage)
            value = stay
            for (const m of MOVES_OF[stage]!)
              value += moves[nudged as 0 | 1][m]! * (after(MOVE_TO[m]!) - stay)
            value *= 1 - offer[(group * 2 + nudged) * STAGE_COUNT + stage]!
          }
          now[base + nudged * STAGE_COUNT + stage] = value
        }
    }
  }
  return now
}

/** The group of a lead of the market. */
export function groupOfLead(market: Market, index: number): number {
  const lead = market.leads[index]!
  return groupOf(lead.segment, lead.skill)
}
