/** Limited-memory BFGS (Liu and Nocedal 1989, two-loop recursion) for smooth losses. */

export interface LbfgsOptions {
  /** Most iterations. Default 200. */
  readonly iterations?: number
  /** Stop when no entry of the gradient exceeds this. Default 1e-5. */
  readonly tolerance?: number
  /** Called after each iteration; throws to stop. */
  readonly onIteration?: (done: number) => void
}

/** Writes the gradient at `x` and returns the loss. */
export type LossAndGradient = (x: Float64Array, gradient: Float64Array) => number

const MEMORY = 10

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

const addScaled = (target: Float64Array, by: number, values: Float64Array): void => {
  for (let i = 0; i < target.length; i++) target[i]! += by * values[i]!
}

interface Step {
  readonly s: Float64Array
  readonly y: Float64Array
  readonly rho: number
}

/** The quasi-Newton direction: minus the approximate inverse Hessian times the gradient. */
function direction(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const q = gradient.map((v) => -v)
  const alphas = new Float64Array(steps.length)
  for (let k = steps.length - 1; k >= 0; k--) {
    const { s, y, rho } = steps[k]!
    alphas[k] = rho * dot(s, q)
    addScaled(q, -alphas[k]!, y)
  }
  const last = steps.at(-1)
  if (last) {
    const scale = dot(last.s, last.y) / dot(last.y, last.y)
    for (let i = 0; i < q.length; i++) q[i]! *= scale
  }
  steps.forEach(({ s, y, rho }, k) => addScaled(q, alphas[k]! - rho * dot(y, q), s))
  return q
}

/** The minimum of a smooth convex loss, starting at `start` (not changed). */
export function minimise(
  loss: LossAndGradient,
  start: Float64Array,
  options: LbfgsOptions = {},
): Float64Array {
  const { iterations = 200, tolerance = 1e-5, onIteration } = options
  let x = Float64Array.from(start)
  let gradient = new Float64Array(x.length)
  let value = loss(x, gradient)
  const steps: Step[] = []
  for (let done = 0; done < iterations; done++) {
    if (gradient.every((g) => Math.abs(g) <= tolerance)) break
    const move = direction(gradient, steps)
    const slope = dot(move, gradient)
    if (!(slope < 0)) break
    // Armijo backtracking; the first step is scaled to unit length.
    let scale = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1
    const next = new Float64Array(x.length)
    const nextGradient = new Float64Array(x.length)
    let nextValue = Infinity
    for (let attempt = 0; attempt < 40; attempt++, scale /= 2) {
      next.set(x)
      addScaled(next, scale, move)
      nextValue = loss(next, nextGradient)
      if (nextValue <= value + 1e-4 * scale * slope) break
    }
    if (!(nextValue < value)) break
    const s = next.map((v, i) => v - x[i]!)
    const y = nextGradient.map((v, i) => v - gradient[i]!)
    const curvature = dot(s, y)
    if (curvature > 1e-12) steps.push({ s, y, rho: 1 / curvature })
    if (steps.length > MEMORY) steps.shift()
    x = next
    gradient = nextGradient
    value = nextValue
    onIteration?.(done + 1)
  }
  return x
}
