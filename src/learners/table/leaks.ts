/**
 * The leak guard: columns that cannot be known when a prediction is due, or that only name the row.
 * Each suspicion adds up evidence of different kinds (name, how far the column alone separates the
 * labels, when it is filled in, comparison with all other columns) and gives its reasons.
 */
import { rocAuc } from '../metrics/ranking.ts'
import { stratifiedFolds } from '../automatic/folds.ts'
import { levelCounts, type ColumnPlan } from './infer.ts'
import type { RawColumn, RawTable } from './raw-table.ts'
import { parseNumber } from './values.ts'

export type LeakKind = 'identifier' | 'copy_of_label' | 'post_event'

export interface Suspicion {
  readonly column: string
  readonly kind: LeakKind
  /** Only `certain` ones are removed without being asked. */
  readonly level: 'certain' | 'likely' | 'possible'
  /** One sentence for people. */
  readonly reason: string
}

const ID_NAME = /(^|[^a-z])(id|ids|uuid|guid|key|index|number|no|nr|rownum|unnamed)([^a-z]|$)|id$/i
const LATER_NAME = new RegExp(
  '\\b(tags?|quality|profile|disposition|outcome|resolution|result|reason|status|stage|' +
    'clos(ed?|ing)|won|lost|convert(ed)?|conversion|churn(ed)?|cancel\\w*|refund\\w*|final|' +
    '(last|latest) (notable )?(activity|contact|touch|event)|revenue|spend|deal)\\b',
  'i',
)
/** `DealClosed_date` reads as three words. */
const spaced = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_.\-:/]+/g, ' ')

