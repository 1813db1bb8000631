/** What a split makes of a node: which bins go left, and the sums of both children. */
import { MISSING_BIN } from './binner.ts'
import type { Split } from './ensemble.ts'
import { leafValue, type NodeSums, type Scale, type SplitChoice } from './split.ts'
import type { GrowRules } from './workshop.ts'

/** Writes 1 for each bin that goes left, 0 for the others. */
export function writeSides(
  sides: Uint8Array,
  { set, threshold, missingLeft }: Pick<Split, 'set' | 'threshold' | 'missingLeft'>,
): void {
  for (let b = 0; b < MISSING_BIN; b++)
    sides[b] = set ? (set[b >> 5]! >>> (b & 31)) & 1 : b <= threshold ? 1 : 0
  sides[MISSING_BIN] = missingLeft ? 1 : 0
}

/** Sums of both children, and the ranges that a constrained column leaves them. */
export function childSums(
  { lower, upper, g, h }: NodeSums,
  { leftG, leftH, feature }: Pick<SplitChoice, 'leftG' | 'leftH' | 'feature'>,
  scale: Scale,
  { l2, monotone }: GrowRules,
): [NodeSums, NodeSums] {
  const left = { g: leftG, h: leftH, lower, upper }
  const right = { g: g - leftG, h: h - leftH, lower, upper }
  const sign = monotone?.[feature] ?? 0
  if (sign !== 0) {
    const middle = (leafValue(left, scale, l2) + leafValue(right, scale, l2)) / 2
    const [low, high] = sign > 0 ? [left, right] : [right, left]
    low.upper = middle
    high.lower = middle
  }
  return [left, right]
}

/** Whether a node is worth a look: deep enough below the cap and heavy enough for two children. */
export const isSplittable = (
  { depth, count, sums }: { depth: number; count: number; sums: NodeSums },
  scale: Scale,
  rules: GrowRules,
): boolean => depth < rules.maxDepth && count > 1 && sums.h * scale.h >= 2 * rules.minChildWeight

/** Whether a node's histograms can serve again: it may have grandchildren. */
export const isInherited = (depth: number, { maxDepth }: GrowRules): boolean =>
  depth + 2 <= maxDepth
