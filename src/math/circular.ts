/**
 * Strength of a rhythm in [0, 1] from the sums of cosines and sines of `n` phases: the mean
 * resultant length, corrected for its upward bias in small samples (Kutil, "Biased and unbiased
 * estimation of the circular mean resultant length and its variance", Statistics 46(4), 2012):
 * R^2 = (n r^2 - 1) / (n - 1), cut at 0. NaN below two phases.
 */
export function resultantLength(cosines: number, sines: number, n: number): number {
  if (n < 2) return Number.NaN
  const squared = (cosines * cosines + sines * sines) / (n * n)
  return Math.sqrt(Math.min(1, Math.max(0, (n * squared - 1) / (n - 1))))
}