/** Rows below which nothing can be said. */
const LEAST_ROWS = 40
/** A copy separates the labels by more than any honest column did in practice. */
const COPY_AUC = 0.99
const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`

/** Suspicious columns of training rows, in the order of the table. Labels are 0 or 1. */
export function findLeaks(
  table: RawTable,
  plans: readonly ColumnPlan[],
  labels: ArrayLike<number>,
): Suspicion[] {
  const fold = stratifiedFolds(labels, 2, 7)
  const blocks = blockSizes(table)
  return table.columns.flatMap((column, c) => {
    const found =
      identifier(column, plans[c]!) ?? leak(column, plans[c]!, labels, { fold, block: blocks[c]! })
    return found ? [found] : []
  })
}

function identifier(column: RawColumn, plan: ColumnPlan): Suspicion | undefined {
  const { name, levels, codes } = column
  const counts = levelCounts(column)
  const known = counts.reduce((sum, n) => sum + n, 0)
  if (known < 20) return undefined
  const distinct = counts.reduce((sum, n) => sum + (n > 0 ? 1 : 0), 0)
  const share = distinct / known
  const named = ID_NAME.test(spaced(name))
  const say = (level: Suspicion['level'], reason: string): Suspicion => ({
    column: name,
    kind: 'identifier',
    level,
    reason,
  })
  if (plan.kind === 'numeric') {
    const whole = levels.every((level) => /^\d+(\.0+)?$/.test(level))
    if (!whole || share < 0.98) return undefined
    if (named) return say('certain', 'an identifier: a different whole number in every row')
    const values = Float64Array.from(codes, (code) => (code < 0 ? NaN : parseNumber(levels[code]!)))
    return isRunning(values)
      ? say('certain', 'a running number: it only says where the row stands in the file')
      : undefined
  }
  const plain = plan.kind === 'unused' || plan.kind === 'categorical'
  if (!plain || share < 0.95) return undefined
  return named || share === 1
    ? say('certain', `an identifier: ${distinct} different values in ${known} rows`)
    : say('likely', `almost an identifier: ${distinct} different values in ${known} rows`)
}

/** Whether values only rise, or only fall, from row to row, by one step nearly always. */
function isRunning(values: Float64Array): boolean {
  let rises = 0
  let steps = 0
  let ones = 0
  for (let i = 1; i < values.length; i++) {
    const step = values[i]! - values[i - 1]!
    if (Number.isNaN(step)) continue
    steps++
    if (step > 0) rises++
    if (Math.abs(step) === 1) ones++
  }
  return steps > 0 && (rises === 0 || rises === steps) && ones > 0.9 * steps
}

interface Around {
  /** Half of each row. */
  readonly fold: Uint8Array
  /** Columns, this one among them, that are empty in the same rows. */
  readonly block: number
}

interface Evidence {
  readonly points: number
  readonly says: string
}

function leak(
  column: RawColumn,
  plan: ColumnPlan,
  labels: ArrayLike<number>,
  { fold, block }: Around,
): Suspicion | undefined {
  if (labels.length < LEAST_ROWS || plan.kind === 'unused') return undefined
  const auc = aloneAuc(column, plan, labels, fold)
  const evidence = [
    strength(auc),
    oneSided(column, labels),
    fillIn(column, labels),
    pureValues(column, labels),
    addedLater(column, block),
  ].filter((e) => e !== undefined)
  const named = LATER_NAME.test(spaced(column.name))
  if (named && auc >= 0.6) evidence.push({ points: 2, says: 'its name is of a later stage' })
  const points = evidence.reduce((sum, e) => sum + e.points, 0)
  if (points < 2) return undefined
  const level = points >= 4 ? 'certain' : points === 3 ? 'likely' : 'possible'
  const kind = auc >= COPY_AUC ? 'copy_of_label' : 'post_event'
  return { column: column.name, kind, level, reason: evidence.map((e) => e.says).join('; ') }
}

/** AUC, at least 0.5, of this column alone: each half scored by what the other half learned. */
function aloneAuc(
  column: RawColumn,
  plan: ColumnPlan,
  labels: ArrayLike<number>,
  fold: Uint8Array,
): number {
  const bins = binsOf(column, plan)
  const most = bins.reduce((top, bin) => Math.max(top, bin), 0) + 2
  const aucs = [0, 1].map((half) => {
    const rows = new Float64Array(most)
    const hits = new Float64Array(most)
    let all = 0
    let positives = 0
    const scores: number[] = []
    const truths: number[] = []
    bins.forEach((bin, i) => {
      if (fold[i] === half) return
      rows[bin + 1]!++
      hits[bin + 1]! += labels[i]!
      all++
      positives += labels[i]!
    })
    bins.forEach((bin, i) => {
      if (fold[i] !== half) return
      scores.push((hits[bin + 1]! + (2 * positives) / all) / (rows[bin + 1]! + 2))
      truths.push(labels[i]!)
    })
    return rocAuc(truths, scores)
  })
  const mean = (aucs[0]! + aucs[1]!) / 2
  return Number.isNaN(mean) ? 0.5 : mean
}

/** Levels, or for numbers up to 200 bins of equal counts; -1 is missing. */
function binsOf({ codes, levels }: RawColumn, plan: ColumnPlan): Int32Array {
  if (plan.kind !== 'numeric') return codes
  const values = Float64Array.from(levels, parseNumber)
  const order = Array.from(levels.keys()).sort((a, b) => values[a]! - values[b]!)
  const counts = levelCounts({ name: '', codes, levels })
  const known = counts.reduce((sum, n) => sum + n, 0)
  const binOf = new Int32Array(levels.length)
  let before = 0
  order.forEach((code) => {
    binOf[code] = Math.floor((200 * before) / Math.max(1, known))
    before += counts[code]!
  })
  return codes.map((code) => (code < 0 || Number.isNaN(values[code]!) ? -1 : binOf[code]!))
}

function strength(auc: number): Evidence | undefined {
  const says = `alone it separates the labels with an AUC of ${auc.toFixed(3)}`
  if (auc >= COPY_AUC) return { points: 4, says }
  if (auc >= 0.95) return { points: 3, says }
  if (auc >= 0.85) return { points: 2, says }
  return auc >= 0.75 ? { points: 1, says } : undefined
}

/** Values other than the commonest (or missing) that occur with one label only. */
function oneSided(column: RawColumn, labels: ArrayLike<number>): Evidence | undefined {
  const { codes } = column
  const rowsOf = new Float64Array(column.levels.length + 1)
  for (const code of codes) rowsOf[code + 1]!++
  const most = rowsOf.reduce((a, b) => Math.max(a, b), 0)
  const usual = rowsOf.indexOf(most) - 1
  let other = 0
  let hits = 0
  let positives = 0
  codes.forEach((code, i) => {
    positives += labels[i]!
    if (code === usual) return
    other++
    hits += labels[i]!
  })
  const base = positives / codes.length
  const share = hits / other
  // Enough rows that chance would have shown the other label at least ten times.
  const expected = other * Math.min(base, 1 - base)
  const wanted = other * (share > 0.5 ? 1 - base : base)
  if (other < 20 || wanted < 10 || Math.min(share, 1 - share) > 0.002 || expected < 1)
    return undefined
  const label = share > 0.5 ? 'positive' : 'negative'
  return { points: 4, says: `whenever it is filled in, the label is ${label} (${other} rows)` }
}

/** Filled in far more often for one label than for the other. */
function fillIn(column: RawColumn, labels: ArrayLike<number>): Evidence | undefined {
  const filled = [0, 0]
  const rows = [0, 0]
  column.codes.forEach((code, i) => {
    rows[labels[i]!]!++
    if (code >= 0) filled[labels[i]!]!++
  })
  const [negative, positive] = [filled[0]! / rows[0]!, filled[1]! / rows[1]!]
  if (!(Math.abs(positive - negative) >= 0.3)) return undefined
  const says = `filled in for ${percent(positive)} of positives, ${percent(negative)} of negatives`
  return { points: 1, says }
}

/** Many rows carry values that all but settle the label. */
function pureValues(column: RawColumn, labels: ArrayLike<number>): Evidence | undefined {
  const rows = new Float64Array(column.levels.length)
  const hits = new Float64Array(column.levels.length)
  column.codes.forEach((code, i) => {
    if (code < 0) return
    rows[code]!++
    hits[code]! += labels[i]!
  })
  let settled = { positive: 0, negative: 0 }
  rows.forEach((n, code) => {
    const share = hits[code]! / n
    if (n < 30) return
    if (share >= 0.95) settled = { ...settled, positive: settled.positive + n }
    if (share <= 0.05) settled = { ...settled, negative: settled.negative + n }
  })
  const share = (settled.positive + settled.negative) / labels.length
  // Rare labels make every common value nearly pure: values must settle it both ways.
  const both = Math.min(settled.positive, settled.negative) >= 30
  if (!both || share < 0.1) return undefined
  return { points: 1, says: `values that settle the label both ways in ${percent(share)} of rows` }
}

/** A block is worth a word when this share of its rows is empty, and filled. */
const BLOCK_SHARE_MIN = 0.05
const BATCHES = 10
const BATCH_ROWS_MIN = 50
/** Difference in filling between two tenths of a file that chance does not make. */
const BATCH_GAP = 0.5
/** What somebody worked out about a row, rather than saw. */
const JUDGEMENT_NAME = /\b(score|index|rating|rank(ing)?|grade|priority|propensity|likelihood)\b/i

/** For each column how many, with it, are empty in exactly the same rows; 1 when none are empty. */
function blockSizes({ columns }: RawTable): number[] {
  const keys = columns.map(({ codes }) => {
    let empty = 0
    // Two FNV-1a hashes of the rows: a wide file's rows would not fit in memory as keys.
    let first = 0x811c9dc5
    let second = 0x01000193
    codes.forEach((code, row) => {
      if (code >= 0) return
      empty++
      first = Math.imul(first ^ row, 0x01000193)
      second = Math.imul(second ^ (row + 1), 0x01000193)
    })
    const share = empty / Math.max(1, codes.length)
    const isWorth = share >= BLOCK_SHARE_MIN && share <= 1 - BLOCK_SHARE_MIN
    return isWorth ? `${empty}:${first}:${second}` : ''
  })
  const sizes = Map.groupBy(keys, (key) => key)
  return keys.map((key) => (key === '' ? 1 : sizes.get(key)!.length))
}

/** Largest difference in the share of filled rows between two tenths of the file. */
function batchGap({ codes }: RawColumn): number {
  const size = Math.floor(codes.length / BATCHES)
  if (size < BATCH_ROWS_MIN) return 0
  const shares = Array.from({ length: BATCHES }, (_, batch) => {
    let filled = 0
    for (let i = batch * size; i < (batch + 1) * size; i++) if (codes[i]! >= 0) filled++
    return filled / size
  })
  return Math.max(...shares) - Math.min(...shares)
}

/**
 * Columns that come and go together were filled in by one procedure. That it ran for some stretches
 * of the file only, or worked out a score, says that it ran over rows that were there already: at a
 * time nobody can tell from the file. Worth a question, never more.
 */
function addedLater(column: RawColumn, block: number): Evidence | undefined {
  if (block < 2) return undefined
  const says = [`filled in together with ${block - 1} other columns`]
  if (batchGap(column) >= BATCH_GAP) says.push('for stretches of the file only')
  if (JUDGEMENT_NAME.test(spaced(column.name))) says.push('and named as somebody’s judgement')
  return says.length < 2 ? undefined : { points: 2, says: says.join(', ') }
}
