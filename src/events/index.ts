/**
 * events: what was said to us. In: raw events of callers. Out: durable entries of the log.
 * May import core, perception, platform, store.
 */
export {
  acceptEvent,
  bodyHash,
  eventKey,
  namesOf,
  parseEventTime,
  type Acceptance,
} from './accept.ts'
export { createTimedBehaviorTracker } from './behavior-tracker.ts'
export { canonicalJson, holdsUnstorableText } from './canonical.ts'
export { createCapture, orThrow, type Capture, type Fate } from './capture.ts'
export { createGroupCommit, type GroupCommit } from './group-commit.ts'
