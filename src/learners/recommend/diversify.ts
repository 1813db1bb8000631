/**
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): takes `k` of `candidates` one
 * by one, each time the one with the highest
 *
 *   tradeOff x relevance - (1 - tradeOff) x (largest similarity to one already taken)
 *
 * @param candidates item numbers; @param relevance their scores, comparable with similarities
 * (scale them to [0, 1]); @param tradeOff 1 keeps the order of relevance, 0 only spreads.
 * @returns chosen item numbers, best first; ties go to the earlier candidate.
 */
export function diversify(
  candidates: ArrayLike<number>,
  relevance: ArrayLike<number>,
  similarity: (a: number, b: number) => number,
  k: number,
  tradeOff = 0.7,
): number[] {
  if (!(tradeOff >= 0 && tradeOff <= 1))
    throw new RangeError(`tradeOff must lie in 0 ... 1, not ${tradeOff}`)
  const closest = new Float64Array(candidates.length).fill(-Infinity)
  const left = new Set(Array.from({ length: candidates.length }, (_, n) => n))
  const chosen: number[] = []
  while (chosen.length < k && left.size > 0) {
    let best = -1
    let bestValue = -Infinity
    for (const n of left) {
      const spread = chosen.length === 0 ? 0 : (1 - tradeOff) * closest[n]!
      const value = tradeOff * relevance[n]! - spread
      if (best < 0 || value > bestValue) {
        best = n
        bestValue = value
      }
    }
    left.delete(best)
    const item = candidates[best]!
    chosen.push(item)
    for (const n of left) closest[n] = Math.max(closest[n]!, similarity(candidates[n]!, item))
  }
  return chosen
}
