/** The members of a stacked classifier: each chooses its own settings, then trains on all rows. */
import type { TrainingOptions } from '../batch-model.ts'
import { takeRows, type Frame } from '../frame.ts'
import { logit } from '../linear/irls.ts'
import { logisticFromState, trainLogistic, type LogisticState } from '../linear/logistic.ts'
import { logLoss } from '../metrics/probability.ts'
import { trainForest } from '../trees/forest.ts'
import { forestFromState, type ForestModel, type ForestState } from '../trees/forest-model.ts'
import { trainGbdt } from '../trees/gbdt.ts'
import { gbdtFromState, type GbdtModel, type GbdtState } from '../trees/gbdt-model.ts'
import { boostingOptions, searchBoosting } from './boosting-search.ts'
import { splitFold } from './folds.ts'
import { fitOneHot, oneHotFrame, sourceOf, type OneHot } from './one-hot.ts'

/** `one_hot`: boosting that sees every category alone, where `gbdt` splits groups of them. */
export type MemberName = 'gbdt' | 'one_hot' | 'forest' | 'logistic'

/** Log odds and their shares by source column (rows x columns sorted by name). */
export interface MemberShares {
  readonly base: number
  readonly shares: Float64Array
}

export interface Member {
  readonly name: MemberName
  /** Log odds, one per row. */
  predictMargin(frame: Frame): Float64Array
  explain(frame: Frame): MemberShares
  readonly columnNames: readonly string[]
  toState(): MemberState
}

export type MemberState =
  | { readonly name: 'gbdt'; readonly models: readonly GbdtState[] }
  | { readonly name: 'one_hot'; readonly plan: OneHot; readonly models: readonly GbdtState[] }
  | { readonly name: 'forest'; readonly model: ForestState }
  | { readonly name: 'logistic'; readonly model: LogisticState }

export interface TrainedMember {
  readonly member: Member
  /** Log odds of the search rows, from models that did not see them. */
  readonly outOfFold: Float64Array
  /** What was chosen, for people. */
  readonly settings: Readonly<Record<string, number>>
}

/** All rows, and those (`searchRows`) on which settings are chosen, each with its fold. */
export interface TrainingTable {
  readonly frame: Frame
  readonly labels: Float64Array
  readonly searchRows: Int32Array
  readonly fold: Uint8Array
  /** Most boosting iterations, and most trees of the forest. */
  readonly mostTrees: number
}

/** Boosted models of different seeds that are averaged: up to so many, */
const BAGS = 3
/** and of a long table, where they differ little, so many that they learn from this many cells. */
const BAGGED_CELLS = 9_000_000
/** A forest's share of votes is kept this far from 0 and 1. */
const VOTE_MARGIN = 1e-3

function searchPart(table: TrainingTable, weights: ArrayLike<number> | undefined) {
  const { frame, labels, searchRows } = table
  return {
    frame: takeRows(frame, searchRows),
    labels: Float64Array.from(searchRows, (row) => labels[row]!),
    weights: weights && Float64Array.from(searchRows, (row) => weights[row]!),
  }
}

/** Whether categories seen alone are another view than categories in groups. */
export function hasOneHotView({ columns }: Frame): boolean {
  return columns.some((column) => column.kind === 'categorical' && column.levels.length > 2)
}

export function trainOneHotMember(table: TrainingTable, options: TrainingOptions): TrainedMember {
  const { seed = 0 } = options
  const plan = fitOneHot(table.frame)
  const view = { ...table, frame: oneHotFrame(plan, table.frame) }
  // Another stream of numbers than the other boosted member draws from.
  const { models, outOfFold, settings } = trainBoosting(view, { ...options, seed: seed + 104_729 })
  return { member: oneHotMember(plan, models), outOfFold, settings }
}

export function trainBoostingMember(table: TrainingTable, options: TrainingOptions): TrainedMember {
  const { models, outOfFold, settings } = trainBoosting(table, options)
  return { member: boostingMember(models), outOfFold, settings }
}

