/**
 * simulation: a seeded market whose truth is known, so that a model can be compared with the best
 * that is possible. In: a seed. Out: a stream of events, and apart from it the truth and the bounds.
 */
export { createMarket, DEMO_MARKET, type Market, type MarketOptions } from './market.ts'
export { drawParameters, withConstantHazard, type MarketParameters } from './parameters.ts'
export { simulateDays, type DayTruth, type LeadRange, type MarketDay } from './stream.ts'
export type { SimulatedEvent, SimulatedOutcome, StreamItem, TrueGrade } from './items.ts'
