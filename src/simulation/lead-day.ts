/** One lead on one day: draws what it does from its stage, then where it stands tomorrow. */
import type { EventContext, EventType, Json } from '../core/index.ts'
import type { SeededRandom } from '../math/index.ts'
import { DAY_MS, UTC_OFFSET_MINUTES } from './calendar.ts'
import { afterOffer, groupOf, MOVE_TO, MOVES_OF } from './dynamics.ts'
import type { StreamItem, TrueGrade } from './items.ts'
import type { LeadTruth } from './leads.ts'
import type { DayFrame, Market } from './market.ts'
import type { SignalName } from './parameters.ts'
import { STAGE, STAGE_COUNT, STAGES } from './stages.ts'
import type { Home } from './town.ts'

/** Distinct homes a lead remembers: a view of one of them is a repeated view. */
export const REMEMBERED_HOMES = 8

/** What a lead carries from day to day. */
export interface LeadState {
  readonly truth: LeadTruth
  readonly random: SeededRandom
  stage: number
  nudged: 0 | 1
  /** Number of events so far: makes event ids. */
  sequence: number
  /** The latest distinct homes, as indices into the market's homes, oldest first. */
  readonly seen: number[]
  /** An appointment that is still ahead. */
  appointment: { readonly kind: 'tour' | 'booking'; readonly home: number } | null
  arrived: boolean
  secondDone: boolean
  /** Done, lost or unsubscribed: the team stops writing and calling. */
  stopped: boolean
  lost: boolean
}

/** Everything one lead-day needs and produces. */
export interface LeadDay {
  readonly market: Market
  readonly frame: DayFrame
  readonly live: readonly number[]
  readonly lead: LeadState
  readonly items: StreamItem[]
  readonly grades: TrueGrade[]
  /** Homes entered by a click in an e-mail: the wished start and the e-mail. */
  readonly landings: { at: number; emailId: string }[]
  /** Latest moment of the lead's own acts today. */
  lastAt: number
  inquiryAt: number
  callAnswered: boolean
}

export function newLeadState(truth: LeadTruth, random: SeededRandom): LeadState {
  return {
    truth,
    random,
    stage: truth.startStage,
    nudged: 0,
    sequence: 0,
    seen: [],
    appointment: null,
    arrived: false,
    secondDone: false,
    stopped: false,
    lost: false,
  }
}

export const dayEnd = (today: LeadDay): number => today.frame.startMs + DAY_MS - 1

/** The value of a signal in the lead's present stage. */
export function signal(today: LeadDay, name: SignalName): number {
  return today.market.parameters.signals[name][STAGES[today.lead.stage]!]
}

export function happens(today: LeadDay, name: SignalName): boolean {
  return today.lead.random.next() < signal(today, name)
}

interface EventExtras {
  readonly anonymousId?: string
  readonly leadId?: string
  readonly seconds?: number
  readonly home?: Home
  readonly properties?: Record<string, Json>
  readonly context?: EventContext
}

/** Appends an event and returns its id. `at` is held inside the day. */
export function emit(
  today: LeadDay,
  type: EventType,
  at: number,
  extras: EventExtras = {},
): string {
  const { lead, market } = today
  const when = Math.min(Math.max(at, today.frame.startMs), dayEnd(today))
  const index = lead.truth.index
  const event_id = `${market.prefix}-${index.toString(36)}-${(lead.sequence++).toString(36)}`
  const who =
    extras.anonymousId === undefined
      ? { lead_id: extras.leadId ?? lead.truth.id }
      : { anonymous_id: extras.anonymousId }
  today.items.push({
    kind: 'event',
    at: when,
    event: {
      event_id,
      ...who,
      type,
      timestamp: new Date(when).toISOString(),
      ...(extras.seconds === undefined ? {} : { duration_seconds: extras.seconds }),
      ...(extras.home === undefined ? {} : { property_id: extras.home.listing.ListingId }),
      properties: { simulated: true, ...extras.properties },
      context: { source: 'simulation', utc_offset_minutes: UTC_OFFSET_MINUTES, ...extras.context },
    },
  })
  return event_id
}

