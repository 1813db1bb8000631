import { expect, test } from 'vitest'
import type { Frame } from '../frame.ts'
import { fitOneHot, oneHotFrame, oneHotWidth } from './one-hot.ts'

/** `levels` levels, the first ones the most frequent, beside one number. */
function table(rows: number, levels: number): Frame {
  const codes = Int32Array.from({ length: rows }, (_, i) => Math.floor(levels * (i / rows) ** 2))
  const names = Array.from({ length: levels }, (_, i) => `level ${i}`)
  return {
    rows,
    columns: [
      { kind: 'categorical', name: 'city', codes, levels: names },
      { kind: 'numeric', name: 'x', values: new Float64Array(rows) },
    ],
  }
}

test('a long table gets fewer 0/1 columns than a short one, the most frequent levels first', () => {
  const short = fitOneHot(table(20_000, 600)).columns[0]!.levels
  expect(short).toHaveLength(150)
  const long = table(400_000, 600)
  const kept = fitOneHot(long).columns[0]!.levels
  expect(kept).toHaveLength(19)
  expect(kept).toEqual(short.slice(0, 19))
  expect(oneHotFrame({ columns: [{ name: 'city', levels: kept }] }, long).columns).toHaveLength(21)
  expect(oneHotWidth(long)).toBe(152)
})
