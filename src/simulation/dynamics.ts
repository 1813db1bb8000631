/**
 * How a lead moves from one day to the next. Each day, given the stage and whether a call still
 * works ("nudged"): the lead acts; then an offer may happen; if none does, the stage may move. The
 * generator draws from these probabilities, the filter and the horizon recursion sum over them.
 */
import type { DayFactors } from './calendar.ts'
import type { MarketParameters } from './parameters.ts'
import { MOVES, SEGMENTS, SKILLS, STAGE, STAGE_COUNT, STAGES } from './stages.ts'

/** A lead's segment and its agent's skill, as one index. */
export function groupOf(segment: number, skill: number): number {
  return segment * SKILLS.length + skill
}
export const GROUPS = SEGMENTS.length * SKILLS.length
const SELLER = SEGMENTS.indexOf('seller')

/** Where an offer leads: into contract; a seller's signed listing ends the search. */
export function afterOffer(group: number): number {
  return Math.floor(group / SKILLS.length) === SELLER ? STAGE.done : STAGE.contract
}

/** Sources and targets of the moves, in the order of the move probabilities. */
export const MOVE_FROM = MOVES.map(([from]) => STAGE[from])
export const MOVE_TO = MOVES.map(([, to]) => STAGE[to])
/** Indices of the moves that leave each stage. */
export const MOVES_OF = Array.from({ length: STAGE_COUNT }, (_, stage) =>
  MOVES.flatMap(([from], m) => (STAGE[from] === stage ? [m] : [])),
)
const PROGRESS = MOVES.map(([, , kind]) => kind === 'progress')

const OFFER_CAP = 0.9
const MOVES_CAP = 0.95

/** `moves[nudged]` in the order of MOVES; `offer[(group * 2 + nudged) * STAGE_COUNT + stage]`. */
export interface DayDynamics {
  readonly moves: readonly [Float64Array, Float64Array]
  readonly offer: Float64Array
}

export function dayDynamics(parameters: MarketParameters, factors: DayFactors): DayDynamics {
  const offer = new Float64Array(GROUPS * 2 * STAGE_COUNT)
  const { call } = parameters
  for (let group = 0; group < GROUPS; group++) {
    const segment = SEGMENTS[Math.floor(group / SKILLS.length)]!
    const strong = group % SKILLS.length === 1 ? call.strongFactor : 1
    for (let nudged = 0; nudged < 2; nudged++)
      for (let stage = 0; stage < STAGE_COUNT; stage++) {
        const effect = nudged === 1 ? call.offerFactor * strong : 1
        const base = parameters.offer[STAGES[stage]!] * parameters.segmentOffer[segment]!
        const at = (group * 2 + nudged) * STAGE_COUNT + stage
        offer[at] = Math.min(OFFER_CAP, base * factors.offer * effect)
      }
  }
  return {
    moves: [moves(parameters, factors, 1), moves(parameters, factors, call.progressFactor)],
    offer,
  }
}

function moves(parameters: MarketParameters, factors: DayFactors, nudge: number): Float64Array {
  const drawn = Float64Array.from(parameters.moves, (p, m) =>
    PROGRESS[m] ? p * factors.progress * nudge : p,
  )
  const total = new Float64Array(STAGE_COUNT)
  drawn.forEach((p, m) => (total[MOVE_FROM[m]!]! += p))
  return drawn.map((p, m) => {
    const sum = total[MOVE_FROM[m]!]!
    return sum > MOVES_CAP ? (p * MOVES_CAP) / sum : p
  })
}
