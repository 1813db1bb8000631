/**
 * Shapley values of one leaf. Seen from one leaf, a tree is a product game: coalition S of the d
 * columns on its path earns v * prod_{j in S} o_j * prod_{j not in S} z_j, where o_j is 1 when the
 * row passes every condition on column j and z_j the share of training rows that does. Lundberg et
 * al. 2020 (Nature Machine Intelligence 2, Algorithm 2) extends and unwinds such paths; here the
 * columns passed (A) and failed (B) are kept apart, since S can only earn from inside A:
 *
 *   i in A:  phi_i =  v prod_B z (1 - z_i) sum_s w(s) [x^s] prod_{j in A - i} (z_j + x)
 *   i in B:  phi_i = -v prod_B z           sum_s w(s) [x^s] prod_{j in A} (z_j + x)
 *
 * with w(s) = s! (d - 1 - s)! / d!. The same polynomials with w(s) = s! (d - 2 - s)! / (2 (d - 1)!)
 * give the interaction values (equation 3 of the same paper's methods).
 */

/** Longest path of distinct columns. */
export const MOST_ELEMENTS = 32

/** w[d][s] = s! (d - 1 - s)! / d!, built up from w[d][0] = 1 / d. */
const SHAPLEY_WEIGHTS: readonly Float64Array[] = Array.from(
  { length: MOST_ELEMENTS + 1 },
  (_, d) => {
    const w = new Float64Array(Math.max(1, d))
    w[0] = d > 0 ? 1 / d : 0
    for (let s = 1; s < d; s++) w[s] = (w[s - 1]! * s) / (d - s)
    return w
  },
)

/** The columns on the path to one leaf: which, the share of rows each lets pass, this row's o. */
export interface LeafPath {
  readonly column: Int32Array
  readonly share: Float64Array
  readonly passed: Uint8Array
}

export function leafPath(): LeafPath {
  return {
    column: new Int32Array(MOST_ELEMENTS),
    share: new Float64Array(MOST_ELEMENTS),
    passed: new Uint8Array(MOST_ELEMENTS),
  }
}

const polynomial = new Float64Array(MOST_ELEMENTS + 2)
const quotient = new Float64Array(MOST_ELEMENTS + 2)
const second = new Float64Array(MOST_ELEMENTS + 2)

/** Coefficients of prod_{j passed} (z_j + x) into `polynomial`; gives prod_{j failed} z_j. */
function multiplyOut(path: LeafPath, d: number): number {
  let failed = 1
  let degree = 0
  polynomial[0] = 1
  for (let i = 0; i < d; i++) {
    const z = path.share[i]!
    if (path.passed[i] === 0) {
      failed *= z
      continue
    }
    polynomial[++degree] = polynomial[degree - 1]!
    for (let s = degree - 1; s > 0; s--) polynomial[s] = polynomial[s]! * z + polynomial[s - 1]!
    polynomial[0] *= z
  }
  return failed
}

/** Divides `from` (of `degree`) by (x + z) into `to`: exact, from the leading coefficient down. */
function divideOut(from: Float64Array, degree: number, z: number, to: Float64Array): void {
  let carried = from[degree]!
  for (let s = degree - 1; s >= 0; s--) {
    to[s] = carried
    carried = from[s]! - z * carried
  }
}

function weighted(coefficients: Float64Array, degree: number, w: Float64Array): number {
  let sum = 0
  for (let s = 0; s <= degree; s++) sum += w[s]! * coefficients[s]!
  return sum
}

/** Shapley value of each of the `d` elements of the path for a leaf of value `v`, into `out`. */
export function leafShapley(path: LeafPath, d: number, v: number, out: Float64Array): void {
  const w = SHAPLEY_WEIGHTS[d]!
  const scale = v * multiplyOut(path, d)
  let a = 0
  for (let i = 0; i < d; i++) a += path.passed[i]!
  const failed = a < d ? -scale * weighted(polynomial, a, w) : 0
  for (let i = 0; i < d; i++) {
    if (path.passed[i] === 0) {
      out[i] = failed
      continue
    }
    const z = path.share[i]!
    // Division and weighting in one pass: the quotient itself is not needed.
    let carried = polynomial[a]!
    let sum = 0
    for (let s = a - 1; s >= 0; s--) {
      sum += w[s]! * carried
      carried = polynomial[s]! - z * carried
    }
    out[i] = scale * (1 - z) * sum
  }
}

/** Interaction values of each pair i < j of the path's elements, into out[i * d + j]. */
export function leafInteractions(path: LeafPath, d: number, v: number, out: Float64Array): void {
  if (d < 2) return
  // s! (d - 2 - s)! / (2 (d - 1)!) is half the Shapley weight of d - 1 players.
  const w = SHAPLEY_WEIGHTS[d - 1]!
  const scale = (v * multiplyOut(path, d)) / 2
  const { share, passed } = path
  let a = 0
  for (let i = 0; i < d; i++) a += passed[i]!
  const neither = a + 2 <= d ? weighted(polynomial, a, w) : 0
  for (let i = 0; i < d; i++) {
    if (passed[i] === 1) divideOut(polynomial, a, share[i]!, quotient)
    for (let j = i + 1; j < d; j++) {
      let value = neither
      if (passed[i] === 1 && passed[j] === 1) {
        divideOut(quotient, a - 1, share[j]!, second)
        value = (1 - share[i]!) * (1 - share[j]!) * weighted(second, a - 2, w)
      } else if (passed[i] === 1) value = -(1 - share[i]!) * weighted(quotient, a - 1, w)
      else if (passed[j] === 1) {
        divideOut(polynomial, a, share[j]!, second)
        value = -(1 - share[j]!) * weighted(second, a - 1, w)
      }
      out[i * d + j] = scale * value
    }
  }
}
