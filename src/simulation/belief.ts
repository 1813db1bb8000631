/**
 * The best that an observer can know: exact Bayes filtering (the forward algorithm of a hidden
 * Markov model; Rabiner 1989, section III.A) over the latent state of each lead, under the market's
 * true parameters and given the stream alone. The latent state is (gateway, activity class, call
 * effect, stage): 3 x 3 x 2 x 11 = 198 values. Known to the observer besides the stream: the
 * parameters, the agents' skill and, as everybody, the date.
 */
import { afterOffer, groupOf, MOVE_FROM, MOVE_TO } from './dynamics.ts'
import type { StreamItem } from './items.ts'
import { LOST_PER_DAY } from './lead-day.ts'
import { emissionOf } from './likelihood.ts'
import { dayFrame, type DayFrame, type Market } from './market.ts'
import { createObserver, type DayObservation, type Memory, type SeenMail } from './observation.ts'
import {
  ACTIVITY_CLASSES,
  GATEWAYS,
  SOURCES,
  STAGE,
  STAGE_COUNT,
  type StageName,
} from './stages.ts'

/** Values of (call effect, stage), the fastest-changing part of the state. */
export const BLOCK = 2 * STAGE_COUNT
export const STATE_COUNT = GATEWAYS.length * ACTIVITY_CLASSES * BLOCK

/** The posterior probability that a person made an open and the clicks that belong to it. */
export interface GradePosterior {
  readonly event_id: string
  readonly human: number
}

export interface Beliefs {
  /**
   * Takes the items of the next day, in order. Returns the posterior of each open and click of the
   * day, given everything seen up to its end.
   */
  advance: (items: readonly StreamItem[]) => GradePosterior[]
  /** Days taken so far; beliefs hold for the first moment of this day. */
  day: () => number
  /** Lead `index` has signed up. */
  known: (index: number) => boolean
  /** Lead `index` has an appointment ahead. */
  appointment: (index: number) => boolean
  /** Probabilities of the states of lead `index`, a view: copy it to keep it. */
  of: (index: number) => Float64Array
}

export function createBeliefs(market: Market): Beliefs {
  const emission = emissionOf(market.parameters)
  const observer = createObserver(market)
  const states = new Float64Array(market.leads.length * STATE_COUNT)
  const priors = SOURCES.map((_, source) => prior(market, source))
  const likelihood = new Float64Array(ACTIVITY_CLASSES * STAGE_COUNT)
  const mailTable = new Float64Array(GATEWAYS.length * STAGE_COUNT)
  const scratch = new Float64Array(STATE_COUNT)
  let day = 0
  const of = (index: number): Float64Array =>
    states.subarray(index * STATE_COUNT, (index + 1) * STATE_COUNT)

  const grade = (belief: Float64Array, mail: SeenMail, into: GradePosterior[]): void => {
    emission.mail(mail, mailTable)
    const total = weigh(belief, likelihood, mailTable, scratch)
    mail.opens.forEach((open, i) => {
      emission.mailHuman(mail, i, mailTable)
      const human = weigh(belief, likelihood, mailTable, scratch) / total
      for (const event_id of open.eventIds) into.push({ event_id, human })
    })
  }

  const advance = (items: readonly StreamItem[]): GradePosterior[] => {
    const frame = dayFrame(market, day)
    const quiet = emission.quiet(frame.factors)
    const observations = observer.see(items)
    const posteriors: GradePosterior[] = []
    market.leads.forEach((lead, index) => {
      const memory = observer.memories[index]!
      if (!memory.known) return
      const belief = of(index)
      const seen = observations.get(index)
      if (seen?.firstSession === true) belief.set(priors[lead.source]!)
      if (seen === undefined) likelihood.set(quiet)
      else emission.observed(seen, frame.factors, likelihood)
      if (seen !== undefined && seen.mail !== null) {
        grade(belief, seen.mail, posteriors)
        emission.mail(seen.mail, mailTable)
      } else mailTable.fill(1)
      weigh(belief, likelihood, mailTable, scratch)
      step(market, frame, groupOf(lead.segment, lead.skill), { seen, memory }, scratch, belief)
      normalise(belief)
    })
    observer.close(observations)
    day++
    return posteriors
  }
  return {
    advance,
    day: () => day,
    known: (index) => observer.memories[index]!.known,
    appointment: (index) => observer.memories[index]!.appointment,
    of,
  }
}

