/**
 * The best split of a node, from its histograms (Chen and Guestrin 2016, equation 7):
 *   gain = 1/2 (GL^2 / (HL + l2) + GR^2 / (HR + l2) - G^2 / (H + l2)).
 * Sums of gradients are integers in quantised units; `Scale` turns them into real ones.
 */
import type { Arena } from './arena.ts'
import { MISSING_BIN } from './binner.ts'
import { SET_WORDS, type Split } from './ensemble.ts'
import { HISTOGRAM_BYTES } from './kernel.ts'
import type { SplitRules, Workshop } from './workshop.ts'

/** Real gradient and hessian of one quantised unit. */
export interface Scale {
  readonly g: number
  readonly h: number
}

/** Quantised sums of a node, and the range its leaf values must keep (monotone constraints). */
export interface NodeSums {
  readonly g: number
  readonly h: number
  readonly lower: number
  readonly upper: number
}

/** What a node's leaf would add: -G / (H + l2), kept inside the node's range. */
export function leafValue(sums: NodeSums, scale: Scale, l2: number): number {
  const h = sums.h * scale.h + l2
  const w = h > 0 ? (-sums.g * scale.g) / h : 0
  return Math.min(Math.max(w, sums.lower), sums.upper)
}

/** Twice the loss reduction of a leaf with sums G, H (l2 included): G^2 / H. */
const score = (g: number, h: number): number => (h > 0 ? (g * g) / h : 0)

/** A split with the quantised sums of its left side and the score of both sides. */
export interface SplitChoice extends Split {
  readonly score: number
  readonly leftG: number
  readonly leftH: number
}

export type Best = { -readonly [K in keyof SplitChoice]: SplitChoice[K] }

/**
 * The best split among `features` (ascending column numbers), or null when none gains more than
 * `minSplitGain`. `histograms` is the address of the node's first histogram. Equal gains: the first
 * column and the lowest threshold win.
 */
export function bestSplit(
  workshop: Workshop,
  histograms: number,
  node: NodeSums,
  scale: Scale,
  features: Int32Array,
): SplitChoice | null {
  const { arena, kernel, places, rules } = workshop
  const parent = parentScore(node, scale, rules)
  const best = noSplit(parent, rules)
  for (const f of features) {
    const at = histograms + f * HISTOGRAM_BYTES
    if (rules.categorical[f] === 1 || rules.monotone)
      scanSpecial(workshop, at, f, node, scale, best)
    else if (kernel.scan(at, rules.bins[f]!, node.g, node.h, best.score, places.scan))
      readScan(arena, places.scan, f, best)
  }
  return withGain(best, parent)
}

/** The split with its loss reduction, or null when none was found. */
export function withGain(best: Best, parent: number): Best | null {
  best.gain = (best.score - parent) / 2
  return best.feature < 0 ? null : best
}

/** Score that the node has unsplit, and a hair more: rounding must not pass for a gain. */
export function parentScore(node: NodeSums, scale: Scale, rules: SplitRules): number {
  const unsplit =
    rules.monotone === undefined
      ? score(node.g * scale.g, node.h * scale.h + rules.l2)
      : scoreAt(node, scale, rules.l2, node)
  return unsplit * (1 + 1e-11)
}

/** No split yet; its score is what a split must exceed. */
export const noSplit = (parent: number, { minSplitGain }: SplitRules): Best => ({
  score: parent + 2 * minSplitGain,
  gain: 0,
  feature: -1,
  threshold: 0,
  missingLeft: false,
  set: null,
  leftG: 0,
  leftH: 0,
})

/** Takes over what the kernel's scan found. */
export function readScan(
  { i32, u32, f64 }: Arena,
  scan: number,
  feature: number,
  best: Best,
): void {
  const at = (scan >> 2) + 10
  best.score = f64[(scan >> 3) + 4]!
  best.feature = feature
  best.threshold = i32[at]!
  best.missingLeft = i32[at + 1] === 1
  best.set = null
  best.leftG = i32[at + 2]!
  best.leftH = u32[at + 3]!
}

/** The columns that the kernel does not scan: categorical and constrained ones. */
export function scanSpecial(
  { arena, rules }: Workshop,
  histogram: number,
  f: number,
  node: NodeSums,
  scale: Scale,
  best: Best,
): void {
  const at = histogram >> 2
  if (rules.categorical[f] === 1) scanCategories(arena, at, f, node, scale, rules, best)
  else scanBounded(arena, at, f, node, scale, rules, best)
}

