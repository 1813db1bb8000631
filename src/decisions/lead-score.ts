/** The current score of a lead: what the model says, and what to do with it. */
import { EVENT_TYPES } from '../core/index.ts'
import {
  extractFeatures,
  NUMERIC_FEATURES,
  type FeatureVector,
  type LeadState,
} from '../features/index.ts'
import {
  guessLead,
  predictModel,
  type Live,
  type OwnRates,
  type Prediction,
  type PredictionContext,
  type PriorSource,
} from '../models/index.ts'
import { callNext, type CallNext, type Economics } from './call-next.ts'
import { whyNotCalled, type StandingFacts } from './call-standing.ts'

/** What is known of a workspace when its leads are scored. */
export interface ScoringGround {
  /** The live lead_scoring model. */
  readonly champion: Live | undefined
  /** How the leads did so far, where no model is live; undefined: nothing to count yet. */
  readonly rates: OwnRates | undefined
  readonly economics: Economics
}

/** What is known of a lead beside its behavior. */
export interface LeadFacts extends StandingFacts {
  readonly segment: string | null
}

export interface ComputedScore extends Omit<Prediction, 'priorFrom' | 'timesAverage'> {
  /** Null: no model was live; then the prior is a guess, and factors are those of the guess. */
  readonly version: number | null
  readonly priorFrom: PriorSource
  /** 90 % interval of a guess; null with a model. */
  readonly priorInterval: readonly [number, number] | null
  readonly timesAverage: number | null
  /** At a permitted hour; see atHour. */
  readonly call: CallNext
  /** The lead's own last act, milliseconds since the epoch; null: none. */
  readonly lastActivityAt: number | null
  /** As of this moment, milliseconds since the epoch, and knowing this log position. */
  readonly asOf: number
  readonly position: number
  readonly vector: FeatureVector
}

const PRICE_MEAN = NUMERIC_FEATURES.findIndex(({ name }) => name === 'price_mean')
const UNSUBSCRIBED = EVENT_TYPES.unsubscribed.code

const NO_MODEL = 'not enough data yet: no model is trained in this workspace'

type Answer = Omit<ComputedScore, 'call' | 'lastActivityAt' | 'asOf' | 'position' | 'vector'>

function withoutModel(
  { rates }: ScoringGround,
  vector: FeatureVector,
  { events, segment }: PredictionContext,
  reasons: boolean,
): Answer {
  const guess = guessLead(vector, { events, segment, rates, reasons })
  return {
    version: null,
    probability: null,
    score: null,
    interval: null,
    prior: guess.probability,
    priorFrom: guess.from,
    priorInterval: guess.interval,
    timesAverage: guess.timesAverage,
    confidence: null,
    abstained: true,
    reason: NO_MODEL,
    factors: guess.factors,
  }
}

/** Own events of a lead, as the minimum for a score counts them. */
export const ownEvents = (state: LeadState): number => state.activity.events

/**
 * Scores a lead as of `now` (milliseconds since the epoch; never before its newest entry). Pure;
 * without `reasons` some hundred microseconds.
 */
export function computeScore(
  ground: ScoringGround,
  state: LeadState,
  facts: LeadFacts,
  now: number,
  options: { readonly reasons?: boolean } = {},
): ComputedScore {
  const { champion } = ground
  const asOf = Math.max(now, state.cursorTime)
  const vector = extractFeatures(state, asOf)
  const context: PredictionContext = { events: ownEvents(state), ...facts }
  const predicted: Answer = champion
    ? {
        ...predictModel(champion.model, vector, context, options),
        priorInterval: null,
        version: champion.version,
      }
    : withoutModel(ground, vector, context, options.reasons === true)
  const price = vector.numeric[PRICE_MEAN]!
  const call = callNext(
    {
      probability: predicted.probability ?? predicted.prior,
      priceMean: price > 0 ? price : null,
      unsubscribed: state.activity.byType[UNSUBSCRIBED]! > 0,
      attributes: facts.attributes,
      notCalled: whyNotCalled(state, facts),
    },
    ground.economics,
  )
  const lastAct = state.time.lastAct
  return {
    ...predicted,
    call,
    lastActivityAt: lastAct === 0 ? null : lastAct,
    asOf,
    position: Math.max(0, state.knownPosition),
    vector,
  }
}
