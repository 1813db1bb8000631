/**
 * decisions: what to do about it. In: features and models. Out: whom to call next. May import core,
 * math, learners, platform, store, policy, experiments, features and models.
 */
export {
  atHour,
  callNext,
  hourIn,
  inSight,
  type CallNext,
  type Economics,
  type LeadSight,
} from './call-next.ts'
export type { NotCalled } from './call-standing.ts'
export { createGrounds, type Ground, type Grounds } from './grounds.ts'
export { computeScore, type ComputedScore, type LeadFacts } from './lead-score.ts'
export {
  toScoreRecord,
  type EventBrief,
  type EventNotice,
  type LiveNotice,
  type ScoreNotice,
} from './live-notice.ts'