function trainBoosting(table: TrainingTable, options: TrainingOptions) {
  const { weights, seed = 0, signal, onProgress } = options
  const part = searchPart(table, weights)
  const whole = part.frame.rows === table.frame.rows
  const choice = searchBoosting(part.frame, part.labels, table, {
    ...options,
    weights: part.weights,
    onProgress: (f) => onProgress?.(0.8 * f),
  })
  const cells = table.frame.rows * Math.max(1, table.frame.columns.length)
  const bags = Math.max(1, Math.min(BAGS, Math.floor(BAGGED_CELLS / cells)))
  const models = Array.from({ length: bags }, (_, bag) =>
    trainGbdt(table.frame, table.labels, {
      ...boostingOptions(choice.settings, choice.trees, seed * BAGS + bag),
      ...(weights ? { weights } : {}),
      ...(signal ? { signal } : {}),
      ...(whole ? { binner: choice.binner } : {}),
      onProgress: (f) => onProgress?.(0.8 + (0.2 * (bag + f)) / bags),
    }),
  )
  const { settings, trees, outOfFold } = choice
  return { models, outOfFold, settings: { ...settings, trees } }
}

function boostingMember(models: readonly GbdtModel[]): Member {
  const mean = (parts: readonly Float64Array[]): Float64Array =>
    parts[0]!.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0) / parts.length)
  return {
    name: 'gbdt',
    columnNames: models[0]!.binner.columns.map((column) => column.name),
    predictMargin: (frame) => mean(models.map((model) => model.predictMargin(frame))),
    explain(frame) {
      const found = models.map((model) => model.explain(frame))
      const base = found.reduce((sum, { base }) => sum + base[0]!, 0) / found.length
      return { base, shares: mean(found.map((f) => f.shares)) }
    },
    toState: () => ({ name: 'gbdt', models: models.map((model) => model.toState()) }),
  }
}

/** Boosting on 0/1 columns whose shares are added up by source column. */
function oneHotMember(plan: OneHot, models: readonly GbdtModel[]): Member {
  const inner = boostingMember(models)
  const sources = inner.columnNames.map(sourceOf)
  const columnNames = [...new Set(sources)].sort((a, b) => (a < b ? -1 : 1))
  const target = sources.map((source) => columnNames.indexOf(source))
  return {
    name: 'one_hot',
    columnNames,
    predictMargin: (frame) => inner.predictMargin(oneHotFrame(plan, frame)),
    explain(frame) {
      const { base, shares } = inner.explain(oneHotFrame(plan, frame))
      const summed = new Float64Array(frame.rows * columnNames.length)
      shares.forEach((share, i) => {
        const row = Math.floor(i / sources.length)
        summed[row * columnNames.length + target[i % sources.length]!]! += share
      })
      return { base, shares: summed }
    },
    toState: () => ({ name: 'one_hot', plan, models: models.map((model) => model.toState()) }),
  }
}

/** Least rows in a leaf that are tried; noisy labels want large leaves. */
const LEAVES = [3, 10, 30]
const TRIAL_TREES = 60
const FOREST_TREES = 300

export function trainForestMember(table: TrainingTable, options: TrainingOptions): TrainedMember {
  const { weights, seed = 0, signal, onProgress } = options
  const { frame, labels } = table
  const part = searchPart(table, weights)
  const trees = Math.min(FOREST_TREES, table.mostTrees)
  const rest = { seed, ...(signal ? { signal } : {}) }
  const losses = LEAVES.map((minLeafWeight, i) => {
    const model = trainForest(part.frame, part.labels, {
      ...rest,
      minLeafWeight,
      trees: Math.min(TRIAL_TREES, trees),
      ...(part.weights ? { weights: part.weights } : {}),
      onProgress: (f) => onProgress?.((0.4 * (i + f)) / LEAVES.length),
    })
    return logLoss(part.labels, votes(model.outOfBag!))
  })
  const minLeafWeight = LEAVES[losses.indexOf(Math.min(...losses))]!
  const model = trainForest(frame, labels, {
    ...rest,
    minLeafWeight,
    trees,
    ...(weights ? { weights } : {}),
    onProgress: (f) => onProgress?.(0.4 + 0.6 * f),
  })
  const honest = votes(model.outOfBag!)
  return {
    member: forestMember(model),
    outOfFold: Float64Array.from(table.searchRows, (row) => logit(honest[row]!, VOTE_MARGIN)),
    settings: { minLeafWeight, trees },
  }
}

