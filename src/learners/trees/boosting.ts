/** Boosting itself: the memory of one training, and one iteration of it. */
import { AppError } from '../../core/index.ts'
import { seededRandom, type SeededRandom } from '../../math/index.ts'
import type { Arena } from './arena.ts'
import { binIntoArena } from './bin-arena.ts'
import type { Binner } from './binner.ts'
import { leadCrew, ORDERS, soloCrew } from './crew.ts'
import { addTree, type TreeEnsemble } from './ensemble.ts'
import type { GbdtSettings } from './gbdt-options.ts'
import { growTree, type GrownLeaf, type Site } from './grow.ts'
import type { Kernel } from './kernel.ts'
import { createMember, type MemberTask } from './member.ts'
import { CHUNK, chunkBytes } from './node-histograms.ts'
import { createObjective, weightedQuantile } from './objective.ts'
import { scaleOf } from './quantise.ts'
import type { NodeSums } from './split.ts'
import type { Objective, Target } from './target.ts'
import type { LabelledRows } from './training-rows.ts'
import type { GrowRules } from './workshop.ts'
import { createWorkspace, usefulSlots } from './workspace.ts'

export interface Boosting {
  readonly arena: Arena
  readonly kernel: Kernel
  readonly tasks: readonly MemberTask[]
  readonly rules: GrowRules
  readonly objective: Objective
  readonly binned: Uint8Array
  readonly target: Target
  readonly start: readonly number[]
  /** rows x outputs, in the arena. */
  readonly margins: Float64Array
  readonly random: SeededRandom
}

/** Bins the table into the arena and lays out the work of `members` crew members. */
export function startBoosting(
  part: LabelledRows,
  binner: Binner,
  settings: GbdtSettings,
  members: number,
): Boosting {
  const { frame, target } = part
  const { rows } = frame
  const { spec } = settings
  const rules = growRules(binner, settings)
  const weighted = target.weights !== undefined
  const { arena, kernel, places } = createWorkspace({
    rows,
    columns: binner.columns.length,
    outputs: spec.outputs,
    weighted,
    slots: usefulSlots(rules.maxDepth, rules.maxLeaves),
    orderedRows: CHUNK,
    chunkBytes: chunkBytes(binner.columns.length),
    leaves: rules.maxLeaves,
    members,
    kernel: settings.kernel,
  })
  const lead = places[0]!
  const binned = binIntoArena(binner, frame, arena, kernel, lead)
  if (members > 1) {
    arena.f64.set(target.labels, lead.labels >> 3)
    if (target.weights) arena.f64.set(target.weights, lead.weights >> 3)
  }
  const tasks = places.map((own, member): MemberTask => {
    return { spec, rules, places: own, rows, weighted, member, members }
  })
  const objective = createObjective(spec, target)
  const start = objective.start()
  const margins = arena.f64.subarray(lead.margins >> 3, (lead.margins >> 3) + rows * spec.outputs)
  for (let i = 0; i < margins.length; i++) margins[i] = start[i % start.length]!
  const random = seededRandom(settings.seed).fork('boosting')
  return { arena, kernel, tasks, rules, objective, binned, target, start, margins, random }
}

/** The first member working alone. */
export function alone(boosting: Boosting): Site {
  const { arena, kernel, tasks, rules, objective } = boosting
  const task = { ...tasks[0]!, members: 1 }
  const crew = soloCrew(arena, task.places, createMember(arena, kernel, task, objective))
  return { arena, kernel, crew, tasks: [task], rules }
}

/** The first member leading a helper who has joined. */
export function together(boosting: Boosting): Site {
  const { arena, kernel, tasks, rules, objective } = boosting
  const work = createMember(arena, kernel, tasks[0]!, objective)
  return { arena, kernel, crew: leadCrew(arena, tasks[0]!.places, work), tasks, rules }
}

function growRules({ columns }: Binner, settings: GbdtSettings): GrowRules {
  const { monotone } = settings
  for (const name of Object.keys(monotone)) {
    const column = columns.find((c) => c.name === name)
    if (column?.kind !== 'numeric')
      throw new AppError('invalid-request', `monotone: "${name}" is not a numeric column`)
  }
  const constrained = Object.keys(monotone).length > 0
  const { maxDepth, maxLeaves, l2, minChildWeight, minSplitGain } = settings
  const { categoryL2, categorySmoothing } = settings
  // Named one by one: they are sent to the helping thread, which functions among options cannot be.
  return {
    maxDepth,
    maxLeaves,
    l2,
    minChildWeight,
    minSplitGain,
    categoryL2,
    categorySmoothing,
    bins: Uint8Array.from(columns, (c) => c.bins),
    categorical: Uint8Array.from(columns, (c) => (c.kind === 'categorical' ? 1 : 0)),
    monotone: constrained ? Int8Array.from(columns, (c) => monotone[c.name] ?? 0) : undefined,
  }
}

