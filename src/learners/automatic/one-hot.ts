/**
 * Categories as 0/1 columns. Shallow trees on these see each category alone, where splits over
 * groups of categories pool them: two views of one table that err differently.
 */
import type { CategoricalColumn, Column, Frame, NumericColumn } from '../frame.ts'

/** Plain JSON. The levels of each category column that get a column of their own. */
export interface OneHot {
  readonly columns: readonly { readonly name: string; readonly levels: readonly string[] }[]
}

/** Levels with fewer rows share a column. */
const MIN_ROWS = 5
/** Most columns of one category column. */
const MOST_LEVELS = 150
/** Of a long table so many levels get a column that it has at most about this many cells. */
const MOST_CELLS = 8_000_000

/** Learns which levels get a column. */
export function fitOneHot(frame: Frame): OneHot {
  const categories = frame.columns.filter((column) => column.kind === 'categorical')
  const numbers = frame.columns.length - categories.length
  const room = (MOST_CELLS / Math.max(1, frame.rows) - numbers) / Math.max(1, categories.length)
  const most = Math.max(1, Math.min(MOST_LEVELS, Math.floor(room)))
  return { columns: categories.map((c) => ({ name: c.name, levels: frequentLevels(c, most) })) }
}

/** Columns of the 0/1 view of `frame`, at most: what a search over it has to read. */
export function oneHotWidth(frame: Frame): number {
  return frame.columns.reduce((sum, column) => {
    return sum + (column.kind === 'numeric' ? 1 : Math.min(MOST_LEVELS, column.levels.length) + 1)
  }, 0)
}

function frequentLevels({ codes, levels }: CategoricalColumn, most: number): string[] {
  const counts = new Float64Array(levels.length)
  for (const code of codes) if (code >= 0) counts[code]!++
  return Array.from(levels.keys())
    .filter((code) => counts[code]! >= MIN_ROWS)
    .sort((a, b) => counts[b]! - counts[a]! || (levels[a]! < levels[b]! ? -1 : 1))
    .slice(0, most)
    .map((code) => levels[code]!)
}

/** Between a column's name and its level; NUL appears in neither. */
const MARK = '\u0000'

/** The column of the original table that `name` comes from. */
export function sourceOf(name: string): string {
  const at = name.indexOf(MARK)
  return at < 0 ? name : name.slice(0, at)
}

/** `frame` with every category column replaced by 0/1 columns, one more for the rare levels. */
export function oneHotFrame(plan: OneHot, frame: Frame): Frame {
  const byName = new Map(frame.columns.map((column) => [column.name, column]))
  const taken = new Set(plan.columns.map((column) => column.name))
  const numbers = frame.columns.filter((c) => c.kind === 'numeric' && !taken.has(c.name))
  const dummies = plan.columns.flatMap(({ name, levels }) => {
    const column = byName.get(name)
    return dummyColumns(name, levels, column?.kind === 'categorical' ? column : undefined, frame)
  })
  const columns: Column[] = [...numbers, ...dummies]
  return { rows: frame.rows, columns }
}

function dummyColumns(
  name: string,
  levels: readonly string[],
  column: CategoricalColumn | undefined,
  { rows }: Frame,
): NumericColumn[] {
  const slots = new Map(levels.map((level, slot) => [level, slot]))
  const slotOf = column?.levels.map((level) => slots.get(level) ?? levels.length) ?? []
  const made = [...levels, ''].map((level): NumericColumn => ({
    kind: 'numeric',
    name: `${name}${MARK}${level}`,
    values: new Float64Array(rows),
  }))
  // A missing category is 0 in all of them.
  for (let i = 0; i < rows; i++) {
    const code = column ? column.codes[i]! : -1
    if (code >= 0) made[slotOf[code]!]!.values[i] = 1
  }
  return made
}
