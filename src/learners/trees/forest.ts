/**
 * Random forest (Breiman 2001) on the histogram engine: trees on bootstrap samples, each node
 * choosing among a few random columns; the answer is their mean. Rows that a tree did not see give
 * an out-of-bag estimate without a test set.
 */
import { AppError, type Progress } from '../../core/index.ts'
import { seededRandom } from '../../math/index.ts'
import type { Frame } from '../frame.ts'
import { binIntoArena } from './bin-arena.ts'
import { fitBinner, type Binner } from './binner.ts'
import { joinTrees, leafOf, type TreeEnsemble } from './ensemble.ts'
import { forestModel, type ForestModel } from './forest-model.ts'
import { growForestTree, type ForestRules } from './forest-grow.ts'
import { checkRange, countClasses } from './gbdt-options.ts'
import type { Workshop } from './workshop.ts'
import type { Scale } from './split.ts'
import type { ObjectiveSpec, Target } from './target.ts'
import { labelledRows, withClassWeights } from './training-rows.ts'
import { createWorkspace, type KernelChoice } from './workspace.ts'

export interface ForestOptions {
  /** `logistic` (default): labels 0 or 1; `softmax`: 0 to classes - 1; `squared`: any number. */
  readonly objective?: 'logistic' | 'softmax' | 'squared'
  /** Softmax: number of classes. Default: the largest label plus one. */
  readonly classes?: number
  /** Trees (per class for softmax). Default 300. */
  readonly trees?: number
  /** Most splits on a path, 1 to 30. Default 16. */
  readonly maxDepth?: number
  /** Least weight of rows in a leaf. Default 3. */
  readonly minLeafWeight?: number
  /** Columns tried at a node. Default: the root of their number; a third of it for `squared`. */
  readonly columnsPerSplit?: number
  /** Most value bins of a numeric column, 2 to 255. Default 255. */
  readonly maxBins?: number
  /** A category with fewer training rows joins the rare bin. Default 5. */
  readonly minCategoryRows?: number
  /** Weight of each row, finite and at least 0. Default 1 each. */
  readonly weights?: ArrayLike<number>
  /** `balanced`, or a weight by class. Multiplies `weights`. Default none. */
  readonly classWeights?: 'balanced' | readonly number[]
  /** Answer for every training row by the trees that did not see it. Default true. */
  readonly outOfBag?: boolean
  /** Use these bins (for instance of another model, to share binned vectors). */
  readonly binner?: Binner
  /** Everything drawn at random comes from this integer. Default 0. */
  readonly seed?: number
  /** As in boosting. Default `auto`. */
  readonly kernel?: KernelChoice
  readonly onProgress?: Progress
  /** Training stops with an error of name `AbortError` once `aborted` is true. */
  readonly signal?: { readonly aborted: boolean }
}

/**
 * Trains on `frame` (not changed) and one label per row. Deterministic in its inputs and
 * `options.seed`; the order of columns does not matter. O(trees * rows * columnsPerSplit * depth).
 *
 * @throws AppError `invalid-request` for labels, weights or options out of range; an error of name
 * `AbortError` once `options.signal.aborted`.
 *
 * @example
 * const model = trainForest(frame, labels, { trees: 300, seed: 1 })
 * const honest = model.outOfBag // probability of each training row by trees that did not see it
 */
export function trainForest(
  frame: Frame,
  labels: ArrayLike<number>,
  options: ForestOptions = {},
): ForestModel {
  const spec = forestSpec(options, labels)
  const given = labelledRows({ frame, labels, weights: options.weights }, spec)
  const target = withClassWeights(given.target, spec, options.classWeights)
  const binner = options.binner ?? fitBinner(frame, options)
  const rules = forestRules(options, spec, binner.columns.length)
  const planting = startPlanting(frame, target, binner, rules, options, spec.outputs)
  const trees = plant(planting, options)
  return forestModel({
    spec,
    start: new Array<number>(spec.outputs).fill(0),
    binner,
    ensemble: joinTrees(trees, spec.outputs),
    outOfBag: planting.outOfBag && meanOutOfBag(planting.outOfBag, spec),
  })
}

function forestSpec(options: ForestOptions, labels: ArrayLike<number>): ObjectiveSpec {
  const { objective: name = 'logistic', trees = 300, maxDepth = 16, minLeafWeight = 3 } = options
  checkRange('trees', trees, [1, 100_000, 'integer'])
  checkRange('maxDepth', maxDepth, [1, 30, 'integer'])
  checkRange('minLeafWeight', minLeafWeight, [0, 1e12, 'number'])
  if (!['logistic', 'softmax', 'squared'].includes(name))
    throw new AppError('invalid-request', `A forest cannot learn the objective ${name}`)
  let outputs = 1
  if (name === 'softmax') {
    outputs = options.classes ?? countClasses(labels)
    checkRange('classes', outputs, [1, 1000, 'integer'])
  }
  return { name, outputs, quantile: 0.5 }
}

function forestRules(options: ForestOptions, { name }: ObjectiveSpec, columns: number) {
  const usual = name === 'squared' ? Math.ceil(columns / 3) : Math.round(Math.sqrt(columns))
  const { columnsPerSplit = Math.max(1, usual), maxDepth = 16, minLeafWeight = 3 } = options
  checkRange('columnsPerSplit', columnsPerSplit, [1, 1e9, 'integer'])
  return { maxDepth, columnsPerSplit, minChildWeight: minLeafWeight } satisfies ForestRules
}

interface OutOfBag {
  /** Sum of the answers (rows x outputs) and number of trees that gave one. */
  readonly sums: Float64Array
  readonly counts: Int32Array
}

