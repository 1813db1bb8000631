/**
 * BPR-MF: matrix factorisation for ranking (Rendle et al., "BPR: Bayesian personalized ranking from
 * implicit feedback", UAI 2009). Stochastic gradient ascent on
 *
 *   sum over (u, i taken, j not taken) ln sigma(x_ui - x_uj) - regularisation |parameters|^2
 *   x_ui = w_u.h_i + b_i
 *
 * with j drawn uniformly. A person is folded in by the same ascent with the items held fixed.
 */
import { fnv1a, multiplyTransposed, seededRandom, type SparseMatrix } from '../../math/index.ts'
import { checkRange, step, type Recommender, type TrainingControl } from './recommender.ts'

export interface BprOptions {
  /** Dimensions, 1 ... 512. */
  readonly factors: number
  /** Step size, above 0 ... 1. */
  readonly rate: number
  /** L2 penalty of every parameter, 0 ... 1. */
  readonly regularisation: number
  /** Passes over the interactions, 1 ... 10000. */
  readonly epochs: number
  readonly seed: number
}

export const BPR_DEFAULTS: BprOptions = {
  factors: 64,
  rate: 0.05,
  regularisation: 0.005,
  epochs: 60,
  seed: 0,
}

export interface BprState {
  readonly kind: 'bpr'
  readonly version: 1
  readonly items: number
  readonly options: BprOptions
  /** items x (factors + 1): the factors and, last, the bias. */
  readonly factors: Float32Array
}

/** Tables being trained: rows of `width` floats, the last of an item row its bias. */
interface Tables {
  readonly people: Float32Array
  readonly items: Float32Array
  readonly width: number
}

/**
 * One ascent step on (person, taken, other); items stay as they are when `fixed`. The last
 * coordinate of a person is the constant 1, so that an item's last coordinate is its bias.
 */
function ascend(
  { people, items, width }: Tables,
  at: readonly [person: number, taken: number, other: number],
  { rate, regularisation }: BprOptions,
  fixed: boolean,
): void {
  const [w, i, j] = [at[0] * width, at[1] * width, at[2] * width]
  let difference = 0
  for (let k = 0; k < width; k++) difference += people[w + k]! * (items[i + k]! - items[j + k]!)
  const pull = rate / (1 + Math.exp(difference))
  const keep = 1 - rate * regularisation
  const last = width - 1
  for (let k = 0; k < last; k++) {
    const [x, a, b] = [people[w + k]!, items[i + k]!, items[j + k]!]
    people[w + k] = keep * x + pull * (a - b)
    if (fixed) continue
    items[i + k] = keep * a + pull * x
    items[j + k] = keep * b - pull * x
  }
  if (fixed) return
  items[i + last] = keep * items[i + last]! + pull
  items[j + last] = keep * items[j + last]! - pull
}

/** Only the places of `taken` count. Deterministic given the seed. */
export function trainBpr(
  taken: SparseMatrix,
  given: Partial<BprOptions> = {},
  control: TrainingControl = {},
): BprState {
  const options = { ...BPR_DEFAULTS, ...given }
  checkRange('factors', options.factors, 1, 512)
  checkRange('rate', options.rate, 1e-9, 1)
  checkRange('regularisation', options.regularisation, 0, 1)
  checkRange('epochs', options.epochs, 1, 10_000)
  const { rows, cols: items, offsets, indices } = taken
  const width = options.factors + 1
  const random = seededRandom(options.seed)
  const spread = 0.1 / Math.sqrt(options.factors)
  const start = (n: number, last: number): Float32Array =>
    Float32Array.from({ length: n * width }, (_, k) =>
      (k + 1) % width === 0 ? last : random.normal() * spread,
    )
  const tables = { people: start(rows, 1), items: start(items, 0), width }
  const owner = new Int32Array(indices.length)
  for (let u = 0; u < rows; u++) owner.fill(u, offsets[u], offsets[u + 1])
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    for (let n = 0; n < indices.length; n++) {
      const e = random.int(indices.length)
      const u = owner[e]!
      const own = indices.subarray(offsets[u], offsets[u + 1])
      const other = drawOther(own, items, random.int)
      if (other >= 0) ascend(tables, [u, indices[e]!, other], options, false)
    }
    step(control, (epoch + 1) / options.epochs)
  }
  return { kind: 'bpr', version: 1, items, options, factors: tables.items }
}

/** A uniform item outside the rising list `own`, or -1 when there is none. */
function drawOther(own: Int32Array, items: number, int: (bound: number) => number): number {
  if (own.length >= items) return -1
  let place = int(items - own.length)
  let low = 0
  let high = own.length
  // The place-th item that is not in `own`: the number of own items before it, by bisection.
  while (low < high) {
    const middle = (low + high) >> 1
    if (own[middle]! - middle <= place) low = middle + 1
    else high = middle
  }
  place += low
  return place
}

/** Steps taken per item of the history when somebody is folded in. */
const FOLD_IN_PASSES = 40

export function bprRecommender({ items, options, factors }: BprState): Recommender {
  const width = options.factors + 1
  return {
    items,
    score(histories, from, to, out) {
      const people = new Float32Array((to - from) * width)
      const tables = { people, items: factors, width }
      for (let row = from; row < to; row++) {
        const end = histories.offsets[row + 1]!
        const own = histories.indices.subarray(histories.offsets[row], end)
        const known = own.filter((item) => item < items)
        people[(row - from) * width + width - 1] = 1
        // The same history always meets the same draws, whoever it belongs to.
        const random = seededRandom(fnv1a(known.join()))
        for (let n = 0; n < FOLD_IN_PASSES * known.length; n++) {
          const other = drawOther(known, items, random.int)
          const chosen = known[n % known.length]!
          if (other >= 0) ascend(tables, [row - from, chosen, other], options, true)
        }
      }
      multiplyTransposed(people, factors, [to - from, items, width], out)
    },
  }
}
