/** Time group: recency, pace, trend and rhythm of what the lead does. */
import { resultantLength, theilSenSlope } from '../math/index.ts'
import { decay, slidingSum } from './activity.ts'
import { DAY, HOUR } from './calendar.ts'
import { UNBOUNDED, type NumericFeature } from './declaration.ts'
import { lastHumanTime } from './grades.ts'
import type { LeadState } from './state.ts'

const events = (s: LeadState): number => s.activity.events
const elapsed = (asOf: number, since: number): number => Math.max(0, asOf - since)

/** Events a day: a count decayed with half-life h weighs like a window of h / ln 2 days. */
const pace = (count: number, s: LeadState, asOf: number, halfLife: number): number =>
  (Math.max(0, count * decay(asOf - s.activity.at, halfLife)) * Math.LN2) / halfLife
const pace7 = (s: LeadState, asOf: number): number => pace(s.activity.count7, s, asOf, 7)
const pace30 = (s: LeadState, asOf: number): number => pace(s.activity.count30, s, asOf, 30)

/** Blocks of three days over which the trend of engagement is taken. */
const BLOCK_DAYS = 3
const BLOCKS = 10

/** Blocks of the last 30 days that lie after the first event, at most 10. */
const blocksKnown = (s: LeadState, asOf: number): number =>
  s.time.first === 0
    ? 0
    : Math.min(BLOCKS, Math.ceil(elapsed(asOf, s.time.first) / (BLOCK_DAYS * DAY)))

/** When the blocks are, in weeks; and their points, made anew for each lead. */
const WEEKS = Float64Array.from({ length: BLOCKS }, (_, i) => (-i * BLOCK_DAYS) / 7)
const points = new Float64Array(BLOCKS)

function engagementTrend(s: LeadState, asOf: number): number {
  const blocks = blocksKnown(s, asOf)
  const { engagements, head } = s.activity
  for (let i = 0; i < blocks; i++)
    points[i] = slidingSum(engagements, head, asOf, BLOCK_DAYS, i * BLOCK_DAYS) / BLOCK_DAYS
  return theilSenSlope(WEEKS, points, blocks)
}

/** Latest act that was surely the lead's: opens and clicks only when graded human. */
export function lastActivity(s: LeadState): number {
  return Math.max(s.time.lastAct, lastHumanTime(s.grades))
}

function hoursBetween(s: LeadState, from: number, to: number): number {
  let sum = 0
  for (let hour = from; hour < to; hour++) sum += s.time.hours[hour]!
  return sum
}

const share = (part: number, whole: number): number =>
  whole > 0 ? Math.min(1, Math.max(0, part / whole)) : Number.NaN

/** Middle of June, when sales of homes peak in the northern hemisphere, as a day of the year. */
const PEAK_DAY = 166
const YEAR = 365.2425

/** Days since the start of the (mean) year; 1970-01-01 starts one. */
const dayOfYear = (asOf: number): number => (asOf / DAY) % YEAR

const time = (
  feature: Omit<NumericFeature, 'group' | 'type' | 'evidence' | 'evidenceOf'> &
    Partial<Pick<NumericFeature, 'evidence' | 'evidenceOf'>>,
): NumericFeature => ({
  evidence: events,
  evidenceOf: 'events',
  ...feature,
  group: 'time',
  type: 'number',
})

const velocity = (days: 7 | 30): NumericFeature =>
  time({
    name: `activity_velocity_${days}d`,
    label: `Pace, ${days}-day memory`,
    sentence: `Lately did {value} {thing|things} a day (half-life ${days} days).`,
    unit: 'events/day',
    range: [0, UNBOUNDED],
    how: `Own events decayed with a half-life of ${days} days, times ln 2 / ${days}.`,
    window: days === 7 ? 'decay_7d' : 'decay_30d',
    minimum: 1,
    reads: ['activity'],
    value: days === 7 ? pace7 : pace30,
  })

const rhythm = (name: string, label: string, sentence: string, week: boolean): NumericFeature =>
  time({
    name,
    label,
    sentence,
    unit: 'share',
    range: [0, 1],
    how:
      `Mean resultant length of session starts on the circle of a ${week ? 'week' : 'day'}, ` +
      'corrected for small samples (Kutil, Statistics 46, 2012).',
    window: 'lifetime',
    minimum: 5,
    evidenceOf: 'sessions',
    reads: ['session'],
    evidence: (s) => s.session.count,
    value: ({ session: s }) =>
      week ? resultantLength(s.cos7, s.sin7, s.count) : resultantLength(s.cos24, s.sin24, s.count),
  })

