import { expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import type { Column, Frame } from '../frame.ts'
import { domainDrift } from './domain-classifier.ts'
import { frameDrift } from './frame-drift.ts'

/** Budget and price, which go together when `together`; a city that has nothing to do with them. */
function table(rows: number, seed: number, together: boolean, first = 'Austin'): Frame {
  const random = seededRandom(seed)
  const budget = Float64Array.from({ length: rows }, () => random.normal())
  const price = budget.map((b) => {
    const own = random.normal()
    return together ? 0.95 * b + Math.sqrt(1 - 0.95 ** 2) * own : own
  })
  const numeric = (name: string, values: Float64Array): Column => ({
    kind: 'numeric',
    name,
    values,
  })
  const codes = Int32Array.from({ length: rows }, () => random.int(3) - 1)
  const city: Column = { kind: 'categorical', name: 'city', levels: [first, 'Waco'], codes }
  return { rows, columns: [numeric('budget', budget), numeric('price', price), city] }
}

test('columns that no longer go together are seen, though each is as before', () => {
  const reference = table(800, 1, true)
  const current = table(700, 2, false)
  expect(frameDrift(reference, current).verdict).toBe('stable')
  const found = domainDrift(reference, current)!
  expect(found.verdict).toBe('drift')
  expect(found.interval[0]).toBeGreaterThan(0.7)
  expect(found.auc).toBeGreaterThan(found.interval[0])
  expect(found.auc).toBeLessThan(found.interval[1])
  expect(
    found.columns
      .slice(0, 2)
      .map(({ column }) => column)
      .sort(),
  ).toEqual(['budget', 'price'])
  expect(found.columns.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
})

test('nothing changed: rarely an alarm, and the AUC is near one half', () => {
  let alarms = 0
  let sum = 0
  for (let seed = 1; seed <= 8; seed++) {
    const found = domainDrift(table(400, seed, true), table(400, 100 + seed, true), { seed })!
    if (found.verdict !== 'stable') alarms++
    sum += found.auc / 8
  }
  // The interval leaves 2.5 % above it: 8 tables give one alarm in five tries.
  expect(alarms).toBeLessThanOrEqual(1)
  expect(Math.abs(sum - 0.5)).toBeLessThan(0.02)
})

test('levels are matched by name; too few rows or no common column is no answer', () => {
  const renamed = domainDrift(table(300, 1, true), table(300, 2, true, 'Dallas'))!
  expect(renamed.verdict).toBe('drift')
  expect(renamed.columns[0]!.column).toBe('city')
  expect(domainDrift(table(10, 1, true), table(300, 2, true))).toBeNull()
  const bare: Frame = { rows: 300, columns: [] }
  expect(domainDrift(table(300, 1, true), bare)).toBeNull()
})
