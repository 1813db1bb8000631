/** Counts of what the lead did, by type, by exponential decay and by sliding six-hour buckets. */
import { DAY, HOUR } from './calendar.ts'
import type { Fact } from './fact.ts'

const BUCKET = 6 * HOUR
/** Six-hour buckets kept: 32 days, so that a 30-day window always fits; a power of two. */
const BUCKETS = 128
const LAST_CODE = 79

export interface ActivityState {
  /** Weighted number of events by type code, of all actors. */
  byType: Float64Array
  /** Weighted number of the lead's own events. */
  events: number
  /** The moment to which the four decayed sums below refer. */
  at: number
  count7: number
  count30: number
  engagement7: number
  engagement30: number
  /** Newest six-hour bucket (its number since the epoch); older ones lie behind it in the ring. */
  head: number
  counts: Float64Array
  engagements: Float64Array
}

export function emptyActivity(): ActivityState {
  return {
    byType: new Float64Array(LAST_CODE + 1),
    events: 0,
    at: 0,
    count7: 0,
    count30: 0,
    engagement7: 0,
    engagement30: 0,
    head: 0,
    counts: new Float64Array(BUCKETS),
    engagements: new Float64Array(BUCKETS),
  }
}

/** What is left of 1 after `elapsed` milliseconds, with a half-life in days. */
export function decay(elapsed: number, halfLifeDays: number): number {
  return elapsed <= 0 ? 1 : Math.exp((-Math.LN2 * elapsed) / (halfLifeDays * DAY))
}

/** `now` is the time of the entry being folded; the fact may be an older one, corrected. */
export function applyActivity(s: ActivityState, fact: Fact, now: number): void {
  s.byType[fact.code] = s.byType[fact.code]! + fact.weight
  if (!fact.byLead) return
  s.events += fact.weight
  moveTo(s, now)
  const engagement = fact.weight * fact.engagement
  const age = now - fact.time
  const left7 = decay(age, 7)
  const left30 = decay(age, 30)
  s.count7 += fact.weight * left7
  s.count30 += fact.weight * left30
  s.engagement7 += engagement * left7
  s.engagement30 += engagement * left30
  const bucket = Math.floor(fact.time / BUCKET)
  if (s.head - bucket >= BUCKETS) return
  const slot = bucket % BUCKETS
  s.counts[slot] = s.counts[slot]! + fact.weight
  s.engagements[slot] = s.engagements[slot]! + engagement
}

function moveTo(s: ActivityState, now: number): void {
  const elapsed = now - s.at
  if (elapsed > 0) {
    const left7 = decay(elapsed, 7)
    const left30 = decay(elapsed, 30)
    s.count7 *= left7
    s.count30 *= left30
    s.engagement7 *= left7
    s.engagement30 *= left30
    s.at = now
  }
  const bucket = Math.floor(now / BUCKET)
  if (bucket <= s.head) return
  const passed = Math.min(BUCKETS, bucket - s.head)
  for (let i = 1; i <= passed; i++) {
    const slot = (s.head + i) % BUCKETS
    s.counts[slot] = 0
    s.engagements[slot] = 0
  }
  s.head = bucket
}

/**
 * Sum of a ring over the `days` that end at `asOf`, to a resolution of one bucket: the present
 * bucket counts as far as it has come, so the window is up to six hours shorter than `days`.
 */
export function slidingSum(
  ring: Float64Array,
  head: number,
  asOf: number,
  days: number,
  skipDays = 0,
): number {
  const end = Math.floor(asOf / BUCKET) - skipDays * 4
  const newest = skipDays === 0 ? Math.max(end, head) : end
  const oldest = Math.max(end - days * 4 + 1, head - BUCKETS + 1, 0)
  let sum = 0
  const last = Math.min(newest, head)
  // Bucket numbers stay below 2^31 in all the years that a Date can name.
  for (let bucket = oldest | 0; bucket <= last; bucket++) sum += ring[bucket & (BUCKETS - 1)]!
  return sum
}
