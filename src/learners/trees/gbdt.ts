/**
 * Histogram gradient boosting (Friedman 2001; Chen and Guestrin 2016; Ke et al. 2017): each
 * iteration adds a tree whose leaves are Newton steps -G / (H + l2) of the loss, shrunk by the
 * learning rate.
 */
import { AppError } from '../../core/index.ts'
import { seededRandom, type SeededRandom } from '../../math/index.ts'
import type { Frame } from '../frame.ts'
import { binFrame, binInto, fitBinner, type BinnedFrame, type Binner } from './binner.ts'
import { addTree, joinTrees, type TreeEnsemble } from './ensemble.ts'
import { gbdtModel, type GbdtModel } from './gbdt-model.ts'
import { gbdtSettings, type GbdtOptions, type GbdtSettings } from './gbdt-options.ts'
import { growTree, type GrownLeaf } from './grow.ts'
import type { GrowRules, Workshop } from './workshop.ts'
import { createObjective, meanLoss, weightedQuantile } from './objective.ts'
import { quantise, scaleOf, sumBlocks, SUM_BLOCK } from './quantise.ts'
import type { Objective, Target } from './target.ts'
import { createWorkspace } from './workspace.ts'
import { holdOut, labelledRows, withClassWeights, type LabelledRows } from './training-rows.ts'

/**
 * Trains on `frame` (not changed) and one label per row. Deterministic in its inputs and
 * `options.seed`; the order of columns does not matter. Memory: rows x columns bytes for the binned
 * table, about 40 bytes a row, and 2 KiB per column for each open node.
 *
 * @throws AppError `invalid-request` for labels, weights or options out of range; an error of name
 * `AbortError` once `options.signal.aborted`.
 *
 * @example
 * const model = trainGbdt(frame, labels, { trees: 300, validationFraction: 0.2, seed: 1 })
 * const probability = model.predictProba(frame)
 */
export function trainGbdt(
  frame: Frame,
  labels: ArrayLike<number>,
  options: GbdtOptions = {},
): GbdtModel {
  const settings = gbdtSettings(options, Float64Array.from(labels))
  const { spec } = settings
  const all = labelledRows(
    { frame, labels, weights: options.weights, groups: options.groups },
    spec,
  )
  const { train, validation } = options.validation
    ? { train: all, validation: labelledRows(options.validation, spec) }
    : holdOut(all, settings.validationFraction, settings.seed)
  const binner = options.binner ?? fitBinner(train.frame, settings)
  const target = withClassWeights(train.target, spec, options.classWeights)
  const boosting = startBoosting({ ...train, target }, binner, settings)
  const watch = validation && startWatch(validation, binner, settings, boosting.start)
  const trees = boost(boosting, settings, watch, options)
  return gbdtModel({
    spec,
    start: boosting.start,
    binner,
    ensemble: joinTrees(trees, spec.outputs),
    validationLoss: watch?.losses ?? [],
  })
}

interface Boosting {
  readonly workshop: Workshop
  readonly binned: Uint8Array
  readonly target: Target
  readonly objective: Objective
  readonly start: number[]
  /** rows x outputs. */
  readonly margins: Float64Array
  readonly random: SeededRandom
}

function startBoosting(part: LabelledRows, binner: Binner, settings: GbdtSettings): Boosting {
  const { frame, target } = part
  const { rows } = frame
  const columns = binner.columns.length
  const rules = growRules(binner, settings)
  const { arena, places, kernel } = createWorkspace(rows, columns, rules, settings.kernel)
  const binned = arena.u8.subarray(places.bins, places.bins + rows * columns)
  binInto(binner, frame, binned)
  const objective = createObjective(settings.spec, target)
  const start = objective.start()
  const margins = new Float64Array(rows * start.length)
  for (let i = 0; i < margins.length; i++) margins[i] = start[i % start.length]!
  const workshop = { arena, places, rules, kernel }
  const random = seededRandom(settings.seed).fork('boosting')
  return { workshop, binned, target, objective, start, margins, random }
}

function growRules({ columns }: Binner, settings: GbdtSettings): GrowRules {
  const { monotone } = settings
  for (const name of Object.keys(monotone)) {
    const column = columns.find((c) => c.name === name)
    if (column?.kind !== 'numeric')
      throw new AppError('invalid-request', `monotone: "${name}" is not a numeric column`)
  }
  const constrained = Object.keys(monotone).length > 0
  return {
    ...settings,
    bins: Uint8Array.from(columns, (c) => c.bins),
    categorical: Uint8Array.from(columns, (c) => (c.kind === 'categorical' ? 1 : 0)),
    monotone: constrained ? Int8Array.from(columns, (c) => monotone[c.name] ?? 0) : undefined,
  }
}

