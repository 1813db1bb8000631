/**
 * Distribution functions and quantiles: normal, Student's t, chi-square, beta, Kolmogorov.
 * `Cdf` is P(X <= x), `Sf` is P(X > x), computed apart so that far tails keep their digits.
 * Checked against SciPy to 1e-10 relative (test/oracles/distributions.json).
 */
import { erfc, incompleteBeta, incompleteGamma } from './special.ts'

function requireProbability(p: number): void {
  if (!(p >= 0) || !(p <= 1)) throw new RangeError(`a probability in [0, 1] is needed, got ${p}`)
}

function requirePositive(name: string, value: number): void {
  if (!(value > 0)) throw new RangeError(`${name} must be positive, got ${value}`)
}

/** Standard normal P(Z <= x). */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2)
}

/** Standard normal P(Z > x). */
export function normalSf(x: number): number {
  return normalCdf(-x)
}

/** Standard normal density. */
export function normalPdf(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)
}

/**
 * Standard normal quantile. Start: Abramowitz and Stegun 26.2.23 (error 4.5e-4); then Halley's
 * method on the tail probability, which triples the correct digits at each step.
 */
export function normalQuantile(p: number): number {
  requireProbability(p)
  if (p === 0) return -Infinity
  if (p === 1) return Infinity
  if (p > 0.5) return -normalQuantile(1 - p)
  const t = Math.sqrt(-2 * Math.log(p))
  const numerator = 2.515517 + t * (0.802853 + t * 0.010328)
  let x = numerator / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
  for (let step = 0; step < 3; step++) {
    const density = normalPdf(x)
    if (density === 0) break
    const u = (normalCdf(x) - p) / density
    x -= u / (1 + 0.5 * x * u)
  }
  return x
}

/** Student's t, `degrees` of freedom > 0: P(T > t) (Abramowitz and Stegun 26.7.1). */
export function studentTSf(t: number, degrees: number): number {
  requirePositive('degrees', degrees)
  const total = degrees + t * t
  const tail =
    t * t === Infinity
      ? 0
      : incompleteBeta(degrees / 2, 0.5, degrees / total, (t * t) / total).lower / 2
  return t >= 0 ? tail : 1 - tail
}

/** Student's t: P(T <= t). */
export function studentTCdf(t: number, degrees: number): number {
  return studentTSf(-t, degrees)
}

/** Chi-square, `degrees` > 0: P(X > x). */
export function chiSquareSf(x: number, degrees: number): number {
  requirePositive('degrees', degrees)
  return x <= 0 ? 1 : incompleteGamma(degrees / 2, x / 2).upper
}

/** Chi-square: P(X <= x). */
export function chiSquareCdf(x: number, degrees: number): number {
  requirePositive('degrees', degrees)
  return x <= 0 ? 0 : incompleteGamma(degrees / 2, x / 2).lower
}

/** Beta(a, b): P(X <= x). */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  return x >= 1 ? 1 : incompleteBeta(a, b, x).lower
}

/**
 * The x in [low, high] where the increasing function `f` is zero, by bisection with secant steps
 * (the Illinois variant of regula falsi): every step keeps the bracket.
 */
function solveIncreasing(f: (x: number) => number, low: number, high: number): number {
  let fLow = f(low)
  let fHigh = f(high)
  let kept = 0
  for (let i = 0; i < 300; i++) {
    const middle = 0.5 * (low + high)
    if (middle === low || middle === high) return middle
    if (high - low <= 4e-16 * Math.abs(middle)) return middle
    // One bisection in three keeps the worst case logarithmic.
    const secant = (low * fHigh - high * fLow) / (fHigh - fLow)
    const x = i % 3 === 2 || !(secant > low && secant < high) ? middle : secant
    const value = f(x)
    if (value === 0) return x
    if (value < 0) {
      low = x
      fLow = value
      if (kept === 1) fHigh /= 2
      kept = 1
    } else {
      high = x
      fHigh = value
      if (kept === -1) fLow /= 2
      kept = -1
    }
  }
  return 0.5 * (low + high)
}

/** Quantile of Student's t. */
export function studentTQuantile(p: number, degrees: number): number {
  requireProbability(p)
  requirePositive('degrees', degrees)
  if (p === 0) return -Infinity
  if (p === 1) return Infinity
  if (p > 0.5) return -studentTQuantile(1 - p, degrees)
  if (p === 0.5) return 0
  let low = -1
  while (studentTCdf(low, degrees) > p) low *= 2
  const logP = Math.log(p)
  return solveIncreasing((t) => Math.log(studentTCdf(t, degrees)) - logP, low, 0)
}

/** Quantile of the chi-square distribution. */
export function chiSquareQuantile(p: number, degrees: number): number {
  requireProbability(p)
  requirePositive('degrees', degrees)
  if (p === 0) return 0
  if (p === 1) return Infinity
  let high = degrees
  while (chiSquareCdf(high, degrees) < p) high *= 2
  // Logarithms make both tails nearly straight, so secant steps work there too.
  const f =
    p < 0.5
      ? (x: number) => Math.log(chiSquareCdf(x, degrees) / p)
      : (x: number) => Math.log((1 - p) / chiSquareSf(x, degrees))
  return solveIncreasing((x) => Math.max(-1e6, Math.min(1e6, f(x))), 0, high)
}

/** Quantile of the beta distribution. */
export function betaQuantile(p: number, a: number, b: number): number {
  requireProbability(p)
  requirePositive('a', a)
  requirePositive('b', b)
  if (p === 0 || p === 1) return p
  const f = (x: number) => {
    const { lower, upper } = incompleteBeta(a, b, x)
    return p < 0.5 ? Math.log(lower / p) : Math.log((1 - p) / upper)
  }
  return solveIncreasing((x) => Math.max(-1e6, Math.min(1e6, f(x))), 0, 1)
}

/**
 * Limiting Kolmogorov distribution, P(sqrt(n) D > x): the alternating series for large x, its
 * theta-function transform for small x (Marsaglia, Tsang and Wang 2003, section 3).
 */
export function kolmogorovSf(x: number): number {
  if (!(x > 0)) return 1
  if (x < 1) {
    const q = (-Math.PI * Math.PI) / (8 * x * x)
    let sum = 0
    for (let k = 1; k <= 9; k += 2) sum += Math.exp(q * k * k)
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum
  }
  let sum = 0
  for (let k = 1; k <= 20; k++) {
    const term = Math.exp(-2 * k * k * x * x)
    sum += k % 2 === 1 ? term : -term
    if (term < 1e-18) break
  }
  return 2 * sum
}
