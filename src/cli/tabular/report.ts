/** The answer of `tabular` for people: a table, a calibration plot, reasons. */
import { reliability } from '../../learners/index.ts'
import type { DroppedColumn, Figures, TopFeature } from './evaluate.ts'

export interface Report extends Partial<Figures> {
  readonly model: string
  readonly rows: number
  readonly test_rows: number
  readonly columns: number
  readonly positive: string
  readonly label: string
  readonly training_ms: number
  readonly dropped_columns: readonly DroppedColumn[]
  readonly suspicious_columns: readonly { column: string; level: string; reason: string }[]
  readonly top_features: readonly TopFeature[]
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const figure = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'undefined' : value.toFixed(4)

const PLOT_WIDTH = 40

/** One line per bin: the promised share as a mark on a bar of the found share. */
export function calibrationPlot(labels: Float64Array, probabilities: Float64Array): string {
  const lines = reliability(labels, probabilities, 10).map((bin) => {
    const found = Math.round(bin.positiveShare * PLOT_WIDTH)
    const said = Math.min(PLOT_WIDTH - 1, Math.round(bin.meanProbability * PLOT_WIDTH))
    const bar = [...('█'.repeat(found) + '·'.repeat(PLOT_WIDTH - found))]
    bar[said] = '┃'
    return (
      `  ${percent(bin.meanProbability).padStart(7)} ${bar.join('')} ` +
      `${percent(bin.positiveShare).padStart(7)}  ${bin.rows} rows`
    )
  })
  return ['  said (┃)' + ' '.repeat(PLOT_WIDTH) + 'found (█)', ...lines].join('\n')
}

export function readableReport(report: Report, plot: string): string {
  const { confusion_matrix: matrix, at_confidence_85: gate } = report
  const lines = [
    `${report.label} = ${report.positive}: ${report.model}, ${report.rows} training rows, ` +
      `${report.columns} columns, ${(report.training_ms / 1000).toFixed(1)} s`,
    '',
  ]
  if (matrix && gate) {
    const [low, high] = report.roc_auc_interval ?? []
    lines.push(
      `On ${report.test_rows} rows that were not trained on`,
      `  ROC AUC        ${figure(report.roc_auc)}  (95 %: ${figure(low)} to ${figure(high)})`,
      `  PR AUC         ${figure(report.pr_auc)}`,
      `  log loss       ${figure(report.log_loss)}`,
      `  Brier score    ${figure(report.brier)}`,
      `  calibration    ${figure(report.ece)}  (mean distance of said and found; by chance alone ` +
        `${figure(report.ece_by_chance?.median)}, rarely above ` +
        `${figure(report.ece_by_chance?.high)})`,
      `  accuracy       ${figure(report.accuracy)}`,
      `  precision      ${figure(report.precision)}`,
      `  recall         ${figure(report.recall)}`,
      `  F1             ${figure(report.f1)}`,
      '',
      '                 said no   said yes',
      `  is no        ${String(matrix.tn).padStart(9)}  ${String(matrix.fp).padStart(9)}`,
      `  is yes       ${String(matrix.fn).padStart(9)}  ${String(matrix.tp).padStart(9)}`,
      '',
      `Where the model is at least 85 % sure (${percent(gate.coverage)} of rows) it is right in ` +
        `${gate.accuracy === null ? 'no case' : percent(gate.accuracy)}; always saying the ` +
        `commoner answer there: ` +
        `${gate.base_rate_accuracy === null ? '-' : percent(gate.base_rate_accuracy)}`,
      '',
      'Calibration',
      plot,
      '',
    )
  }
  lines.push('What moves the answer most (mean change of the log odds)', ...bars(report))
  for (const { column, reason } of report.dropped_columns)
    lines.push(`left out: ${column} (${reason})`)
  for (const { column, level, reason } of report.suspicious_columns)
    lines.push(`suspicious (${level}): ${column}: ${reason}; --drop auto leaves out certain ones`)
  return lines.join('\n')
}

function bars({ top_features: features }: Report): string[] {
  const most = Math.max(1e-12, ...features.map((f) => f.mean_abs_shap))
  const width = Math.min(44, Math.max(...features.map((f) => f.feature.length)))
  return features.slice(0, 12).map(({ feature, mean_abs_shap: value }) => {
    const name = feature.length > width ? `${feature.slice(0, width - 1)}…` : feature
    const bar = '█'.repeat(Math.round((20 * value) / most))
    return `  ${name.padEnd(width)} ${value.toFixed(3)} ${bar}`
  })
}
