/** Draws from the distributions the market uses, each from a seeded source. */
import type { SeededRandom } from '../math/index.ts'

/** Poisson by multiplication (Knuth); for means below about 30. */
export function poisson(random: SeededRandom, mean: number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random.next(); product > limit; product *= random.next()) count++
  return count
}

/** An index drawn with probability proportional to `weights`. */
export function pick(random: SeededRandom, weights: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]!
  let left = random.next() * total
  for (let i = 0; i < weights.length - 1; i++) {
    left -= weights[i]!
    if (left < 0) return i
  }
  return weights.length - 1
}

export function oneOf<T>(random: SeededRandom, values: readonly T[]): T {
  return values[random.int(values.length)]!
}

export function logNormal(random: SeededRandom, median: number, logSd: number): number {
  return median * Math.exp(logSd * random.normal())
}
