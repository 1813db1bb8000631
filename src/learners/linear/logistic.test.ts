import { expect, test } from 'vitest'
import { learnerSuite, sampleTable } from '../../../test/suites/learner.ts'
import { irls } from './irls.ts'
import { logisticFromState, trainLogistic } from './logistic.ts'

learnerSuite({ name: 'logistic regression', train: trainLogistic, restore: logisticFromState })

test('both solvers find the same optimum', () => {
  const { frame, labels } = sampleTable(300, 5)
  const a = frame.columns.find((c) => c.name === 'a')!
  if (a.kind !== 'numeric') throw new Error('a is numeric')
  const values = a.values.map((v) => (Number.isNaN(v) ? 0 : v))
  const only = { rows: 300, columns: [{ ...a, values }] }
  const model = trainLogistic(only, labels, { c: 0.5 })
  const { design, coefficients } = model.toState()
  const z = values.map((v) => (v - design.mean[0]!) / design.sd[0]!)
  const direct = irls([z], labels, { l2: 2 })
  expect(coefficients[0]).toBeCloseTo(direct[0]!, 4)
  expect(coefficients[1]).toBeCloseTo(direct[1]!, 4)
})

test('shares of the columns add up to the log odds', () => {
  const { frame, labels } = sampleTable(200, 6)
  const model = trainLogistic(frame, labels)
  const { base, shares } = model.explain(frame)
  const width = model.columnNames.length
  model.predictMargin(frame).forEach((margin, i) => {
    const row = shares.subarray(i * width, (i + 1) * width)
    expect(base + row.reduce((sum, v) => sum + v, 0)).toBeCloseTo(margin, 9)
  })
  expect(shares[model.columnNames.indexOf('constant')]).toBeCloseTo(0, 12)
})
