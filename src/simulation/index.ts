/**
 * simulation: a seeded market whose truth is known, so that a model can be compared with the best
 * that is possible. In: a seed. Out: a stream of events; apart from it the truth and the bounds.
 */
export { conversionBounds, gradeBound, type BoundRow, type GradeBound } from './bound.ts'
export { churnBounds, type ChurnRow } from './churn-bound.ts'
export { createBeliefs, type Beliefs, type GradePosterior } from './belief.ts'
export { conversionHorizon, groupOfLead, type Horizon, type LatentState } from './horizon.ts'
export type { SimulatedEvent, SimulatedOutcome, StreamItem, TrueGrade } from './items.ts'
export type { Agent, LeadRecord, LeadTruth } from './leads.ts'
export { createMarket, DEMO_MARKET, type Market, type MarketOptions } from './market.ts'
export { drawParameters, withConstantHazard, type MarketParameters } from './parameters.ts'
export { STAGES, type StageName } from './stages.ts'
export { simulateDays, type DayTruth, type LeadRange, type MarketDay } from './stream.ts'
export type { Listing } from './town.ts'
export { leadLogs, type LeadLog } from './log-entries.ts'
