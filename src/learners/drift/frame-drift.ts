/** Data drift between two tables: which columns changed, how far, and how surely. */
import type { CategoricalColumn, Column, Frame, NumericColumn } from '../frame.ts'
import { binCounts, populationStabilityIndex, psiNoise, quantileEdges } from './psi.ts'
import { benjaminiHochberg, chiSquareTest, ksTest, type TestResult } from './two-samples.ts'

export type DriftVerdict = 'stable' | 'warning' | 'drift'

export interface ColumnDrift {
  readonly column: string
  /** null when the column is in one table only, or has no value in one of them. */
  readonly psi: number | null
  readonly statistic: number | null
  readonly test: 'ks' | 'chi-square' | 'none'
  readonly p: number | null
  /** Benjamini-Hochberg over all tested columns. */
  readonly pAdjusted: number | null
  readonly verdict: DriftVerdict
  /** Why, when the numbers alone do not say. */
  readonly note?: string
}

export interface FrameDrift {
  readonly columns: readonly ColumnDrift[]
  /** The worst of the columns' verdicts. */
  readonly verdict: DriftVerdict
}

export interface FrameDriftOptions {
  /** PSI above which a significant change is a warning. Default 0.1. */
  readonly psiWarning?: number
  /** PSI above which a significant change is drift. Default 0.2. */
  readonly psiDrift?: number
  /** False discovery rate. Default 0.05. */
  readonly alpha?: number
}

interface Comparison extends TestResult {
  readonly test: 'ks' | 'chi-square'
  readonly psi: number
  readonly noise: number
}

const PSI_BINS = 10
/** Numbers with no more values than this are compared as categories: KS is blind with many ties. */
const DISCRETE_VALUES_MAX = 10
/** Rarer categories are pooled, so that expected counts do not spoil the chi-square. */
const CATEGORY_ROWS_MIN = 10

const sum = (counts: ArrayLike<number>): number => Array.from(counts).reduce((a, b) => a + b, 0)

function compareCounts(reference: ArrayLike<number>, current: ArrayLike<number>): Comparison {
  const { statistic, p } = chiSquareTest(reference, current)
  const used = Array.from(reference, (count, b) => b).filter((b) => reference[b]! + current[b]! > 0)
  const a = used.map((b) => reference[b]!)
  const b = used.map((bin) => current[bin]!)
  const noise = psiNoise(used.length, sum(a), sum(b))
  return { test: 'chi-square', statistic, p, psi: populationStabilityIndex(a, b), noise }
}

/** Counts by text in both columns; missing is a category, rare ones share one. */
function categoryCounts(a: string[], b: string[]): [number[], number[]] {
  const counts = new Map<string, [number, number]>()
  const add = (levels: string[], side: 0 | 1) => {
    for (const level of levels) {
      const pair = counts.get(level) ?? [0, 0]
      pair[side] += 1
      counts.set(level, pair)
    }
  }
  add(a, 0)
  add(b, 1)
  const kept = [...counts.values()].filter(([x, y]) => x + y >= CATEGORY_ROWS_MIN)
  const rare = [...counts.values()].filter(([x, y]) => x + y < CATEGORY_ROWS_MIN)
  if (rare.length > 0) kept.push([sum(rare.map(([x]) => x)), sum(rare.map(([, y]) => y))])
  return [kept.map(([x]) => x), kept.map(([, y]) => y)]
}

const categoryText = (column: CategoricalColumn): string[] =>
  Array.from(column.codes, (code) => (code < 0 ? '\0missing' : column.levels[code]!))

const numberText = (column: NumericColumn): string[] =>
  Array.from(column.values, (value) => (Number.isNaN(value) ? '\0missing' : String(value)))

function distinctCount(columns: readonly NumericColumn[], limit: number): number {
  const seen = new Set<number>()
  for (const column of columns)
    for (const value of column.values) {
      if (!Number.isNaN(value)) seen.add(value)
      if (seen.size > limit) return seen.size
    }
  return seen.size
}

/**
 * Bins of the reference's quantiles. Where it has too few values for that, for instance one only,
 * the quantiles of the current data cut as well: else whatever is new would fall in one bin.
 */