/** One iteration: a tree for each output, added to the margins. */
export function boostOnce(boosting: Boosting, site: Site, settings: GbdtSettings): TreeEnsemble[] {
  const { random } = boosting
  const { crew, arena, tasks } = site
  const { places, rows } = tasks[0]!
  const sampled = settings.rowFraction < 1
  const count = sampled ? drawRows(site, settings.rowFraction, random) : rows
  const bag = sampled ? arena.i32.slice(places.rows >> 2, (places.rows >> 2) + count) : undefined
  const trees: TreeEnsemble[] = []
  for (let output = 0; output < settings.spec.outputs; output++) {
    crew.run(ORDERS.gradients, output)
    const scale = scaleOf(arena, places, rows)
    const columns = drawColumns(places.columns, settings.columnFraction, random)
    arena.i32.set(columns, places.drawn >> 2)
    if (bag) arena.i32.set(bag, places.rows >> 2)
    crew.run(ORDERS.quantise, scale.g, scale.h, columns.length, bag ? 0 : 1)
    const sums = rootSums(site, bag)
    const { tree, leaves } = growTree(site, count, !bag, columns.length, scale, sums)
    setLeaves(boosting, site, settings, tree, leaves)
    if (sampled)
      addTree(
        tree,
        0,
        boosting.binned,
        places.columns,
        boosting.margins,
        output,
        settings.spec.outputs,
      )
    else crew.run(ORDERS.apply, output, leaves.length, count)
    trees.push(tree)
  }
  return trees
}

/** Quantised sums of all rows, as the members counted them, or of the rows drawn. */
function rootSums({ arena, tasks }: Site, bag: Int32Array | undefined): NodeSums {
  let g = 0
  let h = 0
  if (bag) {
    const packed = tasks[0]!.places.packed >> 2
    for (const row of bag) {
      h += arena.u32[packed + 2 * row]!
      g += arena.i32[packed + 2 * row + 1]!
    }
  } else
    for (const { places } of tasks) {
      g += arena.f64[places.results >> 3]!
      h += arena.f64[(places.results >> 3) + 1]!
    }
  return { g, h, lower: -Infinity, upper: Infinity }
}

/** Sets leaf values, in the tree and where the members read them. */
function setLeaves(
  { margins, target }: Boosting,
  { arena, tasks }: Site,
  { spec, learningRate }: GbdtSettings,
  tree: TreeEnsemble,
  leaves: readonly GrownLeaf[],
): void {
  const { places } = tasks[0]!
  const inOrder = leaves.toSorted((a, b) => a.from - b.from)
  inOrder.forEach((leaf, i) => {
    const from = (places.rows >> 2) + leaf.from
    const rows = arena.i32.subarray(from, from + leaf.count)
    const raw =
      spec.name === 'quantile' ? renewed(spec.quantile, rows, margins, target) : leaf.value
    const value = learningRate * raw
    tree.value[leaf.node] = value
    arena.f64[(places.leaves >> 3) + 2 * i] = leaf.from + leaf.count
    arena.f64[(places.leaves >> 3) + 2 * i + 1] = value
  })
}

/** Quantile loss: a leaf's best value is the quantile of its residuals, not a Newton step. */
function renewed(quantile: number, rows: Int32Array, margins: Float64Array, target: Target) {
  const { labels, weights } = target
  // In the order of the rows: how they were partitioned depends on the number of members.
  const order = rows.toSorted()
  const residuals = Float64Array.from(order, (row) => labels[row]! - margins[row]!)
  const own = weights && Float64Array.from(order, (row) => weights[row]!)
  return weightedQuantile(residuals, own, quantile)
}

/** Draws the rows of one iteration into the arena, ascending; gives how many. */
function drawRows({ arena, tasks }: Site, fraction: number, random: SeededRandom): number {
  const { places, rows } = tasks[0]!
  const at = places.rows >> 2
  let n = 0
  for (let row = 0; row < rows; row++) if (random.next() < fraction) arena.i32[at + n++] = row
  if (n > 0) return n
  arena.i32[at] = random.int(rows)
  return 1
}

/** Columns of one tree in ascending order, at least one. */
function drawColumns(columns: number, fraction: number, random: SeededRandom): Int32Array {
  const all = Int32Array.from({ length: columns }, (_, f) => f)
  if (fraction >= 1) return all
  const wanted = Math.max(1, Math.round(fraction * columns))
  for (let i = 0; i < wanted && i < columns; i++) {
    const j = i + random.int(columns - i)
    const kept = all[i]!
    all[i] = all[j]!
    all[j] = kept
  }
  return all.slice(0, wanted).sort()
}
