/**
 * The chance of a lead nothing else is known of: the rate of its segment, drawn to that of the
 * workspace as far as the segment is small.
 */

export interface SegmentCount {
  readonly leads: number
  /** Share of positives among the leads' rows, 0 to 1. */
  readonly rate: number
}

export interface Priors {
  readonly workspace: SegmentCount
  /** By segment; leads without one are in `workspace` only. */
  readonly segments: Readonly<Record<string, SegmentCount>>
}

export interface Prior {
  readonly probability: number
  /** What it rests on. */
  readonly from: 'segment' | 'workspace'
  readonly leads: number
}

/**
 * Leads of the workspace that a segment's own rate must outweigh: with so many leads of its own a
 * segment's rate and the workspace's count alike.
 */
const STRENGTH = 50

/** (positives + 1/2) / (rows + 1): the mean under Jeffreys' prior, never 0 or 1. */
export function smoothedRate(positives: number, rows: number): number {
  return (positives + 0.5) / (rows + 1)
}

/** Shrinkage of a beta-binomial model with STRENGTH pseudo-leads at the workspace's rate. */
export function priorOf({ workspace, segments }: Priors, segment: string | null): Prior {
  const own = segment !== null && Object.hasOwn(segments, segment) ? segments[segment] : undefined
  if (own === undefined)
    return { probability: workspace.rate, from: 'workspace', leads: workspace.leads }
  const probability = (own.rate * own.leads + workspace.rate * STRENGTH) / (own.leads + STRENGTH)
  return { probability, from: 'segment', leads: own.leads }
}
