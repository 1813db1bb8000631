/** Predicting one lead: probability, percentile, interval, prior, abstention, and reasons. */
import type { FeatureVector } from '../features/index.ts'
import { binRow } from '../learners/index.ts'
import { studentTQuantile } from '../math/index.ts'
import type { FittedModel } from './fitted-model.ts'
import type { AttributeMap } from './inputs.ts'
import { priorOf } from './prior.ts'
import { percentileOf } from './reference.ts'
import { factorSentence } from './sentences.ts'

/** What is known beside the vector. */
export interface PredictionContext {
  /** Own events of the lead, opens and clicks by machines not counted. */
  readonly events: number
  readonly segment: string | null
  readonly attributes: AttributeMap
}

/** What speaks for or against, largest first. */
export interface Factor {
  /** Name of the feature or attribute. */
  readonly feature: string
  readonly label: string
  readonly value: number | string | null
  /** Share of the log odds, exact: base + sum of all contributions = log odds. */
  readonly contribution: number
  readonly sentence: string
}

export interface Prediction {
  /** Calibrated chance of the label within the horizon; null when abstained. */
  readonly probability: number | null
  /** Percentile in the frozen reference population, 0 to 100; null when abstained. */
  readonly score: number | null
  /** 90 % interval of the probability; null when abstained. */
  readonly interval: readonly [number, number] | null
  /** The chance of a lead nothing else is known of. */
  readonly prior: number
  readonly priorFrom: 'segment' | 'workspace'
  /** Probability (when abstained, the prior) over the workspace's average. */
  readonly timesAverage: number
  /** Probability of the likelier answer; null when abstained. */
  readonly confidence: number | null
  readonly abstained: boolean
  /** Why it abstained; null otherwise. */
  readonly reason: string | null
  /** Largest first; empty unless asked for. */
  readonly factors: readonly Factor[]
}

const ALPHA = 0.1
/** Smallest share of the log odds that is worth a sentence. */
const FACTOR_LEAST = 1e-9

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))

/** A lead's values in the order of the model's columns, binned. */
export function binnedVector(
  model: FittedModel,
  vector: FeatureVector,
  attributes: AttributeMap,
): Uint8Array {
  const values = model.readers.map((reader) => reader.read(vector, attributes))
  return binRow(model.binner, values)
}

function meanMargin(trees: FittedModel['boosters'], bins: Uint8Array): number {
  let sum = 0
  for (const model of trees) sum += model.predictBinnedMargin(bins)[0]!
  return sum / trees.length
}

/** Standard deviation of the resampled models' log odds, before calibration. */
function spreadOf(bags: FittedModel['bags'], bins: Uint8Array): number {
  let sum = 0
  let squares = 0
  for (const bag of bags) {
    const z = bag.predictBinnedMargin(bins)[0]!
    sum += z
    squares += z * z
  }
  const mean = sum / bags.length
  const variance = squares / bags.length - mean * mean
  return Math.sqrt((Math.max(0, variance) * bags.length) / (bags.length - 1))
}

/** Half the width of the interval in log odds: a t quantile, since few resamples measure it. */
function halfWidth({ bags, calibration }: FittedModel, bins: Uint8Array): number {
  const t = studentTQuantile(1 - ALPHA / 2, bags.length - 1)
  return t * calibration.slope * spreadOf(bags, bins)
}

/**
 * The shares of a binned vector in the calibrated log odds, one per column of the model; base + sum
 * of shares = log odds. Exact TreeSHAP (Lundberg et al. 2020), averaged over the boosters.
 */
export function explainBinned(
  { boosters, calibration: { slope, intercept } }: FittedModel,
  bins: Uint8Array,
): { base: number; shares: Float64Array; margin: number } {
  const shares = new Float64Array(bins.length)
  let base = 0
  for (const model of boosters) {
    const own = model.explainBinnedRow(bins)
    base += own.base[0]! / boosters.length
    own.shares.forEach((share, i) => (shares[i]! += (slope * share) / boosters.length))
  }
  const margin = slope * meanMargin(boosters, bins) + intercept
  return { base: slope * base + intercept, shares, margin }
}

function factorsOf(
  model: FittedModel,
  vector: FeatureVector,
  attributes: AttributeMap,
  bins: Uint8Array,
): Factor[] {
  const { shares } = explainBinned(model, bins)
  return model.readers
    .flatMap(({ source, shown }, i): Factor[] => {
      const contribution = shares[i]!
      if (Math.abs(contribution) < FACTOR_LEAST) return []
      const value = shown(vector, attributes)
      const { name, label } = source.kind === 'feature' ? source.feature : source.attribute
      const sentence = factorSentence(source, value, contribution)
      return [{ feature: name, label, value, contribution, sentence }]
    })
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
}

function abstain(
  { priors }: FittedModel,
  { segment }: PredictionContext,
  reason: string,
): Prediction {
  const prior = priorOf(priors, segment)
  return {
    probability: null,
    score: null,
    interval: null,
    prior: prior.probability,
    priorFrom: prior.from,
    timesAverage: prior.probability / priors.workspace.rate,
    confidence: null,
    abstained: true,
    reason,
    factors: [],
  }
}

/** Why there is too little data for a score; null when there is enough. */
function lackOf({ spec, attributes }: FittedModel, context: PredictionContext): string | null {
  if (context.events >= spec.minimumEvents) return null
  const known = attributes.some(({ name }) => (context.attributes[name] ?? null) !== null)
  if (known) return null
  const seen = Math.floor(context.events)
  const acts = seen === 1 ? '1 act' : `${seen} acts`
  return `not enough data yet: ${acts} of the lead, a score needs ${spec.minimumEvents}`
}

/**
 * Predicts one lead. Without `reasons` it is cheap (some ten microseconds); with them every factor
 * is explained exactly (milliseconds). Abstains below the model's least number of own events,
 * unless an attribute the model reads is known.
 */
export function predictModel(
  model: FittedModel,
  vector: FeatureVector,
  context: PredictionContext,
  options: { readonly reasons?: boolean } = {},
): Prediction {
  const lack = lackOf(model, context)
  if (lack !== null) return abstain(model, context, lack)
  const { attributes, segment } = context
  const bins = binnedVector(model, vector, attributes)
  const { slope, intercept } = model.calibration
  const margin = slope * meanMargin(model.boosters, bins) + intercept
  const half = halfWidth(model, bins)
  const probability = sigmoid(margin)
  const prior = priorOf(model.priors, segment)
  return {
    probability,
    score: percentileOf(model.reference, margin),
    interval: [sigmoid(margin - half), sigmoid(margin + half)],
    prior: prior.probability,
    priorFrom: prior.from,
    timesAverage: probability / model.priors.workspace.rate,
    confidence: Math.max(probability, 1 - probability),
    abstained: false,
    reason: null,
    factors: options.reasons === true ? factorsOf(model, vector, attributes, bins) : [],
  }
}
