/**
 * How good the data of a lead are: completeness C of what the workspace wants to know (weighted),
 * validity V of what is there, freshness F of the newest of it, consistency K of parts with each
 * other (1 + checks that hold, over 1 + checks), each from 0 to 1, put together as a weighted
 * geometric mean
 *
 *     quality = C^0.5 V^0.2 F^0.15 K^0.15
 *
 * so that no part makes up for one that is missing altogether.
 */
import type { AttributeDeclaration } from './attributes.ts'
import type { LeadRecord, RecordFault } from './lead-record.ts'

/** Below it the data are too thin: profiles claim no confidence, and screens ask for more. */
export const QUALITY_THRESHOLD = 0.5

const EXPONENTS = { completeness: 0.5, validity: 0.2, freshness: 0.15, consistency: 0.15 } as const
/** News of a lead is worth half after so many days. */
const HALF_LIFE_DAYS = 180
const DAY_MS = 86_400_000
/** Own events from which behavior counts as known in full. */
const EVENTS_ENOUGH = 5

/** Weights of the fields every lead has; declared attributes share ATTRIBUTES evenly. */
const WEIGHTS = { name: 1, email: 2, phone: 2, segment: 1, stage: 1, behavior: 3 } as const
const ATTRIBUTES = 2
const LABELS: Readonly<Record<keyof typeof WEIGHTS, string>> = {
  name: 'Name',
  email: 'E-mail',
  phone: 'Phone',
  segment: 'Segment',
  stage: 'Stage',
  behavior: `Behavior (${EVENTS_ENOUGH} events)`,
}

export interface QualityFacts {
  readonly declared: readonly AttributeDeclaration[]
  /** What reading the record refused. */
  readonly faults: readonly RecordFault[]
  /** Own events of the lead. */
  readonly events: number
  /** Newest thing known: an event or a change of the record, milliseconds since the epoch. */
  readonly newestAt: number
}

/** What would raise the quality most. */
export interface MissingField {
  readonly field: string
  readonly label: string
  /** Quality if it were known in full, less the present one. */
  readonly gain: number
}

export interface LeadQuality {
  /** 0 to 1. */
  readonly score: number
  readonly isThin: boolean
  readonly completeness: number
  readonly validity: number
  readonly freshness: number
  readonly consistency: number
  readonly faults: readonly RecordFault[]
  /** Largest gain first. */
  readonly missing: readonly MissingField[]
}

interface Part {
  readonly field: string
  readonly label: string
  readonly weight: number
  /** How much of it is known, 0 to 1. */
  readonly known: number
}

const isKnown = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

function partsOf({ contact, segment, stage, attributes }: LeadRecord, facts: QualityFacts): Part[] {
  const values = { ...contact, segment, stage }
  const fields = (Object.keys(values) as (keyof typeof values)[]).map((field): Part => ({
    field,
    label: LABELS[field],
    weight: WEIGHTS[field],
    known: isKnown(values[field]) ? 1 : 0,
  }))
  const behavior = {
    field: 'behavior',
    label: LABELS.behavior,
    weight: WEIGHTS.behavior,
    known: Math.min(1, Math.max(0, facts.events / EVENTS_ENOUGH)),
  }
  const weight = ATTRIBUTES / Math.max(1, facts.declared.length)
  const declared = facts.declared.map(({ name, label }) => {
    const known = Object.hasOwn(attributes, name) && isKnown(attributes[name]) ? 1 : 0
    return { field: `attributes.${name}`, label, weight, known }
  })
  return [...fields, behavior, ...declared]
}

const isNumeric = (value: unknown): boolean =>
  typeof value === 'boolean' ||
  ((typeof value === 'string' ? value.trim() !== '' : true) && Number.isFinite(Number(value)))

function faultsOf({ attributes }: LeadRecord, { declared, faults }: QualityFacts): RecordFault[] {
  const wrong = declared.filter(
    ({ name, type }) =>
      Object.hasOwn(attributes, name) &&
      isKnown(attributes[name]) &&
      (typeof attributes[name] === 'object' || (type === 'number' && !isNumeric(attributes[name]))),
  )
  const of = wrong.map(({ name, type }) => ({
    field: `attributes.${name}`,
    problem: type === 'number' ? 'is not a number' : 'is not a word or number',
  }))
  return [...faults, ...of]
}

/** Pairs of attributes of which the first is never above the second. */
const ORDERED = [
  ['budget_min', 'budget_max'],
  ['price_min', 'price_max'],
  ['bedrooms_min', 'bedrooms_max'],
] as const

function conflictsOf({ attributes }: LeadRecord): { faults: RecordFault[]; checks: number } {
  const faults: RecordFault[] = []
  let checks = 0
  for (const [low, high] of ORDERED) {
    const [least, most] = [attributes[low], attributes[high]]
    if (!isKnown(least) || !isKnown(most) || !isNumeric(least) || !isNumeric(most)) continue
    checks++
    if (Number(least) > Number(most))
      faults.push({ field: `attributes.${low}`, problem: `is above ${high}` })
  }
  return { faults, checks }
}

const combine = (of: Pick<LeadQuality, keyof typeof EXPONENTS>): number =>
  Object.entries(EXPONENTS).reduce(
    (product, [part, exponent]) => product * of[part as keyof typeof EXPONENTS] ** exponent,
    1,
  )

/** The quality of a lead's data at `now`, milliseconds since the epoch. Pure. */
export function leadQuality(record: LeadRecord, facts: QualityFacts, now: number): LeadQuality {
  const parts = partsOf(record, facts)
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  const completeness = parts.reduce((sum, { weight, known }) => sum + weight * known, 0) / total
  const invalid = faultsOf(record, facts)
  const present = parts.filter(({ known }) => known > 0).length
  const { faults: conflicts, checks } = conflictsOf(record)
  const of = {
    completeness,
    // A refused value is not among those present; a wrong attribute is.
    validity: Math.max(0, 1 - invalid.length / Math.max(1, present + facts.faults.length)),
    freshness: 2 ** (-Math.max(0, now - facts.newestAt) / DAY_MS / HALF_LIFE_DAYS),
    consistency: (1 + checks - conflicts.length) / (1 + checks),
  }
  const score = combine(of)
  const missing = parts
    .filter(({ known }) => known < 1)
    .map(({ field, label, weight, known }) => {
      const filled = Math.min(1, completeness + (weight * (1 - known)) / total)
      return { field, label, gain: combine({ ...of, completeness: filled }) - score }
    })
    .sort((a, b) => b.gain - a.gain)
  const isThin = score < QUALITY_THRESHOLD
  return { score, isThin, ...of, faults: [...invalid, ...conflicts], missing }
}
