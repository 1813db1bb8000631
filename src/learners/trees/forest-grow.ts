/**
 * Grows one tree of a random forest (Breiman 2001): at every node only a few columns, drawn afresh,
 * are tried. Histograms cannot be inherited then, so small nodes look only at the bins they have.
 */
import type { SeededRandom } from '../../math/index.ts'
import { writeSides } from './children.ts'
import { treeBuilder, type TreeEnsemble } from './ensemble.ts'
import { writeScanRules } from './member.ts'
import type { Workshop } from './workshop.ts'
import { HISTOGRAM_BYTES } from './kernel.ts'
import {
  noSplit,
  parentScore,
  readScan,
  scanSpecial,
  withGain,
  type NodeSums,
  type Scale,
  type SplitChoice,
} from './split.ts'

/** How a forest's tree grows. */
export interface ForestRules {
  readonly maxDepth: number
  /** Columns tried at a node; more are drawn only while none of them splits it. */
  readonly columnsPerSplit: number
  readonly minChildWeight: number
}

interface Task {
  readonly node: number
  readonly from: number
  readonly count: number
  readonly depth: number
  readonly sums: NodeSums
}

/** A leaf with the quantised sums of its rows. */
export interface ForestLeaf {
  readonly node: number
  readonly sums: NodeSums
}

/**
 * Grows a tree from the first `count` row numbers of the arena, whose packed gradients are -w y and
 * hessians w, so that a split's gain is the reduction of the weighted squared error (for 0/1 labels
 * half the Gini impurity).
 */
export function growForestTree(
  workshop: Workshop,
  rules: ForestRules,
  count: number,
  scale: Scale,
  random: SeededRandom,
): { tree: TreeEnsemble; leaves: ForestLeaf[] } {
  const builder = treeBuilder()
  const leaves: ForestLeaf[] = []
  writeScanRules(workshop.arena, workshop.places, workshop.rules, scale)
  const columns = Int32Array.from({ length: workshop.places.columns }, (_, f) => f)
  const open: Task[] = [{ node: 0, from: 0, count, depth: 0, sums: rootSums(workshop, count) }]
  for (let task = open.pop(); task; task = open.pop()) {
    builder.setCover(task.node, task.sums.h * scale.h)
    const split = searchNode(workshop, rules, task, scale, columns, random)
    if (!split) {
      leaves.push({ node: task.node, sums: task.sums })
      continue
    }
    const left = builder.split(task.node, split)
    open.push(...childrenOf(workshop, task, split, left))
  }
  return { tree: builder.finish(), leaves }
}

function rootSums({ arena, places }: Workshop, count: number): NodeSums {
  let g = 0
  let h = 0
  for (let i = 0; i < count; i++) {
    const cell = (places.packed >> 2) + 2 * arena.i32[(places.rows >> 2) + i]!
    h += arena.u32[cell]!
    g += arena.i32[cell + 1]!
  }
  return { g, h, lower: -Infinity, upper: Infinity }
}

function childrenOf(
  { arena, kernel, places }: Workshop,
  task: Task,
  split: SplitChoice,
  left: number,
): [Task, Task] {
  writeSides(arena.u8.subarray(places.sides, places.sides + 256), split)
  const count = kernel.partition(
    places.bins + split.feature,
    places.columns,
    places.sides,
    places.rows + 4 * task.from,
    task.count,
    places.scratch,
    places.aside,
  )
  const { g, h, lower, upper } = task.sums
  const { leftG, leftH } = split
  const depth = task.depth + 1
  return [
    {
      node: left + 1,
      from: task.from + count,
      count: task.count - count,
      depth,
      sums: { g: g - leftG, h: h - leftH, lower, upper },
    },
    { node: left, from: task.from, count, depth, sums: { g: leftG, h: leftH, lower, upper } },
  ]
}

/** Whether all rows of the node have the same label: then g / h is the same for each. */
function isPure({ arena, places }: Workshop, count: number): boolean {
  const at = places.ordered >> 2
  const h = arena.u32[at]!
  const g = arena.i32[at + 1]!
  for (let i = 1; i < count; i++)
    if (arena.i32[at + 2 * i + 1]! * h !== g * arena.u32[at + 2 * i]!) return false
  return true
}

function searchNode(
  workshop: Workshop,
  rules: ForestRules,
  task: Task,
  scale: Scale,
  columns: Int32Array,
  random: SeededRandom,
): SplitChoice | null {
  const { kernel, places } = workshop
  const { sums, count } = task
  if (task.depth >= rules.maxDepth || count < 2) return null
  if (sums.h * scale.h < 2 * rules.minChildWeight) return null
  kernel.gather(places.packed, places.rows + 4 * task.from, count, places.ordered)
  if (isPure(workshop, count)) return null
  for (let tried = 0; tried < columns.length;) {
    const wanted = Math.min(columns.length, tried + rules.columnsPerSplit)
    for (let i = tried; i < wanted; i++) {
      const j = i + random.int(columns.length - i)
      const kept = columns[i]!
      columns[i] = columns[j]!
      columns[j] = kept
    }
    const drawn = columns.slice(tried, wanted).sort()
    const split = bestOfDrawn(workshop, task, scale, drawn)
    if (split) return split
    tried = wanted
  }
  return null
}

function bestOfDrawn(
  workshop: Workshop,
  task: Task,
  scale: Scale,
  drawn: Int32Array,
): SplitChoice | null {
  const { arena, kernel, places, rules } = workshop
  const { columns, ordered, histograms, scan } = places
  const { sums, count } = task
  const rows = places.rows + 4 * task.from
  const parent = parentScore(sums, scale, rules)
  const best = noSplit(parent, rules)
  for (const f of drawn) {
    // One place serves every column here: it is zeroed again after each.
    const bins = places.bins + f
    if (rules.categorical[f] === 1) {
      kernel.column(bins, columns, rows, ordered, count, histograms)
      scanSpecial(workshop, histograms, f, sums, scale, best)
      arena.u8.fill(0, histograms, histograms + HISTOGRAM_BYTES)
      continue
    }
    const { g, h } = sums
    const own = rules.bins[f]!
    if (
      kernel.searchColumn(
        bins,
        columns,
        rows,
        ordered,
        count,
        histograms,
        own,
        g,
        h,
        best.score,
        scan,
      )
    )
      readScan(arena, scan, f, best)
  }
  return withGain(best, parent)
}
