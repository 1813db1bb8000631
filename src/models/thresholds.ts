/**
 * What is little and what is much of a feature among leads of one kind: many views for a first-time
 * buyer are few for an investor. Learned with each model version from the leads it learned from.
 *
 * The thresholds are quantiles of the segment's distribution F, estimated as the posterior mean
 * under a Dirichlet process around the workspace's (Ferguson 1973, Annals of Statistics 1):
 *
 *     F = (n F_segment + k F_workspace) / (n + k)
 *
 * n leads of the segment have the feature, k = STRENGTH: a small segment is judged as the workspace
 * is, a large one by itself.
 */
import type { Frame } from '../learners/index.ts'
import type { Categories } from './examples.ts'

/** Below LOW of the leads a value is low, above HIGH of them high. */
const LOW = 0.2
const HIGH = 0.8
/** Leads with which a segment's own distribution counts as much as the workspace's. */
const STRENGTH = 50

export interface SegmentThresholds {
  /** Leads of the segment (or of the workspace) that were looked at. */
  readonly leads: number
  /** By feature, in its unit; features that none of the leads has are not there. */
  readonly features: Readonly<Record<string, readonly [low: number, high: number]>>
}

export interface Thresholds {
  readonly workspace: SegmentThresholds
  readonly segments: Readonly<Record<string, SegmentThresholds>>
}

export interface Level {
  readonly level: 'low' | 'usual' | 'high'
  readonly low: number
  readonly high: number
  /** The segment it is compared with; null: all leads. */
  readonly among: string | null
  readonly leads: number
}

/** Ascending finite values. */
const present = (values: Float64Array, isWanted: (row: number) => boolean): Float64Array =>
  values.filter((value, row) => Number.isFinite(value) && isWanted(row)).sort()

/**
 * Smallest value x of either sample with (n F_own(x) + k F_all(x)) / (n + k) >= p. Both ascending;
 * `all` holds at least one value. With an empty `own` it is the quantile of `all`.
 */
export function shrunkQuantile(own: Float64Array, all: Float64Array, p: number): number {
  const weight = STRENGTH / all.length
  // Rounding must not make the sum of the weights miss its own total.
  const wanted = p * (own.length + STRENGTH) * (1 - 1e-12)
  let passed = 0
  let at = 0
  for (let i = 0; i < all.length; i++) {
    for (; at < own.length && own[at]! <= all[i]!; at++) {
      passed += 1
      if (passed >= wanted) return own[at]!
    }
    passed += weight
    if (passed >= wanted) return all[i]!
  }
  return all.at(-1)
}

/** `frame` has one row per lead; `segments` is theirs ('' for none). */
export function fitThresholds(frame: Frame, segments: Categories): Thresholds {
  const columns = frame.columns.flatMap((column) =>
    column.kind === 'numeric' ? [{ name: column.name, values: column.values }] : [],
  )
  const everybody = new Map(
    columns.map(({ name, values }) => [name, present(values, () => true)] as const),
  )
  const of = (isWanted: (row: number) => boolean, leads: number): SegmentThresholds => ({
    leads,
    features: Object.fromEntries(
      columns.flatMap(({ name, values }) => {
        const all = everybody.get(name)!
        if (all.length === 0) return []
        const own = present(values, isWanted)
        return [[name, [shrunkQuantile(own, all, LOW), shrunkQuantile(own, all, HIGH)] as const]]
      }),
    ),
  })
  const named = segments.levels.flatMap((level, code) => {
    if (level === '') return []
    const leads = segments.codes.reduce((sum, c) => sum + (c === code ? 1 : 0), 0)
    return leads === 0 ? [] : [[level, of((row) => segments.codes[row] === code, leads)] as const]
  })
  return {
    workspace: of(() => false, frame.rows),
    segments: Object.fromEntries(named),
  }
}

/** How a value compares with other leads of the segment; null without thresholds for it. */
export function levelOf(
  thresholds: Thresholds,
  segment: string | null,
  feature: string,
  value: number,
): Level | null {
  const own =
    segment !== null && Object.hasOwn(thresholds.segments, segment)
      ? thresholds.segments[segment]
      : undefined
  const { leads, features } = own ?? thresholds.workspace
  const limits = Object.hasOwn(features, feature) ? features[feature] : undefined
  if (limits === undefined) return null
  const [low, high] = limits
  // Thresholds were learned from values of 32 bits; see inputs.ts.
  const seen = Math.fround(value)
  const level = seen > high ? 'high' : seen < low ? 'low' : 'usual'
  return { level, low, high, among: own === undefined ? null : segment, leads }
}
