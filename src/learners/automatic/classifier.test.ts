import { expect, test } from 'vitest'
import { learnerSuite, sampleTable } from '../../../test/suites/learner.ts'
import { rocAuc } from '../metrics/ranking.ts'
import { classifierFromState, trainClassifier, type ClassifierName } from './classifier.ts'
import { splitFold, stratifiedFolds } from './folds.ts'

learnerSuite({
  name: 'stacked ensemble',
  train: (frame, labels, options) =>
    trainClassifier(frame, labels, { ...options, folds: 2, mostTrees: 40 }),
  restore: classifierFromState,
})

test('every kind of model explains its log odds completely', () => {
  const { frame, labels } = sampleTable(300, 3)
  const few = { rows: 300, columns: frame.columns }
  for (const model of ['ensemble', 'gbdt', 'forest', 'logistic'] satisfies ClassifierName[]) {
    const trained = trainClassifier(few, labels, { model, folds: 2, mostTrees: 60 })
    const { base, shares } = trained.explain(few)
    const width = trained.columnNames.length
    trained.predictMargin(few).forEach((margin, i) => {
      const row = shares.subarray(i * width, (i + 1) * width)
      expect(base + row.reduce((sum, v) => sum + v, 0)).toBeCloseTo(margin, 2)
    })
    expect(trained.crossValidation.rocAuc).toBeGreaterThan(0.75)
    expect(trained.members.map((m) => m.name)).toContain(model === 'ensemble' ? 'logistic' : model)
  }
})

test('cross-validation foretells new rows', () => {
  const { frame, labels } = sampleTable(800, 4)
  const later = sampleTable(3000, 5)
  const model = trainClassifier(frame, labels, { folds: 3, mostTrees: 100 })
  const found = rocAuc(later.labels, model.predict(later.frame))
  expect(Math.abs(found - model.crossValidation.rocAuc)).toBeLessThan(0.03)
})

test('a search on a sample of rows still trains on all', () => {
  const { frame, labels } = sampleTable(3000, 6)
  const model = trainClassifier(frame, labels, { folds: 2, searchCells: 5000, mostTrees: 30 })
  expect(model.crossValidation.rows).toBe(1000)
})

test('too few rows of a label are refused in words', () => {
  const { frame } = sampleTable(50, 7)
  const one = new Float64Array(50).fill(0).with(3, 1)
  expect(() => trainClassifier(frame, one)).toThrow(/at least 2 rows of each label; there are 1/)
})

test('folds hold every row once and share out both labels', () => {
  const labels = Array.from({ length: 103 }, (_, i) => (i % 10 === 0 ? 1 : 0))
  const fold = stratifiedFolds(labels, 5, 1)
  const parts = Array.from({ length: 5 }, (_, k) => splitFold(fold, k))
  expect(parts.flatMap((part) => part.test).sort((a, b) => a - b)).toEqual([...labels.keys()])
  for (const { train, test: held } of parts) {
    expect(train.length + held.length).toBe(103)
    const positives = held.reduce((sum, row) => sum + labels[row]!, 0)
    expect([2, 3]).toContain(positives)
  }
})
