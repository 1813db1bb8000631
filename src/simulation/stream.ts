/**
 * The market as a stream, day by day: items in order of time, the truth beside them. Memory grows
 * with the number of leads, not of days.
 */
import { seededRandom } from '../math/index.ts'
import { playAppointment, playMail, playOutreach, playOwnContact } from './contact.ts'
import type { StreamItem, TrueGrade } from './items.ts'
import { endOfDay, newLeadState, offerHazard, type LeadDay, type LeadState } from './lead-day.ts'
import { dayFrame, type DayFrame, type Market } from './market.ts'
import { playSessions } from './sessions.ts'
import { STAGE } from './stages.ts'

/** Truth about one day; index i is lead `from + i` of the simulated range. */
export interface DayTruth {
  /** Stage (index into STAGES) in which the lead spent the day; -1 before its arrival. */
  readonly stage: Int8Array
  /** 1 while an answered call still works. */
  readonly nudged: Uint8Array
  /** Probability of an offer (seller: a signed listing) on this day. */
  readonly hazard: Float64Array
  /** Who made each open and click of the day. */
  readonly grades: readonly TrueGrade[]
}

export interface MarketDay {
  readonly day: number
  /** In order of `at`; equal times in order of lead, then of happening. */
  readonly items: readonly StreamItem[]
  readonly truth: DayTruth
}

/** Which leads to simulate: all of them by default. Leads do not influence each other. */
export interface LeadRange {
  readonly from?: number
  /** Exclusive. */
  readonly to?: number
}

export function* simulateDays(market: Market, range: LeadRange = {}): Generator<MarketDay> {
  const from = range.from ?? 0
  const to = range.to ?? market.leads.length
  const states = market.leads
    .slice(from, to)
    .map((truth) => newLeadState(truth, seededRandom(market.seed).fork(`days:${truth.index}`)))
  for (let day = 0; day < market.days; day++) {
    const frame = dayFrame(market, day)
    const live = market.homes.flatMap((home, i) =>
      home.from <= day && day < home.until ? [i] : [],
    )
    const items: StreamItem[] = []
    const grades: TrueGrade[] = []
    const stage = new Int8Array(states.length).fill(-1)
    const nudged = new Uint8Array(states.length)
    const hazard = new Float64Array(states.length)
    states.forEach((lead, i) => {
      if (day < lead.truth.arrivalDay) return
      stage[i] = lead.stage
      nudged[i] = lead.nudged
      hazard[i] = offerHazard(frame, lead)
      if (hazard[i] === 0 && isSilent(lead)) return
      playDay(market, frame, live, lead, items, grades)
    })
    items.sort((a, b) => a.at - b.at)
    yield { day, items, truth: { stage, nudged, hazard, grades } }
  }
}

/** Nothing can come any more from a lead that is gone and that nobody writes to. */
function isSilent(lead: LeadState): boolean {
  return lead.stage === STAGE.gone && lead.lost && lead.appointment === null && lead.arrived
}

function playDay(
  market: Market,
  frame: DayFrame,
  live: readonly number[],
  lead: LeadState,
  items: StreamItem[],
  grades: TrueGrade[],
): void {
  const today: LeadDay = {
    market,
    frame,
    live,
    lead,
    items,
    grades,
    landings: [],
    lastAt: 0,
    inquiryAt: 0,
    callAnswered: false,
  }
  const due = lead.appointment
  playMail(today)
  playSessions(today)
  playOwnContact(today)
  playOutreach(today)
  if (due !== null) playAppointment(today)
  endOfDay(today)
}
