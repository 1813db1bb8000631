/** Every online classifier passes the same contract. */
import {
  adaptiveForestFromState,
  createAdaptiveForest,
  createHoeffdingTree,
  createNaiveBayes,
  createOnlineBagging,
  createOnlineLogistic,
  hoeffdingTreeFromState,
  naiveBayesFromState,
  onlineBaggingFromState,
  onlineLogisticFromState,
} from '../src/learners/index.ts'
import { onlineLearnerSuite } from './suites/online-learner.ts'

onlineLearnerSuite('Gaussian naive Bayes', {
  create: createNaiveBayes,
  fromState: naiveBayesFromState,
  accuracyMin: 0.9,
})
for (const optimizer of ['sgd', 'adagrad', 'ftrl'] as const)
  onlineLearnerSuite(`logistic regression, ${optimizer}`, {
    create: () => createOnlineLogistic({ optimizer }),
    fromState: onlineLogisticFromState,
    accuracyMin: 0.9,
  })
onlineLearnerSuite('Hoeffding tree', {
  create: createHoeffdingTree,
  fromState: hoeffdingTreeFromState,
  accuracyMin: 0.9,
})
onlineLearnerSuite('adaptive random forest', {
  create: () => createAdaptiveForest({ trees: 5 }),
  fromState: adaptiveForestFromState,
  accuracyMin: 0.9,
})
onlineLearnerSuite('online bagging of naive Bayes', {
  create: () => createOnlineBagging(createNaiveBayes, { models: 4 }),
  fromState: (state) => onlineBaggingFromState(state, naiveBayesFromState),
  accuracyMin: 0.9,
})