/** The validation part and how the loss on it went. */
interface Watch {
  readonly binned: BinnedFrame
  readonly target: Target
  readonly margins: Float64Array
  readonly losses: number[]
}

function startWatch(
  part: LabelledRows,
  binner: Binner,
  { spec }: GbdtSettings,
  start: readonly number[],
): Watch {
  const margins = new Float64Array(part.frame.rows * spec.outputs)
  for (let i = 0; i < margins.length; i++) margins[i] = start[i % spec.outputs]!
  return { binned: binFrame(binner, part.frame), target: part.target, margins, losses: [] }
}

function boost(
  boosting: Boosting,
  settings: GbdtSettings,
  watch: Watch | undefined,
  { signal, onProgress }: GbdtOptions,
): TreeEnsemble[] {
  const trees: TreeEnsemble[] = []
  const { outputs } = settings.spec
  let best = { loss: Infinity, trees: 0 }
  for (let iteration = 0; iteration < settings.trees; iteration++) {
    if (signal?.aborted) throw new DOMException('Training was cancelled', 'AbortError')
    const added = boostOnce(boosting, settings)
    trees.push(...added)
    onProgress?.((iteration + 1) / settings.trees)
    if (watch) {
      const stride = watch.binned.binner.columns.length
      added.forEach((tree, k) => {
        addTree(tree, 0, watch.binned.bins, stride, watch.margins, k, outputs)
      })
      const loss = meanLoss(settings.spec, watch.target, watch.margins)
      watch.losses.push(loss)
      if (loss < best.loss) best = { loss, trees: trees.length }
      if (trees.length - best.trees >= settings.patience * outputs) break
    }
  }
  return watch ? trees.slice(0, best.trees) : trees
}

/** One iteration: a tree for each output, added to the margins. */
function boostOnce(boosting: Boosting, settings: GbdtSettings): TreeEnsemble[] {
  const { workshop, objective, margins, random } = boosting
  const { arena, places } = workshop
  const { outputs } = settings.spec
  const rows = margins.length / outputs
  objective.prepare(margins)
  const bag = drawRows(rows, settings.rowFraction, random)
  const pairs = arena.f32.subarray(places.packed >> 2, (places.packed >> 2) + 2 * rows)
  const sums = new Float64Array(2 * Math.ceil(rows / SUM_BLOCK))
  const trees: TreeEnsemble[] = []
  for (let output = 0; output < outputs; output++) {
    objective.gradients(output, 0, rows, pairs)
    sumBlocks(arena, places.packed, rows, sums, 0, sums.length / 2)
    const scale = scaleOf(sums, rows)
    quantise(arena, places.packed, 0, rows, scale)
    const order = bag ?? Int32Array.from({ length: rows }, (_, i) => i)
    arena.i32.set(order, places.rows >> 2)
    const features = drawColumns(places.columns, settings.columnFraction, random)
    const { tree, leaves } = growTree(workshop, order.length, !bag, features, scale)
    applyLeaves(boosting, settings, tree, leaves, output, bag !== undefined)
    trees.push(tree)
  }
  return trees
}

/** Sets leaf values and adds the tree to the margins of all rows. */
function applyLeaves(
  { workshop, binned, margins, target }: Boosting,
  settings: GbdtSettings,
  tree: TreeEnsemble,
  leaves: readonly GrownLeaf[],
  output: number,
  sampled: boolean,
): void {
  const { arena, places } = workshop
  const { spec, learningRate } = settings
  for (const leaf of leaves) {
    const at = (places.rows >> 2) + leaf.from
    const rows = arena.i32.subarray(at, at + leaf.count)
    const raw =
      spec.name === 'quantile' ? renewed(spec.quantile, rows, margins, target) : leaf.value
    const value = learningRate * raw
    tree.value[leaf.node] = value
    if (!sampled) for (const row of rows) margins[row * spec.outputs + output]! += value
  }
  if (sampled) addTree(tree, 0, binned, places.columns, margins, output, spec.outputs)
}

/** Quantile loss: a leaf's best value is the quantile of its residuals, not a Newton step. */
function renewed(quantile: number, rows: Int32Array, margins: Float64Array, target: Target) {
  const { labels, weights } = target
  const residuals = Float64Array.from(rows, (row) => labels[row]! - margins[row]!)
  const own = weights && Float64Array.from(rows, (row) => weights[row]!)
  return weightedQuantile(residuals, own, quantile)
}

/** Rows of one iteration in ascending order; undefined for all. */
function drawRows(rows: number, fraction: number, random: SeededRandom): Int32Array | undefined {
  if (fraction >= 1) return undefined
  const drawn = new Int32Array(rows)
  let n = 0
  for (let row = 0; row < rows; row++) if (random.next() < fraction) drawn[n++] = row
  return n > 0 ? drawn.subarray(0, n) : Int32Array.of(random.int(rows))
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
