/**
 * models: what will happen, and why. In: feature vectors and what came of them. Out: fitted models,
 * probabilities, scores, intervals and reasons. May import core, math, learners, platform, store,
 * policy, experiments, features and outcomes.
 */
export { featureSentence } from './sentences.ts'
export { decodeModel, encodeModel } from './codec.ts'
export {
  exampleWriter,
  takeExamples,
  type AttributeValues,
  type Categories,
  type Example,
  type Examples,
  type ExampleWriter,
} from './examples.ts'
export { fitModel, LEADS_MIN, type FitOptions } from './fit.ts'
export {
  frameOfLeads,
  marginsOfFrame,
  predictExamples,
  type FittedModel,
  type HeldOutMetrics,
  type SeenLead,
  type TrainedOn,
} from './fitted-model.ts'
export type { AttributeMap } from './inputs.ts'
export { predictModel, type Factor, type Prediction, type PredictionContext } from './predict.ts'
export {
  baseValue,
  declarationsOf,
  guessLead,
  type BaseGuess,
  type BaseInput,
  type BaseModel,
} from './base-model.ts'
export {
  priorOf,
  smoothedRate,
  type OwnRates,
  type Prior,
  type Priors,
  type PriorSource,
} from './prior.ts'
export { referenceSample } from './reference-sample.ts'
export {
  leadScoring,
  leadScoringOfAttributes,
  refusalOf,
  type ModelName,
  type ModelSpec,
} from './spec.ts'
export { scalesOf, type Scales } from './scales.ts'
export { levelOf, type Thresholds } from './thresholds.ts'
export { summaryOf, type ModelInput, type ModelSummary } from './summary.ts'
export { createLiveModels, type AliasMove, type Live, type LiveModels } from './live-models.ts'
export {
  loadAlias,
  loadChampion,
  loadVersion,
  publishVersion,
  setAlias,
  versionLog,
  versionsOf,
  type AliasOrder,
  type LiveVersion,
  type Publication,
  type Registry,
} from './registry.ts'
