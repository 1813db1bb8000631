/** One crew member's share of each order: a range of rows, or a range of columns. */
import { ANSWER_NUMBERS, writeAnswer } from './answers.ts'
import type { Arena } from './arena.ts'
import { ORDERS, takeNext, type Member } from './crew.ts'
import { expandShare } from './expand.ts'
import type { Kernel } from './kernel.ts'
import {
  addRows,
  clearNode,
  groupColumns,
  inherit,
  NO_COLUMNS,
  slotAt,
  spareAt,
  span,
  sumRows,
  type ColumnShare,
} from './node-histograms.ts'
import { createObjective } from './objective.ts'
import { quantise, SUM_BLOCK, sumBlocks } from './quantise.ts'
import { bestSplit, type NodeSums, type Scale } from './split.ts'
import type { Objective, ObjectiveSpec, Target } from './target.ts'
import type { GrowRules, Places, Workshop } from './workshop.ts'

/** What a member needs to know; can be sent to a thread. */
export interface MemberTask {
  readonly spec: ObjectiveSpec
  readonly rules: GrowRules
  readonly places: Places
  readonly rows: number
  readonly weighted: boolean
  readonly member: number
  readonly members: number
}

/** Nodes of fewer rows are not shared among members. */
export const SHARED_ROWS = 4096

/** Numbers per node of a search order. */
export const NODE_NUMBERS = 8

/** Labels and weights as they lie in the arena. */
export function targetIn(arena: Arena, task: MemberTask, starts?: Int32Array): Target {
  const { places, rows, weighted } = task
  const view = (at: number): Float64Array => arena.f64.subarray(at >> 3, (at >> 3) + rows)
  const weights = weighted ? view(places.weights) : undefined
  return { labels: view(places.labels), weights, starts }
}

/** The share [from, to) of `count` things. */
export function share(count: number, { member, members }: MemberTask): [number, number] {
  const cut = (m: number): number => Math.floor((count * m) / members)
  return [cut(member), cut(member + 1)]
}

interface TreeShare {
  /** Columns whose splits the member searches. */
  readonly mine: ColumnShare
  /** All drawn columns: what it sums when rows are shared out. */
  readonly all: ColumnShare
  readonly scale: Scale
}

/** `objective` is given by the first member, which knows the queries of a ranking. */
export function createMember(
  arena: Arena,
  kernel: Kernel,
  task: MemberTask,
  objective: Objective = createObjective(task.spec, targetIn(arena, task)),
): Member {
  const { places, rules, rows, spec } = task
  const workshop = { arena, kernel, places, rules }
  const numbers = arena.f64.subarray(places.orders >> 3, (places.orders >> 3) + 32)
  const results = arena.f64.subarray(places.results >> 3, (places.results >> 3) + 32)
  const margins = arena.f64.subarray(
    places.margins >> 3,
    (places.margins >> 3) + rows * spec.outputs,
  )
  // Losses that look at several rows or outputs at once are prepared by the first member alone.
  const together = spec.name === 'softmax' || spec.name === 'lambdarank'
  const mine = together ? (task.member === 0 ? [0, rows] : [0, 0]) : blocksOf(rows, task)
  const pairs = arena.f32.subarray(places.packed >> 2, (places.packed >> 2) + 2 * rows)
  let tree: TreeShare = { mine: NO_COLUMNS, all: NO_COLUMNS, scale: { g: 1, h: 1 } }
  return (order) => {
    if (order === ORDERS.gradients) {
      if (numbers[0] === 0 && !(together && task.member > 0)) objective.prepare(margins)
      objective.gradients(numbers[0]!, mine[0]!, mine[1]!, pairs)
      sumBlocks(arena, places, rows, mine[0]!, mine[1]!)
    } else if (order === ORDERS.quantise) {
      const scale = { g: numbers[0]!, h: numbers[1]! }
      const [from, to] = blocksOf(rows, task)
      quantise(arena, places, from, to, scale, numbers[3] === 1, results)
      tree = startTree(workshop, task, scale, numbers[2]!)
    } else if (order === ORDERS.partition) results[0] = partitionShare(workshop, task, numbers)
    else if (order === ORDERS.expand) expandShare(workshop, task.member, tree, numbers[0]!)
    else if (order === ORDERS.sum) sumShare(workshop, task, tree, numbers)
    else if (order === ORDERS.apply) applyShare(arena, task, numbers, margins)
    else searchShare(workshop, task, tree, numbers, results)
  }
}

/** A member's rows, in whole blocks. */
function blocksOf(rows: number, task: MemberTask): [number, number] {
  const [from, to] = share(Math.ceil(rows / SUM_BLOCK), task)
  return [Math.min(rows, from * SUM_BLOCK), Math.min(rows, to * SUM_BLOCK)]
}