export const TIME_FEATURES: readonly NumericFeature[] = [
  time({
    name: 'days_in_pipeline',
    label: 'Days since first contact',
    sentence: 'We have known this lead for {value}.',
    unit: 'days',
    range: [0, UNBOUNDED],
    how: 'Time since the first entry about the lead.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'entries',
    reads: ['time'],
    evidence: (s) => (s.time.first === 0 ? 0 : s.entries),
    value: (s, asOf) => elapsed(asOf, s.time.first) / DAY,
  }),
  time({
    name: 'last_activity_hours',
    label: 'Hours since last activity',
    sentence: 'Last did something {value} ago.',
    unit: 'hours',
    range: [0, UNBOUNDED],
    how: 'Time since the latest own act; opens and clicks count only when graded human.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'acts',
    reads: ['time', 'grades'],
    evidence: (s) => (lastActivity(s) === 0 ? 0 : Math.max(1, Math.floor(events(s)))),
    value: (s, asOf) => elapsed(asOf, lastActivity(s)) / HOUR,
  }),
  velocity(7),
  velocity(30),
  time({
    name: 'velocity_ratio',
    label: 'Speeding up',
    sentence: 'Recent pace is {value} times the longer one.',
    unit: 'ratio',
    range: [0, 30 / 7],
    how: 'activity_velocity_7d over activity_velocity_30d.',
    window: 'decay_30d',
    minimum: 5,
    reads: ['activity', 'activity_velocity_7d', 'activity_velocity_30d'],
    value: (s, asOf) => {
      const slow = pace30(s, asOf)
      return slow > 0 ? Math.min(30 / 7, pace7(s, asOf) / slow) : Number.NaN
    },
  }),
  time({
    name: 'engagement_trend',
    label: 'Trend of engagement',
    sentence: 'Daily engagement changes by {value} {point|points} a week.',
    unit: 'points/day/week',
    range: [-UNBOUNDED, UNBOUNDED],
    how: 'Theil-Sen slope (Sen 1968) over the three-day blocks of the last 30 days, at least 3.',
    window: 'sliding_30d',
    minimum: 5,
    reads: ['activity', 'time'],
    evidence: (s, asOf) => (blocksKnown(s, asOf) < 3 ? 0 : events(s)),
    value: engagementTrend,
  }),
  rhythm(
    'periodicity_24h',
    'Daily rhythm',
    'Comes at the same time of day: {value}, where 100 % is always.',
    false,
  ),
  rhythm(
    'periodicity_7d',
    'Weekly rhythm',
    'Comes at the same time of the week: {value}, where 100 % is always.',
    true,
  ),
  time({
    name: 'night_activity_ratio',
    label: 'Active at night',
    sentence: '{value} of what this lead does happens between 22 and 6 o’clock.',
    unit: 'share',
    range: [0, 1],
    how: 'Own events from 22:00 to 06:00 (UTC unless the event carries utc_offset_minutes).',
    window: 'lifetime',
    minimum: 5,
    reads: ['time', 'activity'],
    value: (s) => share(hoursBetween(s, 22, 24) + hoursBetween(s, 0, 6), events(s)),
  }),
  time({
    name: 'weekend_activity_ratio',
    label: 'Active at weekends',
    sentence: '{value} of what this lead does happens on Saturday or Sunday.',
    unit: 'share',
    range: [0, 1],
    how: 'Own events on Saturdays and Sundays (wall clock as for night_activity_ratio).',
    window: 'lifetime',
    minimum: 5,
    reads: ['time', 'activity'],
    value: (s) => share(s.time.weekend, events(s)),
  }),
  time({
    name: 'active_days_ratio',
    label: 'Days active',
    sentence: 'Was active on {value} of the days since first contact.',
    unit: 'share',
    range: [0, 1],
    how:
      'Days with an own act (opens and clicks left out) over days since first contact, at ' +
      'least 1.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'active days',
    reads: ['time'],
    evidence: (s) => s.time.activeDays,
    value: (s, asOf) =>
      Math.min(1, s.time.activeDays / Math.max(1, Math.ceil(elapsed(asOf, s.time.first) / DAY))),
  }),
  time({
    name: 'seasonality_factor',
    label: 'Season',
    sentence: 'The selling season stands at {value}: 1 is its June peak, -1 its December low.',
    unit: 'index',
    range: [-1, 1],
    how:
      'Cosine of the day of the year, 1 in mid June: a place on the calendar whose effect ' +
      'models learn (hot and cold seasons: Ngai and Tenreyro, American Economic Review 104, ' +
      '2014).',
    window: 'lifetime',
    minimum: 0,
    reads: [],
    value: (_s, asOf) => Math.cos((2 * Math.PI * (dayOfYear(asOf) - PEAK_DAY)) / YEAR),
  }),
]
