/**
 * features: what we know of this lead at this moment. In: entries of the log. Out: a small state
 * per lead and every feature's value as of a moment, the same online, replayed and rebuilt.
 * May import core, math, platform and store.
 */
export { decodeState, encodeState, FOLD_SCHEMA, isOfThisFold, STATE_VERSION } from './codec.ts'
export {
  onStateDamage,
  readStored,
  tellStateDamage,
  watchStateDamage,
  type StateDamage,
} from './damage.ts'
export { UNBOUNDED } from './declaration.ts'
export type {
  CategoricalFeature,
  FeatureDeclaration,
  FeatureGroup,
  FeatureWindow,
  NumericFeature,
} from './declaration.ts'
export {
  applyEntry,
  emptyState,
  foldEntries,
  foldOrder,
  needsRefold,
  type LeadState,
} from './state.ts'
export {
  BehaviorFeatureExtractor,
  CATEGORICAL_FEATURES,
  ContextualFeatureExtractor,
  EmotionalFeatureExtractor,
  extractFeatures,
  FEATURES,
  NUMERIC_FEATURES,
  PropertyFeatureExtractor,
  SessionFeatureExtractor,
  TimeFeatureExtractor,
  type FeatureExtractor,
  type FeatureVector,
} from './vector.ts'
export {
  applyNormalisation,
  fitNormalisation,
  type Normalisation,
  type NormalisationKind,
} from './normalisation.ts'
export { featuresMarkdown } from './reference.ts'
export { countCoverage, type Coverage } from './coverage.ts'
export type { Known } from './evidence.ts'
export { readKnown, readKnownThen, rebuildTrack } from './rebuild.ts'
export { endingOf } from './standing.ts'
export { asLearned, markDeclared, replayTrainingRows, type Replay } from './replay.ts'
export {
  advance,
  emptyTrack,
  rewind,
  type Checkpoint,
  type FoldCursor,
  type LeadTrack,
} from './track.ts'
export {
  emptyGrader,
  gradeEngagement,
  GRADED_BY,
  isBlank,
  mayHaveEmail,
  type GradeDecision,
  type GraderState,
} from './grader.ts'