interface Planting {
  readonly workshop: Workshop
  readonly rules: ForestRules
  readonly binned: Uint8Array
  readonly target: Target
  readonly outputs: number
  readonly outOfBag: OutOfBag | undefined
}

function startPlanting(
  frame: Frame,
  target: Target,
  binner: Binner,
  rules: ForestRules,
  options: ForestOptions,
  outputs: number,
): Planting {
  const { rows } = frame
  const columns = binner.columns.length
  const {
    arena,
    kernel,
    places: all,
  } = createWorkspace({
    rows,
    columns,
    outputs: 0,
    weighted: false,
    slots: 1,
    orderedRows: rows,
    chunkBytes: 0,
    leaves: 0,
    members: 1,
    kernel: options.kernel ?? 'auto',
  })
  const places = all[0]!
  const binned = binIntoArena(binner, frame, arena, kernel, places)
  const splitRules = {
    l2: 0,
    minChildWeight: Math.max(rules.minChildWeight, 1e-12),
    minSplitGain: 0,
    categoryL2: 0,
    categorySmoothing: 0,
    bins: Uint8Array.from(binner.columns, (c) => c.bins),
    categorical: Uint8Array.from(binner.columns, (c) => (c.kind === 'categorical' ? 1 : 0)),
    monotone: undefined,
    maxDepth: rules.maxDepth,
    maxLeaves: Infinity,
  }
  const { outOfBag = true } = options
  const workshop = { arena, kernel, places, rules: splitRules }
  const sums = new Float64Array(outOfBag ? rows * outputs : 0)
  const counts = new Int32Array(outOfBag ? rows : 0)
  const estimate = outOfBag ? { sums, counts } : undefined
  return { workshop, rules, binned, target, outputs, outOfBag: estimate }
}

/** Units of the quantised labels: a bootstrap never draws a sum beyond 31 bits. */
function labelScale({ labels, weights }: Target, outputs: number): Scale {
  let y = 0
  let w = 0
  for (let i = 0; i < labels.length; i++) {
    w = Math.max(w, weights ? weights[i]! : 1)
    y = Math.max(y, (weights ? weights[i]! : 1) * (outputs > 1 ? 1 : Math.abs(labels[i]!)))
  }
  const rows = labels.length
  const unit = (most: number, limit: number): number =>
    most > 0 ? 2 ** Math.ceil(Math.log2((most * rows) / (limit - 2 * rows)) + 1e-9) : 1
  return { g: unit(y, 2 ** 31 - 1), h: unit(w, 2 ** 32 - 1) }
}

function plant(planting: Planting, options: ForestOptions): TreeEnsemble[] {
  const { trees = 300, seed = 0, signal, onProgress } = options
  const { target, outputs, outOfBag } = planting
  const root = seededRandom(seed).fork('forest')
  const scale = labelScale(target, outputs)
  const drawn = new Int32Array(target.labels.length)
  const grown: TreeEnsemble[] = []
  for (let t = 0; t < trees; t++) {
    if (signal?.aborted) throw new DOMException('Training was cancelled', 'AbortError')
    const random = root.fork(`tree ${t}`)
    drawn.fill(0)
    for (let i = 0; i < drawn.length; i++) drawn[random.int(drawn.length)]!++
    for (let output = 0; output < outputs; output++) {
      const tree = plantOne(planting, drawn, output, scale, trees, random)
      grown.push(tree)
      if (outOfBag) addOutOfBag(planting, outOfBag, tree, drawn, output, trees)
    }
    if (outOfBag) drawn.forEach((times, row) => times === 0 && outOfBag.counts[row]!++)
    onProgress?.((t + 1) / trees)
  }
  return grown
}

function plantOne(
  { workshop, rules, target, outputs }: Planting,
  drawn: Int32Array,
  output: number,
  scale: Scale,
  trees: number,
  random: ReturnType<typeof seededRandom>,
): TreeEnsemble {
  const { arena, places } = workshop
  const { labels, weights } = target
  let count = 0
  for (let row = 0; row < drawn.length; row++) {
    if (drawn[row] === 0) continue
    const w = drawn[row]! * (weights ? weights[row]! : 1)
    if (w === 0) continue
    const y = outputs > 1 ? (labels[row] === output ? 1 : 0) : labels[row]!
    const cell = (places.packed >> 2) + 2 * row
    arena.u32[cell] = Math.max(1, Math.round(w / scale.h))
    arena.i32[cell + 1] = Math.round((-w * y) / scale.g)
    arena.i32[(places.rows >> 2) + count++] = row
  }
  const { tree, leaves } = growForestTree(workshop, rules, count, scale, random)
  for (const { node, sums } of leaves)
    tree.value[node] = sums.h > 0 ? (-sums.g * scale.g) / (sums.h * scale.h) / trees : 0
  return tree
}

function addOutOfBag(
  { binned, workshop, outputs }: Planting,
  { sums }: OutOfBag,
  tree: TreeEnsemble,
  drawn: Int32Array,
  output: number,
  trees: number,
): void {
  const { columns } = workshop.places
  for (let row = 0; row < drawn.length; row++)
    if (drawn[row] === 0)
      sums[row * outputs + output]! += tree.value[leafOf(tree, 0, binned, row * columns)]! * trees
}

/** Mean answers; NaN for a row that every tree saw. */
function meanOutOfBag({ sums, counts }: OutOfBag, { outputs }: ObjectiveSpec): Float64Array {
  return sums.map((sum, i) => sum / counts[Math.floor(i / outputs)]!)
}
