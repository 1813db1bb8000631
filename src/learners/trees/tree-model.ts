/** What every trained ensemble of trees can do: predict and explain. */
import { AppError } from '../../core/index.ts'
import type { Frame } from '../frame.ts'
import { batchPredictor } from './batch.ts'
import { binFrame, binRow, checkFrame, type BinnedFrame, type Binner } from './binner.ts'
import { addMargins, type TreeEnsemble } from './ensemble.ts'
import { rowPredictor } from './row-predictor.ts'
import { treeExplainer, type Shares } from './treeshap.ts'

/** What a trained ensemble consists of. */
export interface TreeParts {
  /** The constant margins before the first tree, one per output. */
  readonly start: readonly number[]
  readonly binner: Binner
  readonly ensemble: TreeEnsemble
}

/**
 * Columns of a table are matched by name; absent columns count as missing, unseen categories as
 * rare. Answers are on the scale of the labels, `outputs` a row, row after row.
 */
export interface TreeModel extends TreeParts {
  /** Answers per row: the number of classes when there are more than two, otherwise 1. */
  readonly outputs: number
  /** Trees in the ensemble, for boosting those kept after early stopping. */
  readonly trees: number
  /** Raw sums of leaves and start, rows x outputs. O(rows * trees * depth). */
  predictMargin(rows: Frame | BinnedFrame): Float64Array
  /** Answers, rows x outputs. */
  predict(rows: Frame | BinnedFrame): Float64Array
  /** The same as `predict`; for logistic and softmax they are probabilities. */
  predictProba(rows: Frame | BinnedFrame): Float64Array
  /**
   * The answers for one vector: `values[f]` belongs to `binner.columns[f]` (columns sorted by
   * name), a number or a code into that column's `levels`; NaN or -1 is missing.
   */
  predictRow(values: ArrayLike<number>): Float64Array
  /** As `predictRow`, from a vector that was binned once with `binRow(binner, values)`. */
  predictBinnedRow(bins: Uint8Array): Float64Array
  /** The raw sums behind `predictBinnedRow`, one per output. */
  predictBinnedMargin(bins: Uint8Array): Float64Array
  /**
   * Exact TreeSHAP shares of the margins: rows x outputs x columns, columns as in
   * `binner.columns`. For every row and output, base + sum of shares = margin.
   * O(rows * trees * leaves * depth).
   */
  explain(rows: Frame | BinnedFrame): Shares
  /** As `explain` for one vector (see `predictRow`): outputs x columns. */
  explainRow(values: ArrayLike<number>): Shares
  /** As `explainRow`, from a binned vector. */
  explainBinnedRow(bins: Uint8Array): Shares
  /**
   * Interaction values of a binned vector for one output (default 0), columns x columns: a row sums
   * to that column's share, off the diagonal stands half of the joint effect of two columns.
   */
  explainInteractions(bins: Uint8Array, output?: number): Float64Array
}

/** Computes a value at its first use. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** Fewer rows are not worth packing the trees for the kernel. */
const BATCH_ROWS = 64

function checkRows({ columns }: Binner, rows: Frame | BinnedFrame): void {
  if ('columns' in rows) checkFrame(rows)
  else if (rows.bins.length !== rows.rows * columns.length)
    throw new AppError('invalid-request', 'These rows were binned for a model of other columns')
}

/** Bins a table for `binner` unless that was done before. */
const binnedFor = (binner: Binner, rows: Frame | BinnedFrame): BinnedFrame =>
  'columns' in rows ? binFrame(binner, rows) : rows

/** `respond` turns margins into answers, in place. */
export function treeModel(
  parts: TreeParts,
  respond: (margins: Float64Array) => Float64Array,
): TreeModel {
  const { start, binner, ensemble } = parts
  const { outputs } = ensemble
  const stride = binner.columns.length
  const row = once(() => rowPredictor(ensemble, stride))
  const batch = once(() => batchPredictor(ensemble, binner))
  const predictMargin = (rows: Frame | BinnedFrame): Float64Array => {
    checkRows(binner, rows)
    const margins = new Float64Array(rows.rows * outputs)
    for (let i = 0; i < margins.length; i++) margins[i] = start[i % outputs]!
    const byKernel = rows.rows >= BATCH_ROWS ? batch() : undefined
    if (byKernel) byKernel(rows, margins)
    else addMargins(ensemble, binnedFor(binner, rows).bins, stride, margins)
    return margins
  }
  const predict = (rows: Frame | BinnedFrame): Float64Array => respond(predictMargin(rows))
  const predictBinnedMargin = (bins: Uint8Array): Float64Array => {
    const margins = Float64Array.from(start)
    row()(bins, margins)
    return margins
  }
  const predictBinnedRow = (bins: Uint8Array): Float64Array => respond(predictBinnedMargin(bins))
  const explainer = once(() => treeExplainer(ensemble, start, stride))
  const explainBinnedRow = (bins: Uint8Array): Shares => {
    const shares = new Float64Array(outputs * stride)
    explainer().addRow(bins, 0, shares, 0)
    return { base: explainer().base.slice(), shares }
  }
  return {
    ...parts,
    outputs,
    trees: ensemble.roots.length,
    predictMargin,
    predict,
    predictProba: predict,
    predictRow: (values) => predictBinnedRow(binRow(binner, values)),
    predictBinnedRow,
    predictBinnedMargin,
    explain(rows) {
      checkRows(binner, rows)
      const { bins, rows: count } = binnedFor(binner, rows)
      return { base: explainer().base.slice(), shares: explainer().rows(bins, count) }
    },
    explainRow: (values) => explainBinnedRow(binRow(binner, values)),
    explainBinnedRow,
    explainInteractions: (bins, output = 0) => explainer().interactions(bins, 0, output),
  }
}
