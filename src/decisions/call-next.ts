/**
 * Whom to call next: probability x expected commission x reachability. A simple product on purpose:
 * an agent can check it, and each part stands beside it.
 */
import { dayOf, type NotCalled, type WhyNotCalled } from './call-standing.ts'

export interface CallNextInputs {
  /** Chance of the outcome: of the score, or the prior where there is none; null: unknown. */
  readonly probability: number | null
  /** Mean price of the homes the lead looks at; null when unknown. */
  readonly priceMean: number | null
  /** The lead unsubscribed. */
  readonly unsubscribed: boolean
  /** The lead's attributes: phone, email. */
  readonly attributes: Readonly<Record<string, unknown>>
  readonly notCalled: WhyNotCalled | null
}

/** What a workspace earns; see docs/concepts/score.md for the settings behind it. */
export interface Economics {
  /** Share of the price, in (0, 1). */
  readonly commissionRate: number
  /** Price where the lead's own is unknown. */
  readonly typicalPrice: number
}

export interface CallNext {
  /** Why the lead is not to be called; null: it may be. */
  readonly notCalled: NotCalled | null
  /** Money; null while nothing at all is known of the lead's chances, or when it is not called. */
  readonly value: number | null
  readonly expectedCommission: number
  /** 0 to 1. */
  readonly reachability: number
  /** What lowers it or is assumed, in words. */
  readonly reasons: readonly string[]
}

/** Where a workspace says nothing: the buyer's side of a usual American sale. */
export const DEFAULT_ECONOMICS: Economics = { commissionRate: 0.025, typicalPrice: 400_000 }

/** Who unsubscribed from messages may still be called, if they agreed to that. */
const UNSUBSCRIBED = 0.25
/** Neither phone number nor e-mail address on file: reached only when they come back. */
const NO_ADDRESS = 0.5

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''

/** How well the lead can be reached at a permitted hour, 0 to 1, and why not better. */
function reachabilityOf({ attributes, unsubscribed }: CallNextInputs): [number, string[]] {
  const reasons: string[] = []
  let reach = 1
  if (unsubscribed) {
    reach *= UNSUBSCRIBED
    reasons.push('unsubscribed from messages')
  }
  if (!isText(attributes['phone']) && !isText(attributes['email'])) {
    reach *= NO_ADDRESS
    reasons.push('no phone number or e-mail address on file')
  }
  return [reach, reasons]
}

/** Worth of the next call at a permitted hour; see `atHour` for now. */
export function callNext(inputs: CallNextInputs, economics: Economics): CallNext {
  const { priceMean, probability, notCalled } = inputs
  const price = priceMean ?? economics.typicalPrice
  const [reachability, reasons] = reachabilityOf(inputs)
  if (priceMean === null) reasons.push('price unknown: a typical one is assumed')
  const expectedCommission = price * economics.commissionRate
  if (notCalled !== null)
    return {
      notCalled: notCalled.why,
      value: null,
      expectedCommission,
      reachability: 0,
      reasons: [notCalled.sentence],
    }
  return {
    notCalled: null,
    value: probability === null ? null : probability * expectedCommission * reachability,
    expectedCommission,
    reachability,
    reasons,
  }
}

/** Calls are permitted from 8 to 21 o'clock where the lead is (47 CFR 64.1200(c)(1)). */
const FIRST_HOUR = 8
const LAST_HOUR = 21
/** Outside, a message may be read. */
const OUTSIDE_HOURS = 0.1

/**
 * The same at an hour of the day (0 to 23, where the lead is). All leads of a workspace share its
 * time zone, so the order of leads does not change with the hour.
 */
export function atHour(call: CallNext, hour: number): CallNext {
  if (call.notCalled !== null || (hour >= FIRST_HOUR && hour < LAST_HOUR)) return call
  return {
    ...call,
    value: call.value === null ? null : call.value * OUTSIDE_HOURS,
    reachability: call.reachability * OUTSIDE_HOURS,
    reasons: [...call.reasons, `outside calling hours (${FIRST_HOUR} to ${LAST_HOUR} o’clock)`],
  }
}

/** The hour of the day (0 to 23) at `now` in a time zone; in UTC when there is no such zone. */
export function hourIn(timeZone: string, now: number): number {
  try {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: 'numeric', hourCycle: 'h23' })
    return Number(format.format(now))
  } catch {
    return new Date(now).getUTCHours()
  }
}

export interface LeadSight {
  readonly snoozedUntil: Date | null
  readonly hiddenAt: Date | null
}

/** The same call when it is known whether somebody has put the lead out of sight. */
export function inSight(call: CallNext, { snoozedUntil, hiddenAt }: LeadSight, now: number) {
  const out = (why: NotCalled, sentence: string): CallNext => ({
    ...call,
    notCalled: why,
    reasons: call.notCalled === null ? [sentence] : [sentence, ...call.reasons],
  })
  if (hiddenAt !== null) return out('hidden', `hidden since ${dayOf(hiddenAt.getTime())}`)
  if (snoozedUntil !== null && snoozedUntil.getTime() > now)
    return out('snoozed', `snoozed until ${dayOf(snoozedUntil.getTime())}`)
  return call
}
