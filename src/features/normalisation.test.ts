import { expect, test } from 'vitest'
import { applyNormalisation, fitNormalisation } from './normalisation.ts'

const rows = [
  [1, 5, NaN],
  [2, 5, NaN],
  [4, 5, NaN],
  [9, 5, NaN],
]

// Reference: scikit-learn 1.2.1 MinMaxScaler, StandardScaler, RobustScaler on the first column.
test.each([
  ['min-max', [0, 0.125, 0.375, 1]],
  ['z-score', [-0.9733285267845753, -0.6488856845230502, 0, 1.6222142113076254]],
  ['robust', [-0.5714285714285714, -0.2857142857142857, 0.2857142857142857, 1.7142857142857142]],
] as const)('%s', (kind, expected) => {
  const stored = JSON.stringify(fitNormalisation(rows, kind))
  const fit = JSON.parse(stored) as ReturnType<typeof fitNormalisation>
  rows.forEach((row, i) => {
    const [scaled, constant, missing] = applyNormalisation(fit, row)
    expect(scaled).toBeCloseTo(expected[i]!, 12)
    expect(constant).toBe(0)
    expect(missing).toBeNaN()
  })
})

test('a value outside the training range is cut by min-max; a wrong width is refused', () => {
  const fit = fitNormalisation(rows, 'min-max')
  expect(applyNormalisation(fit, [100, 0, 0])[0]).toBe(1)
  expect(() => applyNormalisation(fit, [1])).toThrow(/expected 3 values/)
  expect(() => fitNormalisation([], 'robust')).toThrow(/at least one row/)
})
