/**
 * Grows one tree over binned rows, best leaf first under a depth cap (Shi 2007; Ke et al. 2017).
 * Only the smaller child's histograms are summed; the larger one's are the parent's minus those.
 */
import { MISSING_BIN } from './binner.ts'
import { treeBuilder, type Split, type TreeEnsemble } from './ensemble.ts'
import { HISTOGRAM_BYTES } from './kernel.ts'
import { bestSplit, leafValue, type NodeSums, type Scale, type SplitChoice } from './split.ts'
import type { Places, Workshop } from './workshop.ts'

/** A leaf and its rows: [from, from + count) of the arena's row numbers. */
export interface GrownLeaf {
  readonly node: number
  readonly from: number
  readonly count: number
  /** -G / (H + l2), before the learning rate. */
  readonly value: number
}

interface Task {
  readonly node: number
  readonly from: number
  readonly count: number
  readonly depth: number
  readonly sums: NodeSums
  slot: number
  split: SplitChoice | null
}

/** Rows per call of the histogram kernel: their bins stay in the second-level cache. */
const CHUNK = 1024

/** Columns in groups of 8 neighbours, then of any 4, then single ones. */
interface ColumnGroup {
  readonly at: number
  readonly width: number
}

/** Lists the columns in the arena so that each group lies together; gives the groups. */
function groupColumns({ arena, places }: Workshop, features: Int32Array): ColumnGroup[] {
  const runs: number[] = []
  const rest: number[] = []
  for (let i = 0; i < features.length;) {
    if (features[i + 7] === features[i]! + 7) {
      for (let k = 0; k < 8; k++) runs.push(features[i + k]!)
      i += 8
    } else rest.push(features[i++]!)
  }
  arena.i32.set([...runs, ...rest], places.features >> 2)
  const groups: ColumnGroup[] = []
  for (let i = 0; i < features.length;) {
    const width = i < runs.length ? 8 : features.length - i >= 4 ? 4 : 1
    groups.push({ at: places.features + 4 * i, width })
    i += width
  }
  return groups
}

/**
 * Grows a tree from the first `count` row numbers of the arena over `features` (ascending column
 * numbers). `inOrder`: they are 0, 1, 2 ... Leaf values are left at zero for the caller to set.
 */
export function growTree(
  workshop: Workshop,
  count: number,
  inOrder: boolean,
  features: Int32Array,
  scale: Scale,
): { tree: TreeEnsemble; leaves: GrownLeaf[] } {
  const { rules, places } = workshop
  const builder = treeBuilder()
  const groups = groupColumns(workshop, features)
  const free = Array.from({ length: places.slots }, (_, i) => i)
  const leaves: GrownLeaf[] = []
  const open: Task[] = []
  const settle = (task: Task): void => {
    builder.setCover(task.node, task.sums.h * scale.h)
    if (task.split) open.push(task)
    else leaves.push(asLeaf(task, scale, rules.l2))
    if (task.slot >= 0 && (!task.split || task.depth + 2 > rules.maxDepth)) {
      free.push(task.slot)
      task.slot = -1
    }
    if (free.length < 2) release(open, free)
  }
  writeScanRules(workshop, scale)
  const root = rootTask(workshop, count, inOrder, groups, free)
  search(workshop, root, scale, features)
  settle(root)
  while (open.length > 0 && leaves.length + open.length < rules.maxLeaves) {
    const parent = open.splice(bestTask(open), 1)[0]!
    const children = splitTask(workshop, parent, builder.split(parent.node, parent.split!), scale)
    fillHistograms(workshop, parent, children, groups, free)
    for (const child of children) {
      if (child.slot >= 0) search(workshop, child, scale, features)
      settle(child)
    }
  }
  for (const task of open) leaves.push(asLeaf(task, scale, rules.l2))
  return { tree: builder.finish(), leaves }
}

/** Frees the histograms of the least promising open node; its children will be summed afresh. */
function release(open: readonly Task[], free: number[]): void {
  let worst: Task | undefined
  for (const task of open)
    if (task.slot >= 0 && !(worst && worst.split!.gain <= task.split!.gain)) worst = task
  if (!worst) return
  free.push(worst.slot)
  worst.slot = -1
}

const asLeaf = ({ node, from, count, sums }: Task, scale: Scale, l2: number): GrownLeaf => ({
  node,
  from,
  count,
  value: leafValue(sums, scale, l2),
})

/** Writes what the kernel's scans of this tree share. */
export function writeScanRules({ arena, places, rules }: Workshop, scale: Scale): void {
  arena.f64.set([scale.g, scale.h, rules.l2, rules.minChildWeight], places.scan >> 3)
}

function bestTask(open: readonly Task[]): number {
  let best = 0
  for (let i = 1; i < open.length; i++) if (open[i]!.split!.gain > open[best]!.split!.gain) best = i
  return best
}

