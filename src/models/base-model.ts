/**
 * The guess of a lead's chance where no model was learned from the team's own leads: a logistic
 * regression on few features, learned from simulated markets (scripts/base-model.ts). Coarse on
 * purpose: each feature moves it in the one direction an agent would expect, and what is not known
 * moves nothing. Where own outcomes have been counted they set the level, and the base model only
 * says who stands above and below it.
 */
import { FEATURES, NUMERIC_FEATURES, type FeatureVector } from '../features/index.ts'
import { fnv1a, studentTQuantile } from '../math/index.ts'
import { BASE_MODEL } from './base-coefficients.ts'
import { levelFor, type OwnRates, type PriorSource } from './prior.ts'
import type { Factor } from './predict.ts'
import { factorSentence } from './sentences.ts'

/** How a value enters: `log` as ln(1 + value), `step` as 1 from `most` on, else as it is. */
export type BaseForm = 'log' | 'linear' | 'step'

/** A numeric feature of the catalogue as the base model reads it. */
export interface BaseInput {
  readonly feature: string
  readonly form: BaseForm
  /** Smaller values count as this one; default 0. */
  readonly least?: number
  /** Larger values count as this one. */
  readonly most: number
  /** The direction it may speak in. */
  readonly sign: 1 | -1
}

export interface BaseTerm extends BaseInput {
  /** Log odds per unit of the transformed value. */
  readonly coefficient: number
  /** Mean of the transformed value in the simulated markets. */
  readonly center: number
}

/** Plain data; see scripts/base-model.ts for how each part is found. */
export interface BaseModel {
  /** Of the declarations behind the terms; another one: learn it again. */
  readonly declarations: number
  readonly markets: number
  /** Log odds of a lead with the mean of every term. */
  readonly intercept: number
  readonly terms: readonly BaseTerm[]
  /** Share of positives among the leads' rows: the chance of a lead that did nothing so far. */
  readonly average: number
  /** Leads with the outcome within the horizon of becoming known: mean, and its Beta's size. */
  readonly rate: { readonly mean: number; readonly strength: number }
  /**
   * How far teams lay from the answer of a model that had not seen them, their rate being known:
   * root mean square of the log odds' distance, by log odds, ascending.
   */
  readonly apart: readonly { readonly at: number; readonly sd: number }[]
}

/** A guess, never a score. */
export interface BaseGuess {
  readonly probability: number
  /** 90 % interval over markets such as the simulated ones. */
  readonly interval: readonly [number, number]
  readonly from: PriorSource
  /** Over the rate of the team's own leads; null while there is none. */
  readonly timesAverage: number | null
  /** Largest first; empty unless asked for. */
  readonly factors: readonly Factor[]
}

const ALPHA = 0.1
const DECLARED = new Map(FEATURES.map((feature) => [feature.name, feature]))
const NUMERIC_AT = new Map(NUMERIC_FEATURES.map(({ name }, i) => [name, i]))

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))
const logit = (p: number): number => Math.log(p / (1 - p))

/** What the value of an input means depends on these words of the catalogue. */
export function declarationsOf(inputs: readonly BaseInput[]): number {
  const words = inputs.map(({ feature }) => {
    const declared = DECLARED.get(feature)
    if (declared?.type !== 'number') throw new Error(`there is no numeric feature "${feature}"`)
    const { name, unit, how, window } = declared
    return [name, unit, how, window]
  })
  return fnv1a(JSON.stringify(words))
}

/** A value of the feature as it enters; NaN: not known. */
export function baseValue({ form, least = 0, most }: BaseInput, value: number): number {
  if (Number.isNaN(value)) return Number.NaN
  if (form === 'step') return value >= most ? 1 : 0
  const inside = Math.max(least, Math.min(most, value))
  return form === 'log' ? Math.log1p(inside) : inside
}

/** The share of each term in the log odds; what is not known has none. */
function sharesOf(terms: readonly BaseTerm[], { numeric }: FeatureVector): number[] {
  return terms.map((term) => {
    const x = baseValue(term, numeric[NUMERIC_AT.get(term.feature)!]!)
    return Number.isNaN(x) ? 0 : term.coefficient * (x - term.center)
  })
}

/** One factor per feature, though it may stand behind several terms. */
function factorsOf(
  terms: readonly BaseTerm[],
  shares: readonly number[],
  { numeric }: FeatureVector,
): Factor[] {
  const names = new Set(terms.map(({ feature }) => feature))
  return [...names]
    .flatMap((name): Factor[] => {
      const value = numeric[NUMERIC_AT.get(name)!]!
      if (Number.isNaN(value)) return []
      const contribution = terms.reduce(
        (sum, { feature }, i) => (feature === name ? sum + shares[i]! : sum),
        0,
      )
      const feature = DECLARED.get(name)!
      const sentence = factorSentence({ kind: 'feature', feature }, value, contribution)
      return [{ feature: name, label: feature.label, value, contribution, sentence }]
    })
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
}

/** Between two points on the straight line through them; outside as at the nearest. */
function apartAt(apart: BaseModel['apart'], margin: number): number {
  const above = apart.findIndex(({ at }) => at >= margin)
  const right = apart.at(above)!
  const left = apart[above - 1]
  if (left === undefined) return right.sd
  return left.sd + ((right.sd - left.sd) * (margin - left.at)) / (right.at - left.at)
}

export interface GuessOptions {
  /** Own events of the lead; 0: nothing but the level is known. */
  readonly events: number
  readonly segment: string | null
  /** Counted of the team's leads; undefined: nothing to count yet. */
  readonly rates?: OwnRates | undefined
  readonly reasons?: boolean
}

/** Guesses one lead, in some microseconds, by the shipped model unless another one is given. */
export function guessLead(
  vector: FeatureVector,
  { events, segment, rates, reasons = false }: GuessOptions,
  model: BaseModel = BASE_MODEL,
): BaseGuess {
  const { terms, intercept, average, rate, apart, markets } = model
  const level = levelFor(rates, segment, rate)
  // Prior shift (Elkan 2001, theorem 2): another base rate multiplies all odds alike.
  const shift = logit(level.rate) - logit(rate.mean)
  const shares = events > 0 ? sharesOf(terms, vector) : []
  const plain = events > 0 ? shares.reduce((sum, share) => sum + share, intercept) : logit(average)
  // The rate's own uncertainty, by the delta method for a Beta posterior, and what teams of one
  // rate still differ by.
  const variance = 1 / (level.strength * level.rate * (1 - level.rate)) + apartAt(apart, plain) ** 2
  const half = studentTQuantile(1 - ALPHA / 2, markets - 1) * Math.sqrt(variance)
  const margin = plain + shift
  const probability = sigmoid(margin)
  return {
    probability,
    interval: [sigmoid(margin - half), sigmoid(margin + half)],
    from: level.from,
    timesAverage: level.from === 'base' ? null : probability / level.workspaceRate,
    factors: reasons && events > 0 ? factorsOf(terms, shares, vector) : [],
  }
}