/** Score of a leaf whose value is clipped to the node's range: -(2 G w + (H + l2) w^2). */
function scoreAt(sums: { g: number; h: number }, scale: Scale, l2: number, node: NodeSums): number {
  const { lower, upper } = node
  const w = leafValue({ g: sums.g, h: sums.h, lower, upper }, scale, l2)
  return -(2 * sums.g * scale.g * w + (sums.h * scale.h + l2) * w * w)
}

/** As scanNumeric, with leaf values clipped to the node's range and ordered as constrained. */
function scanBounded(
  { i32, u32 }: Arena,
  at: number,
  f: number,
  node: NodeSums,
  scale: Scale,
  rules: SplitRules,
  best: Best,
): void {
  const missing = at + 2 * MISSING_BIN
  const missingH = u32[missing]!
  const { l2, minChildWeight } = rules
  const sign = rules.monotone?.[f] ?? 0
  const { lower, upper } = node
  for (let pass = 0; pass < (missingH > 0 ? 2 : 1); pass++) {
    let g = pass === 1 ? i32[missing + 1]! : 0
    let h = pass === 1 ? missingH : 0
    // A constrained column orders only its values: where missing rows go must not break the order,
    // so "all values left, missing right" is left out for it.
    const last = rules.bins[f]! - (missingH > 0 && sign === 0 ? 0 : 1)
    for (let b = 0, cell = at; b < last; b++, cell += 2) {
      if (u32[cell]! === 0) continue
      h += u32[cell]!
      g += i32[cell + 1]!
      const right = { g: node.g - g, h: node.h - h, lower, upper }
      const left = { g, h, lower, upper }
      if (right.h <= 0 || right.h * scale.h < minChildWeight) break
      if (h * scale.h < minChildWeight) continue
      if (sign * (leafValue(right, scale, l2) - leafValue(left, scale, l2)) < 0) continue
      const sum = scoreAt(left, scale, l2, node) + scoreAt(right, scale, l2, node)
      if (sum > best.score) {
        best.score = sum
        best.feature = f
        best.threshold = b
        best.missingLeft = missingH > 0 ? pass === 1 : 2 * h > node.h
        best.set = null
        best.leftG = g
        best.leftH = h
      }
    }
  }
}

/**
 * Categories sorted by G / (H + smoothing) and cut once: for a convex loss the best of all subsets
 * is such a prefix (Fisher 1958; Ke et al. 2017). Missing is a category. Categories that no row of
 * this node has go to the heavier side.
 */
function scanCategories(
  { i32, u32 }: Arena,
  at: number,
  f: number,
  node: NodeSums,
  scale: Scale,
  rules: SplitRules,
  best: Best,
): void {
  const found: number[] = []
  const ratio = new Float64Array(256)
  for (let i = 0; i <= rules.bins[f]!; i++) {
    const b = i < rules.bins[f]! ? i : MISSING_BIN
    const h = u32[at + 2 * b]!
    if (h === 0) continue
    ratio[b] = (i32[at + 2 * b + 1]! * scale.g) / (h * scale.h + rules.categorySmoothing)
    found.push(b)
  }
  found.sort((a, b) => ratio[a]! - ratio[b]! || a - b)
  const l2 = rules.l2 + (found.length > 2 ? rules.categoryL2 : 0)
  const { minChildWeight, monotone } = rules
  let cut = -1
  let heavyLeft = false
  let g = 0
  let h = 0
  for (let i = 0; i + 1 < found.length; i++) {
    const cell = at + 2 * found[i]!
    h += u32[cell]!
    g += i32[cell + 1]!
    const right = { g: node.g - g, h: node.h - h }
    if (right.h <= 0 || right.h * scale.h < minChildWeight) break
    if (h * scale.h < minChildWeight) continue
    const sum = monotone
      ? scoreAt({ g, h }, scale, l2, node) + scoreAt(right, scale, l2, node)
      : score(g * scale.g, h * scale.h + l2) + score(right.g * scale.g, right.h * scale.h + l2)
    if (sum > best.score) {
      best.score = sum
      best.feature = f
      best.leftG = g
      best.leftH = h
      cut = i
      heavyLeft = 2 * h > node.h
    }
  }
  if (cut < 0) return
  const set = new Uint32Array(SET_WORDS)
  if (heavyLeft) set.fill(0xffffffff)
  found.forEach((b, i) => {
    const bit = 1 << (b & 31)
    if (i <= cut) set[b >> 5]! |= bit
    else set[b >> 5]! &= ~bit
  })
  best.threshold = 0
  best.missingLeft = ((set[MISSING_BIN >> 5]! >>> 31) & 1) === 1
  best.set = set
}
