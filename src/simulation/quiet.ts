/**
 * The chance that a lead falls silent, exactly. Churn at a horizon of h days, for the first moment
 * of a day: on one of the next h days the lead acts for the last time before at least 30 days
 * without any act of its own (DECISIONS: Churn). A closing is an act, and a silence that follows a
 * closing does not count. Acts are what the lead does itself; opens and clicks only if human.
 *
 * The recursion needs, besides the latent state, two things that everybody sees: whether an
 * appointment is ahead, and on which day of the week the lead gets the newsletter.
 */
import { BLOCK, STATE_COUNT } from './belief.ts'
import { isMailDay } from './contact.ts'
import { afterOffer, MOVE_TO, MOVES_OF } from './dynamics.ts'
import { dayFrame, type DayFrame, type Market } from './market.ts'
import { ACTIVITY_CLASSES, STAGE, STAGE_COUNT, STAGES, type StageName } from './stages.ts'

export const SILENT_DAYS = 30

/** Values by [appointment * BLOCK + nudged * STAGE_COUNT + stage]. */
const SIZE = 2 * BLOCK

/** Leads of one kind share a recursion. */
export interface QuietKind {
  readonly group: number
  readonly arrivalDay: number
}

export interface QuietHorizon {
  /** Given the latent state itself. */
  readonly given: (
    appointment: boolean,
    state: { readonly activity: number; readonly nudged: number; readonly stage: number },
  ) => number
  /** Given probabilities of the STATE_COUNT latent states. */
  readonly expected: (appointment: boolean, belief: Float64Array) => number
}

/** Chances of one day by stage, for one activity class. */
interface QuietDay {
  readonly frame: DayFrame
  /** No act before the day's end, leaving appointments out. */
  readonly silent: Float64Array
  /** [asks for an appointment][an agent's call is answered], without an appointment ahead. */
  readonly joint: readonly (readonly [Float64Array, Float64Array])[]
  /** An answered call on a day without an inquiry. */
  readonly answeredSilent: Float64Array
}

function quietDay(market: Market, kind: QuietKind, frame: DayFrame, activity: number): QuietDay {
  const { parameters } = market
  const { signals, sessions, call } = parameters
  const mail = isMailDay(frame.day, kind.arrivalDay) ? 1 : 0
  const weekend = frame.factors.weekend ? 1 : 0
  const table = (value: (stage: StageName) => number): Float64Array =>
    Float64Array.from(STAGES, value)
  const rate = (stage: StageName): number =>
    sessions[stage] * parameters.activity[activity]! * frame.factors.sessions
  const asking = (stage: StageName): number =>
    1 - (1 - signals.tourRequest[stage]) * (1 - signals.booking[stage])
  /** Thinned Poisson counts: no session of the day has a property of chance `p`. */
  const never = (stage: StageName, p: number): number => Math.exp(-rate(stage) * p)
  const joint = [false, true].map((asks) =>
    [false, true].map((answered) =>
      table((stage) => {
        const q = signals.inquiry[stage]
        const k = asking(stage)
        const neither = never(stage, 1 - (1 - q) * (1 - k))
        const noInquiry = asks ? never(stage, q) - neither : neither
        const inquiry = (asks ? 1 - never(stage, k) : never(stage, k)) - noInquiry
        const yes =
          signals.callAnswer[stage] * (noInquiry * call.randomised + inquiry * call.afterInquiry)
        return answered ? yes : noInquiry + inquiry - yes
      }),
    ),
  ) as unknown as QuietDay['joint']
  return {
    frame,
    silent: table(
      (stage) =>
        Math.exp(-rate(stage)) *
        (1 - signals.message[stage]) *
        (1 - signals.callIn[stage]) *
        (1 - weekend * signals.openHouse[stage]) *
        (1 - mail * signals.emailOpen[stage]) *
        (1 - parameters.smsPerDay * signals.smsReply[stage]),
    ),
    joint,
    answeredSilent: table((stage) => call.randomised * signals.callAnswer[stage]),
  }
}

/**
 * Values on the evening of a day, by [appointment][call effect tomorrow][stage today], from values
 * tomorrow. Paths with a closing count nothing; with `silent`, so do offers and farewells.
 */
