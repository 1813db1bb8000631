/**
 * One retraining: examples in, a fitted challenger and a verdict out. Pure but for the time it
 * takes; the thread of the worker calls it.
 */
import type { Progress } from '../core/index.ts'
import {
  fitModel,
  predictExamples,
  referenceSample,
  takeExamples,
  type Examples,
  type FitOptions,
  type FittedModel,
  type ModelSpec,
} from '../models/index.ts'
import { priorAnswers, ruleAnswers } from './baselines.ts'
import { evaluate, type Evaluation } from './evaluation.ts'
import { decidePromotion, type Contest, type Verdict } from './promotion.ts'
import { partOf, rowsOfPart, splitExamples, type Split } from './split.ts'

export interface RetrainOptions {
  readonly seed?: number
  readonly champion: FittedModel | null
  readonly comparisonsBefore: number
  readonly championDrifted: boolean
  readonly progress?: Progress
  readonly signal?: { readonly aborted: boolean }
  /** For tests: most boosting iterations. */
  readonly mostTrees?: number
}

/** What a retraining found; plain data. */
export interface RetrainReport {
  readonly rows: number
  readonly leads: number
  readonly positives: number
  readonly split: {
    readonly kind: Split['kind']
    readonly trainingRows: number
    readonly holdoutRows: number
    readonly holdoutPositiveLeads: number
    /** First moment of the holdout; null when split by lead. */
    readonly from: string | null
  }
  readonly challenger: Evaluation
  readonly champion: Evaluation | null
  readonly prior: Evaluation
  readonly rule: Evaluation
  readonly verdict: Verdict
}

export interface Retrained {
  readonly model: FittedModel
  readonly report: RetrainReport
}

const FIT_SHARE = 0.9
const FOLDS = 5
/** Held-out leads below which a model is compared with its own. */
const STRANGERS_MIN = 200

interface Answers {
  readonly model: FittedModel
  readonly challenger: Float64Array
  readonly prior: Float64Array
  readonly rule: Float64Array
}

function fit(
  spec: ModelSpec,
  examples: Examples,
  options: RetrainOptions,
  from: number,
  to: number,
) {
  const { seed = 0, signal, mostTrees, progress } = options
  const fitOptions: FitOptions = {
    seed,
    signal,
    progress: (f) => progress?.(FIT_SHARE * (from + (to - from) * f), 'fitting'),
    ...(mostTrees === undefined ? {} : { mostTrees }),
  }
  return fitModel(spec, examples, fitOptions)
}

function answerLater(
  spec: ModelSpec,
  examples: Examples,
  split: Split,
  options: RetrainOptions,
): Answers {
  const training = takeExamples(examples, split.training)
  const holdout = takeExamples(examples, split.holdout)
  const model = fit(spec, training, options, 0, 1)
  return {
    model,
    challenger: predictExamples(model, holdout),
    prior: priorAnswers(training, holdout),
    rule: ruleAnswers(training, holdout),
  }
}

/** Every fifth of the leads is answered by models and baselines of the other four. */
function answerPooled(spec: ModelSpec, examples: Examples, options: RetrainOptions): Answers {
  const challenger = new Float64Array(examples.rows)
  const prior = new Float64Array(examples.rows)
  const rule = new Float64Array(examples.rows)
  let model: FittedModel | undefined
  for (let part = 0; part < FOLDS; part++) {
    const rows = rowsOfPart(examples, part, false)
    const others = takeExamples(examples, rowsOfPart(examples, part, true))
    const own = takeExamples(examples, rows)
    const fitted = fit(spec, others, options, part / FOLDS, (part + 1) / FOLDS)
    // The model of part 0 is the one that is published: it knows no held-out lead.
    model ??= fitted
    const answers = [
      predictExamples(fitted, own),
      priorAnswers(others, own),
      ruleAnswers(others, own),
    ]
    rows.forEach((row, i) => {
      challenger[row] = answers[0]![i]!
      prior[row] = answers[1]![i]!
      rule[row] = answers[2]![i]!
    })
  }
  return { model: model!, challenger, prior, rule }
}

/**
 * Fits a challenger of `spec` and decides whether it replaces the champion. Deterministic in its
 * arguments. Pooled rows (see splitExamples) judge a first model only: a champion has learned from
 * most of them, so with one, only the held-out leads count.
 *
 * @throws AppError `invalid-request` when there are too few leads to fit at all.
 */
export function retrain(spec: ModelSpec, examples: Examples, options: RetrainOptions): Retrained {
  const { champion, seed = 0 } = options
  const split = splitExamples(examples)
  const isPooled = split.kind === 'lead' && champion === null
  const holdoutRows =
    split.kind === 'lead' && champion !== null
      ? split.holdout.filter((row) => partOf(examples.groups[row]!) === 0)
      : split.holdout
  const judgedSplit = { ...split, holdout: holdoutRows }
  const holdout = takeExamples(examples, holdoutRows)
  const answers = isPooled
    ? answerPooled(spec, examples, options)
    : answerLater(spec, examples, judgedSplit, options)
  options.progress?.(FIT_SHARE, 'comparing')
  const championAnswers = champion === null ? null : predictExamples(champion, holdout)
  const { labels, groups, segments } = holdout
  const judged = (probabilities: ArrayLike<number>) =>
    evaluate({ labels, groups, probabilities }, seed)
  const positives = positivesOf(holdout)
  const contest: Contest = {
    labels,
    groups,
    probabilities: answers.challenger,
    champion: championAnswers,
    prior: answers.prior,
    rule: answers.rule,
    segments: Array.from(segments.codes, (code) => segments.levels[code]!),
    positives,
    comparisonsBefore: options.comparisonsBefore,
    championDrifted: options.championDrifted,
    seed,
  }
  const report: RetrainReport = {
    rows: examples.rows,
    leads: new Set(examples.groups).size,
    positives: positivesOf(examples),
    split: {
      kind: split.kind,
      trainingRows: split.training.length,
      holdoutRows: holdoutRows.length,
      holdoutPositiveLeads: positives,
      from: split.from === null ? null : new Date(split.from).toISOString(),
    },
    challenger: judged(answers.challenger),
    champion: championAnswers === null ? null : judged(championAnswers),
    prior: judged(answers.prior),
    rule: judged(answers.rule),
    verdict: decidePromotion(contest),
  }
  options.progress?.(1, 'done')
  return { model: withStrangers(answers.model, examples, seed), report }
}

/**
 * The model with leads it never learned from as the sample that later leads are compared with: on
 * its own leads a model is surer than on anybody's. With too few of them, its own.
 */
function withStrangers(model: FittedModel, examples: Examples, seed: number): FittedModel {
  const strangers = takeExamples(examples, rowsOfPart(examples, 0, false))
  const sample = referenceSample(model.spec, strangers, seed)
  return sample.rows < STRANGERS_MIN ? model : { ...model, sample }
}

function positivesOf({ labels, groups }: Examples): number {
  const leads = new Set<number>()
  labels.forEach((label, row) => label === 1 && leads.add(groups[row]!))
  return leads.size
}
