/** One crew member's share of each order: a range of rows, or a range of columns. */
import type { Arena } from './arena.ts'
import { ORDERS, type Member } from './crew.ts'
import { HISTOGRAM_BYTES, type Kernel } from './kernel.ts'
import { createObjective } from './objective.ts'
import { quantise, SUM_BLOCK, sumBlocks } from './quantise.ts'
import { bestSplit, type Best, type NodeSums, type Scale } from './split.ts'
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

/** Most rows copied side by side at a time, and bytes of them: they fit the second-level cache. */
export const CHUNK = 1024
const CHUNK_BYTES = 64 * 1024

/** Room for one chunk of rows of so many columns. */
export const chunkBytes = (columns: number): number =>
  Math.max(columns, Math.min(CHUNK * columns, CHUNK_BYTES)) + 16
/** Smaller nodes are partitioned by the first member alone. */
const SHARED_ROWS = 4096

/** Numbers per node of a search order, and of its answer. */
export const NODE_NUMBERS = 8
export const ANSWER_NUMBERS = 16

/** Labels and weights as they lie in the arena. */
export function targetIn(arena: Arena, task: MemberTask, starts?: Int32Array): Target {
  const { places, rows, weighted } = task
  const view = (at: number): Float64Array => arena.f64.subarray(at >> 3, (at >> 3) + rows)
  const weights = weighted ? view(places.weights) : undefined
  return { labels: view(places.labels), weights, starts }
}

/** The share [from, to) of `count` things. */
function share(count: number, { member, members }: MemberTask): [number, number] {
  const cut = (m: number): number => Math.floor((count * m) / members)
  return [cut(member), cut(member + 1)]
}

interface TreeShare {
  readonly features: Int32Array
  readonly groups: readonly ColumnGroup[]
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
  let tree: TreeShare = { features: new Int32Array(0), groups: [], scale: { g: 1, h: 1 } }
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
    else searchShare(workshop, tree, numbers, results)
  }
}

/** A member's rows, in whole blocks. */
function blocksOf(rows: number, task: MemberTask): [number, number] {
  const [from, to] = share(Math.ceil(rows / SUM_BLOCK), task)
  return [Math.min(rows, from * SUM_BLOCK), Math.min(rows, to * SUM_BLOCK)]
}

/** Columns in groups of 8 neighbours, then of any 4, then single ones. */
interface ColumnGroup {
  readonly at: number
  readonly width: number
}

