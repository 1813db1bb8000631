/** Session group: how the lead's visits look. */
import { theilSenSlope } from '../math/index.ts'
import { UNBOUNDED, type NumericFeature } from './declaration.ts'
import { DEPTHS, type SessionState } from './session.ts'
import type { LeadState } from './state.ts'

const openSeconds = (s: SessionState): number => (s.last - s.start) / 1000
const meanDuration = (s: SessionState): number => (s.durationSum + openSeconds(s)) / s.count

/** Standard deviation over mean, from sums; 0 when the mean is 0. */
function variation(n: number, sum: number, squares: number): number {
  const mean = sum / n
  if (mean === 0) return 0
  const variance = Math.max(0, (squares - n * mean * mean) / (n - 1))
  return Math.sqrt(variance) / mean
}

/** Places of the latest sessions, and their steps, made anew for each lead. */
const PLACES = Float64Array.from({ length: DEPTHS + 1 }, (_, i) => i)
const steps = new Float64Array(DEPTHS + 1)

/** Steps of the funnel by session, oldest first, the present one last. */
function depthTrend({ depths, depth }: SessionState): number {
  const closed = depths.length
  for (let i = 0; i < closed; i++) steps[i] = depths[i]!
  steps[closed] = depth
  return theilSenSlope(PLACES, steps, closed + 1)
}

const session = (
  feature: Omit<
    NumericFeature,
    'group' | 'type' | 'reads' | 'window' | 'evidence' | 'evidenceOf' | 'value'
  > & {
    of: (s: SessionState) => number
    evidence?: (s: SessionState) => number
    evidenceOf?: string
    window?: NumericFeature['window']
  },
): NumericFeature => {
  const { of, evidence = (s: SessionState) => s.count, ...rest } = feature
  return {
    window: 'lifetime',
    evidenceOf: 'sessions',
    ...rest,
    group: 'session',
    type: 'number',
    reads: ['session'],
    evidence: (state: LeadState) => evidence(state.session),
    value: (state: LeadState) => of(state.session),
  }
}

export const SESSION_FEATURES: readonly NumericFeature[] = [
  session({
    name: 'session_count',
    label: 'Visits',
    sentence: 'Came {value} {time|times}.',
    unit: 'count',
    range: [0, UNBOUNDED],
    how: 'Runs of own acts without a pause of 30 minutes; opens and clicks make no session.',
    minimum: 1,
    of: (s) => s.count,
  }),
  session({
    name: 'avg_session_duration_seconds',
    label: 'Length of a visit',
    sentence: 'A visit lasts {value} on average.',
    unit: 'seconds',
    range: [0, UNBOUNDED],
    how: 'Mean time from the first to the last act of a session.',
    minimum: 1,
    of: meanDuration,
  }),
  session({
    name: 'session_duration_variation',
    label: 'Visits vary in length',
    sentence: 'The length of visits varies by {value} times its mean.',
    unit: 'ratio',
    range: [0, UNBOUNDED],
    how: 'Coefficient of variation of session durations.',
    minimum: 3,
    of: (s) =>
      variation(
        s.count,
        s.durationSum + openSeconds(s),
        s.durationSquares + openSeconds(s) * openSeconds(s),
      ),
  }),
  session({
    name: 'events_per_session',
    label: 'Acts a visit',
    sentence: 'Does {value} {thing|things} a visit.',
    unit: 'events',
    range: [0, UNBOUNDED],
    how: 'Own acts over sessions.',
    minimum: 1,
    of: (s) => (s.closedEvents + s.events) / s.count,
  }),
  session({
    name: 'bounce_ratio',
    label: 'Left at once',
    sentence: '{value} of the visits were a single act.',
    unit: 'share',
    range: [0, 1],
    how: 'Sessions of one act over all sessions.',
    minimum: 2,
    of: (s) => (s.bounces + (s.events === 1 ? 1 : 0)) / s.count,
  }),
  session({
    name: 'inter_session_gap_hours_mean',
    label: 'Hours between visits',
    sentence: 'On average {value} pass between visits.',
    unit: 'hours',
    range: [0, UNBOUNDED],
    how: 'Mean time from the end of a session to the start of the next.',
    minimum: 1,
    evidenceOf: 'pauses between sessions',
    evidence: (s) => s.count - 1,
    of: (s) => s.gapSum / (s.count - 1),
  }),
  session({
    name: 'session_regularity',
    label: 'Comes regularly',
    sentence: 'Visits come regularly: {value}, where 100 % is a clock.',
    unit: 'share',
    range: [0, 1],
    how:
      'One minus burstiness scaled to [0, 1], m / (s + m) of the pauses (Goh and Barabasi, ' +
      'EPL 81, 2008).',
    minimum: 3,
    evidenceOf: 'pauses between sessions',
    evidence: (s) => s.count - 1,
    of: (s) => 1 / (1 + variation(s.count - 1, s.gapSum, s.gapSquares)),
  }),
  session({
    name: 'session_depth_trend',
    label: 'Goes further each visit',
    sentence: 'Each visit goes {value} funnel {step|steps} further than the one before.',
    unit: 'steps/session',
    range: [-5, 5],
    how: 'Theil-Sen slope (Sen 1968) of the deepest funnel step over the latest 13 sessions.',
    window: 'recent',
    minimum: 3,
    of: depthTrend,
  }),
  session({
    name: 'longest_session_seconds',
    label: 'Longest visit',
    sentence: 'The longest visit lasted {value}.',
    unit: 'seconds',
    range: [0, UNBOUNDED],
    how: 'Longest time from the first to the last act of a session.',
    minimum: 1,
    of: (s) => Math.max(s.longest, openSeconds(s)),
  }),
  session({
    name: 'cross_session_return_ratio',
    label: 'Comes back to homes',
    sentence: 'In {value} of the visits the lead came back to a home seen before.',
    unit: 'share',
    range: [0, 1],
    how:
      'Sessions with a home of an earlier session (latest 64 kept), over sessions with a ' +
      'home after the first.',
    minimum: 1,
    evidenceOf: 'later sessions with a property',
    evidence: (s) => s.withProperty - 1,
    of: (s) => s.returned / (s.withProperty - 1),
  }),
  session({
    name: 'device_switch_ratio',
    label: 'Changes device',
    sentence: 'Changed device before {value} of the visits.',
    unit: 'share',
    range: [0, 1],
    how: 'Changes of device_type between sessions that name one, over their number less one.',
    minimum: 1,
    evidenceOf: 'later sessions that name a device',
    evidence: (s) => s.withDevice - 1,
    of: (s) => s.switches / (s.withDevice - 1),
  }),
  session({
    name: 'funnel_depth_max',
    label: 'Furthest step',
    sentence: 'Reached funnel step {value} of 5.',
    unit: 'step',
    range: [0, 5],
    how: 'Deepest funnel step of any own act, 0 (arrived) to 5 (bought).',
    minimum: 1,
    of: (s) => s.deepest,
  }),
]
