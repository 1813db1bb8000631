/**
 * The chance of a lead nothing else is known of: the rate of its segment, drawn to that of the
 * workspace as far as the segment is small; without a model of the team's own, drawn to that of
 * simulated markets too, as far as few leads have been counted.
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

/** What a prior's level rests on; `base`: on simulated markets alone. */
export type PriorSource = 'segment' | 'workspace' | 'base'

export interface Prior {
  readonly probability: number
  /** What it rests on. */
  readonly from: Exclude<PriorSource, 'base'>
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

export interface LeadCount {
  readonly leads: number
  /** Of them, with the outcome. */
  readonly positives: number
}

/** How the team's own leads did so far. */
export interface OwnRates {
  readonly workspace: LeadCount
  readonly segments: Readonly<Record<string, LeadCount>>
}

/** A rate with the size of its Beta distribution. */
export interface Level {
  readonly rate: number
  readonly strength: number
  readonly from: PriorSource
  readonly workspaceRate: number
}

/** The posterior mean and size of a Beta at `rate` with `strength` after a count. */
function after({ leads, positives }: LeadCount, rate: number, strength: number) {
  return { rate: (positives + rate * strength) / (leads + strength), strength: leads + strength }
}

/**
 * The level for a segment: of its own leads, else of the workspace's, else of markets in general
 * (`base`). Rates without a single outcome are not believed: more likely nobody records outcomes
 * than nobody buys.
 */
export function levelFor(
  rates: OwnRates | undefined,
  segment: string | null,
  base: { readonly mean: number; readonly strength: number },
): Level {
  if (rates === undefined || rates.workspace.positives === 0)
    return { rate: base.mean, strength: base.strength, from: 'base', workspaceRate: base.mean }
  const workspace = after(rates.workspace, base.mean, base.strength)
  const workspaceRate = workspace.rate
  const { segments } = rates
  const own = segment !== null && Object.hasOwn(segments, segment) ? segments[segment] : undefined
  return own === undefined
    ? { ...workspace, from: 'workspace', workspaceRate }
    : { ...after(own, workspaceRate, STRENGTH), from: 'segment', workspaceRate }
}
