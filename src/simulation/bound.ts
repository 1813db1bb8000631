/**
 * The best achievable result on a market. Two bounds, and what each conditions on:
 * - `oracle`: the latent stage, activity class and call effect of the lead at the time asked about.
 *   Nobody can see these; no model can beat it.
 * - `achievable`: the stream up to that time and the market's true parameters, by exact filtering.
 *   No model that reads the stream can beat it on average; a model has to learn the parameters.
 */
import { createBeliefs, type GradePosterior } from './belief.ts'
import { conversionHorizon, groupOfLead } from './horizon.ts'
import type { StreamItem, TrueGrade } from './items.ts'
import type { Market } from './market.ts'
import { STAGE } from './stages.ts'
import { simulateDays, type LeadRange } from './stream.ts'

/** One lead that is known and has not finished at the time asked about. */
export interface BoundRow {
  readonly lead_id: string
  readonly index: number
  readonly asOfDay: number
  /** 1 when a conversion happens on days asOfDay to asOfDay + horizon - 1. */
  readonly label: 0 | 1
  readonly oracle: number
  readonly achievable: number
  /** An offer is open: everybody can see it, and few such leads fail. */
  readonly underContract: boolean
}

const CONVERSIONS: ReadonlySet<string> = new Set([
  'offer_submitted',
  'property_purchased',
  'listing_signed',
])

/** The type of an item if it is a conversion, with its lead_id. */
function conversionOf(item: StreamItem): string | null {
  if (item.kind === 'outcome' && CONVERSIONS.has(item.outcome.outcome_type))
    return item.outcome.lead_id
  if (item.kind === 'event' && CONVERSIONS.has(item.event.type)) return item.event.lead_id ?? null
  return null
}

/**
 * Rows of the leads in `range` (default: all) for every time in `asOfDays` (first moments of
 * days) whose horizon ends inside the market. Runs the market once; memory grows with leads times
 * times asked about. Throws RangeError when a
 * horizon is still open at the end.
 */
export function conversionBounds(
  market: Market,
  asOfDays: readonly number[],
  horizonDays = 90,
  range: LeadRange = {},
): BoundRow[] {
  const late = asOfDays.find((day) => day < 1 || day + horizonDays > market.days)
  if (late !== undefined)
    throw new RangeError(
      `day ${late} with a horizon of ${horizonDays} does not fit ${market.days} days`,
    )
  const { from = 0, to = market.leads.length } = range
  const beliefs = createBeliefs(market)
  const indexOf = new Map(market.leads.map((lead, index) => [lead.id, index]))
  const convertedOn = market.leads.map((): number[] => [])
  const rows: Omit<BoundRow, 'label'>[] = []
  for (const { day, items, truth } of simulateDays(market, range)) {
    if (asOfDays.includes(day)) {
      const horizon = conversionHorizon(market, day, horizonDays)
      market.leads.slice(from, to).forEach((lead, i) => {
        const index = from + i
        const stage = truth.stage[i]!
        if (!beliefs.known(index) || stage === STAGE.done) return
        const group = groupOfLead(market, index)
        const nudged = truth.nudged[i]!
        rows.push({
          lead_id: lead.id,
          index,
          asOfDay: day,
          oracle: horizon.given({ group, activity: lead.activity, nudged, stage }),
          achievable: horizon.expected(group, beliefs.of(index)),
          underContract: stage === STAGE.contract,
        })
      })
    }
    for (const item of items) {
      const lead = conversionOf(item)
      if (lead !== null) convertedOn[indexOf.get(lead)!]!.push(day)
    }
    if (day < Math.max(...asOfDays)) beliefs.advance(items)
  }
  return rows.map((row) => {
    const until = row.asOfDay + horizonDays
    const hit = convertedOn[row.index]!.some((day) => day >= row.asOfDay && day < until)
    return { ...row, label: hit ? 1 : 0 }
  })
}

export interface GradeBound {
  readonly opens: number
  /** F1 of "human" for the best threshold on the exact posterior. */
  readonly f1: number
  readonly threshold: number
}

/** The achievable F1 of telling human from machine opens, over the whole market. */
export function gradeBound(market: Market, opensOnly = true): GradeBound {
  const beliefs = createBeliefs(market)
  const pairs: { human: number; label: 0 | 1 }[] = []
  for (const { items, truth } of simulateDays(market)) {
    const opens = new Set(
      items.flatMap((i) =>
        i.kind === 'event' && i.event.type === 'email_open' ? [i.event.event_id] : [],
      ),
    )
    const posterior = new Map(
      beliefs.advance(items).map(({ event_id, human }: GradePosterior) => [event_id, human]),
    )
    for (const { event_id, grade } of truth.grades as TrueGrade[])
      if (!opensOnly || opens.has(event_id))
        pairs.push({ human: posterior.get(event_id)!, label: grade === 'human' ? 1 : 0 })
  }
  return { opens: pairs.length, ...bestF1(pairs) }
}

/** The largest F1 over all thresholds, and the threshold that gives it. */
function bestF1(pairs: { human: number; label: 0 | 1 }[]): { f1: number; threshold: number } {
  const positives = pairs.reduce((sum, { label }) => sum + label, 0)
  const sorted = [...pairs].sort((a, b) => b.human - a.human)
  let hits = 0
  let best = { f1: 0, threshold: 1 }
  sorted.forEach(({ human, label }, i) => {
    hits += label
    if (sorted[i + 1]?.human === human) return
    const f1 = (2 * hits) / (i + 1 + positives)
    if (f1 > best.f1) best = { f1, threshold: human }
  })
  return best
}