function psiEdges(reference: Float64Array, current: Float64Array): Float64Array {
  const own = quantileEdges(reference, PSI_BINS)
  if (own.length >= PSI_BINS / 2) return own
  return Float64Array.from(new Set([...own, ...quantileEdges(current, PSI_BINS)])).sort()
}

function compareNumbers(reference: NumericColumn, current: NumericColumn): Comparison {
  const distinct = distinctCount([reference, current], DISCRETE_VALUES_MAX)
  if (distinct <= DISCRETE_VALUES_MAX)
    return compareCounts(...categoryCounts(numberText(reference), numberText(current)))
  const edges = psiEdges(reference.values, current.values)
  const a = binCounts(reference.values, edges)
  const b = binCounts(current.values, edges)
  const psi = populationStabilityIndex(a, b)
  const noise = psiNoise(a.length, reference.values.length, current.values.length)
  const missingA = a.at(-1)
  const missingB = b.at(-1)
  const presentA = reference.values.length - missingA
  const presentB = current.values.length - missingB
  // All missing on one side: only the share of the missing is left to compare.
  if (presentA === 0 || presentB === 0)
    return {
      ...chiSquareTest([presentA, missingA], [presentB, missingB]),
      test: 'chi-square',
      psi,
      noise,
    }
  const values = ksTest(reference.values, current.values)
  if (missingA + missingB === 0) return { ...values, test: 'ks', psi, noise }
  // Two questions (values, share missing) asked of one column: Bonferroni.
  const missing = chiSquareTest([presentA, missingA], [presentB, missingB])
  const p = Math.min(1, 2 * Math.min(values.p, missing.p))
  return { statistic: values.statistic, p, test: 'ks', psi, noise }
}

function compareColumns(reference: Column, current: Column): Comparison {
  if (reference.kind === 'numeric' && current.kind === 'numeric')
    return compareNumbers(reference, current)
  const text = (column: Column) =>
    column.kind === 'numeric' ? numberText(column) : categoryText(column)
  return compareCounts(...categoryCounts(text(reference), text(current)))
}

function uncompared(column: string, note: string): ColumnDrift {
  const empty = { psi: null, statistic: null, test: 'none', p: null, pAdjusted: null } as const
  return { column, ...empty, verdict: 'drift', note }
}

/**
 * Compares the columns of two tables by name. A column drifts when the change is significant after
 * Benjamini-Hochberg, its PSI passes the threshold, and PSI is over twice what chance alone gives
 * for so few rows. Significance alone is not enough: with 100,000 rows everything is significant.
 * @throws RangeError when a table has no rows.
 */
export function frameDrift(
  reference: Frame,
  current: Frame,
  options: FrameDriftOptions = {},
): FrameDrift {
  const { psiWarning = 0.1, psiDrift = 0.2, alpha = 0.05 } = options
  if (reference.rows === 0 || current.rows === 0)
    throw new RangeError('both tables need at least one row to be compared')
  const currentByName = new Map(current.columns.map((column) => [column.name, column]))
  const referenceNames = new Set(reference.columns.map((column) => column.name))
  const pairs = reference.columns.flatMap((column) => {
    const other = currentByName.get(column.name)
    return other ? [{ name: column.name, compared: compareColumns(column, other) }] : []
  })
  const adjusted = benjaminiHochberg(pairs.map(({ compared }) => compared.p))
  const columns = pairs.map(({ name, compared }, i): ColumnDrift => {
    const { psi, statistic, test, p, noise } = compared
    const pAdjusted = adjusted[i]!
    const real = pAdjusted < alpha && psi > 2 * noise
    const verdict =
      real && psi > psiDrift ? 'drift' : real && psi > psiWarning ? 'warning' : 'stable'
    return { column: name, psi, statistic, test, p, pAdjusted, verdict }
  })
  for (const { name } of reference.columns)
    if (!currentByName.has(name)) columns.push(uncompared(name, 'only in the reference'))
  for (const { name } of current.columns)
    if (!referenceNames.has(name)) columns.push(uncompared(name, 'only in the current data'))
  const has = (verdict: DriftVerdict) => columns.some((column) => column.verdict === verdict)
  return { columns, verdict: has('drift') ? 'drift' : has('warning') ? 'warning' : 'stable' }
}
