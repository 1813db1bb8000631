/** What the owner of a partition tells those who watch. */
import type { EventType } from '../core/index.ts'
import type { LeadScoreRecord } from '../store/index.ts'
import type { ComputedScore } from './lead-score.ts'

/** Whom a notice is about; agents see those of owners they may see. */
interface About {
  readonly workspaceId: number
  readonly leadId: string
  readonly name: string | null
  readonly ownerId: number | null
}

export interface EventBrief {
  readonly type: EventType
  /** Event time, milliseconds since the epoch. */
  readonly time: number
  readonly propertyId: string | null
  readonly position: number
}

export interface EventNotice extends About, EventBrief {}

export interface ScoreNotice extends About {
  readonly score: LeadScoreRecord
  /** The score of the day before. */
  readonly scoreBefore: number | null
  /** Null when the lead was scored for another reason than an event. */
  readonly lastEvent: EventBrief | null
}

export interface LiveNotice {
  readonly scores: readonly ScoreNotice[]
  readonly events: readonly EventNotice[]
}

/** A computed score as it is stored and sent. */
export function toScoreRecord(
  key: { readonly workspaceId: number; readonly personId: number },
  computed: ComputedScore,
): LeadScoreRecord {
  const { call } = computed
  return {
    workspaceId: key.workspaceId,
    personId: key.personId,
    version: computed.version,
    position: computed.position,
    computedAt: computed.asOf,
    score: computed.score,
    probability: computed.probability,
    interval: computed.interval,
    prior: computed.prior,
    priorFrom: computed.priorFrom,
    priorInterval: computed.priorInterval,
    timesAverage: computed.timesAverage,
    reason: computed.reason,
    commission: call.expectedCommission,
    reachability: call.reachability,
    callReasons: call.reasons,
    callNext: call.value,
    notCalled: call.notCalled,
    lastActivityAt: computed.lastActivityAt,
  }
}
