/**
 * What the columns of a table of texts are: numbers, categories, dates or free text, and how each
 * becomes columns of a `Frame`. Learned from training rows only, then used for any rows.
 */
import type { Column, Frame } from '../frame.ts'
import type { RawColumn, RawTable } from './raw-table.ts'
import { dateOrderOf, parseDate, parseNumber, type DateOrder } from './values.ts'

/** Plain JSON. */
export type ColumnPlan =
  | { readonly kind: 'numeric'; readonly name: string }
  | { readonly kind: 'categorical'; readonly name: string; readonly levels: readonly string[] }
  | {
      readonly kind: 'date'
      readonly name: string
      readonly order: DateOrder
      readonly parts: readonly DatePart[]
    }
  /** Words that get a 0/1 column each. */
  | { readonly kind: 'text'; readonly name: string; readonly words: readonly string[] }
  /** Says nothing: empty, constant, a copy, or a different value in every row. */
  | { readonly kind: 'unused'; readonly name: string; readonly reason: string }

const DATE_PARTS = {
  day: (at: number) => Math.floor(at / 86_400_000),
  year: (at: number) => new Date(at).getUTCFullYear(),
  month: (at: number) => new Date(at).getUTCMonth() + 1,
  'day of month': (at: number) => new Date(at).getUTCDate(),
  weekday: (at: number) => new Date(at).getUTCDay(),
  hour: (at: number) => new Date(at).getUTCHours(),
}
export type DatePart = keyof typeof DATE_PARTS

/** Share of the known rows that must parse for a column to count as numbers or dates. */
const ALMOST_ALL = 0.98
/** With more different numbers than these, fewer need to parse; other texts count as missing. */
const MANY_NUMBERS = 20
const MOST = 0.8
/** A text column repeats itself less than this, and has at least so many words a cell. */
const TEXT_DISTINCT = 0.3
const TEXT_WORDS = 2.5
const MOST_WORDS = 60
/** Share of rows a word must be in, and may at most be in. */
const WORD_RANGE = [0.01, 0.95] as const

/** How often each level occurs. */
export function levelCounts({ codes, levels }: RawColumn): Float64Array {
  const counts = new Float64Array(levels.length)
  for (const code of codes) if (code >= 0) counts[code]!++
  return counts
}

function knownShare(
  levels: readonly string[],
  counts: Float64Array,
  parse: (text: string) => number,
): number {
  let known = 0
  let parsed = 0
  levels.forEach((level, code) => {
    known += counts[code]!
    if (counts[code]! > 0 && !Number.isNaN(parse(level))) parsed += counts[code]!
  })
  return known > 0 ? parsed / known : 0
}

/** Words of two or more letters or digits, in lower case, each once. */
function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu))
}

/** Learns what each column is. The later of two equal columns is unused. */
export function inferColumns(table: RawTable): ColumnPlan[] {
  const seen = new Map<string, RawColumn[]>()
  return table.columns.map((column) => {
    const mark = `${column.levels.length} ${column.codes.slice(0, 50).join()}`
    const before = seen.get(mark) ?? []
    const twin = before.find((other) => sameCells(other, column))
    seen.set(mark, [...before, column])
    const { name } = column
    return twin && column.levels.length > 1
      ? { kind: 'unused', name, reason: `the same as ${twin.name}` }
      : inferColumn(column)
  })
}

/** Codes are given in order of appearance, so equal columns have equal codes and levels. */
const sameCells = (a: RawColumn, b: RawColumn): boolean =>
  a.levels.every((level, code) => level === b.levels[code]) &&
  a.codes.every((code, row) => code === b.codes[row])

