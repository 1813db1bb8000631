/**
 * learners: algorithms only, a library that would stand on its own. In: numbers and labels.
 * Out: models, probabilities, reasons, alarms. May import core and math.
 */
export { adwinFromState, createAdwin, type Adwin, type AdwinOptions } from './drift/adwin.ts'
export { estimatePerformance, type EstimatedPerformance } from './drift/cbpe.ts'
export {
  createDdm,
  createEddm,
  createPageHinkley,
  ddmFromState,
  eddmFromState,
  pageHinkleyFromState,
} from './drift/control-charts.ts'
export type { DriftDetector, DriftStatus } from './drift/detector.ts'
export { domainDrift, type DomainDrift } from './drift/domain-classifier.ts'
export {
  frameDrift,
  type ColumnDrift,
  type DriftVerdict,
  type FrameDrift,
  type FrameDriftOptions,
} from './drift/frame-drift.ts'
export { createKswin, kswinFromState } from './drift/kswin.ts'
export { binCounts, populationStabilityIndex, psiNoise, quantileEdges } from './drift/psi.ts'
export { benjaminiHochberg, chiSquareTest, ksTest, type TestResult } from './drift/two-samples.ts'
export {
  alignFrame,
  takeRows,
  type CategoricalColumn,
  type Column,
  type Frame,
  type NumericColumn,
} from './frame.ts'
export {
  binFrame,
  binRow,
  fitBinner,
  type BinnedFrame,
  type Binner,
  type BinnerOptions,
  type ColumnBins,
} from './trees/binner.ts'
export { helpTraining, trainGbdt, trainGbdtTogether } from './trees/gbdt.ts'
export { gbdtFromState, type GbdtModel, type GbdtState } from './trees/gbdt-model.ts'
export type { GbdtOptions, ValidationPart } from './trees/gbdt-options.ts'
export type { ObjectiveName } from './trees/target.ts'
export type { Shares } from './trees/treeshap.ts'
export { trainForest, type ForestOptions } from './trees/forest.ts'
export { forestFromState, type ForestModel, type ForestState } from './trees/forest-model.ts'
export { gainImportance, permutationImportance, type Importance } from './trees/importance.ts'
export type { TreeModel } from './trees/tree-model.ts'
export { contentSimilarity, trainContent, type ContentState } from './recommend/content.ts'
export { diversify } from './recommend/diversify.ts'
export {
  recommenderFromState,
  trainRecommender,
  type RecommenderFamily,
  type RecommenderState,
} from './recommend/family.ts'
export { holdOut, type Holdout } from './recommend/holdout.ts'
export { foldIn, trainIals, type IalsOptions } from './recommend/ials.ts'
export { evaluateRanking, topItems, type RankingQuality } from './recommend/ranking.ts'
export type { Recommender } from './recommend/recommender.ts'
export { selectRecommender, type Selection, type SelectionOptions } from './recommend/select.ts'
export { type BatchModel, type TrainingOptions } from './batch-model.ts'
export { averagePrecision, rocAuc } from './metrics/ranking.ts'
export {
  brierScore,
  calibrationError,
  logLoss,
  reliability,
  type ReliabilityBin,
} from './metrics/probability.ts'
export { calibrationNoise, type CalibrationNoise } from './metrics/calibration-noise.ts'
export {
  confusionMatrix,
  decisionScores,
  type ConfusionMatrix,
  type DecisionScores,
} from './metrics/decisions.ts'
export { selectiveCurve, selectiveScores, type SelectiveScores } from './metrics/selective.ts'
export { bootstrapInterval, type BootstrapOptions, type Interval } from './metrics/bootstrap.ts'
export {
  calibrateBeta,
  calibrateIsotonic,
  calibratePlatt,
  calibratorFromState,
  logOdds,
  type Calibrator,
  type CalibratorState,
} from './calibration/calibrator.ts'
export { fitVennAbers, type VennAbers, type VennAbersAnswer } from './calibration/venn-abers.ts'
export {
  conformalQuantile,
  conformalRadius,
  fitLabelSets,
  type LabelSet,
} from './calibration/conformal.ts'
export {
  logisticFromState,
  trainLogistic,
  type LogisticModel,
  type LogisticOptions,
  type LogisticState,
} from './linear/logistic.ts'
export {
  adaptiveForestFromState,
  createAdaptiveForest,
  type AdaptiveForest,
  type AdaptiveForestOptions,
} from './online/adaptive-forest.ts'
export {
  createHoeffdingTree,
  hoeffdingTreeFromState,
  type HoeffdingTreeState,
} from './online/hoeffding-tree-state.ts'
export type { HoeffdingTreeOptions } from './online/hoeffding-tree.ts'
export { createOnlineBagging, onlineBaggingFromState } from './online/online-bagging.ts'
export type { OnlineClassifier, OnlineRow } from './online/online-classifier.ts'
export {
  createOnlineLogistic,
  onlineLogisticFromState,
  type OnlineLogisticOptions,
} from './online/online-logistic.ts'
export { createNaiveBayes, naiveBayesFromState } from './online/online-naive-bayes.ts'
export {
  createPrequentialMeter,
  prequential,
  type PrequentialMeter,
  type PrequentialOptions,
  type PrequentialResult,
} from './online/prequential.ts'
export {
  cuped,
  powerForRates,
  probabilityBetter,
  sampleRatioTest,
  sampleSizeForRates,
  type BetaBelief,
  type PowerOptions,
} from './experiments/fixed-horizon.ts'
export {
  rateSummary,
  sequentialTest,
  type ArmSummary,
  type SequentialOptions,
  type SequentialResult,
} from './experiments/sequential.ts'
export type { BanditChoice } from './bandits/choice.ts'
export {
  chooseLinTs,
  chooseLinUcb,
  createLinearBandit,
  linearBanditFromState,
  type LinearBandit,
  type LinearBanditState,
  type LinTsOptions,
  type LinUcbOptions,
} from './bandits/linear-bandit.ts'
export { chooseThompson, type ArmBelief, type ThompsonOptions } from './bandits/thompson.ts'
export {
  classifierFromState,
  trainClassifier,
  type ClassifierModel,
  type ClassifierName,
  type ClassifierOptions,
  type ClassifierState,
  type CrossValidation,
  type MemberReport,
} from './automatic/classifier.ts'
export {
  boostingOptions,
  searchBoosting,
  type BoostingChoice,
  type BoostingSettings,
} from './automatic/boosting-search.ts'
export { groupedFolds } from './automatic/folds.ts'
export {
  buildRawTable,
  dropColumns,
  takeRawRows,
  type RawColumn,
  type RawTable,
  type RawTableBuilder,
} from './table/raw-table.ts'
export { frameOf, inferColumns, levelCounts, type ColumnPlan } from './table/infer.ts'
export { findLeaks, type LeakKind, type Suspicion } from './table/leaks.ts'
export { parseDate, parseNumber } from './table/values.ts'
export {
  trainUplift,
  upliftFromState,
  type TreatedRows,
  type UpliftMethod,
  type UpliftModel,
  type UpliftOptions,
  type UpliftState,
} from './uplift/uplift.ts'
export {
  areaUnderUplift,
  policyValue,
  qiniCoefficient,
  qiniCurve,
  qiniInterval,
  type LoggedRows,
  type ScoredRows,
  type UpliftCurve,
} from './uplift/qini.ts'
export {
  hazardFromState,
  trainHazard,
  type Durations,
  type HazardModel,
  type HazardOptions,
  type HazardState,
} from './survival/hazard.ts'
export {
  kMeansFromState,
  silhouette,
  trainKMeans,
  type KMeansModel,
  type KMeansOptions,
  type KMeansState,
} from './clusters/kmeans.ts'
export {
  mlpFromState,
  trainMlp,
  type MlpModel,
  type MlpOptions,
  type MlpState,
} from './neural/mlp.ts'
