import { expect, test } from 'vitest'
import { creditInTop, dayBefore } from './closings.ts'

test('equals count as a random order of them would', () => {
  expect(creditInTop(0.9, [0.1, 0.2, 0.3], 1)).toBe(1)
  expect(creditInTop(0.1, [0.9, 0.2, 0.3], 2)).toBe(0)
  expect(creditInTop(0.5, [0.5, 0.5, 0.5], 1)).toBe(0.25)
  expect(creditInTop(0.5, [0.9, 0.5, 0.5, 0.1], 3)).toBeCloseTo(2 / 3, 12)
})

test('a model that knows nothing is as good as chance, one that knows all is always right', () => {
  const same = { own: 0.2, others: new Array<number>(39).fill(0.2) }
  const first = { own: 0.9, others: new Array<number>(39).fill(0.2) }
  const blind = dayBefore(
    7,
    Array.from({ length: 20 }, () => same),
    2,
  )
  for (const { share, chance, interval } of blind.tops) {
    expect(share).toBeCloseTo(chance, 12)
    expect(interval[0]).toBeLessThan(chance)
    expect(interval[1]).toBeGreaterThan(chance)
  }
  expect(blind).toMatchObject({ closings: 20, notKnown: 2, listed: 40 })
  expect(dayBefore(7, [first], 0).tops.map(({ share }) => share)).toEqual([1, 1])
  expect(dayBefore(30, [], 5)).toEqual({ days: 30, closings: 0, notKnown: 5, listed: 0, tops: [] })
})
