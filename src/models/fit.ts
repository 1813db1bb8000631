/**
 * Fitting: gradient boosting whose settings are chosen by cross-validation over leads, calibrated
 * on the rows held out there, with an ensemble of leads resampled for the interval.
 */
import { AppError, type Progress } from '../core/index.ts'
import { FOLD_SCHEMA } from '../features/index.ts'
import {
  boostingOptions,
  calibrationError,
  calibratePlatt,
  groupedFolds,
  logLoss,
  rocAuc,
  searchBoosting,
  takeRows,
  trainGbdt,
  type BoostingChoice,
  type Frame,
  type GbdtModel,
} from '../learners/index.ts'
import { seededRandom } from '../math/index.ts'
import { takeExamples, type Examples } from './examples.ts'
import { fittedModel, type FittedModel, type HeldOutMetrics } from './fitted-model.ts'
import { checkAttributes, frameOf } from './inputs.ts'
import { smoothedRate, type Priors, type SegmentCount } from './prior.ts'
import { referenceQuantiles } from './reference.ts'
import { latestExamples, referenceSample } from './reference-sample.ts'
import { fitThresholds, type Thresholds } from './thresholds.ts'
import type { ModelSpec } from './spec.ts'

export interface FitOptions {
  /** Everything drawn at random comes from this integer. Default 0. */
  readonly seed?: number
  readonly progress?: Progress | undefined
  /** Fitting stops with an error of name `AbortError` once `aborted` is true. */
  readonly signal?: { readonly aborted: boolean } | undefined
  /** Most boosting iterations. Default as many as help. */
  readonly mostTrees?: number
}

/** Leads of either label below which nothing is fitted. */
export const LEADS_MIN = 2
const FOLDS = 5
/** Table cells on which settings are chosen; beyond it, on a sample of the leads. */
const SEARCH_CELLS = 4_000_000
/** Boosted models of different seeds that are averaged. */
const BOOSTERS = 3
/**
 * Resamples of the leads. Their spread is taken as a deviation (with a t quantile of 19 degrees),
 * not as quantiles of 20 values. Each has a quarter of the trees at four times the rate: about the
 * same fit at a quarter of the cost.
 */
const BAGS = 20
const BAG_SHARE = 4
const BAG_RATE_MAX = 0.3
/** Shares of the work, for progress. */
const SEARCH_EFFORT = 0.6
const BOOSTER_EFFORT = 0.2

/** @throws AppError `invalid-request` with the counts in words. */
function checkLeads({ labels, groups }: Examples): void {
  const positive = new Set<number>()
  const all = new Set<number>()
  groups.forEach((group, row) => {
    all.add(group)
    if (labels[row] === 1) positive.add(group)
  })
  const negative = all.size - positive.size
  if (positive.size >= LEADS_MIN && negative >= LEADS_MIN) return
  throw new AppError(
    'invalid-request',
    `A model needs at least ${LEADS_MIN} leads with and ${LEADS_MIN} without the outcome; ` +
      `there are ${positive.size} with and ${negative} without`,
  )
}

/** Rows of as many leads as fit into SEARCH_CELLS, drawn at random. */
function searchExamples(examples: Examples, columns: number, seed: number): Examples {
  const most = Math.max(2_000, Math.floor(SEARCH_CELLS / Math.max(1, columns)))
  if (examples.rows <= most) return examples
  const random = seededRandom(seed).fork('search leads')
  const draw = new Map<number, number>()
  for (const group of examples.groups) if (!draw.has(group)) draw.set(group, random.next())
  const share = most / examples.rows
  const rows: number[] = []
  examples.groups.forEach((group, row) => {
    if (draw.get(group)! < share) rows.push(row)
  })
  return takeExamples(examples, rows)
}

function segmentCounts({ labels, groups, segments }: Examples): Priors {
  const count = (code: number | undefined): SegmentCount => {
    const leads = new Set<number>()
    let rows = 0
    let positives = 0
    labels.forEach((label, row) => {
      if (code !== undefined && segments.codes[row] !== code) return
      leads.add(groups[row]!)
      rows++
      positives += label
    })
    return { leads: leads.size, rate: smoothedRate(positives, rows) }
  }
  const named = segments.levels.flatMap((level, code) =>
    level === '' ? [] : [[level, count(code)] as const],
  )
  return { workspace: count(undefined), segments: Object.fromEntries(named) }
}

/** Leads from which thresholds are learned, at most. */
const THRESHOLD_LEADS_MAX = 20_000

function thresholdsOf(spec: ModelSpec, examples: Examples, seed: number): Thresholds {
  const latest = latestExamples(examples, THRESHOLD_LEADS_MAX, seed)
  return fitThresholds(frameOf(spec, latest), latest.segments)
}

/** How often each row's lead was drawn, with replacement, from all leads. */
function bootstrapWeights(groups: Int32Array, random: { int: (n: number) => number }) {
  const indexOf = new Map<number, number>()
  for (const group of groups) if (!indexOf.has(group)) indexOf.set(group, indexOf.size)
  const times = new Float64Array(indexOf.size)
  for (let i = 0; i < times.length; i++) times[random.int(times.length)]!++
  return Float64Array.from(groups, (group) => times[indexOf.get(group)!]!)
}

