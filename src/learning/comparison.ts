/**
 * Comparing two sets of answers on the same rows: is the second better? Rows of one lead are not
 * independent, so leads are resampled whole.
 */
import { seededRandom, studentTSf } from '../math/index.ts'
import type { Judged } from './evaluation.ts'

export interface Comparison {
  /** Mean log loss of the first minus that of the second; above 0: the second is better. */
  readonly gain: number
  /** 95 % interval of the gain. */
  readonly interval: readonly [number, number]
  /** One-sided: the chance of such a gain if the second were no better. */
  readonly pBetter: number
  /** One-sided: the chance of such a loss if the second were no worse. */
  readonly pWorse: number
  readonly leads: number
}

const CLIP = 1e-6
const DRAWS = 1_000

const lossOf = (label: number, probability: number): number => {
  const p = Math.min(1 - CLIP, Math.max(CLIP, probability))
  return label === 1 ? -Math.log(p) : -Math.log1p(-p)
}

interface LeadSums {
  /** Sum of (loss of the first - loss of the second) by lead, and its rows. */
  readonly gains: Float64Array
  readonly rows: Float64Array
}

function sumsByLead(
  { labels, groups }: Judged,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): LeadSums {
  const at = new Map<number, number>()
  for (let i = 0; i < labels.length; i++) if (!at.has(groups[i]!)) at.set(groups[i]!, at.size)
  const gains = new Float64Array(at.size)
  const rows = new Float64Array(at.size)
  for (let i = 0; i < labels.length; i++) {
    const lead = at.get(groups[i]!)!
    gains[lead]! += lossOf(labels[i]!, first[i]!) - lossOf(labels[i]!, second[i]!)
    rows[lead]!++
  }
  return { gains, rows }
}

/** 95 % of the gains of resampled leads (percentile bootstrap). */
function resample({ gains, rows }: LeadSums, seed: number): readonly [number, number] {
  const random = seededRandom(seed).fork('comparison')
  const drawn = new Float64Array(DRAWS)
  for (let draw = 0; draw < DRAWS; draw++) {
    let gain = 0
    let n = 0
    for (let i = 0; i < gains.length; i++) {
      const lead = random.int(gains.length)
      gain += gains[lead]!
      n += rows[lead]!
    }
    drawn[draw] = gain / n
  }
  drawn.sort()
  return [drawn[Math.round(0.025 * (DRAWS - 1))]!, drawn[Math.round(0.975 * (DRAWS - 1))]!]
}

export type Significance = Omit<Comparison, 'interval'>

/**
 * The one-sided tails of a gain: Student's t on the standard deviation between leads, which is
 * what the bootstrap's tends to (the infinitesimal jackknife; Efron 1982, chapter 6): a percentile
 * at one in ten thousand would need a million draws. Degrees of freedom: the number of leads that
 * carry the variance, less one (Satterthwaite 1946, one variance per lead). A few buyers decide a
 * comparison of many leads; a normal tail would promise what thirty buyers cannot keep.
 */
function tailsOf({ gains, rows }: LeadSums): Significance {
  const leads = gains.length
  const n = rows.reduce((sum, v) => sum + v, 0)
  const gain = gains.reduce((sum, v) => sum + v, 0) / Math.max(1, n)
  let sum = 0
  let squares = 0
  for (let i = 0; i < leads; i++) {
    const v = (gains[i]! - gain * rows[i]!) ** 2
    sum += v
    squares += v * v
  }
  if (leads < 2 || squares === 0) return { gain, pBetter: 1, pWorse: 1, leads }
  const sd = Math.sqrt((sum * leads) / (leads - 1)) / n
  const degrees = Math.max(1, (sum * sum) / squares - 1)
  const t = gain / sd
  return { gain, pBetter: studentTSf(t, degrees), pWorse: studentTSf(-t, degrees), leads }
}

/** As `compareAnswers`, without the interval: cheap. */
export function significanceOf(
  judged: Judged,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): Significance {
  return tailsOf(sumsByLead(judged, first, second))
}

/** Compares `second` with `first` on `judged` (whose own probabilities do not count). */
export function compareAnswers(
  judged: Judged,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  seed = 0,
): Comparison {
  const sums = sumsByLead(judged, first, second)
  return { ...tailsOf(sums), interval: resample(sums, seed) }
}