function evening(
  market: Market,
  group: number,
  frame: DayFrame,
  later: Float64Array,
  silent: boolean,
): (pending: number, nudged: number, effect: number, stage: number) => number {
  const { contract, unsubscribeOnLeaving } = market.parameters
  const { offer, moves } = frame.dynamics
  const target = afterOffer(group)
  return (pending, nudged, effect, stage) => {
    const at = pending * BLOCK + effect * STAGE_COUNT
    if (stage === STAGE.done) return 0
    if (stage === STAGE.contract)
      return (
        (1 - contract.close - contract.collapse) * later[at + stage]! +
        contract.collapse * later[at + STAGE.evaluating]!
      )
    const stay = later[at + stage]!
    let moved = stay
    for (const m of MOVES_OF[stage]!) {
      const next = MOVE_TO[m]!
      const kept = silent && next === STAGE.gone ? 1 - unsubscribeOnLeaving : 1
      moved += moves[nudged as 0 | 1][m]! * (kept * later[at + next]! - stay)
    }
    const hazard = offer[(group * 2 + nudged) * STAGE_COUNT + stage]!
    // A seller's signed listing is a closing: its target is done, whose value is 0.
    const offered = silent || target === STAGE.done ? 0 : hazard * later[at + target]!
    return (1 - hazard) * moved + offered
  }
}

/** One day back over all paths without a closing, or over those on which the lead does nothing. */
function back(
  market: Market,
  group: number,
  day: QuietDay,
  later: Float64Array,
  silent: boolean,
): Float64Array {
  const { appointmentDue: due, call } = market.parameters
  const value = evening(market, group, day.frame, later, silent)
  const now = new Float64Array(SIZE)
  for (let nudged = 0; nudged < 2; nudged++)
    for (let stage = 0; stage < STAGE_COUNT; stage++) {
      const left = nudged === 1 ? 1 - call.wearsOff : 0
      const unanswered = (next: number): number =>
        left * value(next, nudged, 1, stage) + (1 - left) * value(next, nudged, 0, stage)
      const answered = (next: number): number => value(next, nudged, 1, stage)
      const at = nudged * STAGE_COUNT + stage
      if (silent) {
        const p = day.answeredSilent[stage]!
        const quiet = (next: number): number =>
          day.silent[stage]! * (p * answered(next) + (1 - p) * unanswered(next))
        now[at] = quiet(0)
        now[BLOCK + at] = (1 - due) * quiet(1)
        continue
      }
      const [stays, asks] = day.joint
      const yes = stays![1][stage]! + asks![1][stage]!
      const due01 = (next: number): number => yes * answered(next) + (1 - yes) * unanswered(next)
      now[BLOCK + at] = due * due01(0) + (1 - due) * due01(1)
      day.joint.forEach(([no, called], next) => {
        now[at]! += no[stage]! * unanswered(next) + called[stage]! * answered(next)
      })
    }
  return now
}

/** Silence on all of the 30 days from `from` on (an index into `days`). */
function silence(
  market: Market,
  group: number,
  days: readonly QuietDay[],
  from: number,
): Float64Array {
  let value: Float64Array = new Float64Array(SIZE).fill(1)
  for (const pending of [0, 1])
    for (const nudged of [0, 1]) value[pending * BLOCK + nudged * STAGE_COUNT + STAGE.done] = 0
  for (let i = from + SILENT_DAYS - 1; i >= from; i--)
    value = back(market, group, days[i]!, value, true)
  return value
}

/** The days a horizon and the silence after it reach over; the same for every kind of lead. */
export function quietFrames(market: Market, day: number, horizonDays: number): DayFrame[] {
  const length = horizonDays + SILENT_DAYS
  return Array.from({ length }, (_, i) => dayFrame(market, day + i))
}

/** Churn chances for states at the first moment of `day`, within `horizonDays`. */
export function quietHorizon(
  market: Market,
  kind: QuietKind,
  day: number,
  horizonDays: number,
  frames: readonly DayFrame[] = quietFrames(market, day, horizonDays),
): QuietHorizon {
  const { group } = kind
  const tables = Array.from({ length: ACTIVITY_CLASSES }, (_, activity) => {
    const days = frames.map((frame) => quietDay(market, kind, frame, activity))
    let churn: Float64Array = new Float64Array(SIZE)
    for (let i = horizonDays - 1; i >= 0; i--) {
      const quiet = silence(market, group, days, i + 1)
      // The last act falls on this day (all paths less the silent ones), or on a later one.
      const any = back(market, group, days[i]!, quiet, false)
      const none = back(market, group, days[i]!, quiet, true)
      const later = back(market, group, days[i]!, churn, false)
      churn = later.map((value, k) => value + any[k]! - none[k]!)
    }
    return churn
  })
  return {
    given: (appointment, { activity, nudged, stage }) =>
      tables[activity]![(appointment ? BLOCK : 0) + nudged * STAGE_COUNT + stage]!,
    expected: (appointment, belief) => {
      let sum = 0
      for (let i = 0; i < STATE_COUNT; i++) {
        const activity = Math.floor(i / BLOCK) % ACTIVITY_CLASSES
        sum += belief[i]! * tables[activity]![(appointment ? BLOCK : 0) + (i % BLOCK)]!
      }
      return sum
    },
  }
}