function prior(market: Market, source: number): Float64Array {
  const { parameters } = market
  const serious = parameters.sourceSerious[SOURCES[source]!]!
  const stages = new Float64Array(STAGE_COUNT)
  const addShares = (table: Partial<Record<StageName, number>>, weight: number): void => {
    const total = Object.values(table).reduce((sum, share) => sum + share, 0)
    for (const [name, share] of Object.entries(table))
      stages[STAGE[name as StageName]]! += (weight * share) / total
  }
  addShares(parameters.casualStart, 1 - serious)
  addShares(parameters.seriousStart, serious)
  const belief = new Float64Array(STATE_COUNT)
  parameters.mail.gatewayShares.forEach((gateway, g) =>
    parameters.activityShares.forEach((activity, a) =>
      stages.forEach((stage, s) => {
        belief[(g * ACTIVITY_CLASSES + a) * BLOCK + s] = gateway * activity * stage
      }),
    ),
  )
  return belief
}

/** out = belief x likelihood x mail; returns the sum. */
function weigh(
  belief: Float64Array,
  likelihood: Float64Array,
  mail: Float64Array,
  out: Float64Array,
): number {
  let total = 0
  let i = 0
  for (let g = 0; g < GATEWAYS.length; g++)
    for (let a = 0; a < ACTIVITY_CLASSES; a++)
      for (let nudged = 0; nudged < 2; nudged++)
        for (let s = 0; s < STAGE_COUNT; s++) {
          const shown = likelihood[a * STAGE_COUNT + s]! * mail[g * STAGE_COUNT + s]!
          const value = belief[i]! * shown
          out[i++] = value
          total += value
        }
  return total
}

interface Seen {
  readonly seen: DayObservation | undefined
  readonly memory: Memory
}

/** The end of the day as it was observed, and the move to the next one. */
function step(
  market: Market,
  frame: DayFrame,
  group: number,
  { seen, memory }: Seen,
  from: Float64Array,
  to: Float64Array,
): void {
  to.fill(0)
  const end = seen?.end ?? 'none'
  const { contract, call, unsubscribeOnLeaving } = market.parameters
  const answered = seen?.callAnswered === true
  const { offer, moves } = frame.dynamics
  const next = new Float64Array(STAGE_COUNT)
  const stillQuiet = memory.lost ? 1 : 1 - LOST_PER_DAY
  for (let base = 0; base < STATE_COUNT; base += BLOCK)
    for (let nudged = 0; nudged < 2; nudged++) {
      const at = base + nudged * STAGE_COUNT
      const hazard = (group * 2 + nudged) * STAGE_COUNT
      next.fill(0)
      if (end === 'offer')
        for (let s = 0; s < STAGE_COUNT; s++)
          next[afterOffer(group)]! += from[at + s]! * offer[hazard + s]!
      else if (end === 'closed') next[STAGE.done] = from[at + STAGE.contract]!
      else if (end === 'collapsed') next[STAGE.evaluating] = from[at + STAGE.contract]!
      else if (end === 'lost') next[STAGE.gone] = from[at + STAGE.gone]! * LOST_PER_DAY
      else {
        const leave = end === 'unsubscribed' ? unsubscribeOnLeaving : 1 - unsubscribeOnLeaving
        for (let s = 0; s < STAGE_COUNT; s++) {
          const stay =
            s === STAGE.contract ? 1 - contract.close - contract.collapse : 1 - offer[hazard + s]!
          const last = s === STAGE.gone ? stillQuiet : 1
          next[s] = from[at + s]! * stay * last
        }
        spread(next, moves[nudged as 0 | 1], leave, end === 'unsubscribed')
      }
      for (let s = 0; s < STAGE_COUNT; s++) {
        const wearsOff = nudged === 1 && !answered ? call.wearsOff : 0
        const effect = answered || nudged === 1 ? STAGE_COUNT : 0
        to[base + effect + s]! += next[s]! * (1 - wearsOff)
        if (wearsOff > 0) to[base + s]! += next[s]! * wearsOff
      }
    }
}

/** Applies the moves in place; `onlyLeaving` keeps nothing but moves into gone. */
function spread(
  mass: Float64Array,
  moves: Float64Array,
  leave: number,
  onlyLeaving: boolean,
): void {
  const before = mass.slice()
  if (onlyLeaving) mass.fill(0)
  for (let m = 0; m < moves.length; m++) {
    const moved = before[MOVE_FROM[m]!]! * moves[m]!
    const toGone = MOVE_TO[m] === STAGE.gone
    if (onlyLeaving) {
      if (toGone) mass[STAGE.gone]! += moved * leave
    } else {
      mass[MOVE_FROM[m]!]! -= moved
      mass[MOVE_TO[m]!]! += toGone ? moved * leave : moved
    }
  }
}

function normalise(belief: Float64Array): void {
  let total = 0
  for (const value of belief) total += value
  if (!(total > 0)) throw new Error('an observation is impossible under the market that made it')
  for (let i = 0; i < belief.length; i++) belief[i]! /= total
}
