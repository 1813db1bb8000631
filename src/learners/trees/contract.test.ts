import { learnerSuite } from '../../../test/suites/learner.ts'
import { trainForest } from './forest.ts'
import { forestFromState } from './forest-model.ts'
import { trainGbdt } from './gbdt.ts'
import { gbdtFromState } from './gbdt-model.ts'

learnerSuite({
  name: 'gradient boosting',
  train: (frame, labels, options) =>
    trainGbdt(frame, labels, { trees: 40, maxDepth: 3, ...options }),
  restore: gbdtFromState,
})

learnerSuite({
  name: 'gradient boosting of means, with every kind of sampling',
  train: (frame, labels, options) =>
    trainGbdt(frame, labels, {
      objective: 'squared',
      trees: 40,
      maxDepth: 3,
      rowFraction: 0.8,
      columnFraction: 0.7,
      ...options,
    }),
  restore: gbdtFromState,
  answers: 'number',
})

learnerSuite({
  name: 'random forest',
  train: (frame, labels, options) => trainForest(frame, labels, { trees: 40, ...options }),
  restore: forestFromState,
})
