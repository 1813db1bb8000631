/**
 * BG/NBD (Fader, Hardie and Lee, "Counting your customers the easy way", Marketing Science 24,
 * 2005): the reference for inactivity of buyers. In the bench only: the product learns instead.
 */
import { logGamma } from '../src/math/index.ts'

/** One customer: repeat purchases, time of the last one and age, both in weeks. */
export interface Buyer {
  readonly x: number
  readonly tx: number
  readonly age: number
}

export interface BgNbd {
  readonly r: number
  readonly alpha: number
  readonly a: number
  readonly b: number
  readonly logLikelihood: number
}

/** Equation 6 of the paper, as a logarithm. */
function logDensity({ x, tx, age }: Buyer, r: number, alpha: number, a: number, b: number): number {
  const purchases = logGamma(r + x) - logGamma(r) + r * Math.log(alpha)
  const dropout = logGamma(a + b) - logGamma(a + b + x) + logGamma(b + x) - logGamma(b)
  const alive = -(r + x) * Math.log(alpha + age)
  if (x === 0) return purchases + dropout + alive
  const gone = Math.log(a / (b + x - 1)) - (r + x) * Math.log(alpha + tx)
  const high = Math.max(alive, gone)
  return purchases + dropout + high + Math.log(Math.exp(alive - high) + Math.exp(gone - high))
}

/** Maximum likelihood by Nelder and Mead on the logarithms of the four parameters. */
export function fitBgNbd(buyers: readonly Buyer[]): BgNbd {
  const counts = new Map<string, [Buyer, number]>()
  for (const buyer of buyers) {
    const key = `${buyer.x}:${buyer.tx}:${buyer.age}`
    const known = counts.get(key)
    if (known === undefined) counts.set(key, [buyer, 1])
    else known[1]++
  }
  const distinct = [...counts.values()]
  const loss = (logs: readonly number[]): number => {
    const [r, alpha, a, b] = logs.map(Math.exp)
    let sum = 0
    for (const [buyer, n] of distinct) sum -= n * logDensity(buyer, r!, alpha!, a!, b!)
    return Number.isFinite(sum) ? sum : Infinity
  }
  const best = nelderMead(loss, [0, 1, 0, 1])
  const [r, alpha, a, b] = best.at.map(Math.exp)
  return { r: r!, alpha: alpha!, a: a!, b: b!, logLikelihood: -best.value }
}

/** Chance of no purchase within `weeks` of the buyer's age. */
export function inactivity(model: BgNbd, { x, tx, age }: Buyer, weeks: number): number {
  const { r, alpha, a, b } = model
  const odds = x === 0 ? 0 : (a / (b + x - 1)) * ((alpha + age) / (alpha + tx)) ** (r + x)
  const silent = ((alpha + age) / (alpha + age + weeks)) ** (r + x)
  return 1 - (1 - silent) / (1 + odds)
}

interface Point {
  readonly at: readonly number[]
  readonly value: number
}

function nelderMead(loss: (at: readonly number[]) => number, start: readonly number[]): Point {
  const point = (at: readonly number[]): Point => ({ at, value: loss(at) })
  const corners = [
    point(start),
    ...start.map((_, i) => point(start.map((v, j) => (i === j ? v + 0.7 : v)))),
  ]
  for (let round = 0; round < 600; round++) {
    corners.sort((p, q) => p.value - q.value)
    const worst = corners.at(-1)
    if (worst.value - corners[0]!.value < 1e-7) break
    const others = corners.slice(0, -1)
    const center = start.map((_, i) => others.reduce((s, p) => s + p.at[i]! / others.length, 0))
    const along = (step: number): Point =>
      point(center.map((c, i) => c + step * (c - worst.at[i]!)))
    const reflected = along(1)
    let next = reflected
    if (reflected.value < corners[0]!.value) {
      const expanded = along(2)
      if (expanded.value < reflected.value) next = expanded
    } else if (reflected.value >= others.at(-1).value) {
      next = reflected.value < worst.value ? along(0.5) : along(-0.5)
      if (next.value >= Math.min(reflected.value, worst.value)) {
        const best = corners[0]!.at
        corners.forEach((p, k) => {
          if (k > 0) corners[k] = point(p.at.map((v, i) => (v + best[i]!) / 2))
        })
        continue
      }
    }
    corners[corners.length - 1] = next
  }
  return corners.reduce((p, q) => (q.value < p.value ? q : p))
}
