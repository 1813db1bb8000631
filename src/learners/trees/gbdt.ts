/**
 * Histogram gradient boosting (Friedman 2001; Chen and Guestrin 2016; Ke et al. 2017): each
 * iteration adds a tree whose leaves are Newton steps -G / (H + l2) of the loss, shrunk by the
 * learning rate.
 */
import type { Parallel } from '../../core/index.ts'
import type { Frame } from '../frame.ts'
import { arenaOn } from './arena.ts'
import { binFrame, fitBinner, type BinnedFrame, type Binner } from './binner.ts'
import { alone, boostOnce, startBoosting, together, type Boosting } from './boosting.ts'
import { followCrew, helperJoins } from './crew.ts'
import { addTree, joinTrees, type TreeEnsemble } from './ensemble.ts'
import { gbdtModel, type GbdtModel } from './gbdt-model.ts'
import { gbdtSettings, type GbdtOptions, type GbdtSettings } from './gbdt-options.ts'
import type { Site } from './grow.ts'
import { createMember, type MemberTask } from './member.ts'
import { meanLoss } from './objective.ts'
import type { Target } from './target.ts'
import { holdOut, labelledRows, withClassWeights, type LabelledRows } from './training-rows.ts'
import { wasmKernel, wasmWorks } from './wasm-kernel.ts'

/**
 * Trains on `frame` (not changed) and one label per row. Deterministic in its inputs and
 * `options.seed`; the order of columns does not matter. Memory: rows x columns bytes for the binned
 * table, 24 bytes a row and margin, and 2 KiB per column for each open node.
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
  const training = prepare(frame, labels, options, 1)
  return finish(training, alone(training.boosting), options)
}

/**
 * As `trainGbdt`, the same model, on the calling thread and one more: `parallel` must be able to
 * run two tasks at a time and its entry must export `helpTraining` (learners do). The calling
 * thread is busy meanwhile, so call this from a worker. Small tables are learned alone.
 */
export async function trainGbdtTogether(
  parallel: Parallel,
  frame: Frame,
  labels: ArrayLike<number>,
  options: GbdtOptions = {},
): Promise<GbdtModel> {
  const cells = frame.rows * frame.columns.length
  const { kernel = 'auto' } = options
  if (parallel.threads < 2 || cells < SHARED_CELLS || kernel === 'script' || !wasmWorks())
    return trainGbdt(frame, labels, options)
  const training = prepare(frame, labels, { ...options, kernel: 'wasm' }, 2)
  const { boosting } = training
  const { arena, tasks } = boosting
  const input: HelperInput = { memory: arena.memory!, task: tasks[1]! }
  const helping = parallel.run<HelperInput, number>('helpTraining', input)
  const joined = await helperJoins(arena, tasks[0]!.places, helping)
  const site = joined ? together(boosting) : alone(boosting)
  try {
    return finish(training, site, options)
  } finally {
    site.crew.close()
    if (joined) await helping
  }
}

/** Fewer cells than these are not worth a second thread. */
const SHARED_CELLS = 200_000

/** What the helping thread is sent: the training's memory and its own task. */
export interface HelperInput {
  readonly memory: WebAssembly.Memory
  readonly task: MemberTask
}

/** The helping thread's part of `trainGbdtTogether`; gives the number of orders done. */
export function helpTraining({ memory, task }: HelperInput): number {
  const arena = arenaOn(memory.buffer, memory)
  return followCrew(arena, task.places, createMember(arena, wasmKernel(arena), task))
}

interface Training {
  readonly settings: GbdtSettings
  readonly binner: Binner
  readonly boosting: Boosting
  readonly watch: Watch | undefined
}

function prepare(
  frame: Frame,
  labels: ArrayLike<number>,
  options: GbdtOptions,
  members: number,
): Training {
  const settings = gbdtSettings(options, labels)
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
  const boosting = startBoosting({ ...train, target }, binner, settings, members)
  const watch = validation && startWatch(validation, binner, settings, boosting.start)
  return { settings, binner, boosting, watch }
}

function finish(training: Training, site: Site, options: GbdtOptions): GbdtModel {
  const { settings, binner, boosting, watch } = training
  const trees = boost(training, site, options)
  return gbdtModel({
    spec: settings.spec,
    start: boosting.start,
    binner,
    ensemble: joinTrees(trees, settings.spec.outputs),
    validationLoss: watch?.losses ?? [],
  })
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
  { boosting, settings, watch }: Training,
  site: Site,
  { signal, onProgress }: GbdtOptions,
): TreeEnsemble[] {
  const trees: TreeEnsemble[] = []
  const { outputs } = settings.spec
  let best = { loss: Infinity, trees: 0 }
  for (let iteration = 0; iteration < settings.trees; iteration++) {
    if (signal?.aborted) throw new DOMException('Training was cancelled', 'AbortError')
    const added = boostOnce(boosting, site, settings)
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
