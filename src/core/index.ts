/**
 * core: the words of the product. Pure; imports nothing.
 */
export type { Clock } from './clock.ts'
export { EMOTIONS, type Emotion } from './emotions.ts'
export {
  createEventCollector,
  createPropertyInteractionCollector,
  toEventInput,
  type EventCollector,
  type Interaction,
  type InteractionContext,
  type PropertyInteraction,
  type PropertyInteractionCollector,
} from './event-collector.ts'
export {
  EVENT_TIME_LIMITS,
  EventContextInput,
  EventInput,
  IDENTIFIER_PATTERN,
  Identifier,
} from './event-input.ts'
export {
  AppError,
  ERRORS,
  problemType,
  toProblem,
  type ErrorCode,
  type ErrorDeclaration,
  type FieldFault,
  type Problem,
} from './errors.ts'
export {
  EVENT_TYPE_NAMES,
  EVENT_TYPES,
  GRADING_PROPERTIES,
  CLOSING_OUTCOMES,
  LOSING_OUTCOMES,
  OUTCOME_SUCCESS,
  OUTCOME_TYPES,
  PUBLIC_EVENT_TYPES,
  eventTypeOfCode,
  isOutcomeType,
  isPublicEventType,
  isUndoable,
  isWebsiteEventType,
  type Actor,
  type EngagementGrade,
  type EventType,
  type EventTypeDeclaration,
  type OutcomeType,
  type PropertyEventType,
  type PublicEventType,
} from './event-types.ts'
export { leadQuality, QUALITY_THRESHOLD, type LeadQuality } from './lead-quality.ts'
export { flatRecord, LeadRecord, LEAD_RECORD_VERSION, readLeadRecord } from './lead-record.ts'
export type { EntryBody, EventContext, FrozenEnrichment, Json, LogEntry } from './log-entry.ts'
export { undoneBy, withoutUndone } from './undone.ts'
export type { Parallel, Progress } from './parallel.ts'
export type { Random } from './random.ts'
export {
  ATTRIBUTE_TYPES,
  KNOWN_AT,
  POLICY_CLASSES,
  mayEnterModels,
  policyOfColumn,
  type AttributeDeclaration,
  type AttributeType,
  type DeclaredAttribute,
  type KnownAt,
  type PolicyClass,
} from './attributes.ts'
export {
  WEEKDAYS,
  faultyDays,
  isTimeZone,
  isWorking,
  nextStart,
  type Weekday,
  type WorkingHours,
} from './working-hours.ts'