function startTree(workshop: Workshop, task: MemberTask, scale: Scale, columns: number): TreeShare {
  const { arena, places, rules } = workshop
  const [from, to] = share(columns, task)
  const features = arena.i32.slice((places.drawn >> 2) + from, (places.drawn >> 2) + to)
  writeScanRules(arena, places, rules, scale)
  return { features, groups: groupColumns(workshop, features), scale }
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

/**
 * Lists the columns in the arena, counted from the member's first, so that each group lies
 * together; gives the groups.
 */
function groupColumns({ arena, places }: Workshop, features: Int32Array): ColumnGroup[] {
  const runs: number[] = []
  const rest: number[] = []
  for (let i = 0; i < features.length;) {
    if (features[i + 7] === features[i]! + 7) {
      for (let k = 0; k < 8; k++) runs.push(features[i + k]!)
      i += 8
    } else rest.push(features[i++]!)
  }
  const list = [...runs, ...rest].map((f) => f - features[0]!)
  arena.i32.set(list, places.features >> 2)
  const groups: ColumnGroup[] = []
  for (let i = 0; i < features.length;) {
    const width = i < runs.length ? 8 : features.length - i >= 4 ? 4 : 1
    groups.push({ at: places.features + 4 * i, width })
    i += width
  }
  return groups
}

/** A member's part of a node's rows when it is partitioned. */
export function partitionRange(count: number, task: MemberTask): [number, number] {
  if (count < SHARED_ROWS) return task.member === 0 ? [0, count] : [0, 0]
  return share(count, task)
}

function partitionShare(
  { kernel, places }: Workshop,
  task: MemberTask,
  numbers: Float64Array,
): number {
  const [first, to] = partitionRange(numbers[2]!, task)
  if (to <= first) return 0
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
 * whether to look for a split), then whether the first one's rows are all rows in order and whether
 * the second inherits (its slot holds the parent's histograms). Answers: the best split of each.
 */
function searchShare(
  workshop: Workshop,
  tree: TreeShare,
  numbers: Float64Array,
  results: Float64Array,
): void {
  const { features } = tree
  const inOrder = numbers[2 * NODE_NUMBERS] === 1
  const inherits = numbers[2 * NODE_NUMBERS + 1] === 1
  for (let k = 0; k < 2; k++) {
    const node = numbers.subarray(k * NODE_NUMBERS, (k + 1) * NODE_NUMBERS)
    const answer = results.subarray(k * ANSWER_NUMBERS, (k + 1) * ANSWER_NUMBERS)
    answer[1] = -1
    if (node[0]! < 0 || features.length === 0) continue
    if (k === 1 && inherits) inherit(workshop, node[0]!, numbers[0]!, features)
    else fill(workshop, node, tree, inOrder)
    if (node[7] !== 1) continue
    const sums: NodeSums = { g: node[3]!, h: node[4]!, lower: node[5]!, upper: node[6]! }
    const at = slotAt(workshop.places, node[0]!)
    const best = bestSplit(workshop, at, sums, tree.scale, features)
    if (best) writeAnswer(best, answer)
  }
}

const slotAt = ({ histograms, columns }: Places, slot: number): number =>
  histograms + slot * columns * HISTOGRAM_BYTES

/** Bytes [first, end) from the first to the last of a member's columns. */
const span = (features: Int32Array): [number, number] => [
  features[0]! * HISTOGRAM_BYTES,
  (features[features.length - 1]! + 1) * HISTOGRAM_BYTES,
]

/** The larger child's histograms: the parent's minus the smaller child's. */
function inherit(
  { kernel, places }: Workshop,
  large: number,
  small: number,
  features: Int32Array,
): void {
  const [first, end] = span(features)
  const from = slotAt(places, large) + first
  kernel.subtract(from, slotAt(places, small) + first, end - first)
}

/** Sums the histograms of a node into its slot, over the member's columns only. */
function fill(
  { arena, kernel, places }: Workshop,
  node: Float64Array,
  { features, groups }: TreeShare,
  inOrder: boolean,
): void {
  const { columns, packed, ordered, chunk } = places
  const [start, end] = span(features)
  const slot = slotAt(places, node[0]!)
  arena.u8.fill(0, slot + start, slot + end)
  const first = features[0]!
  const width = (end - start) / HISTOGRAM_BYTES
  const stride = inOrder ? columns : width
  const most = Math.max(1, Math.min(CHUNK, Math.floor(CHUNK_BYTES / width)))
  const count = node[2]!
  for (let c = 0; c < count; c += most) {
    const n = Math.min(most, count - c)
    const rows = places.rows + 4 * (node[1]! + c)
    if (!inOrder) {
      kernel.copyRows(places.bins + first, columns, rows, n, width, chunk)
      kernel.gather(packed, rows, n, ordered)
    }
    const gradients = inOrder ? packed + 8 * c : ordered
    const table = inOrder ? places.bins + first + c * columns : chunk
    for (const group of groups)
      kernel.histogram(table, stride, gradients, n, group.at, group.width, slot + start)
  }
}

function writeAnswer(best: Best, answer: Float64Array): void {
  const { score, feature, threshold, missingLeft, leftG, leftH, gain, set } = best
  answer.set([score, feature, threshold, missingLeft ? 1 : 0, leftG, leftH, gain, set ? 1 : 0])
  if (set) answer.set(set, 8)
}

/** The best of the members' answers for child `k`; on equal scores the first member's. */
export function readAnswer({ f64 }: Arena, members: readonly Places[], k: number): Best | null {
  let best: Float64Array | undefined
  for (const { results } of members) {
    const at = (results >> 3) + k * ANSWER_NUMBERS
    const answer = f64.subarray(at, at + ANSWER_NUMBERS)
    if (answer[1]! >= 0 && !(best && best[0]! >= answer[0]!)) best = answer
  }
  if (!best) return null
  return {
    score: best[0]!,
    feature: best[1]!,
    threshold: best[2]!,
    missingLeft: best[3] === 1,
    leftG: best[4]!,
    leftH: best[5]!,
    gain: best[6]!,
    set: best[7] === 1 ? Uint32Array.from(best.subarray(8, 16)) : null,
  }
}
