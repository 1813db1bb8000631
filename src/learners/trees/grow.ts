/**
 * Grows one tree over binned rows, best leaf first under a depth cap (Shi 2007; Ke et al. 2017).
 * Only the smaller child's histograms are summed; the larger one's are the parent's minus those.
 */
import { ANSWER_NUMBERS, readAnswers } from './answers.ts'
import type { Arena } from './arena.ts'
import { childSums, isInherited, isSplittable, writeSides } from './children.ts'
import { openList, ORDERS, type Crew } from './crew.ts'
import { treeBuilder, type TreeEnsemble } from './ensemble.ts'
import { MOST_JOBS, readJobAnswer, writeJobs, type Job } from './expand.ts'
import type { Kernel } from './kernel.ts'
import { share, SHARED_ROWS, type MemberTask } from './member.ts'
import { leafValue, type NodeSums, type Scale, type SplitChoice } from './split.ts'
import type { GrowRules, Places } from './workshop.ts'

/** A node with more than this part of the rows at work is split by all members together. */
const SHARED_PARTS = 6
/** Most nodes that two members split at once where some of them may never be split. */
const GUESSED = 4

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
  /** Of the tree; known once the parent is split. */
  node: number
  readonly from: number
  readonly count: number
  readonly depth: number
  readonly sums: NodeSums
  slot: number
  split: SplitChoice | null
  /** Left and right, once the rows are partitioned and the children searched. */
  children: readonly [Task, Task] | null
}

/** One tree at work. */
interface Growing {
  readonly site: Site
  readonly scale: Scale
  /** Slots that hold no histograms. */
  readonly free: number[]
  /** Leaves that can be split. */
  readonly open: Task[]
  readonly leaves: GrownLeaf[]
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
  const growing: Growing = { site, scale, free, open, leaves }
  const settle = (task: Task): void => {
    builder.setCover(task.node, task.sums.h * scale.h)
    if (task.split) open.push(task)
    else leaves.push(asLeaf(task, scale, rules.l2))
  }
  const slot = columns > 0 ? free.pop()! : -1
  const root: Task = { from: 0, count, depth: 0, sums, slot, node: 0, split: null, children: null }
  search(site, root, undefined, scale, inOrder, false)
  letGo(growing, root)
  settle(root)
  while (open.length > 0 && leaves.length + open.length < rules.maxLeaves) {
    const best = bestTask(open)
    if (!open[best]!.children) expand(growing, waveOf(growing, open[best]!))
    const parent = open.splice(best, 1)[0]!
    const left = builder.split(parent.node, parent.split!)
    parent.children!.forEach((child, k) => {
      child.node = left + k
      settle(child)
    })
  }
  for (const task of open) leaves.push(asLeaf(task, scale, rules.l2))
  return { tree: builder.finish(), leaves }
}

const placesOf = ({ tasks }: Site): Places => tasks[0]!.places

/** Frees the slot of a searched node whose histograms serve no more. */
function letGo({ site, free }: Growing, task: Task): void {
  if (task.slot < 0 || (task.split && isInherited(task.depth, site.rules))) return
  free.push(task.slot)
  task.slot = -1
}

/** Slots that splitting a node takes beside its own: by all members together, or whole. */
function slotsFor(task: Task, { rules }: Site, by: 'all' | 'one'): number {
  if (by === 'one' && !isInherited(task.depth + 1, rules)) return 0
  return task.slot >= 0 ? 1 : 2
}

/** Nodes that can be split and are not yet: leaves of the tree as far as it was looked ahead. */
const frontier = (tasks: readonly Task[]): Task[] =>
  tasks.flatMap((task) => (task.children ? frontier(task.children) : task.split ? [task] : []))

/** Frees the histograms of the least promising other node; its children will be summed afresh. */
function release({ open, free }: Growing, kept: Task): void {
  const worst = frontier(open)
    .filter((task) => task.slot >= 0 && task !== kept)
    .reduce((a, b) => (b.split!.gain < a.split!.gain ? b : a))
  free.push(worst.slot)
  worst.slot = -1
}

/**
 * The nodes to be split at once, the best first. One member alone takes one at a time. Two take all
 * that will be split sooner or later, and where the number of leaves is capped some more that
 * probably will: the tree takes up children only when it is their parent's turn.
 */