function rootTask(
  workshop: Workshop,
  count: number,
  inOrder: boolean,
  groups: readonly ColumnGroup[],
  free: number[],
): Task {
  const { arena, places } = workshop
  let g = 0
  let h = 0
  for (let i = 0; i < count; i++) {
    const row = inOrder ? i : arena.i32[(places.rows >> 2) + i]!
    h += arena.u32[(places.packed >> 2) + 2 * row]!
    g += arena.i32[(places.packed >> 2) + 2 * row + 1]!
  }
  const sums = { g, h, lower: -Infinity, upper: Infinity }
  const slot = groups.length > 0 ? free.pop()! : -1
  const root: Task = { node: 0, from: 0, count, depth: 0, sums, slot, split: null }
  if (slot >= 0) fill(workshop, root, groups, inOrder)
  return root
}

/** Sums the histograms of a node into its slot. */
function fill(
  { arena, kernel, places }: Workshop,
  task: Task,
  groups: readonly ColumnGroup[],
  inOrder: boolean,
): void {
  const { columns, bins, packed, ordered } = places
  const at = slotAt(places, task.slot)
  arena.u8.fill(0, at, at + columns * HISTOGRAM_BYTES)
  const rows = places.rows + 4 * task.from
  if (!inOrder) kernel.gather(packed, rows, task.count, ordered)
  const gradients = inOrder ? packed : ordered
  for (let c = 0; c < task.count; c += CHUNK) {
    const n = Math.min(CHUNK, task.count - c)
    const first = inOrder ? bins + c * columns : bins
    const chunkRows = inOrder ? 0 : rows + 4 * c
    for (const { at: list, width } of groups)
      kernel.histogram(first, columns, chunkRows, gradients + 8 * c, n, list, width, at)
  }
}

const slotAt = ({ histograms, columns }: Places, slot: number): number =>
  histograms + slot * columns * HISTOGRAM_BYTES

function search(workshop: Workshop, task: Task, scale: Scale, features: Int32Array) {
  if (task.slot < 0 || task.depth >= workshop.rules.maxDepth) return
  task.split = bestSplit(workshop, slotAt(workshop.places, task.slot), task.sums, scale, features)
}

/** Writes 1 for each bin that goes left, 0 for the others. */
export function writeSides(sides: Uint8Array, split: Split): void {
  const { set, threshold } = split
  for (let b = 0; b < MISSING_BIN; b++)
    sides[b] = set ? (set[b >> 5]! >>> (b & 31)) & 1 : b <= threshold ? 1 : 0
  sides[MISSING_BIN] = split.missingLeft ? 1 : 0
}

/** Partitions the rows of `parent` and makes its two children; `left` is the left one's node. */
function splitTask(workshop: Workshop, parent: Task, left: number, scale: Scale): [Task, Task] {
  const { arena, kernel, places, rules } = workshop
  const split = parent.split!
  const { columns, sides, scratch } = places
  writeSides(arena.u8.subarray(sides, sides + 256), split)
  const rows = places.rows + 4 * parent.from
  const bins = places.bins + split.feature
  const count = kernel.partition(bins, columns, sides, rows, parent.count, scratch)
  const { lower, upper, g, h } = parent.sums
  const leftSums = { g: split.leftG, h: split.leftH, lower, upper }
  const rightSums = { g: g - split.leftG, h: h - split.leftH, lower, upper }
  const sign = rules.monotone?.[split.feature] ?? 0
  if (sign !== 0) {
    const wl = leafValue(leftSums, scale, rules.l2)
    const middle = (wl + leafValue(rightSums, scale, rules.l2)) / 2
    const low = sign > 0 ? leftSums : rightSums
    low.upper = middle
    const high = sign > 0 ? rightSums : leftSums
    high.lower = middle
  }
  const depth = parent.depth + 1
  const base = { depth, slot: -1, split: null }
  return [
    { ...base, node: left, from: parent.from, count, sums: leftSums },
    {
      ...base,
      node: left + 1,
      from: parent.from + count,
      count: parent.count - count,
      sums: rightSums,
    },
  ]
}

/** Gives histograms to the children if they may be split. Takes over the parent's slot. */
function fillHistograms(
  workshop: Workshop,
  parent: Task,
  children: readonly [Task, Task],
  groups: readonly ColumnGroup[],
  free: number[],
): void {
  const { kernel, places, rules } = workshop
  if (parent.depth + 1 >= rules.maxDepth) return
  const [a, b] = children
  const [small, large] = a.count <= b.count ? [a, b] : [b, a]
  small.slot = free.pop()!
  fill(workshop, small, groups, false)
  if (parent.slot < 0) {
    large.slot = free.pop()!
    fill(workshop, large, groups, false)
    return
  }
  large.slot = parent.slot
  const bytes = places.columns * HISTOGRAM_BYTES
  kernel.subtract(slotAt(places, large.slot), slotAt(places, small.slot), bytes)
}
