/**
 * Grows one tree over binned rows, best leaf first under a depth cap (Shi 2007; Ke et al. 2017).
 * Only the smaller child's histograms are summed; the larger one's are the parent's minus those.
 */
import { MISSING_BIN } from './binner.ts'
import { ORDERS, type Crew } from './crew.ts'
import { treeBuilder, type Split, type TreeEnsemble } from './ensemble.ts'
import { partitionRange, readAnswer, SHARED_ROWS, type MemberTask } from './member.ts'
import { leafValue, type NodeSums, type Scale, type SplitChoice } from './split.ts'
import type { Arena } from './arena.ts'
import type { Kernel } from './kernel.ts'
import type { GrowRules, Places } from './workshop.ts'

/** A leaf and its rows: [from, from + count) of the arena's row numbers. */
export interface GrownLeaf {
  readonly node: number
  readonly from: number
  readonly count: number
  /** -G / (H + l2), before the learning rate. */
  readonly value: number
}

/** Who grows the trees of one training, and over what. */
export interface Site {
  readonly arena: Arena
  readonly kernel: Kernel
  readonly crew: Crew
  readonly tasks: readonly MemberTask[]
  readonly rules: GrowRules
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

/**
 * Grows a tree from the first `count` row numbers of the arena, whose quantised sums are `sums`,
 * over the `columns` drawn. `inOrder`: the rows are 0, 1, 2 ... Leaf values are left at zero for
 * the caller to set.
 */
export function growTree(
  site: Site,
  count: number,
  inOrder: boolean,
  columns: number,
  scale: Scale,
  sums: NodeSums,
): { tree: TreeEnsemble; leaves: GrownLeaf[] } {
  const { rules } = site
  const builder = treeBuilder()
  const free = Array.from({ length: placesOf(site).slots }, (_, i) => i)
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
  const slot = columns > 0 ? free.pop()! : -1
  const root: Task = { node: 0, from: 0, count, depth: 0, sums, slot, split: null }
  search(site, root, undefined, scale, inOrder, false)
  settle(root)
  while (open.length > 0 && leaves.length + open.length < rules.maxLeaves) {
    const parent = open.splice(bestTask(open), 1)[0]!
    const children = splitTask(site, parent, builder.split(parent.node, parent.split!), scale)
    searchChildren(site, parent, children, scale, free)
    for (const child of children) settle(child)
  }
  for (const task of open) leaves.push(asLeaf(task, scale, rules.l2))
  return { tree: builder.finish(), leaves }
}

const placesOf = ({ tasks }: Site): Places => tasks[0]!.places

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

function bestTask(open: readonly Task[]): number {
  let best = 0
  for (let i = 1; i < open.length; i++) if (open[i]!.split!.gain > open[best]!.split!.gain) best = i
  return best
}

/** Whether a node is worth a look: deep enough below the cap and heavy enough for two children. */
const splittable = (task: Task, scale: Scale, rules: GrowRules): boolean =>
  task.depth < rules.maxDepth && task.count > 1 && task.sums.h * scale.h >= 2 * rules.minChildWeight

function nodeNumbers(task: Task | undefined, scale: Scale, rules: GrowRules): number[] {
  if (!task) return [-1, 0, 0, 0, 0, 0, 0, 0]
  const { slot, from, count, sums } = task
  const { g, h, lower, upper } = sums
  return [slot, from, count, g, h, lower, upper, splittable(task, scale, rules) ? 1 : 0]
}

/** Has the crew make the histograms of one or two nodes and find their best splits. */
function search(
  { arena, crew, tasks, rules }: Site,
  first: Task,
  second: Task | undefined,
  scale: Scale,
  inOrder: boolean,
  inherits: boolean,
): void {
  if (first.slot < 0) return
  const a = nodeNumbers(first, scale, rules)
  const b = nodeNumbers(second, scale, rules)
  // Many rows are summed by halves of the rows, few by halves of the columns: that reads rows
  // twice, but saves waiting for one another.
  const shared = tasks.length > 1 && first.count >= SHARED_ROWS
  if (shared) crew.run(ORDERS.sum, first.slot, first.from, first.count, inOrder ? 1 : 0)
  crew.run(ORDERS.search, ...a, ...b, inOrder ? 1 : 0, inherits ? 1 : 0, shared ? 1 : 0)
  const places = tasks.map((task) => task.places)
  first.split = readAnswer(arena, places, 0)
  if (second) second.split = readAnswer(arena, places, 1)
}

/** Writes 1 for each bin that goes left, 0 for the others. */
export function writeSides(sides: Uint8Array, split: Split): void {
  const { set, threshold } = split
  for (let b = 0; b < MISSING_BIN; b++)
    sides[b] = set ? (set[b >> 5]! >>> (b & 31)) & 1 : b <= threshold ? 1 : 0
  sides[MISSING_BIN] = split.missingLeft ? 1 : 0
}

/** Partitions the rows of `parent` and makes its two children; `left` is the left one's node. */
function splitTask(site: Site, parent: Task, left: number, scale: Scale): [Task, Task] {
  const split = parent.split!
  const count = partitionRows(site, parent, split)
  const [leftSums, rightSums] = childSums(parent.sums, split, scale, site.rules)
  const base = { depth: parent.depth + 1, slot: -1, split: null }
  const { from } = parent
  const rest = parent.count - count
  return [
    { ...base, node: left, from, count, sums: leftSums },
    { ...base, node: left + 1, from: from + count, count: rest, sums: rightSums },
  ]
}

/** Stable partition by all members: each its part, then the parts are put together. */
function partitionRows(site: Site, parent: Task, split: Split): number {
  const { arena, crew, tasks } = site
  const { sides } = placesOf(site)
  writeSides(arena.u8.subarray(sides, sides + 256), split)
  const sharing = tasks.filter((task) => {
    const [first, to] = partitionRange(parent.count, task)
    return to > first
  })
  const order = sharing.length > 1 ? crew.run : crew.lead
  order(ORDERS.partition, split.feature, parent.from, parent.count)
  const counts = sharing.map(({ places }) => arena.f64[places.results >> 3]!)
  if (sharing.length > 1) joinParts(site, parent, counts)
  return counts.reduce((a, b) => a + b, 0)
}

/**
 * Turns "left, right, left, right" of two members into "left, left, right, right". The first
 * member's right rows still lie in the scratch, and the second's are where they belong.
 */
function joinParts(site: Site, parent: Task, [first, second]: readonly number[]): void {
  const { kernel, tasks } = site
  const { rows, scratch } = placesOf(site)
  const start = rows + 4 * parent.from
  const middle = partitionRange(parent.count, tasks[0]!)[1]
  kernel.move(start + 4 * first!, start + 4 * middle, 4 * second!)
  const right = scratch + 4 * parent.from
  kernel.move(start + 4 * (first! + second!), right, 4 * (middle - first!))
}

/** Sums of both children, and the ranges that a constrained column leaves them. */
function childSums(
  { lower, upper, g, h }: NodeSums,
  { leftG, leftH, feature }: SplitChoice,
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

/** Searches the children that may be split. Takes over the parent's slot. */
function searchChildren(
  site: Site,
  parent: Task,
  [a, b]: readonly [Task, Task],
  scale: Scale,
  free: number[],
): void {
  const worth = (task: Task): boolean => splittable(task, scale, site.rules)
  if (!worth(a) && !worth(b)) {
    if (parent.slot >= 0) free.push(parent.slot)
    return
  }
  const [small, large] = a.count <= b.count ? [a, b] : [b, a]
  small.slot = free.pop()!
  const inherits = parent.slot >= 0
  large.slot = inherits ? parent.slot : free.pop()!
  search(site, small, large, scale, false, inherits)
}