function waveOf(growing: Growing, best: Task): Task[] {
  const { site, open, leaves, free } = growing
  const { rules, tasks } = site
  while (free.length < slotsFor(best, site, 'all')) release(growing, best)
  if (tasks.length === 1) return [best]
  const left = rules.maxLeaves - leaves.length - open.length
  const most = rules.maxLeaves >= 2 ** rules.maxDepth ? MOST_JOBS : Math.min(left, GUESSED)
  const wave = [best]
  let slots = free.length - slotsFor(best, site, 'all')
  const others = frontier(open).filter((task) => task !== best)
  for (const task of others.sort((a, b) => b.split!.gain - a.split!.gain)) {
    const wanted = slotsFor(task, site, 'one')
    if (wave.length >= most || wanted > slots) break
    slots -= wanted
    wave.push(task)
  }
  return wave
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

function nodeNumbers(task: Task | undefined, scale: Scale, rules: GrowRules): number[] {
  if (!task) return [-1, 0, 0, 0, 0, 0, 0, 0]
  const { slot, from, count, sums } = task
  const { g, h, lower, upper } = sums
  return [slot, from, count, g, h, lower, upper, isSplittable(task, scale, rules) ? 1 : 0]
}

/** Has the crew make the histograms of one or two nodes and find their best splits. */
function search(
  site: Site,
  first: Task,
  second: Task | undefined,
  scale: Scale,
  inOrder: boolean,
  inherits: boolean,
): void {
  if (first.slot < 0) return
  const { crew, tasks, rules } = site
  const a = nodeNumbers(first, scale, rules)
  const b = nodeNumbers(second, scale, rules)
  // Many rows are summed by parts of the rows, few by halves of the columns: that reads rows
  // twice, but saves waiting for one another.
  const shared = tasks.length > 1 && first.count >= SHARED_ROWS
  if (shared) {
    openList(site.arena, placesOf(site))
    crew.run(ORDERS.sum, first.slot, first.from, first.count, inOrder ? 1 : 0)
  }
  crew.run(ORDERS.search, ...a, ...b, inOrder ? 1 : 0, inherits ? 1 : 0, shared ? 1 : 0)
  first.split = answerOf(site, 0)
  if (second) second.split = answerOf(site, 1)
}

/** The best of the members' answers about the k-th node of a search. */
function answerOf({ arena, tasks }: Site, k: number): SplitChoice | null {
  return readAnswers(
    tasks.map(({ places }) => {
      const at = (places.results >> 3) + k * ANSWER_NUMBERS
      return arena.f64.subarray(at, at + ANSWER_NUMBERS)
    }),
  )
}

/** Splits nodes and searches their children: large ones by all members together, others whole. */
function expand(growing: Growing, wave: readonly Task[]): void {
  const { site, free } = growing
  const total = wave.reduce((sum, { count }) => sum + count, 0)
  let reserved = wave.reduce((sum, task) => sum + slotsFor(task, site, 'one'), 0)
  const whole: Task[] = []
  for (const task of wave) {
    const isLarge = task.count >= SHARED_ROWS && SHARED_PARTS * task.count > total
    const others = reserved - slotsFor(task, site, 'one')
    const hasRoom = free.length - others >= slotsFor(task, site, 'all')
    if (site.tasks.length === 1 || !isLarge || !hasRoom) whole.push(task)
    else {
      expandTogether(growing, task)
      reserved = others
    }
  }
  // The longest jobs first, so that the members end together.
  if (whole.length > 0)
    expandWhole(
      growing,
      whole.toSorted((a, b) => b.count - a.count),
    )
  for (const { children } of wave) for (const child of children!) letGo(growing, child)
}

/** Has the members split each of these nodes by one of them. */
function expandWhole({ site, scale, free }: Growing, wave: readonly Task[]): void {
  const { arena, crew, rules } = site
  const places = placesOf(site)
  const jobs = wave.map((task): Job => {
    const { from, count, depth, sums, slot, split } = task
    const keeps = slotsFor(task, site, 'one')
    const smallSlot = keeps > 0 ? free.pop()! : -1
    const largeSlot = keeps > 1 ? free.pop()! : -1
    return { from, count, depth, sums, slot, split: split!, smallSlot, largeSlot }
  })
  writeJobs(arena, places, jobs)
  const rows = jobs.reduce((sum, { count }) => sum + count, 0)
  const order = jobs.length > 1 && rows >= SHARED_ROWS ? crew.run : crew.lead
  order(ORDERS.expand, jobs.length)
  wave.forEach((task, i) => {
    const { leftRows, splits } = readJobAnswer(arena, places, i)
    const { smallSlot, largeSlot } = jobs[i]!
    const children = childrenOf(task, leftRows, scale, rules)
    const [small, large] = bySize(children)
    small.slot = smallSlot
    large.slot = task.slot >= 0 ? task.slot : largeSlot
    children.forEach((child, k) => (child.split = splits[k]!))
    task.slot = -1
    task.children = children
  })
}

function childrenOf(
  { split, sums, from, count, depth }: Task,
  leftRows: number,
  scale: Scale,
  rules: GrowRules,
): [Task, Task] {
  const [left, right] = childSums(sums, split!, scale, rules)
  const base = { node: -1, depth: depth + 1, slot: -1, split: null, children: null }
  return [
    { ...base, from, count: leftRows, sums: left },
    { ...base, from: from + leftRows, count: count - leftRows, sums: right },
  ]
}

const bySize = ([a, b]: readonly [Task, Task]): readonly [small: Task, large: Task] =>
  a.count <= b.count ? [a, b] : [b, a]

/** Has all members split one node: each partitions, sums and searches a part of it. */
function expandTogether({ site, scale, free }: Growing, parent: Task): void {
  const children = childrenOf(parent, partitionRows(site, parent), scale, site.rules)
  const { slot } = parent
  parent.slot = -1
  parent.children = children
  const [small, large] = bySize(children)
  large.slot = slot
  if (!children.some((child) => isSplittable(child, scale, site.rules))) return
  small.slot = free.pop()!
  if (slot < 0) large.slot = free.pop()!
  search(site, small, large, scale, false, slot >= 0)
}

/** Stable partition by all members: each its part, then the parts are put together. */
function partitionRows(site: Site, parent: Task): number {
  const { arena, crew, tasks } = site
  const { sides } = placesOf(site)
  const split = parent.split!
  writeSides(arena.u8.subarray(sides, sides + 256), split)
  crew.run(ORDERS.partition, split.feature, parent.from, parent.count)
  const counts = tasks.map(({ places }) => arena.f64[places.results >> 3]!)
  joinParts(site, parent, counts)
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
  const middle = share(parent.count, tasks[0]!)[1]
  kernel.move(start + 4 * first!, start + 4 * middle, 4 * second!)
  const right = scratch + 4 * parent.from
  kernel.move(start + 4 * (first! + second!), right, 4 * (middle - first!))
}