/** Shares of votes away from certainty; one half for a row that every tree saw. */
function votes(outOfBag: Float64Array): Float64Array {
  return outOfBag.map((p) =>
    Number.isNaN(p) ? 0.5 : Math.min(1 - VOTE_MARGIN, Math.max(VOTE_MARGIN, p)),
  )
}

function forestMember(model: ForestModel): Member {
  const columnNames = model.binner.columns.map((column) => column.name)
  const width = columnNames.length
  return {
    name: 'forest',
    columnNames,
    predictMargin: (frame) => model.predict(frame).map((p) => logit(p, VOTE_MARGIN)),
    // Shares of votes become shares of log odds by the slope between the base and the answer.
    explain(frame) {
      const { base, shares } = model.explain(frame)
      const start = base[0]!
      const answers = model.predict(frame)
      const scaled = shares.map((share, i) => {
        const p = answers[Math.floor(i / width)]!
        const run = p - start
        const rise = logit(p, VOTE_MARGIN) - logit(start, VOTE_MARGIN)
        const slope = Math.abs(run) < 1e-6 ? 1 / Math.max(1e-3, start * (1 - start)) : rise / run
        return share * slope
      })
      return { base: logit(start, VOTE_MARGIN), shares: scaled }
    },
    toState: () => ({ name: 'forest', model: model.toState() }),
  }
}

/** Inverse penalties that are tried. */
const PENALTIES = [1, 0.1, 0.01, 0.002]

export function trainLogisticMember(table: TrainingTable, options: TrainingOptions): TrainedMember {
  const { weights, signal, onProgress } = options
  const part = searchPart(table, weights)
  const folds = table.fold.reduce((most, f) => Math.max(most, f), 0) + 1
  const tried = PENALTIES.map((c, i) => {
    const outOfFold = new Float64Array(part.frame.rows)
    for (let k = 0; k < folds; k++) {
      const { train, test } = splitFold(table.fold, k)
      const model = trainLogistic(
        takeRows(part.frame, train),
        train.map((row) => part.labels[row]!),
        { c, signal, weights: part.weights && train.map((row) => part.weights![row]!) },
      )
      const answers = model.predictMargin(takeRows(part.frame, test))
      test.forEach((row, j) => (outOfFold[row] = answers[j]!))
      onProgress?.((0.9 * (i * folds + k + 1)) / (PENALTIES.length * folds))
    }
    const loss = logLoss(
      part.labels,
      outOfFold.map((z) => 1 / (1 + Math.exp(-z))),
    )
    return { c, outOfFold, loss }
  })
  const { c, outOfFold } = tried.toSorted((a, b) => a.loss - b.loss)[0]!
  const model = trainLogistic(table.frame, table.labels, { c, weights, signal })
  onProgress?.(1)
  return { member: { ...model, ...named(model.toState()) }, outOfFold, settings: { c } }
}

const named = (model: LogisticState): Pick<Member, 'name' | 'toState'> => ({
  name: 'logistic',
  toState: () => ({ name: 'logistic', model }),
})

/** The member of a state made by `toState`; answers equally. */
export function memberFromState(state: MemberState): Member {
  switch (state.name) {
    case 'gbdt':
      return boostingMember(state.models.map(gbdtFromState))
    case 'one_hot':
      return oneHotMember(state.plan, state.models.map(gbdtFromState))
    case 'forest':
      return forestMember(forestFromState(state.model))
    case 'logistic':
      return { ...logisticFromState(state.model), ...named(state.model) }
  }
}
