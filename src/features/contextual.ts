/** What the contextual group remembers: budget, the market frozen on entries, our own touches. */
import { EVENT_TYPES, type Json } from '../core/index.ts'
import { decay } from './activity.ts'
import { within, type Fact } from './fact.ts'

export interface ContextualState {
  /** Latest budget the lead stated; 0 if none. */
  budget: number
  /** Priced views since then: number, and decayed sums (half-life 30 days) to `fitAt`. */
  fitted: number
  fitWeight: number
  fitSum: number
  fitAt: number
  /** Latest frozen market measurements, and how many were seen. */
  supplies: number
  monthsOfSupply: number
  saleRatios: number
  saleToListRatio: number
  rates: number
  mortgageRate: number
  /** Outreach by agents: number, and decayed (half-life 30 days) to `touchedAt`. */
  touches: number
  touchWeight: number
  touchedAt: number
}

export function emptyContextual(): ContextualState {
  return {
    budget: 0,
    fitted: 0,
    fitWeight: 0,
    fitSum: 0,
    fitAt: 0,
    supplies: 0,
    monthsOfSupply: 0,
    saleRatios: 0,
    saleToListRatio: 0,
    rates: 0,
    mortgageRate: 0,
    touches: 0,
    touchWeight: 0,
    touchedAt: 0,
  }
}

const VIEW = EVENT_TYPES.property_view.code
/** Names under which searches, filters and forms state the most the lead would pay. */
const BUDGETS = ['budget_max', 'max_price', 'price_max'] as const
/** A home this far above the budget does not fit at all. */
const FAR_ABOVE = 0.5

const TOUCHES = new Set<number>(
  (['email_sent', 'sms_sent', 'call_placed', 'message_sent'] as const).map(
    (name) => EVENT_TYPES[name].code,
  ),
)

export function applyContextual(s: ContextualState, fact: Fact): void {
  const { frozen, properties } = fact.entry.body
  if (frozen?.market !== undefined) noteMarket(s, frozen.market)
  if (fact.byLead && properties !== undefined) noteBudget(s, properties)
  const price = within(frozen?.listing?.ListPrice, 1, 1e9)
  if (fact.code === VIEW && price !== undefined && s.budget > 0) noteFit(s, price, fact.time)
  if (TOUCHES.has(fact.code)) {
    s.touches++
    s.touchWeight = s.touchWeight * decay(fact.time - s.touchedAt, 30) + 1
    s.touchedAt = fact.time
  }
}

function noteBudget(s: ContextualState, properties: { readonly [key: string]: Json }): void {
  for (const name of BUDGETS) {
    const budget = within(properties[name], 1, 1e9)
    if (budget !== undefined) {
      s.budget = budget
      return
    }
  }
}

function noteFit(s: ContextualState, price: number, time: number): void {
  const over = (price - s.budget) / s.budget
  const fit = Math.min(1, Math.max(0, 1 - over / FAR_ABOVE))
  const left = decay(time - s.fitAt, 30)
  s.fitted++
  s.fitWeight = s.fitWeight * left + 1
  s.fitSum = s.fitSum * left + fit
  s.fitAt = time
}

/**
 * `months_of_supply` (months the stock for sale would last), `sale_to_list_ratio` (1 = at asking
 * price) and `mortgage_rate` (percent a year); whatever else a snapshot holds is left alone.
 */
function noteMarket(s: ContextualState, market: { readonly [key: string]: Json }): void {
  const supply = within(market['months_of_supply'], 0, 120)
  if (supply !== undefined) {
    s.supplies++
    s.monthsOfSupply = supply
  }
  const ratio = within(market['sale_to_list_ratio'], 0.1, 10)
  if (ratio !== undefined) {
    s.saleRatios++
    s.saleToListRatio = ratio
  }
  const rate = within(market['mortgage_rate'], -5, 100)
  if (rate !== undefined) {
    s.rates++
    s.mortgageRate = rate
  }
}
