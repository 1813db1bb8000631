/**
 * Whether a challenger replaces the champion: one pure rule. What it protects against: promoting
 * noise because one looks every night, and paying for the average with one segment.
 */
import { compareAnswers, significanceOf, type Comparison } from './comparison.ts'
import type { Judged } from './evaluation.ts'
import { POSITIVES_MIN } from './split.ts'

/** Chance of a promotion in a year in which no challenger is better. */
export const ALPHA_OF_YEAR = 0.05
/**
 * Comparisons a year that may promote: the nightly ones, and as many that drift asks for. Each
 * spends the same share (Bonferroni).
 */
export const COMPARISONS_OF_YEAR = 2 * 365
/** One-sided level at which a first model must beat prior and rule, and a segment is worse. */
const ALPHA_ONCE = 0.025
const ALPHA_SEGMENT = 0.05

/** The same rows, answered by everybody who stands for election. */
export interface Contest extends Judged {
  /** Of the challenger. */
  readonly probabilities: ArrayLike<number>
  /** Of the champion; null when there is none. */
  readonly champion: ArrayLike<number> | null
  /** Chance of a lead nothing is known of, by segment. */
  readonly prior: ArrayLike<number>
  /** The rules' answer, calibrated. */
  readonly rule: ArrayLike<number>
  /** Segment of each row. */
  readonly segments: readonly string[]
  /** Leads with the outcome. */
  readonly positives: number
  /** Comparisons in the 365 days before this one. */
  readonly comparisonsBefore: number
  /** The champion's inputs or performance have drifted. */
  readonly championDrifted: boolean
  readonly seed?: number
}

export interface Verdict {
  readonly decision: 'promote' | 'keep'
  /** One sentence for people. */
  readonly because: string
  /** Level this comparison may spend. */
  readonly alpha: number
  /** Against each opponent: how much better the challenger is. */
  readonly against: Readonly<Partial<Record<'champion' | 'prior' | 'rule', Comparison>>>
  /** Segments in which the challenger is significantly worse. */
  readonly worseSegments: readonly string[]
}

/** What one more comparison may spend, so that a year spends at most ALPHA_OF_YEAR. */
export function alphaOf(comparisonsBefore: number): number {
  return comparisonsBefore < COMPARISONS_OF_YEAR ? ALPHA_OF_YEAR / COMPARISONS_OF_YEAR : 0
}

function pickRows(contest: Contest, rows: readonly number[], answers: ArrayLike<number>) {
  return Float64Array.from(rows, (row) => answers[row]!)
}

/** Segments with enough positives in which the challenger loses to `opponent`. */
function worseSegments(contest: Contest, opponent: ArrayLike<number>): string[] {
  const bySegment = Map.groupBy(contest.segments.keys(), (row) => contest.segments[row]!)
  const judged = [...bySegment].filter(([, rows]) => {
    const positive = rows.filter((row) => contest.labels[row] === 1)
    return new Set(positive.map((row) => contest.groups[row])).size >= POSITIVES_MIN
  })
  return judged.flatMap(([segment, rows]) => {
    const part: Judged = {
      labels: pickRows(contest, rows, contest.labels),
      groups: pickRows(contest, rows, contest.groups),
      probabilities: pickRows(contest, rows, contest.probabilities),
    }
    const first = pickRows(contest, rows, opponent)
    const { pWorse } = significanceOf(part, first, part.probabilities)
    return pWorse < ALPHA_SEGMENT / judged.length ? [segment] : []
  })
}

const keep = (because: string, rest: Omit<Verdict, 'decision' | 'because'>): Verdict => ({
  decision: 'keep',
  because,
  ...rest,
})

function firstModel(contest: Contest, rest: Omit<Verdict, 'decision' | 'because'>): Verdict {
  const losers = (['prior', 'rule'] as const).filter(
    (name) => !(rest.against[name]!.pBetter < ALPHA_ONCE),
  )
  if (losers.length > 0)
    return keep(
      `the first model must beat prior and rules; not clearly better than: ${losers.join(', ')}`,
      rest,
    )
  return { decision: 'promote', because: 'the first model beats the prior and the rules', ...rest }
}

function againstChampion(contest: Contest, rest: Omit<Verdict, 'decision' | 'because'>): Verdict {
  const { pBetter, pWorse } = rest.against.champion!
  const better = pBetter < rest.alpha
  const p = pBetter.toExponential(1)
  if (rest.worseSegments.length > 0)
    return keep(`significantly worse for: ${rest.worseSegments.join(', ')}`, rest)
  if (better)
    return { decision: 'promote', because: `better than the champion (p = ${p})`, ...rest }
  if (contest.championDrifted && pWorse >= ALPHA_SEGMENT)
    return {
      decision: 'promote',
      because: 'the champion has drifted and this is not worse',
      ...rest,
    }
  if (rest.alpha === 0) return keep('this year’s comparisons are used up', rest)
  return keep(`not better than the champion beyond chance (p = ${p})`, rest)
}

/** Decides. Deterministic in its argument. */
export function decidePromotion(contest: Contest): Verdict {
  const { champion, prior, rule, probabilities, seed } = contest
  const alpha = alphaOf(contest.comparisonsBefore)
  const against = {
    prior: compareAnswers(contest, prior, probabilities, seed),
    rule: compareAnswers(contest, rule, probabilities, seed),
    ...(champion === null
      ? {}
      : { champion: compareAnswers(contest, champion, probabilities, seed) }),
  }
  const worse = champion === null ? [] : worseSegments(contest, champion)
  const rest = { alpha, against, worseSegments: worse }
  if (contest.positives < POSITIVES_MIN)
    return keep(
      `only ${contest.positives} held-out leads with the outcome; ${POSITIVES_MIN} are needed`,
      rest,
    )
  return champion === null ? firstModel(contest, rest) : againstChampion(contest, rest)
}