interface Table {
  readonly frame: Frame
  readonly examples: Examples
  readonly choice: BoostingChoice
}

function trainBoosters({ frame, examples, choice }: Table, options: FitOptions): GbdtModel[] {
  const { seed = 0, progress, signal } = options
  return Array.from({ length: BOOSTERS }, (_, i) =>
    trainGbdt(frame, examples.labels, {
      ...boostingOptions(choice.settings, choice.trees, seed * BOOSTERS + i),
      binner: choice.binner,
      ...(signal ? { signal } : {}),
      onProgress: (f) => progress?.(SEARCH_EFFORT + (BOOSTER_EFFORT * (i + f)) / BOOSTERS),
    }),
  )
}

function trainBags({ frame, examples, choice }: Table, options: FitOptions): GbdtModel[] {
  const { seed = 0, progress, signal } = options
  const random = seededRandom(seed).fork('bags')
  const learningRate = Math.min(BAG_RATE_MAX, choice.settings.learningRate * BAG_SHARE)
  const trees = Math.max(1, Math.ceil((choice.trees * choice.settings.learningRate) / learningRate))
  const before = SEARCH_EFFORT + BOOSTER_EFFORT
  return Array.from({ length: BAGS }, (_, i) => {
    const weights = bootstrapWeights(examples.groups, random)
    const drawn: number[] = []
    weights.forEach((weight, row) => weight > 0 && drawn.push(row))
    progress?.(before + ((1 - before) * i) / BAGS)
    return trainGbdt(
      takeRows(frame, drawn),
      drawn.map((row) => examples.labels[row]!),
      {
        ...boostingOptions({ ...choice.settings, learningRate }, trees, random.int(2 ** 31)),
        weights: drawn.map((row) => weights[row]!),
        binner: choice.binner,
        ...(signal ? { signal } : {}),
      },
    )
  })
}

function timeRange(times: Float64Array): { from: number; to: number } {
  let from = Infinity
  let to = -Infinity
  for (const time of times) {
    from = Math.min(from, time)
    to = Math.max(to, time)
  }
  return { from, to }
}

/** Slope and intercept of Platt scaling; a slope below 0 (nothing was learned) becomes 0. */
function calibrationOf(margins: Float64Array, labels: Uint8Array) {
  const state = calibratePlatt(margins, labels).toState()
  if (state.kind !== 'platt') throw new Error('Platt scaling gives a Platt map')
  if (-state.a > 0) return { slope: -state.a, intercept: -state.b }
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const rate = smoothedRate(positives, labels.length)
  return { slope: 0, intercept: Math.log(rate / (1 - rate)) }
}

function metricsOf(margins: Float64Array, labels: Uint8Array, folds: number): HeldOutMetrics {
  const answers = margins.map((z) => 1 / (1 + Math.exp(-z)))
  return {
    folds,
    rows: labels.length,
    rocAuc: rocAuc(labels, answers),
    logLoss: logLoss(labels, answers),
    calibrationError: calibrationError(labels, answers),
  }
}

/**
 * Fits `spec` to `examples` (not changed). Deterministic in its inputs and `options.seed`. The
 * calling thread is busy meanwhile: run it in a worker.
 *
 * The score's reference population is the held-out log odds of the examples; priors are their rates
 * by segment. Cost: about 25 boosted fits.
 *
 * @throws AppError `invalid-request` for a feature or attribute that may not be an input, or with
 * fewer than 2 leads of either label; an error of name `AbortError` when cancelled.
 */
export function fitModel(
  spec: ModelSpec,
  examples: Examples,
  options: FitOptions = {},
): FittedModel {
  const { seed = 0, progress, signal, mostTrees = Infinity } = options
  const attributes = examples.attributes.map(({ declaration }) => declaration)
  checkAttributes(attributes)
  checkLeads(examples)
  const columns = spec.features.length + attributes.length
  const searched = searchExamples(examples, columns, seed)
  checkLeads(searched)
  const fold = groupedFolds(searched.labels, searched.groups, FOLDS, seed)
  const choice = searchBoosting(
    frameOf(spec, searched),
    Float64Array.from(searched.labels),
    { fold, mostTrees },
    { seed, signal, onProgress: (f) => progress?.(SEARCH_EFFORT * f) },
  )
  const calibration = calibrationOf(choice.outOfFold, searched.labels)
  const { slope, intercept } = calibration
  const margins = choice.outOfFold.map((z) => slope * z + intercept)
  const table = { frame: frameOf(spec, examples), examples, choice }
  const boosters = trainBoosters(table, options)
  const bags = trainBags(table, options)
  progress?.(1)
  return fittedModel({
    spec,
    attributes,
    foldSchema: FOLD_SCHEMA,
    trainedOn: {
      rows: examples.rows,
      leads: new Set(examples.groups).size,
      positives: examples.labels.reduce((sum, label) => sum + label, 0),
      ...timeRange(examples.times),
    },
    crossValidation: metricsOf(margins, searched.labels, Math.max(...fold) + 1),
    settings: { ...choice.settings, trees: choice.trees },
    calibration,
    priors: segmentCounts(examples),
    reference: referenceQuantiles(margins),
    sample: referenceSample(spec, examples, seed),
    thresholds: thresholdsOf(spec, examples, seed),
    boosters,
    bags,
  })
}
