/**
 * learning: how the product gets better. In: the log and what came of it. Out: challengers,
 * held-out evaluations and verdicts. May import core, math, learners, platform, store, experiments,
 * features, models and outcomes.
 */
export { addExamples, type ExampleOptions, type LeadHistory } from './examples.ts'
export {
  answersThenAndNow,
  distributionDrift,
  modelDrift,
  type AnswersThenAndNow,
  type ModelDrift,
} from './drift.ts'
export { estimateSeconds } from './duration.ts'
export { evaluate, type Evaluation, type Judged } from './evaluation.ts'
export { compareAnswers, type Comparison } from './comparison.ts'
export { priorAnswers, ruleAnswers } from './baselines.ts'
export { liveHealth, type LiveHealth } from './health.ts'
export { CLOSINGS_MAX, listsOfDays } from './closings.ts'
export { findReadiness, READINESS, type Readiness } from './readiness.ts'
export { runRetraining, TRAINABLE, type RunReport } from './run.ts'
export { DRIFT_WATCH, watchDrift } from './watch.ts'
