/** Contextual group: the world around the lead, as frozen on entries when they arrived. */
import { decay } from './activity.ts'
import type { ContextualState } from './contextual.ts'
import { UNBOUNDED, type FeatureDeclaration, type NumericFeature } from './declaration.ts'
import type { LeadState } from './state.ts'

/** Months of supply at which neither buyers nor sellers have the upper hand. */
const BALANCED = 6

const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value))

const contextual = (
  feature: Omit<NumericFeature, 'group' | 'type' | 'reads' | 'evidence' | 'value'> & {
    count: (s: ContextualState) => number
    of: (s: ContextualState, asOf: number) => number
  },
): NumericFeature => {
  const { count, of, ...rest } = feature
  return {
    ...rest,
    group: 'contextual',
    type: 'number',
    reads: ['contextual'],
    evidence: (state) => count(state.contextual),
    value: (state, asOf) => of(state.contextual, asOf),
  }
}

export const CONTEXTUAL_FEATURES: readonly NumericFeature[] = [
  contextual({
    name: 'budget_adherence',
    label: 'Looks within budget',
    sentence: 'Homes looked at are {value} within the stated budget.',
    unit: 'share',
    range: [0, 1],
    how:
      'Per priced view 1 up to the budget last stated (budget_max, max_price or price_max), ' +
      'falling to 0 at half as much again; mean with a half-life of 30 days.',
    window: 'decay_30d',
    minimum: 1,
    evidenceOf: 'priced views with a budget',
    count: (s) => s.fitted,
    of: (s) => clamp(s.fitSum / s.fitWeight, 0, 1),
  }),
  contextual({
    name: 'market_conditions',
    label: 'Market',
    sentence: 'The market stands at {value}: 1 is a sellers’, -1 a buyers’ market.',
    unit: 'index',
    range: [-1, 1],
    how: 'Latest frozen months_of_supply m as (6 - m) / 6: six months is a balanced market.',
    window: 'recent',
    minimum: 1,
    evidenceOf: 'market snapshots',
    count: (s) => s.supplies,
    of: (s) => clamp((BALANCED - s.monthsOfSupply) / BALANCED, -1, 1),
  }),
  contextual({
    name: 'competition_level',
    label: 'Competition',
    sentence: 'Competition among buyers is {value}; at 50 % homes sell at asking price.',
    unit: 'share',
    range: [0, 1],
    how: 'Latest frozen sale_to_list_ratio r as (r - 0.9) / 0.2.',
    window: 'recent',
    minimum: 1,
    evidenceOf: 'market snapshots',
    count: (s) => s.saleRatios,
    of: (s) => clamp((s.saleToListRatio - 0.9) / 0.2, 0, 1),
  }),
  contextual({
    name: 'agent_engagement',
    label: 'Our attention',
    sentence: 'We reached out {value} {time|times} a week.',
    unit: 'touches/week',
    range: [0, UNBOUNDED],
    how:
      'E-mails, texts, calls and messages of agents, decayed with a half-life of 30 days, ' +
      'times 7 ln 2 / 30.',
    window: 'decay_30d',
    minimum: 0,
    evidenceOf: 'touches',
    count: (s) => s.touches,
    of: (s, asOf) => (s.touchWeight * decay(asOf - s.touchedAt, 30) * 7 * Math.LN2) / 30,
  }),
  contextual({
    name: 'rate_environment',
    label: 'Mortgage rate',
    sentence: 'Mortgages cost {value} percent a year.',
    unit: 'percent',
    range: [-5, 100],
    how: 'Latest frozen mortgage_rate.',
    window: 'recent',
    minimum: 1,
    evidenceOf: 'market snapshots',
    count: (s) => s.rates,
    of: (s) => s.mortgageRate,
  }),
]

/** Whether there is enough data for a feature to have a value. */
export const hasEnough = (feature: FeatureDeclaration, state: LeadState, asOf: number): boolean =>
  feature.evidence(state, asOf) >= feature.minimum

/** What data_completeness is when so many of the other features have enough data. */
export const completeness = (known: number, others: number): number => known / others

/** The share of `others` that have enough data. */
export function dataCompleteness(others: readonly FeatureDeclaration[]): NumericFeature {
  return {
    name: 'data_completeness',
    group: 'contextual',
    type: 'number',
    unit: 'share',
    range: [0, 1],
    label: 'What we know',
    sentence: 'We have enough data for {value} of what we measure.',
    how: 'Features with at least their minimum evidence, over all others.',
    window: 'lifetime',
    minimum: 0,
    evidenceOf: 'entries',
    reads: ['all other features'],
    evidence: (state) => state.entries,
    value: (state, asOf) => {
      let known = 0
      for (const other of others) if (hasEnough(other, state, asOf)) known++
      return completeness(known, others.length)
    },
  }
}