function inferColumn(column: RawColumn): ColumnPlan {
  const { name, levels } = column
  const counts = levelCounts(column)
  const used = Array.from(levels.keys()).filter((code) => counts[code]! > 0)
  const known = counts.reduce((sum, n) => sum + n, 0)
  if (known === 0) return { kind: 'unused', name, reason: 'empty' }
  if (used.length === 1 && known === column.codes.length && known > 1)
    return { kind: 'unused', name, reason: 'the same value in every row' }
  const numbers = new Set(used.map((code) => parseNumber(levels[code]!)))
  const enough = numbers.size > MANY_NUMBERS ? MOST : ALMOST_ALL
  if (knownShare(levels, counts, parseNumber) >= enough) return { kind: 'numeric', name }
  const order = levels.map(dateOrderOf).find((found) => found !== undefined) ?? 'month-first'
  if (knownShare(levels, counts, (text) => parseDate(text, order)) >= ALMOST_ALL)
    return datePlan(
      name,
      used.map((code) => parseDate(levels[code]!, order)),
      order,
    )
  const words = used.reduce((sum, code) => sum + levels[code]!.split(/\s+/).length, 0) / used.length
  if (used.length > TEXT_DISTINCT * known && used.length > 20 && words >= TEXT_WORDS)
    return { kind: 'text', name, words: frequentWords(levels, counts, known) }
  if (used.length === known && used.length > 20)
    return { kind: 'unused', name, reason: 'a different value in every row' }
  return { kind: 'categorical', name, levels: used.map((code) => levels[code]!) }
}

function datePlan(name: string, instants: readonly number[], order: DateOrder): ColumnPlan {
  const names = Object.keys(DATE_PARTS) as DatePart[]
  const parts = names.filter((part) => {
    const values = new Set(instants.filter((at) => !Number.isNaN(at)).map(DATE_PARTS[part]))
    return part === 'day' || values.size > 1
  })
  return { kind: 'date', name, order, parts }
}

function frequentWords(levels: readonly string[], counts: Float64Array, known: number): string[] {
  const rowsWith = new Map<string, number>()
  levels.forEach((level, code) => {
    if (counts[code] === 0) return
    for (const word of wordsOf(level)) rowsWith.set(word, (rowsWith.get(word) ?? 0) + counts[code]!)
  })
  const [least, most] = WORD_RANGE
  return [...rowsWith]
    .filter(([, n]) => n >= Math.max(5, least * known) && n <= most * known)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(([word]) => word)
}

/**
 * The columns that learners take. A derived column is called after its source: `source: part`.
 * Columns absent from `table` are missing everywhere; levels not in the plan stay unseen levels.
 */
export function frameOf(table: RawTable, plans: readonly ColumnPlan[]): Frame {
  const byName = new Map(table.columns.map((column) => [column.name, column]))
  const columns = plans.flatMap((plan): Column[] => {
    const none = { name: plan.name, codes: new Int32Array(table.rows).fill(-1), levels: [] }
    return planned(plan, byName.get(plan.name) ?? none)
  })
  return { rows: table.rows, columns }
}

function planned(plan: ColumnPlan, raw: RawColumn): Column[] {
  const { name } = plan
  switch (plan.kind) {
    case 'unused':
      return []
    case 'categorical':
      return [{ kind: 'categorical', name, codes: raw.codes, levels: raw.levels }]
    case 'numeric':
      return [mapLevels(name, raw, parseNumber)]
    case 'date':
      return plan.parts.map((part) =>
        mapLevels(`${name}: ${part}`, raw, (text) => {
          const at = parseDate(text, plan.order)
          return Number.isNaN(at) ? Number.NaN : DATE_PARTS[part](at)
        }),
      )
    case 'text':
      return [
        mapLevels(`${name}: words`, raw, (text) => wordsOf(text).size),
        mapLevels(`${name}: length`, raw, (text) => text.length),
        ...plan.words.map((word) =>
          mapLevels(`${name}: "${word}"`, raw, (text) => (wordsOf(text).has(word) ? 1 : 0)),
        ),
      ]
  }
}

/** Parses each distinct text once. */
function mapLevels(name: string, raw: RawColumn, parse: (text: string) => number): Column {
  const values = Float64Array.from(raw.levels, parse)
  const cells = Float64Array.from(raw.codes, (code) => (code < 0 ? Number.NaN : values[code]!))
  return { kind: 'numeric', name, values: cells }
}
