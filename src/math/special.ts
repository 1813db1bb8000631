/**
 * Special functions behind the distributions. Prefactors use the saddle-point form of Loader,
 * "Fast and Accurate Computation of Binomial Probabilities" (2000), because the difference of
 * three log-gammas loses nine digits at a million observations.
 */

const HALF_LOG_TWO_PI = 0.9189385332046727
const EPSILON = 2.220446049250313e-16
const TINY = 1e-300
/** Continued fractions here need O(sqrt(a)) steps; this covers a up to about 1e11. */
const ITERATIONS = 1_000_000

// Lanczos (1964) coefficients for g = 7, nine terms.
const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
  12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
]

/** ln of the gamma function for x > 0. Relative error about 1e-15. Infinity at 0. */
export function logGamma(x: number): number {
  if (!(x >= 0)) throw new RangeError(`logGamma needs x >= 0, got ${x}`)
  if (x === 0) return Infinity
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const y = x - 1
  let sum = LANCZOS[0]!
  for (let k = 1; k < LANCZOS.length; k++) sum += LANCZOS[k]! / (y + k)
  const t = y + 7.5
  return HALF_LOG_TWO_PI + (y + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** ln(x!) minus Stirling's approximation (Loader 2000, section 3). x > 0. */
function stirlingError(x: number): number {
  if (x < 15) return logGamma(x + 1) - (x + 0.5) * Math.log(x) + x - HALF_LOG_TWO_PI
  const s = 1 / (x * x)
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / x
}

/** x ln(x/m) + m - x, without cancellation near x = m (Loader 2000, section 4). */
function deviance(x: number, m: number): number {
  const difference = x - m
  if (Math.abs(difference) > 0.1 * (x + m)) return x * Math.log(x / m) - difference
  const v = difference / (x + m)
  let sum = difference * v
  let term = 2 * x * v
  for (let j = 1; j < 1000; j++) {
    term *= v * v
    const next = sum + term / (2 * j + 1)
    if (next === sum) break
    sum = next
  }
  return sum
}

/** x^a e^-x / Gamma(a): the prefactor of both incomplete gamma expansions. */
function gammaPrefactor(a: number, x: number): number {
  return (Math.sqrt(a / (2 * Math.PI)) * Math.exp(-deviance(a, x))) / Math.exp(stirlingError(a))
}

/** Regularised incomplete gamma functions, lower P(a, x) and upper Q(a, x) = 1 - P. */
export function incompleteGamma(a: number, x: number): { lower: number; upper: number } {
  if (!(a > 0) || !(x >= 0)) throw new RangeError(`incompleteGamma needs a > 0, x >= 0`)
  if (x === 0) return { lower: 0, upper: 1 }
  if (x === Infinity) return { lower: 1, upper: 0 }
  const prefactor = gammaPrefactor(a, x)
  if (x < a + 1) {
    // Series (Abramowitz and Stegun 6.5.29).
    let term = 1 / a
    let sum = term
    for (let n = 1; n < ITERATIONS && term > sum * EPSILON * 0.1; n++) {
      term *= x / (a + n)
      sum += term
    }
    const lower = Math.min(1, sum * prefactor)
    return { lower, upper: 1 - lower }
  }
  // Continued fraction (6.5.31) by the modified Lentz method.
  let b = x + 1 - a
  let c = 1 / TINY
  let d = 1 / b
  let h = d
  for (let i = 1; i < ITERATIONS; i++) {
    const numerator = -i * (i - a)
    b += 2
    d = 1 / (numerator * d + b || TINY)
    c = b + numerator / c || TINY
    const delta = d * c
    h *= delta
    if (Math.abs(delta - 1) < EPSILON) break
  }
  const upper = Math.min(1, h * prefactor)
  return { lower: 1 - upper, upper }
}

/** x^a y^b / B(a, b) where y = 1 - x is given apart, so that neither end loses digits. */
function betaPrefactor(a: number, b: number, x: number, y: number): number {
  const n = a + b
  const errors = stirlingError(n) - stirlingError(a) - stirlingError(b)
  const exponent = errors - deviance(a, n * x) - deviance(b, n * y)
  return Math.sqrt((a * b) / (2 * Math.PI * n)) * Math.exp(exponent)
}

/** Continued fraction of the incomplete beta (DLMF 8.17.22) by the modified Lentz method. */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || TINY)
  let h = d
  for (let m = 1; m < ITERATIONS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d || TINY)
    c = 1 + even / c || TINY
    h *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d || TINY)
    c = 1 + odd / c || TINY
    const delta = d * c
    h *= delta
    if (Math.abs(delta - 1) < EPSILON) break
  }
  return h
}

/**
 * Regularised incomplete beta I_x(a, b) and its complement. `y` is 1 - x; give it when it is known
 * more exactly than `1 - x` can say.
 */
export function incompleteBeta(
  a: number,
  b: number,
  x: number,
  y: number = 1 - x,
): { lower: number; upper: number } {
  if (!(a > 0) || !(b > 0)) throw new RangeError('incompleteBeta needs a > 0 and b > 0')
  if (!(x >= 0) || !(x <= 1)) throw new RangeError(`incompleteBeta needs x in [0, 1], got ${x}`)
  if (x === 0) return { lower: 0, upper: 1 }
  if (y === 0) return { lower: 1, upper: 0 }
  const prefactor = betaPrefactor(a, b, x, y)
  if (x < (a + 1) / (a + b + 2)) {
    const lower = Math.min(1, (prefactor * betaFraction(a, b, x)) / a)
    return { lower, upper: 1 - lower }
  }
  const upper = Math.min(1, (prefactor * betaFraction(b, a, y)) / b)
  return { lower: 1 - upper, upper }
}

// W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969):
// numerator and denominator by range, highest power first.
const ERF_SMALL = {
  top: [
    0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302,
    3209.3775891384694,
  ],
  bottom: [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
}
const ERFC_MIDDLE = {
  top: [
    2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163,
    298.6351381974001, 881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
  ],
  bottom: [
    1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903,
    3290.7992357334597, 4362.619090143247, 3439.3676741437216, 1230.3393548037495,
  ],
}
const ERFC_LARGE = {
  top: [
    0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926,
    0.016083785148742275, 0.0006587491615298378,
  ],
  bottom: [
    1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132,
    0.0023352049762686918,
  ],
}

function rational({ top, bottom }: { top: number[]; bottom: number[] }, x: number): number {
  let a = 0
  let b = 0
  for (let i = 0; i < top.length; i++) {
    a = a * x + top[i]!
    b = b * x + bottom[i]!
  }
  return a / b
}

/** exp(-x^2) with x^2 split, so that a large square loses no digits (Cody 1969). */
function gaussian(x: number): number {
  const rounded = Math.trunc(x * 16) / 16
  return Math.exp(-rounded * rounded) * Math.exp(-(x - rounded) * (x + rounded))
}

/** Complementary error function. Relative error about 1e-15 in both tails. */
export function erfc(x: number): number {
  const y = Math.abs(x)
  if (y <= 0.46875) return 1 - x * rational(ERF_SMALL, y * y)
  let tail = 0
  if (y <= 4) tail = gaussian(y) * rational(ERFC_MIDDLE, y)
  else if (y < 28) {
    const s = 1 / (y * y)
    tail = (gaussian(y) * (1 / Math.sqrt(Math.PI) - s * rational(ERFC_LARGE, s))) / y
  } else if (Number.isNaN(x)) return NaN
  return x < 0 ? 2 - tail : tail
}
