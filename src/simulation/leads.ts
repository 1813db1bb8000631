/** Leads and agents: who they are (public) and what they really want (truth). */
import { seededRandom, type SeededRandom } from '../math/index.ts'
import { logNormal, pick } from './draws.ts'
import type { MarketParameters } from './parameters.ts'
import { SEGMENTS, SOURCES, STAGE, type StageName } from './stages.ts'
import { SUB_TYPES, type Town } from './town.ts'

export interface Agent {
  readonly agent_id: string
  readonly name: string
  /** Index into SKILLS; truth, not public. */
  readonly skill: number
}

/** What the team knows of a lead when it arrives; one row of leads.csv. */
export interface LeadRecord {
  readonly lead_id: string
  readonly name: string
  readonly email: string
  readonly created_at: string
  readonly segment: string
  readonly traffic_source: string
  readonly agent_id: string
  readonly stated_budget: number
  readonly stated_bedrooms: number
  readonly stated_area: string
  readonly simulated: true
}

/** What is true of a lead for good; never in an event. */
export interface LeadTruth {
  readonly index: number
  readonly id: string
  readonly segment: number
  readonly source: number
  readonly agent: number
  readonly skill: number
  readonly activity: number
  readonly gateway: number
  readonly startStage: number
  readonly arrivalDay: number
  readonly logBudget: number
  readonly area: number
  readonly beds: number
  readonly subType: number
  readonly device: string
  readonly secondDevice: boolean
  readonly secondSignUp: boolean
}

const FIRST =
  'Alder Aspen Birch Cedar Clover Elm Fern Hazel Heath Ivy Juniper Laurel Linden Maple Oak'
const LAST =
  'Bittern Crane Dunlin Egret Finch Grebe Heron Jay Kestrel Lark Martin Osprey Plover Wren'
const FIRST_NAMES = FIRST.split(' ')
const LAST_NAMES = LAST.split(' ')
const nameOf = (index: number): string => {
  const last = Math.floor(index / FIRST_NAMES.length) % LAST_NAMES.length
  return `${FIRST_NAMES[index % FIRST_NAMES.length]!} ${LAST_NAMES[last]!}`
}

const BUDGET_FACTOR = [0.82, 1.15, 0.8, 0.75, 2.1, 1.05, 1]
const BEDS = [3, 4, 2, 2, 4, 3, 3]
const DEVICES = ['desktop', 'mobile', 'tablet'] as const

export function buildAgents(seed: number, prefix: string, parameters: MarketParameters): Agent[] {
  const random = seededRandom(seed).fork('agents')
  return Array.from({ length: 12 }, (_, i) => ({
    agent_id: `${prefix}-A${String(i + 1).padStart(2, '0')}`,
    name: nameOf(210 - i * 17),
    skill: random.next() < parameters.call.strongShare ? 1 : 0,
  }))
}

function startStage(parameters: MarketParameters, source: string, random: SeededRandom): number {
  const serious = random.next() < parameters.sourceSerious[source]!
  const table = serious ? parameters.seriousStart : parameters.casualStart
  const names = Object.keys(table) as StageName[]
  return STAGE[names[pick(random, Object.values(table))]!]
}

export interface LeadInput {
  readonly seed: number
  readonly prefix: string
  readonly days: number
  readonly parameters: MarketParameters
  readonly town: Town
  readonly agents: readonly Agent[]
}

/** Lead number `index`, drawn from its own stream: the same whatever other leads exist. */
export function buildLead(input: LeadInput, index: number): LeadTruth {
  const { parameters, town, agents, days } = input
  const random = seededRandom(input.seed).fork(`lead:${index}`)
  const segment = pick(
    random,
    SEGMENTS.map((name) => parameters.segmentShares[name]!),
  )
  const source = pick(
    random,
    SOURCES.map((name) => parameters.sourceShares[name]!),
  )
  const agent = random.int(agents.length)
  const backlog = random.next() < parameters.backlogShare
  const spread = backlog ? Math.min(14, days) : days
  return {
    index,
    id: `${input.prefix}-L${String(index).padStart(6, '0')}`,
    segment,
    source,
    agent,
    skill: agents[agent]!.skill,
    activity: pick(random, parameters.activityShares),
    gateway: pick(random, parameters.mail.gatewayShares),
    startStage: startStage(parameters, SOURCES[source]!, random),
    arrivalDay: random.int(spread),
    logBudget: Math.log(town.medianPrice * BUDGET_FACTOR[segment]!) + 0.22 * random.normal(),
    area: random.int(town.areas.length),
    beds: Math.max(1, BEDS[segment]! - 1 + random.int(3)),
    subType: pick(random, segment === 2 || segment === 3 ? [0.3, 0.3, 0.4] : [0.7, 0.18, 0.12]),
    device: DEVICES[pick(random, [0.42, 0.5, 0.08])]!,
    secondDevice: random.next() < parameters.secondDevice,
    secondSignUp: random.next() < parameters.secondSignUp,
  }
}

/** What the team is told: needs are stated roughly, intent not at all. */
export function leadRecord(
  lead: LeadTruth,
  input: LeadInput,
  at: number,
  second: boolean,
): LeadRecord {
  const random = seededRandom(input.seed).fork(`record:${lead.index}`)
  const stated = Math.exp(lead.logBudget) * logNormal(random, 1, 0.08)
  return {
    lead_id: second ? secondId(lead) : lead.id,
    name: nameOf(lead.index),
    email: `${lead.id.toLowerCase()}${second ? '.b' : ''}@simulated.example`,
    created_at: new Date(at).toISOString(),
    segment: SEGMENTS[lead.segment]!,
    traffic_source: SOURCES[lead.source]!,
    agent_id: input.agents[lead.agent]!.agent_id,
    stated_budget: Math.round(stated / 5000) * 5000,
    stated_bedrooms: lead.beds,
    stated_area: input.town.areas[lead.area]!.name,
    simulated: true,
  }
}

/** The lead_id of a person's second sign-up, before the agent merges the two. */
export function secondId(lead: LeadTruth): string {
  return `${lead.id}-b`
}

export function searchOf(lead: LeadTruth, town: Town): Record<string, string | number> {
  return {
    max_price: Math.round(Math.exp(lead.logBudget) / 10_000) * 10_000,
    min_bedrooms: lead.beds,
    property_sub_type: SUB_TYPES[lead.subType]!,
    area: town.areas[lead.area]!.name,
  }
}