/** An act of the lead: as `emit`, and the day's latest act moves on. */
export function act(today: LeadDay, type: EventType, at: number, extras: EventExtras = {}): string {
  const id = emit(today, type, at, extras)
  if (at > today.lastAt) today.lastAt = Math.min(at, dayEnd(today))
  return id
}

/** A moment of the lead's waking day, more often in the evening. */
export function wakingMoment(today: LeadDay): number {
  const { random } = today.lead
  const localHour = 7 + 17 * Math.max(random.next(), random.next())
  const utcHour = (localHour - UTC_OFFSET_MINUTES / 60) % 24
  return today.frame.startMs + Math.floor(utcHour * 3_600_000)
}

/** A moment of the local working day from `from` to `to` o'clock (inside one UTC day). */
export function officeMoment(today: LeadDay, from: number, to: number): number {
  const hour = from + (to - from) * today.lead.random.next() - UTC_OFFSET_MINUTES / 60
  return today.frame.startMs + Math.floor(hour * 3_600_000)
}

/** The true probability of an offer on this day. */
export function offerHazard(frame: DayFrame, lead: LeadState): number {
  const group = groupOf(lead.truth.segment, lead.truth.skill)
  return frame.dynamics.offer[(group * 2 + lead.nudged) * STAGE_COUNT + lead.stage]!
}

function report(
  today: LeadDay,
  type: 'property_purchased' | 'deal_fell_through' | 'lost' | 'listing_signed',
): void {
  const at = officeMoment(today, 16, 18.9)
  const details = {
    simulated: true,
    agent: today.market.agents[today.lead.truth.agent]!.agent_id,
  } as const
  const outcome = {
    lead_id: today.lead.truth.id,
    outcome_type: type,
    timestamp: new Date(at).toISOString(),
    details,
  }
  today.items.push({ kind: 'outcome', at, outcome })
}

/** Closings, offers and moves between stages at the end of the day. */
export function endOfDay(today: LeadDay): void {
  const { lead, frame, market } = today
  const { contract, call } = market.parameters
  const draw = lead.random.next()
  if (lead.stage === STAGE.contract) {
    if (draw < contract.close) finish(today, 'property_purchased')
    else if (draw < contract.close + contract.collapse) {
      report(today, 'deal_fell_through')
      lead.stage = STAGE.evaluating
    }
  } else if (draw < offerHazard(frame, lead)) offer(today)
  else move(today)
  if (today.callAnswered) lead.nudged = 1
  else if (lead.nudged === 1 && lead.random.next() < call.wearsOff) lead.nudged = 0
}

function finish(today: LeadDay, type: 'property_purchased' | 'listing_signed'): void {
  report(today, type)
  today.lead.stage = STAGE.done
  today.lead.stopped = true
}

function offer(today: LeadDay): void {
  const { lead, market } = today
  const next = afterOffer(groupOf(lead.truth.segment, lead.truth.skill))
  if (next === STAGE.done) {
    finish(today, 'listing_signed')
    return
  }
  const home = market.homes[lead.seen.at(-1) ?? today.live[0]!]!
  const amount = Math.round(home.listing.ListPrice * (0.95 + 0.07 * lead.random.next()))
  const from = Math.max(today.lastAt, officeMoment(today, 17, 18.9))
  act(today, 'offer_submitted', from + 1000, { home, properties: { amount } })
  lead.stage = next
}

function move(today: LeadDay): void {
  const { lead, frame, market } = today
  if (lead.stage === STAGE.gone) {
    if (!lead.lost && lead.random.next() < LOST_PER_DAY) {
      report(today, 'lost')
      lead.lost = true
      lead.stopped = true
    }
    return
  }
  const probabilities = frame.dynamics.moves[lead.nudged]
  let draw = lead.random.next()
  for (const m of MOVES_OF[lead.stage]!) {
    draw -= probabilities[m]!
    if (draw >= 0) continue
    lead.stage = MOVE_TO[m]!
    if (lead.stage === STAGE.gone && lead.random.next() < market.parameters.unsubscribeOnLeaving) {
      act(today, 'unsubscribed', Math.max(today.lastAt, officeMoment(today, 17, 18.9)) + 1000)
      lead.stopped = true
    }
    return
  }
}

/** Chance a day that the agent reports a lead who left as lost. */
export const LOST_PER_DAY = 0.01
