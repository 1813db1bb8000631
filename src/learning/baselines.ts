/** What a first model must beat: the rate of the segment, and the points an agent would give. */
import { NUMERIC_FEATURES } from '../features/index.ts'
import { calibratePlatt } from '../learners/index.ts'
import { priorOf, smoothedRate, type Examples, type Priors } from '../models/index.ts'

const WIDTH = NUMERIC_FEATURES.length
const columnOf = (name: string): number => {
  const at = NUMERIC_FEATURES.findIndex((feature) => feature.name === name)
  if (at < 0) throw new Error(`the rules name a feature that is not declared: ${name}`)
  return at
}

/** Points for each unit of a value, up to a limit: how CRMs score leads by hand. */
const POINTS = (
  [
    ['funnel_depth_max', 8, 5],
    ['tour_request_count', 10, 3],
    ['inquiry_count', 6, 3],
    ['share_count', 2, 3],
    ['session_count', 1, 15],
    ['engagement_score', 20, 1],
    ['activity_velocity_7d', 2, 10],
  ] as const
).map(([name, points, most]) => ({ column: columnOf(name), points, most }))
const RECENT = columnOf('last_activity_hours')
const RECENT_POINTS = 20
const RECENT_HOURS = 72

/** Points of every row; what is not known gives none. */
export function rulePoints(examples: Examples): Float64Array {
  const points = new Float64Array(examples.rows)
  for (let row = 0; row < examples.rows; row++) {
    const value = (column: number): number => examples.numeric[row * WIDTH + column]!
    for (const rule of POINTS) {
      const v = value(rule.column)
      if (v > 0) points[row]! += rule.points * Math.min(rule.most, v)
    }
    if (value(RECENT) < RECENT_HOURS) points[row]! += RECENT_POINTS
  }
  return points
}

/** The rules' answers on `holdout`, made probabilities on `training` (Platt 1999). */
export function ruleAnswers(training: Examples, holdout: Examples): Float64Array {
  return calibratePlatt(rulePoints(training), training.labels).calibrate(rulePoints(holdout))
}

/** The priors' answers on `holdout`: the rate of each segment in `training`, shrunk. */
export function priorAnswers(training: Examples, holdout: Examples): Float64Array {
  const priors = priorsOf(training)
  const { levels, codes } = holdout.segments
  const byLevel = levels.map((level) => priorOf(priors, level === '' ? null : level).probability)
  return Float64Array.from(codes, (code) => byLevel[code] ?? priors.workspace.rate)
}

function priorsOf({ labels, groups, segments }: Examples): Priors {
  const counts = [...segments.levels, null].map(() => ({
    rows: 0,
    positives: 0,
    leads: new Set<number>(),
  }))
  const all = counts.at(-1)
  for (let row = 0; row < labels.length; row++)
    for (const count of [counts[segments.codes[row]!]!, all]) {
      count.rows++
      count.positives += labels[row]!
      count.leads.add(groups[row]!)
    }
  const rated = counts.map(({ rows, positives, leads }) => ({
    leads: leads.size,
    rate: smoothedRate(positives, rows),
  }))
  const named = segments.levels.map((level, code) => [level, rated[code]!] as const)
  return {
    workspace: rated.at(-1),
    segments: Object.fromEntries(named.filter(([level]) => level !== '')),
  }
}
