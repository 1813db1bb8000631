import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AttributeDeclaration } from './attributes.ts'
import { leadQuality, type QualityFacts } from './lead-quality.ts'
import { readLeadRecord } from './lead-record.ts'

const NOW = Date.UTC(2026, 5, 1)
const declared: AttributeDeclaration[] = ['budget_max', 'financing'].map((name) => ({
  name,
  label: name,
  type: name === 'budget_max' ? 'number' : 'category',
  policy: 'free',
  knownAt: 'during',
}))

function quality(old: object, of: Partial<QualityFacts> = {}) {
  const { record, faults } = readLeadRecord({ lead_id: 'x', ...old })
  return leadQuality(record, { declared, faults, events: 0, newestAt: NOW, ...of }, NOW)
}
const FULL = {
  name: 'Ada',
  email: 'ada@example.com',
  phone: '5125550123',
  segment: 'investor',
  stage: 'open',
  budget_max: 500_000,
  financing: 'cash',
}

test('the formula, by hand', () => {
  expect(quality(FULL, { events: 5 })).toMatchObject({ score: 1, isThin: false, missing: [] })
  // Weights: e-mail 2 of 12, known 90 days ago: 2^(-1/2); one refused phone beside one value.
  const found = quality(
    { email: 'ada@example.com', phone: 'none' },
    { newestAt: NOW - 90 * 86_400_000 },
  )
  expect(found).toMatchObject({ completeness: 2 / 12, validity: 0.5, consistency: 1, isThin: true })
  expect(found.score).toBeCloseTo((1 / 6) ** 0.5 * 0.5 ** 0.2 * 2 ** (-0.5 * 0.15), 12)
  expect(found.missing[0]).toMatchObject({ field: 'behavior' })
  expect(found.missing[1]).toMatchObject({ field: 'phone' })
})

test('five events of a lead without a name are enough to go by, an address alone is not', () => {
  expect(quality({}, { events: 5 })).toMatchObject({ isThin: false })
  expect(quality({ email: 'ada@example.com' })).toMatchObject({ isThin: true })
  expect(quality({})).toMatchObject({ score: 0, isThin: true })
})

test('what contradicts itself or its declaration costs', () => {
  const fine = quality(FULL, { events: 5 }).score
  const wrongType = quality({ ...FULL, budget_max: 'much' }, { events: 5 })
  expect(wrongType.faults).toEqual([{ field: 'attributes.budget_max', problem: 'is not a number' }])
  expect(wrongType.score).toBeLessThan(fine)
  const conflict = quality({ ...FULL, budget_min: 600_000 }, { events: 5 })
  expect(conflict).toMatchObject({ consistency: 0.5 })
  expect(conflict.faults[0]).toMatchObject({ problem: 'is above budget_max' })
})

test('between 0 and 1, and never lower when a missing field becomes known as promised', () => {
  const some = fc.subarray(Object.entries(FULL))
  fc.assert(
    fc.property(some, fc.nat(8), fc.nat(900), (entries, events, days) => {
      const facts = { events, newestAt: NOW - days * 86_400_000 }
      const before = quality(Object.fromEntries(entries), facts)
      expect(before.score).toBeGreaterThanOrEqual(0)
      expect(before.score).toBeLessThanOrEqual(1)
      for (const { field, gain } of before.missing) {
        const key = field.replace('attributes.', '') as keyof typeof FULL
        if (field === 'behavior' || before.validity === 0) continue
        const after = quality(Object.fromEntries([...entries, [key, FULL[key]]]), facts)
        expect(after.score - before.score).toBeCloseTo(gain, 9)
      }
    }),
    { numRuns: 40, seed: 5, endOnFailure: true },
  )
})
