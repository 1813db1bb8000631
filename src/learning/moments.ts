/** At which moments a lead is looked back upon: spread evenly, at a place of its own. */
import { seededRandom } from '../math/index.ts'

const DAY_MS = 86_400_000

export interface MomentOptions {
  /** Distance between two moments of a lead. Default 14. */
  readonly everyDays?: number
  readonly seed: number
}

/**
 * Moments of a lead in [from, until), ascending, milliseconds since the epoch. They stand on a grid
 * of the lead's own, fixed by the seed: a later retraining adds moments and moves none.
 */
export function momentsOf(
  group: number,
  from: number,
  until: number,
  { everyDays = 14, seed }: MomentOptions,
): number[] {
  const step = everyDays * DAY_MS
  const offset = seededRandom(seed).fork(`moments:${group}`).int(step)
  const moments: number[] = []
  for (let i = Math.ceil((from - offset) / step); offset + i * step < until; i++)
    moments.push(offset + i * step)
  return moments
}