function startTree(workshop: Workshop, task: MemberTask, scale: Scale, columns: number): TreeShare {
  const { arena, places, rules } = workshop
  const [from, to] = share(columns, task)
  const drawn = arena.i32.slice(places.drawn >> 2, (places.drawn >> 2) + columns)
  writeScanRules(arena, places, rules, scale)
  const mine = groupColumns(arena, drawn.subarray(from, to), places.features)
  const all =
    task.members === 1 ? mine : groupColumns(arena, drawn, places.features + 4 * places.columns)
  return { mine, all, scale }
}

/** Writes what the kernel's scans of one tree share. */
export function writeScanRules(
  { f64 }: Arena,
  { scan }: Places,
  { l2, minChildWeight }: GrowRules,
  { g, h }: Scale,
): void {
  f64.set([g, h, l2, minChildWeight], scan >> 3)
}

function partitionShare(
  { kernel, places }: Workshop,
  task: MemberTask,
  numbers: Float64Array,
): number {
  const [first, to] = share(numbers[2]!, task)
  const from = numbers[1]! + first
  return kernel.partition(
    places.bins + numbers[0]!,
    places.columns,
    places.sides,
    places.rows + 4 * from,
    to - first,
    places.scratch + 4 * from,
    places.aside,
  )
}

/**
 * A search order: two nodes of NODE_NUMBERS each (slot or -1, rows from, count, g, h, lower, upper,
 * whether to look for a split), then whether the first one's rows are all rows in order, whether
 * the second inherits (its slot holds the parent's histograms), and whether the members have summed
 * the first by a sum order. Answers: the best split of each.
 */
function searchShare(
  workshop: Workshop,
  task: MemberTask,
  tree: TreeShare,
  numbers: Float64Array,
  results: Float64Array,
): void {
  const { features } = tree.mine
  const [inOrder, inherits, summed] = [0, 1, 2].map((i) => numbers[2 * NODE_NUMBERS + i] === 1)
  for (let k = 0; k < 2; k++) {
    const node = numbers.subarray(k * NODE_NUMBERS, (k + 1) * NODE_NUMBERS)
    const answer = results.subarray(k * ANSWER_NUMBERS, (k + 1) * ANSWER_NUMBERS)
    writeAnswer(null, answer)
    if (node[0]! < 0 || features.length === 0) continue
    const at = slotAt(workshop.places, node[0]!)
    if (k === 1 && inherits) inherit(workshop, at, slotAt(workshop.places, numbers[0]!), features)
    else if (k === 0 && summed) addSpares(workshop, task, at, features)
    else sumRows(workshop, tree.mine, at, node[1]!, node[2]!, inOrder!)
    if (node[7] !== 1) continue
    const sums: NodeSums = { g: node[3]!, h: node[4]!, lower: node[5]!, upper: node[6]! }
    writeAnswer(bestSplit(workshop, at, sums, tree.scale, features), answer)
  }
}

/** Rows of a node that a member sums at a time when members share it. */
const SUMMED_ROWS = 4096

/**
 * A sum order (slot, rows from, count, in order): histograms of the rows that the member takes,
 * part after part, as long as there are any.
 */
function sumShare(workshop: Workshop, task: MemberTask, tree: TreeShare, numbers: Float64Array) {
  const [slot, start, count, inOrder] = numbers
  const { arena, places } = workshop
  const at = task.member === 0 ? slotAt(places, slot!) : spareAt(places, task.member)
  clearNode(workshop, tree.all, at)
  for (;;) {
    const from = takeNext(arena, places) * SUMMED_ROWS
    if (from >= count!) return
    const rows = Math.min(SUMMED_ROWS, count! - from)
    addRows(workshop, tree.all, at, start! + from, rows, inOrder === 1)
  }
}

/** Adds what the other members summed, over the member's columns only. */
function addSpares(
  { kernel, places }: Workshop,
  { members }: MemberTask,
  at: number,
  features: Int32Array,
): void {
  const [first, end] = span(features)
  for (let member = 1; member < members; member++)
    kernel.add(at + first, spareAt(places, member) + first, end - first)
}

/** An apply order (output, leaves, rows): adds each leaf's value to the margins of its rows. */
function applyShare(
  { i32, f64 }: Arena,
  task: MemberTask,
  [output, leaves, count]: Float64Array,
  margins: Float64Array,
): void {
  const { places, spec } = task
  const { outputs } = spec
  const [from, to] = share(count!, task)
  const rows = places.rows >> 2
  for (let k = 0, at = from, leaf = places.leaves >> 3; k < leaves! && at < to; k++, leaf += 2) {
    const end = Math.min(to, f64[leaf]!)
    const value = f64[leaf + 1]!
    for (; at < end; at++) margins[i32[rows + at]! * outputs + output!]! += value
  }
}
