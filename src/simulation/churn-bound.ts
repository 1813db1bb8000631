/** The best achievable prediction of churn on a market, as in bound.ts: oracle and achievable. */
import { EVENT_TYPES } from '../core/index.ts'
import { createBeliefs } from './belief.ts'
import { groupOfLead } from './horizon.ts'
import type { Market } from './market.ts'
import { SILENT_DAYS, quietFrames, quietHorizon, type QuietHorizon } from './quiet.ts'
import { MAIL_EVERY_DAYS } from './contact.ts'
import { STAGE } from './stages.ts'
import { simulateDays, type MarketDay } from './stream.ts'

/** One lead at risk: known, not finished, and active within the last 30 days (true grades). */
export interface ChurnRow {
  readonly lead_id: string
  readonly index: number
  readonly asOfDay: number
  readonly horizonDays: number
  readonly label: 0 | 1
  readonly oracle: number
  readonly achievable: number
}

const CLOSINGS: ReadonlySet<string> = new Set(['property_purchased', 'listing_signed'])

/** Days on which each lead acted itself, and the day on which it closed. */
interface Acts {
  readonly days: Uint8Array[]
  readonly closed: Float64Array
}

/** Marks the day's acts. Anonymous visits end in a sign-up or link on the same day. */
function mark(acts: Acts, indexOf: Map<string, number>, { day, items, truth }: MarketDay): void {
  const machine = new Set(
    truth.grades.flatMap(({ event_id, grade }) => (grade === 'machine' ? [event_id] : [])),
  )
  for (const item of items)
    if (item.kind === 'identify') indexOf.set(item.anonymous_id, indexOf.get(item.lead_id)!)
    else if (item.kind === 'merge') indexOf.set(item.from_lead_id, indexOf.get(item.into_lead_id)!)
  for (const item of items)
    if (item.kind === 'event') {
      const { event } = item
      if (EVENT_TYPES[event.type].actor !== 'lead' || machine.has(event.event_id)) continue
      acts.days[indexOf.get((event.lead_id ?? event.anonymous_id)!)!]![day] = 1
    } else if (item.kind === 'outcome' && CLOSINGS.has(item.outcome.outcome_type)) {
      const index = indexOf.get(item.outcome.lead_id)!
      acts.days[index]![day] = 1
      acts.closed[index] = day
    }
}

/** The last act before 30 silent days falls on one of the days [from, from + horizon). */
function churned(acts: Acts, index: number, from: number, horizon: number): boolean {
  const days = acts.days[index]!
  for (let day = from; day < from + horizon; day++) {
    if (acts.closed[index]! <= day) return false
    if (days[day] === 1 && !days.subarray(day + 1, day + 1 + SILENT_DAYS).includes(1)) return true
  }
  return false
}

/**
 * Rows for every lead at risk at the first moment of each day in `asOfDays`. Throws RangeError when
 * a horizon and the silence after it do not end inside the market.
 */
export function churnBounds(
  market: Market,
  asOfDays: readonly number[],
  horizonDays: number,
): ChurnRow[] {
  const late = asOfDays.find((day) => day < 1 || day + horizonDays + SILENT_DAYS > market.days)
  if (late !== undefined)
    throw new RangeError(
      `day ${late}, ${horizonDays} days and the silence after do not fit ${market.days} days`,
    )
  const beliefs = createBeliefs(market)
  const indexOf = new Map(market.leads.map((lead, index) => [lead.id, index]))
  const acts: Acts = {
    days: market.leads.map(() => new Uint8Array(market.days)),
    closed: new Float64Array(market.leads.length).fill(Infinity),
  }
  const last = Math.max(...asOfDays)
  const rows: Omit<ChurnRow, 'label'>[] = []
  for (const day of simulateDays(market)) {
    const asOfDay = day.day
    if (asOfDays.includes(asOfDay)) {
      const horizons = new Map<string, QuietHorizon>()
      const frames = quietFrames(market, asOfDay, horizonDays)
      market.leads.forEach((lead, index) => {
        const stage = day.truth.stage[index]!
        if (!beliefs.known(index) || stage === STAGE.done) return
        const recent = acts.days[index]!.subarray(Math.max(0, asOfDay - SILENT_DAYS), asOfDay)
        if (!recent.includes(1)) return
        const group = groupOfLead(market, index)
        const key = `${group}:${lead.arrivalDay % MAIL_EVERY_DAYS}`
        let horizon = horizons.get(key)
        if (horizon === undefined) {
          horizon = quietHorizon(market, { ...lead, group }, asOfDay, horizonDays, frames)
          horizons.set(key, horizon)
        }
        const appointment = beliefs.appointment(index)
        const { activity } = lead
        const nudged = day.truth.nudged[index]!
        rows.push({
          lead_id: lead.id,
          index,
          asOfDay,
          horizonDays,
          oracle: horizon.given(appointment, { activity, nudged, stage }),
          achievable: horizon.expected(appointment, beliefs.of(index)),
        })
      })
    }
    mark(acts, indexOf, day)
    if (asOfDay < last) beliefs.advance(day.items)
  }
  return rows.map((row) => ({
    ...row,
    label: churned(acts, row.index, row.asOfDay, horizonDays) ? 1 : 0,
  }))
}
