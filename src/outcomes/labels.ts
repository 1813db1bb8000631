/**
 * Labels: what a model learns to predict. A label at time t is final only when t + horizon has
 * passed, whatever became of the lead: counting successes as soon as they come, but failures only
 * when the horizon is over, would inflate every retraining.
 */
import { CLOSING_OUTCOMES, type OutcomeType } from '../core/index.ts'
import type { Outcome } from './projection.ts'

const DAY_MS = 86_400_000

export interface LabelRule {
  /** Outcomes that make a label 1 when they happen in [t, t + horizon). */
  readonly positive: ReadonlySet<OutcomeType>
  /** Outcomes after which a lead is finished: no row at or after them. */
  readonly closing: ReadonlySet<OutcomeType>
  /** Milliseconds. */
  readonly horizonMs: number
}

/** `open`: the horizon has not passed. `finished`: the lead had closed before. */
export type Label = 0 | 1 | 'open' | 'finished'

const BUYER: readonly OutcomeType[] = ['offer_submitted', 'property_purchased']
const SELLER: readonly OutcomeType[] = ['listing_signed']
const CLOSING = new Set<OutcomeType>(CLOSING_OUTCOMES)

/** The rule of lead_scoring: an offer or a purchase; for the seller segment a signed listing. */
export function labelRule(segment: string | null, horizonDays: number): LabelRule {
  const positive = new Set(segment === 'seller' ? SELLER : BUYER)
  return { positive, closing: CLOSING, horizonMs: horizonDays * DAY_MS }
}

/** When a row at `time` may be used for training and evaluation. */
export function maturesAt(rule: LabelRule, time: number): number {
  return time + rule.horizonMs
}

/** The lead had closed before `time`, as known today. */
export function isFinished(rule: LabelRule, outcomes: readonly Outcome[], time: number): boolean {
  return outcomes.some(({ type, at }) => rule.closing.has(type) && at < time)
}

/** The label at `time` as it stands at `now`, milliseconds since the epoch. */
export function labelAt(
  rule: LabelRule,
  outcomes: readonly Outcome[],
  time: number,
  now: number,
): Label {
  if (isFinished(rule, outcomes, time)) return 'finished'
  const until = maturesAt(rule, time)
  if (until > now) return 'open'
  return outcomes.some(
    ({ type, at, knownAt }) =>
      rule.positive.has(type) && at >= time && at < until && knownAt <= now,
  )
    ? 1
    : 0
}
