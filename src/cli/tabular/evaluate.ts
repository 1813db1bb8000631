/** Training and evaluation behind `tabular`: from labelled tables to the figures of its answer. */
import {
  averagePrecision,
  bootstrapInterval,
  brierScore,
  calibrationError,
  calibrationNoise,
  confusionMatrix,
  decisionScores,
  dropColumns,
  findLeaks,
  frameOf,
  inferColumns,
  logLoss,
  rocAuc,
  selectiveScores,
  takeRows,
  trainClassifier,
  type ClassifierModel,
  type ClassifierName,
  type ColumnPlan,
  type Frame,
  type RawTable,
  type Suspicion,
} from '../../learners/index.ts'
import { SetupError } from '../../platform/index.ts'
import type { LabelledTable } from './labelled-table.ts'

export interface DroppedColumn {
  readonly column: string
  readonly reason: string
}

export interface Preparation {
  readonly plans: readonly ColumnPlan[]
  readonly dropped: readonly DroppedColumn[]
  /** Suspicious columns that stay in. */
  readonly suspicions: readonly Suspicion[]
}

/** Which columns serve. `drop` is `auto` or names. Looks at training rows only. */
export function prepare(train: LabelledTable, drop: 'auto' | readonly string[]): Preparation {
  const dropped: DroppedColumn[] = []
  if (drop !== 'auto')
    for (const column of drop) dropped.push({ column, reason: 'named with --drop' })
  const table = dropColumns(
    train.table,
    dropped.map((d) => d.column),
  )
  const plans = inferColumns(table)
  const suspicions = findLeaks(table, plans, train.labels)
  const removed = new Map(
    suspicions
      .filter((s) => drop === 'auto' && s.level === 'certain')
      .map((s) => [s.column, `${s.kind}: ${s.reason}`]),
  )
  for (const plan of plans) {
    const reason = removed.get(plan.name) ?? (plan.kind === 'unused' ? plan.reason : undefined)
    if (reason !== undefined) dropped.push({ column: plan.name, reason })
  }
  const gone = new Set(dropped.map((d) => d.column))
  const kept = plans.filter((plan) => !gone.has(plan.name))
  if (kept.length === 0)
    throw new SetupError(
      'No column is left to learn from: ' +
        dropped.map((d) => `${d.column} (${d.reason})`).join(', '),
    )
  return {
    plans: kept,
    dropped,
    suspicions: suspicions.filter((s) => !gone.has(s.column)),
  }
}

export interface Fitted {
  readonly model: ClassifierModel
  readonly frame: Frame
}

export function fit(
  train: LabelledTable,
  plans: readonly ColumnPlan[],
  options: { model: ClassifierName; seed: number; onProgress: (fraction: number) => void },
): Fitted {
  const frame = frameOf(train.table, plans)
  return { frame, model: trainClassifier(frame, train.labels, options) }
}

/** Probabilities of the rows of any table. */
export function predict(
  model: ClassifierModel,
  table: RawTable,
  plans: readonly ColumnPlan[],
): Float64Array {
  return model.predict(frameOf(table, plans))
}

export type Figures = ReturnType<typeof figures>

/** A figure that is undefined on these rows (one class only) is null. */
const known = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** The figures of the answer. Labels are 0 or 1. */
export function figures(labels: Float64Array, probabilities: Float64Array, seed: number) {
  const matrix = confusionMatrix(labels, probabilities)
  const { accuracy, precision, recall, f1, mcc, balancedAccuracy } = decisionScores(matrix)
  const noise = calibrationNoise(probabilities, { seed })
  const gate = selectiveScores(labels, probabilities, 0.85)
  const interval = bootstrapInterval(
    labels.length,
    (drawn) =>
      rocAuc(
        Float64Array.from(drawn, (row) => labels[row]!),
        Float64Array.from(drawn, (row) => probabilities[row]!),
      ),
    { draws: labels.length > 20_000 ? 200 : 500, seed },
  )
  return {
    roc_auc: known(rocAuc(labels, probabilities)),
    roc_auc_interval: [known(interval.low), known(interval.high)],
    pr_auc: known(averagePrecision(labels, probabilities)),
    log_loss: known(logLoss(labels, probabilities)),
    brier: known(brierScore(labels, probabilities)),
    ece: known(calibrationError(labels, probabilities)),
    ece_by_chance: { median: known(noise.median), high: known(noise.high) },
    accuracy,
    precision,
    recall,
    f1,
    mcc,
    balanced_accuracy: balancedAccuracy,
    confusion_matrix: {
      tn: matrix.trueNegatives,
      fp: matrix.falsePositives,
      fn: matrix.falseNegatives,
      tp: matrix.truePositives,
    },
    at_confidence_85: {
      coverage: gate.coverage,
      accuracy: known(gate.accuracy),
      base_rate_accuracy: known(gate.baseRateAccuracy),
      precision: gate.precision,
      recall: gate.recall,
    },
  }
}

export interface TopFeature {
  readonly feature: string
  /** In log odds. */
  readonly mean_abs_shap: number
}

/** Rows that are explained: shares of deep forests cost about 25 ms a row. */
const EXPLAINED_ROWS = 80

/** Columns by their mean absolute share of the log odds, over evenly spaced rows. */
export function topFeatures(model: ClassifierModel, frame: Frame, count: number): TopFeature[] {
  const rows = Math.min(EXPLAINED_ROWS, frame.rows)
  if (rows === 0) return []
  const index = Array.from({ length: rows }, (_, i) => Math.floor((i * frame.rows) / rows))
  const { shares } = model.explain(takeRows(frame, index))
  const width = model.columnNames.length
  const sums = new Float64Array(width)
  shares.forEach((share, i) => (sums[i % width]! += Math.abs(share) / rows))
  return model.columnNames
    .map((feature, c) => ({ feature, mean_abs_shap: sums[c]! }))
    .sort((a, b) => b.mean_abs_shap - a.mean_abs_shap)
    .slice(0, count)
}
