/** A market: everything that is fixed before the first day. */
import { fnv1a } from '../math/index.ts'
import { DAY_MS, dayFactors, type DayFactors } from './calendar.ts'
import { dayDynamics, type DayDynamics } from './dynamics.ts'
import { buildAgents, buildLead, type Agent, type LeadInput, type LeadTruth } from './leads.ts'
import { drawParameters, type MarketParameters } from './parameters.ts'
import { buildHomes, buildTown, type Home, type Town } from './town.ts'

export interface MarketOptions {
  /** Any integer; its low 32 bits count. */
  readonly seed: number
  /** 1 to 200,000. */
  readonly leads: number
  /** 2 to 1,000. */
  readonly days: number
  /** First moment of day 0: a UTC midnight in milliseconds since the epoch. */
  readonly startMs: number
  /** Instead of the parameters drawn from the seed. */
  readonly parameters?: MarketParameters
}

export interface Market {
  readonly seed: number
  readonly days: number
  readonly startMs: number
  /** Begins every identifier of this market, so that markets never collide. */
  readonly prefix: string
  readonly parameters: MarketParameters
  readonly town: Town
  readonly homes: readonly Home[]
  readonly agents: readonly Agent[]
  /** Truth: for oracles and tests, not for models. */
  readonly leads: readonly LeadTruth[]
  readonly leadInput: LeadInput
}

/** A small market, for a look: 400 leads over 120 days. */
export const DEMO_MARKET = { seed: 7, leads: 400, days: 120 } as const

function check(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw new RangeError(`${name} must be a whole number from ${low} to ${high}, not ${value}`)
}

/** Builds a market. Throws RangeError when an option is out of range. */
export function createMarket(options: MarketOptions): Market {
  const { seed, leads, days, startMs } = options
  check('seed', seed, -2147483648, 4294967295)
  check('leads', leads, 1, 200_000)
  check('days', days, 2, 1000)
  if (!Number.isInteger(startMs) || startMs % DAY_MS !== 0)
    throw new RangeError('startMs must be a UTC midnight in milliseconds')
  const parameters = options.parameters ?? drawParameters(seed)
  const identity = JSON.stringify([seed, leads, days, startMs, parameters])
  const prefix = `sim${fnv1a(identity).toString(36)}`
  const town = buildTown(seed)
  const agents = buildAgents(seed, prefix, parameters)
  const leadInput: LeadInput = { seed, prefix, days, parameters, town, agents }
  return {
    seed,
    days,
    startMs,
    prefix,
    parameters,
    town,
    homes: buildHomes(seed, prefix, startMs, leads, days),
    agents,
    leads: Array.from({ length: leads }, (_, index) => buildLead(leadInput, index)),
    leadInput,
  }
}

/** What holds for every lead on one day of a market. */
export interface DayFrame {
  readonly day: number
  readonly startMs: number
  readonly factors: DayFactors
  readonly dynamics: DayDynamics
}

export function dayFrame(market: Market, day: number): DayFrame {
  const factors = dayFactors(market.parameters, market.startMs, market.days, day)
  return {
    day,
    startMs: market.startMs + day * DAY_MS,
    factors,
    dynamics: dayDynamics(market.parameters, factors),
  }
}
