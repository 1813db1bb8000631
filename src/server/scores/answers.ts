/** Scores as the contract shows them. */
import type {
  CallNext as CallNextBody,
  LeadScore,
  PriorSource,
  ScoreAnswer,
} from '../../contract/index.ts'
import {
  atHour,
  inSight,
  type CallNext,
  type ComputedScore,
  type LeadSight,
  type NotCalled,
} from '../../decisions/index.ts'
import { leadScoring } from '../../models/index.ts'
import type { LeadScoreRecord, StoredScore } from '../../store/index.ts'

const isoOrNull = (time: Date | number | null): string | null =>
  time === null ? null : new Date(time).toISOString()

function toCallNext(call: CallNext): CallNextBody {
  return {
    not_called: call.notCalled,
    value: call.value,
    expected_commission: call.expectedCommission,
    reachability: call.reachability,
    reasons: [...call.reasons],
  }
}

const difference = (now: number | null, before: number | null): number | null =>
  now === null || before === null ? null : Math.round((now - before) * 10) / 10

/** What names a score: who said it, knowing how much; null without a model. */
export const scoreId = (version: number | null, position: number): string | null =>
  version === null ? null : `${leadScoring.name}:${version}:${position}`

/** Where a prior comes from. A guess is never passed off as learned from the team's own leads. */
const PRIOR_SENTENCES: Record<'model' | 'guess', Partial<Record<PriorSource, string>>> = {
  model: {
    segment: 'Average of the leads of this segment when the model was made.',
    workspace: 'Average of the leads of this workspace when the model was made.',
  },
  guess: {
    segment:
      'Guess: how your leads of this segment did so far; who stands above and below that comes ' +
      'from the base model, learned from simulated markets.',
    workspace:
      'Guess: how your leads did so far; who stands above and below that comes from the base ' +
      'model, learned from simulated markets.',
    base: 'Guess of the base model: learned from simulated markets, not from your leads.',
  },
}

interface PriorParts {
  readonly version: number | null
  readonly prior: number | null
  readonly priorFrom: string | null
  readonly priorInterval: readonly [number, number] | null
}

function toPrior({ version, prior, priorFrom, priorInterval }: PriorParts) {
  const from = priorFrom as PriorSource | null
  const sentences = PRIOR_SENTENCES[version === null ? 'guess' : 'model']
  return {
    prior,
    prior_from: from,
    prior_interval: priorInterval === null ? null : [...priorInterval],
    prior_sentence: from === null ? null : (sentences[from] ?? null),
  }
}

interface Current extends Omit<LeadScoreRecord, 'computedAt' | 'lastActivityAt'> {
  readonly computedAt: Date | number
  readonly lastActivityAt: Date | number | null
  readonly scoreBefore: number | null
  readonly churnRisk?: number | null
}

/** A stored or just computed score at an hour of the day (0 to 23) in the workspace's zone. */
export function toLeadScore(
  current: Omit<Current, 'workspaceId' | 'personId'> | StoredScore,
  hour: number,
): LeadScore {
  const call: CallNext = {
    notCalled: current.notCalled as NotCalled | null,
    value: current.callNext,
    expectedCommission: current.commission ?? 0,
    reachability: current.reachability,
    reasons: current.callReasons,
  }
  return {
    score_id: scoreId(current.version, current.position),
    score: current.score,
    probability: current.probability,
    interval: current.interval === null ? null : [...current.interval],
    ...toPrior(current),
    times_average: current.timesAverage,
    abstained: current.score === null,
    reason: current.reason,
    trend: difference(current.score, current.scoreBefore),
    churn_risk: current.churnRisk ?? null,
    call_next: toCallNext(atHour(call, hour)),
    last_activity_at: isoOrNull(current.lastActivityAt),
    computed_at: new Date(current.computedAt).toISOString(),
    model_version: current.version,
  }
}

export interface AnswerContext {
  readonly leadId: string
  /** What its row says of being called now. */
  readonly sight: LeadSight
  /** Hour of the day (0 to 23) in the workspace's zone. */
  readonly hour: number
  readonly scoreBefore: number | null
  /** event_id of the newest entry; null when it has none. */
  readonly eventId: string | null
}

export function toScoreAnswer(
  computed: ComputedScore,
  { leadId, sight, hour, scoreBefore, eventId }: AnswerContext,
): ScoreAnswer {
  const { version, interval, vector } = computed
  return {
    lead_id: leadId,
    score_id: scoreId(version, computed.position),
    score: computed.score,
    probability: computed.probability,
    interval: interval === null ? null : [...interval],
    ...toPrior(computed),
    times_average: computed.timesAverage,
    confidence: computed.confidence,
    abstained: computed.abstained,
    reason: computed.reason,
    horizon_days: leadScoring.horizonDays,
    model: version === null ? null : { name: leadScoring.name, version },
    factors: [...computed.factors],
    call_next: toCallNext(atHour(inSight(computed.call, sight, computed.asOf), hour)),
    trend: difference(computed.score, scoreBefore),
    computed_at: new Date(computed.asOf).toISOString(),
    as_of_event_id: eventId,
    as_of_position: vector.knownPosition < 0 ? null : vector.knownPosition,
  }
}
