/**
 * Pielou's evenness (J. Theoretical Biology 13, 1966): Shannon entropy of the weights over its
 * largest possible value, in [0, 1]; 0 when all weight is on one, 1 when all are equal. Weights
 * must be >= 0; zeros do not count. NaN without any weight.
 */
export function evenness(weights: ArrayLike<number>, n: number = weights.length): number {
  let total = 0
  let kinds = 0
  for (let i = 0; i < n; i++)
    if (weights[i]! > 0) {
      total += weights[i]!
      kinds++
    }
  if (kinds === 0) return Number.NaN
  if (kinds === 1) return 0
  let entropy = 0
  for (let i = 0; i < n; i++) {
    const share = weights[i]! / total
    if (share > 0) entropy -= share * Math.log(share)
  }
  return Math.min(1, Math.max(0, entropy / Math.log(kinds)))
}

/** Simpson's concentration (Nature 163, 1949): the sum of squared shares, in (0, 1]. */
export function concentration(weights: ArrayLike<number>, n: number = weights.length): number {
  let total = 0
  for (let i = 0; i < n; i++) total += Math.max(0, weights[i]!)
  if (total <= 0) return Number.NaN
  let sum = 0
  for (let i = 0; i < n; i++) sum += (Math.max(0, weights[i]!) / total) ** 2
  return Math.min(1, sum)
}
