import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../math/index.ts'
import type { Column, Frame } from '../frame.ts'
import { estimatePerformance } from './cbpe.ts'
import { frameDrift } from './frame-drift.ts'
import { binCounts, populationStabilityIndex, quantileEdges } from './psi.ts'

function table(rows: number, seed: number, shift: number, extra: Column[] = []): Frame {
  const random = seededRandom(seed)
  const numeric = (name: string, draw: () => number): Column => ({
    kind: 'numeric',
    name,
    values: Float64Array.from({ length: rows }, draw),
  })
  const city: Column = {
    kind: 'categorical',
    name: 'city',
    levels: ['Austin', 'Dallas', 'Waco'],
    codes: Int32Array.from({ length: rows }, () => (random.next() < 0.5 + shift / 4 ? 0 : 1)),
  }
  const same = numeric('same', random.normal)
  const price = numeric('price', () => random.normal() + shift)
  const flag = numeric('flag', () => (random.next() < 0.2 + shift / 3 ? 1 : 0))
  const holes = numeric('holes', () => (random.next() < shift / 2 ? NaN : random.normal()))
  return { rows, columns: [same, price, city, flag, holes, ...extra] }
}

test('finds the columns that changed and only those', () => {
  const { columns, verdict } = frameDrift(table(3000, 1, 0), table(2500, 2, 0.9))
  const verdicts = Object.fromEntries(columns.map((c) => [c.column, [c.test, c.verdict]]))
  expect(verdicts).toEqual({
    same: ['ks', 'stable'],
    price: ['ks', 'drift'],
    city: ['chi-square', 'drift'],
    flag: ['chi-square', 'drift'],
    holes: ['ks', 'drift'],
  })
  expect(verdict).toBe('drift')
})

test('a constant or a flag that becomes an amount is drift', () => {
  const random = seededRandom(9)
  const column = (name: string, draw: () => number): Column => {
    return { kind: 'numeric', name, values: Float64Array.from({ length: 500 }, draw) }
  }
  const constant = column('x', () => 5)
  const flag = column('y', () => random.int(2))
  const reference = { rows: 500, columns: [constant, flag] }
  const amounts = [column('x', () => 5 + random.normal()), column('y', () => random.normal())]
  const { columns } = frameDrift(reference, { rows: 500, columns: amounts })
  expect(columns.map((c) => c.verdict)).toEqual(['drift', 'drift'])
})

test('nothing changed: stable, and with twenty rows rarely otherwise', () => {
  let alarmed = 0
  for (let seed = 1; seed <= 20; seed++) {
    expect(frameDrift(table(2000, seed, 0), table(2000, seed + 100, 0)).verdict).toBe('stable')
    const few = frameDrift(table(500, seed, 0), table(20, seed + 100, 0))
    if (few.verdict !== 'stable') alarmed += 1
  }
  // One in twenty is the false discovery rate asked for.
  expect(alarmed).toBeLessThanOrEqual(3)
})

test('a column in one table only, or empty on one side, is said and never NaN', () => {
  const gone: Column = { kind: 'numeric', name: 'gone', values: new Float64Array(300).fill(1) }
  const empty: Column = { kind: 'numeric', name: 'same', values: new Float64Array(300).fill(NaN) }
  const current = table(300, 2, 0)
  const columns = current.columns.map((column) => (column.name === 'same' ? empty : column))
  const result = frameDrift(table(300, 1, 0, [gone]), { rows: 300, columns })
  expect(result.columns.find((c) => c.column === 'gone')).toMatchObject({
    test: 'none',
    verdict: 'drift',
    note: 'only in the reference',
  })
  expect(result.columns.find((c) => c.column === 'same')).toMatchObject({ verdict: 'drift' })
  expect(JSON.stringify(result)).not.toMatch(/NaN/)
  expect(() => frameDrift({ rows: 0, columns: [] }, current)).toThrow(/at least one row/)
})

test('PSI is symmetric, not negative, zero for equal shares; bins keep every value', () => {
  const counts = fc.array(fc.nat(500), { minLength: 2, maxLength: 12 })
  fc.assert(
    fc.property(counts, (a) => {
      const b = [...a].reverse()
      const psi = populationStabilityIndex(a, b)
      expect(psi).toBeGreaterThanOrEqual(0)
      expect(psi).toBeCloseTo(populationStabilityIndex(b, a), 12)
      expect(populationStabilityIndex(a, a)).toBe(0)
    }),
    { seed: 5 },
  )
  const values = fc.array(fc.oneof(fc.double(), fc.constantFrom(0, 1, NaN, Infinity, -Infinity)))
  fc.assert(
    fc.property(values, (v) => {
      const total = binCounts(v, quantileEdges(v, 10)).reduce((a, b) => a + b, 0)
      expect(total).toBe(v.length)
    }),
    { seed: 6 },
  )
})

test('estimated performance is what calibrated labels then show', () => {
  const random = seededRandom(9)
  const p = Float64Array.from({ length: 4000 }, () => random.next() ** 2)
  const estimate = estimatePerformance(p)
  const y = Array.from(p, (value) => (random.next() < value ? 1 : 0))
  const right = y.filter((label, i) => (p[i]! >= 0.5 ? 1 : 0) === label).length / p.length
  expect(right).toBeGreaterThan(estimate.accuracyInterval[0])
  expect(right).toBeLessThan(estimate.accuracyInterval[1])
  let wins = 0
  let pairs = 0
  for (let i = 0; i < 1000; i++)
    for (let j = 0; j < 1000; j++)
      if (y[i] === 1 && y[j] === 0) {
        pairs += 1
        wins += p[i]! > p[j]! ? 1 : 0
      }
  expect(Math.abs(wins / pairs - estimate.rocAuc!)).toBeLessThan(0.03)
  // By hand: two rows; the only pairs are (1 positive, 2 not) and (2 positive, 1 not).
  expect(estimatePerformance([0.8, 0.4]).rocAuc).toBeCloseTo(0.48 / (0.48 + 0.08), 12)
  expect(estimatePerformance([1, 1]).rocAuc).toBeNull()
  expect(() => estimatePerformance([1.2])).toThrow(/not a probability/)
})
