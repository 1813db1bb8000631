/** Churn bounds: calibrated against what happens, rising with the horizon, refused when open. */
import { expect, test } from 'vitest'
import { churnBounds, type ChurnRow } from './churn-bound.ts'
import { createMarket } from './market.ts'
import { quietHorizon } from './quiet.ts'
import { STAGE } from './stages.ts'

const START = Date.UTC(2026, 0, 1)
const build = (seed: number): ReturnType<typeof createMarket> =>
  createMarket({ seed, leads: 700, days: 80, startMs: START })

test('both bounds sum to the number of leads that fall silent', () => {
  const rows: ChurnRow[] = churnBounds(build(51), [40], 5)
  const hits = rows.reduce((total, { label }) => total + label, 0)
  expect(hits).toBeGreaterThan(8)
  for (const kind of ['oracle', 'achievable'] as const) {
    const sum = rows.reduce((total, row) => total + row[kind], 0)
    const spread = Math.sqrt(rows.reduce((total, row) => total + row[kind] * (1 - row[kind]), 0))
    expect(Math.abs(hits - sum) / spread).toBeLessThan(3)
  }
  const mean = (label: 0 | 1): number => {
    const own = rows.filter((row) => row.label === label)
    return own.reduce((total, row) => total + row.oracle, 0) / own.length
  }
  expect(mean(1)).toBeGreaterThan(mean(0))
})

test('the chance rises with the horizon and is nothing for a lead that is gone', () => {
  const market = build(53)
  const kind = { group: 0, arrivalDay: 3 }
  const horizons = [3, 7, 14].map((days) => quietHorizon(market, kind, 40, days))
  for (const stage of [STAGE.browsing, STAGE.exploring, STAGE.ready, STAGE.away]) {
    const at = horizons.map((h) => h.given(false, { activity: 1, nudged: 0, stage }))
    expect(at[0]!).toBeGreaterThan(0)
    expect(at[1]!).toBeGreaterThan(at[0]!)
    expect(at[2]!).toBeGreaterThan(at[1]!)
    expect(at[2]!).toBeLessThan(1)
  }
  const gone = { activity: 1, nudged: 0, stage: STAGE.gone }
  expect(horizons[2]!.given(false, gone)).toBe(0)
})

test('a silence that is still open at the end is refused', () => {
  expect(() => churnBounds(build(54), [90], 7)).toThrow(/do not fit/)
})
