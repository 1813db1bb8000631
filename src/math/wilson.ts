/** Interval of a share. */
import { normalQuantile } from './distributions.ts'

/**
 * The share of `hits` among `trials` with its interval at `level` in (0, 1), each in [0, 1]. `hits`
 * may be a sum of parts of one, as ranks with ties give. Good for few trials too, where the usual
 * interval is not.
 *
 * Reference: Wilson 1927, as in Brown, Cai and DasGupta 2001, equation 4.
 *
 * @throws RangeError without trials.
 */
export function wilsonInterval(hits: number, trials: number, level = 0.95): [number, number] {
  if (!(trials > 0)) throw new RangeError('a share needs at least one trial')
  const z = normalQuantile((1 + level) / 2)
  const share = hits / trials
  const middle = (hits + z ** 2 / 2) / (trials + z ** 2)
  const half =
    ((z * Math.sqrt(trials)) / (trials + z ** 2)) *
    Math.sqrt(share * (1 - share) + z ** 2 / (4 * trials))
  return [Math.max(0, middle - half), Math.min(1, middle + half)]
}
