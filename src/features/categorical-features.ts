/** Categorical group: the lead in three words. */
import { EVENT_TYPE_NAMES, EVENT_TYPES } from '../core/index.ts'
import type { CategoricalFeature } from './declaration.ts'
import type { LeadState } from './state.ts'

/** Parts of the day and the hours that belong to them, in order of preference among equals. */
const PERIODS = {
  morning: [6, 7, 8, 9, 10, 11],
  afternoon: [12, 13, 14, 15, 16, 17],
  evening: [18, 19, 20, 21],
  night: [22, 23, 0, 1, 2, 3, 4, 5],
} satisfies Record<string, readonly number[]>

const OWN_TYPES = EVENT_TYPE_NAMES.filter((name) => EVENT_TYPES[name].actor === 'lead')

const OWN_CODES = OWN_TYPES.map((name) => EVENT_TYPES[name].code)

/** The name with the largest weight, the first among equals; null when none is above 0. */
function heaviest<Name extends string>(
  names: readonly Name[],
  weight: (i: number) => number,
): Name | null {
  let best: Name | null = null
  let most = 0
  for (let i = 0; i < names.length; i++) {
    const w = weight(i)
    if (w > most) {
      most = w
      best = names[i]!
    }
  }
  return best
}

const periods = Object.keys(PERIODS) as (keyof typeof PERIODS)[]
const HOURS: readonly (readonly number[])[] = Object.values(PERIODS)

function sumOfHours(hours: Float64Array, of: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < of.length; i++) sum += hours[of[i]!]!
  return sum
}

const events = (s: LeadState): number => s.activity.events

export const LEAD_CATEGORIES: readonly CategoricalFeature[] = [
  {
    name: 'preferred_property_type',
    group: 'categorical',
    type: 'category',
    unit: 'property type',
    label: 'Preferred kind of home',
    sentence: 'Looks mostly at {value}.',
    how: 'PropertyType with most views, half-life 30 days.',
    window: 'decay_30d',
    minimum: 1,
    evidenceOf: 'views with a property type',
    reads: ['property'],
    evidence: (s) => s.property.typed,
    levels: [],
    level: ({ property }) => heaviest(property.typeNames, (i) => property.typeWeights[i]!),
  },
  {
    name: 'preferred_time_period',
    group: 'categorical',
    type: 'category',
    unit: 'part of the day',
    label: 'Preferred time',
    sentence: 'Is mostly active in the {value}.',
    how:
      'Part of the day with most own events: morning from 6, afternoon 12, evening 18, night ' +
      '22.',
    window: 'lifetime',
    minimum: 3,
    evidenceOf: 'events',
    reads: ['time'],
    evidence: events,
    levels: periods,
    level: ({ time }) => heaviest(periods, (i) => sumOfHours(time.hours, HOURS[i]!)),
  },
  {
    name: 'primary_event_type',
    group: 'categorical',
    type: 'category',
    unit: 'event type',
    label: 'Mostly does',
    sentence: 'The most frequent act is {value}.',
    how: 'Own event type with the largest count, opens and clicks weighted by grade.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'events',
    reads: ['activity'],
    evidence: events,
    levels: OWN_TYPES,
    level: ({ activity }) => heaviest(OWN_TYPES, (i) => activity.byType[OWN_CODES[i]!]!),
  },
]
