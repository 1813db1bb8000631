/**
 * Domain classifier: can a model tell the rows of two tables apart (the classifier two-sample test,
 * Lopez-Paz and Oquab 2017)? It sees what one column at a time does not show, such as columns that
 * are each distributed as before and no longer go together. AUC 0.5: it cannot; 1: always.
 */
import { seededRandom } from '../../math/index.ts'
import { splitFold, stratifiedFolds } from '../automatic/folds.ts'
import { takeRows, type Column, type Frame } from '../frame.ts'
import { bootstrapInterval } from '../metrics/bootstrap.ts'
import { rocAuc } from '../metrics/ranking.ts'
import { trainGbdt } from '../trees/gbdt.ts'
import { gainImportance } from '../trees/importance.ts'
import type { DriftVerdict } from './frame-drift.ts'

export interface DomainDriftOptions {
  /** Rows of each table that are used, drawn at random. Default 5,000. */
  readonly rowsMax?: number
  readonly seed?: number
}

export interface DomainDrift {
  /** Of rows answered by models that had not seen them. */
  readonly auc: number
  /** 95 %, by bootstrap. */
  readonly interval: readonly [number, number]
  /** Columns by which the tables are told apart; shares sum to 1. Largest first. */
  readonly columns: readonly { readonly column: string; readonly share: number }[]
  /** `warning`: told apart beyond chance; `drift`: and with an AUC of at least 0.6. */
  readonly verdict: DriftVerdict
}

const FOLDS = 5
const DRAWS = 200
const AUC_DRIFT = 0.6
const ROWS_MIN = 20
/** Shallow and few: it must find a change, not describe it. */
const TREES = { trees: 60, maxDepth: 3, learningRate: 0.1, rowFraction: 0.7, l2: 5 }

/** At most `most` rows, drawn without replacement. */
function draw(frame: Frame, most: number, seed: number): Frame {
  if (frame.rows <= most) return frame
  const random = seededRandom(seed).fork('domain rows')
  const rows = Int32Array.from({ length: frame.rows }, (_, i) => i)
  for (let i = 0; i < most; i++) {
    const j = i + random.int(frame.rows - i)
    const kept = rows[i]!
    rows[i] = rows[j]!
    rows[j] = kept
  }
  return takeRows(frame, rows.slice(0, most))
}

/** A column of both tables, one after the other; null when it is of another kind in the second. */
function joined(first: Column, second: Column | undefined): Column | null {
  if (first.kind === 'numeric') {
    if (second?.kind !== 'numeric') return null
    const values = new Float64Array(first.values.length + second.values.length)
    values.set(first.values)
    values.set(second.values, first.values.length)
    return { ...first, values }
  }
  if (second?.kind !== 'categorical') return null
  const codeOf = new Map(first.levels.map((level, code) => [level, code]))
  for (const level of second.levels) if (!codeOf.has(level)) codeOf.set(level, codeOf.size)
  const codes = new Int32Array(first.codes.length + second.codes.length)
  codes.set(first.codes)
  second.codes.forEach((code, i) => {
    codes[first.codes.length + i] = code < 0 ? -1 : codeOf.get(second.levels[code]!)!
  })
  return { ...first, codes, levels: [...codeOf.keys()] }
}

function stack(first: Frame, second: Frame): Frame {
  const others = new Map(second.columns.map((column) => [column.name, column]))
  const columns = first.columns
    .map((column) => joined(column, others.get(column.name)))
    .filter((column) => column !== null)
  return { rows: first.rows + second.rows, columns }
}

/**
 * Tells `current` from `reference` by the columns that both have. Null with fewer than 20 rows in
 * either, or without a common column. Trains five small boosted models. Deterministic in `seed`.
 */
export function domainDrift(
  reference: Frame,
  current: Frame,
  { rowsMax = 5_000, seed = 0 }: DomainDriftOptions = {},
): DomainDrift | null {
  if (Math.min(reference.rows, current.rows) < ROWS_MIN) return null
  const [first, second] = [draw(reference, rowsMax, seed), draw(current, rowsMax, seed + 1)]
  const frame = stack(first, second)
  if (frame.columns.length === 0) return null
  const labels = Float64Array.from({ length: frame.rows }, (_, row) => (row < first.rows ? 0 : 1))
  const fold = stratifiedFolds(labels, FOLDS, seed)
  const answers = new Float64Array(frame.rows)
  const shares = new Map<string, number>()
  for (let held = 0; held < FOLDS; held++) {
    const { train, test } = splitFold(fold, held)
    const own = train.map((row) => labels[row]!)
    const options = { ...TREES, seed: seed + held, classWeights: 'balanced' as const }
    const model = trainGbdt(takeRows(frame, train), own, options)
    const predicted = model.predict(takeRows(frame, test))
    test.forEach((row, i) => (answers[row] = predicted[i]!))
    for (const { column, importance } of gainImportance(model))
      shares.set(column, (shares.get(column) ?? 0) + importance / FOLDS)
  }
  const { low, high } = bootstrapInterval(
    frame.rows,
    (rows) =>
      rocAuc(
        Float64Array.from(rows, (row) => labels[row]!),
        Float64Array.from(rows, (row) => answers[row]!),
      ),
    { draws: DRAWS, seed },
  )
  const auc = rocAuc(labels, answers)
  return {
    auc,
    interval: [low, high],
    columns: [...shares]
      .map(([column, share]) => ({ column, share }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share || (a.column < b.column ? -1 : 1)),
    verdict: low <= 0.5 ? 'stable' : auc >= AUC_DRIFT ? 'drift' : 'warning',
  }
}
