/** The bounds: calibrated, in the right order, and out of reach of plausible rules. */
import { expect, test } from 'vitest'
import { createBeliefs } from './belief.ts'
import { conversionBounds, gradeBound, type BoundRow } from './bound.ts'
import { createMarket, type Market } from './market.ts'
import { drawParameters, withConstantHazard } from './parameters.ts'
import { simulateDays } from './stream.ts'

const START = Date.UTC(2026, 0, 1)
const AS_OF = 70
const build = (seed: number): Market =>
  createMarket({ seed, leads: 700, days: 160, startMs: START })

/** Area under the ROC curve by counting pairs. */
function auc(score: readonly number[], label: readonly number[]): number {
  const positive = score.filter((_, i) => label[i] === 1)
  const negative = score.filter((_, i) => label[i] === 0)
  let wins = 0
  for (const p of positive) for (const n of negative) wins += p > n ? 1 : p === n ? 0.5 : 0
  return wins / (positive.length * negative.length)
}

interface Rules {
  readonly events: number[]
  readonly recency: number[]
  readonly asks: number[]
}

/** Scores a person would try first, from the same stream: activity, recency, inquiries and tours. */
function rules(market: Market): Rules {
  const indexOf = new Map(market.leads.map(({ id }, i) => [id, i]))
  const zero = (): number[] => market.leads.map(() => 0)
  const found = { events: zero(), recency: zero(), asks: zero() }
  for (const { day, items } of simulateDays(market)) {
    if (day >= AS_OF) break
    for (const item of items) {
      if (item.kind !== 'event') continue
      const i = indexOf.get(item.event.lead_id ?? '')
      if (i === undefined || /_sent|call_placed|email_open/.test(item.event.type)) continue
      found.events[i]!++
      found.recency[i] = item.at
      if (/inquiry|tour_|booking|message/.test(item.event.type)) found.asks[i]!++
    }
  }
  return found
}

const markets = [31, 32, 33].map(build)
const results = markets.map((market) => {
  const rows = conversionBounds(market, [AS_OF]).filter((row) => !row.underContract)
  return { market, rows }
})
const labelsOf = (rows: readonly BoundRow[]): number[] => rows.map(({ label }) => label)

test('the achievable bound beats naive rules, and the oracle beats the achievable bound', () => {
  let best = 0
  let oracle = 0
  const naive = [0, 0, 0]
  for (const { market, rows } of results) {
    const label = labelsOf(rows)
    best +=
      auc(
        rows.map((row) => row.achievable),
        label,
      ) / 3
    oracle +=
      auc(
        rows.map((row) => row.oracle),
        label,
      ) / 3
    Object.values(rules(market)).forEach((score: number[], r) => {
      naive[r]! +=
        auc(
          rows.map((row) => score[row.index]!),
          label,
        ) / 3
    })
  }
  expect(oracle).toBeGreaterThan(best)
  for (const rule of naive) expect(best).toBeGreaterThan(rule + 0.02)
  expect(best).toBeGreaterThan(0.8)
  expect(best).toBeLessThan(0.97)
})

test('both bounds are calibrated: they sum to the number of conversions', () => {
  for (const kind of ['oracle', 'achievable'] as const) {
    const rows = results.flatMap((result) => result.rows)
    const sum = rows.reduce((total, row) => total + row[kind], 0)
    const spread = Math.sqrt(rows.reduce((total, row) => total + row[kind] * (1 - row[kind]), 0))
    const hits = rows.reduce((total, row) => total + row.label, 0)
    expect(Math.abs(hits - sum) / spread).toBeLessThan(3)
  }
})

test('beliefs are distributions, and the true stage is on average as likely as claimed', () => {
  const market = build(34)
  const beliefs = createBeliefs(market)
  let claimed = 0
  let squares = 0
  for (const { day, items, truth } of simulateDays(market)) {
    if (day === 60) {
      market.leads.forEach((_, i) => {
        if (!beliefs.known(i)) return
        const stages = new Float64Array(11)
        beliefs.of(i).forEach((p, k) => (stages[k % 11]! += p))
        expect(stages.reduce((a, b) => a + b)).toBeCloseTo(1, 9)
        claimed += stages[truth.stage[i]!]!
        squares += stages.reduce((a, p) => a + p * p, 0)
      })
      break
    }
    beliefs.advance(items)
  }
  // E[p(true)] = E[sum p^2] when the beliefs are the true posterior.
  expect(claimed / squares).toBeGreaterThan(0.93)
  expect(claimed / squares).toBeLessThan(1.07)
})

test('opens: humans and scanners overlap, and the posterior tells most of them apart', () => {
  const bound = gradeBound(createMarket({ seed: 35, leads: 250, days: 80, startMs: START }))
  expect(bound.opens).toBeGreaterThan(300)
  expect(bound.f1).toBeGreaterThan(0.8)
  expect(bound.f1).toBeLessThan(0.99)
})

test('with a constant hazard every open lead has the same chance', () => {
  const perDay = 0.002
  const parameters = withConstantHazard(drawParameters(36), perDay)
  const market = createMarket({ seed: 36, leads: 600, days: 120, startMs: START, parameters })
  const rows = conversionBounds(market, [20], 90).filter((row) => !row.underContract)
  const truth = 1 - (1 - perDay) ** 90
  for (const row of rows) expect(row.achievable).toBeCloseTo(truth, 9)
  const rate = labelsOf(rows).reduce((a, b) => a + b, 0) / rows.length
  expect(Math.abs(rate - truth)).toBeLessThan(4 * Math.sqrt((truth * (1 - truth)) / rows.length))
})

test('a horizon that is still open is refused', () => {
  expect(() => conversionBounds(markets[0]!, [100])).toThrow(/does not fit/)
})
