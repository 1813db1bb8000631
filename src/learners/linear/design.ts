/**
 * A table as the numbers linear models and networks need: medians for missing numbers, one column
 * per frequent category, everything standardised. Categories stay sparse: one active column a row.
 */
import type { CategoricalColumn, Column, Frame } from '../frame.ts'

/** A number column: (value, or median when missing, minus mean) / sd, within +-10. */
export interface NumberPlan {
  readonly kind: 'numeric'
  readonly name: string
  readonly median: number
}

/** A category column: the slot of each level; rare and unseen levels share one, missing has one. */
export interface CategoryPlan {
  readonly kind: 'categorical'
  readonly name: string
  readonly levels: readonly string[]
  /** Slot of each level, from 0. */
  readonly slotOf: readonly number[]
  readonly rareSlot: number
  readonly missingSlot: number
  readonly slots: number
}

/** Plain JSON. Columns sorted by name. Position p of the design has `mean[p]` and `sd[p]`. */
export interface Design {
  readonly columns: readonly (NumberPlan | CategoryPlan)[]
  readonly mean: readonly number[]
  readonly sd: readonly number[]
  /** First position of each column. */
  readonly first: readonly number[]
}

export interface DesignOptions {
  /** A level with fewer training rows is rare. Default 5. */
  readonly minCategoryRows?: number
  /** Most slots of one category column; the rarest beyond share one. Default 300. */
  readonly maxSlots?: number
  readonly weights?: ArrayLike<number> | undefined
}

/** How a table looks to a design: numbers row after row, and for each category its position. */
export interface DesignedRows {
  readonly rows: number
  /** rows x numeric columns, standardised. */
  readonly numbers: Float64Array
  /** Positions of the numeric columns. */
  readonly numberAt: Int32Array
  /** rows x categorical columns: position of the active slot. */
  readonly active: Int32Array
  readonly categories: number
}

/** Numbers further out count as this many standard deviations: one typing error is not proof. */
const MOST_DEVIATIONS = 10

function medianOf(values: Float64Array): number {
  const known = values.filter((v) => Number.isFinite(v)).sort()
  if (known.length === 0) return 0
  const middle = known.length >> 1
  return known.length % 2 === 1 ? known[middle]! : (known[middle - 1]! + known[middle]!) / 2
}

function planCategory(column: CategoricalColumn, options: DesignOptions): CategoryPlan {
  const { minCategoryRows = 5, maxSlots = 300 } = options
  const counts = new Float64Array(column.levels.length)
  for (const code of column.codes) if (code >= 0) counts[code]!++
  // Sorted by name, so that the order of levels in a file does not matter.
  const frequent = Array.from(column.levels.keys())
    .filter((code) => counts[code]! >= minCategoryRows)
    .sort((a, b) => counts[b]! - counts[a]! || (column.levels[a]! < column.levels[b]! ? -1 : 1))
    .slice(0, maxSlots)
    .sort((a, b) => (column.levels[a]! < column.levels[b]! ? -1 : 1))
  return {
    kind: 'categorical',
    name: column.name,
    levels: frequent.map((code) => column.levels[code]!),
    slotOf: frequent.map((_, slot) => slot),
    rareSlot: frequent.length,
    missingSlot: frequent.length + 1,
    slots: frequent.length + 2,
  }
}

/** Learns the plan of a table. */
export function fitDesign(frame: Frame, options: DesignOptions = {}): Design {
  const columns = frame.columns
    .map((column) =>
      column.kind === 'numeric'
        ? ({ kind: 'numeric', name: column.name, median: medianOf(column.values) } as const)
        : planCategory(column, options),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const first: number[] = []
  let width = 0
  for (const plan of columns) {
    first.push(width)
    width += plan.kind === 'numeric' ? 1 : plan.slots
  }
  const raw = { columns, first, mean: new Array<number>(width).fill(0), sd: [] as number[] }
  return { ...raw, ...spread(raw, frame, width, options.weights) }
}

type RawDesign = Omit<Design, 'mean' | 'sd'>

/** Weighted mean and population standard deviation of each position; sd 1 where nothing varies. */
function spread(
  design: RawDesign,
  frame: Frame,
  width: number,
  weights: ArrayLike<number> | undefined,
) {
  const mean = new Array<number>(width).fill(0)
  const sd = new Array<number>(width).fill(0)
  let total = 0
  for (let i = 0; i < frame.rows; i++) total += weights ? weights[i]! : 1
  eachColumn(design, frame, (plan, at, column) => {
    if (plan.kind === 'categorical') {
      for (let i = 0; i < frame.rows; i++)
        mean[at + slotAt(plan, column, i)]! += (weights ? weights[i]! : 1) / total
      for (let k = at; k < at + plan.slots; k++) sd[k] = Math.sqrt(mean[k]! * (1 - mean[k]!))
      return
    }
    for (let i = 0; i < frame.rows; i++)
      mean[at]! += ((weights ? weights[i]! : 1) * numberAt(plan, column, i)) / total
    for (let i = 0; i < frame.rows; i++)
      sd[at]! +=
        ((weights ? weights[i]! : 1) * (numberAt(plan, column, i) - mean[at]!) ** 2) / total
    sd[at] = Math.sqrt(sd[at]!)
  })
  return { mean, sd: sd.map((v) => (v > 1e-12 && Number.isFinite(v) ? v : 1)) }
}

const numberAt = (plan: NumberPlan, column: Column, row: number): number => {
  const value = column.kind === 'numeric' ? column.values[row]! : Number.NaN
  return Number.isFinite(value) ? value : plan.median
}

/** `column` is aligned to `plan.levels`, with unseen levels one past the end. */
function slotAt(plan: CategoryPlan, column: Column, row: number): number {
  const code = column.kind === 'categorical' ? column.codes[row]! : -1
  if (code < 0) return plan.missingSlot
  return code < plan.slotOf.length ? plan.slotOf[code]! : plan.rareSlot
}

/** Visits the columns of a frame as the plan has them. */
function eachColumn(
  design: RawDesign,
  frame: Frame,
  visit: (plan: NumberPlan | CategoryPlan, first: number, column: Column) => void,
): void {
  const byName = new Map(frame.columns.map((column) => [column.name, column]))
  design.columns.forEach((plan, c) => {
    const found = byName.get(plan.name)
    const first = design.first[c]!
    if (plan.kind === 'categorical' && found?.kind === 'categorical') {
      const codeOf = new Map(plan.levels.map((level, code) => [level, code]))
      const map = found.levels.map((level) => codeOf.get(level) ?? plan.levels.length)
      const codes = found.codes.map((code) => (code < 0 ? -1 : map[code]!))
      visit(plan, first, { ...found, codes })
      return
    }
    const usable = found?.kind === plan.kind
    const codes = new Int32Array(usable ? 0 : frame.rows).fill(-1)
    visit(plan, first, usable ? found : { kind: 'categorical', name: plan.name, levels: [], codes })
  })
}

/** The rows of `frame` as the design sees them; absent columns count as missing. */
export function designRows(design: Design, frame: Frame): DesignedRows {
  const numeric = design.columns.filter((plan) => plan.kind === 'numeric').length
  const categories = design.columns.length - numeric
  const { rows } = frame
  const numbers = new Float64Array(rows * numeric)
  const positions = new Int32Array(numeric)
  const active = new Int32Array(rows * categories)
  let n = 0
  let c = 0
  eachColumn(design, frame, (plan, first, column) => {
    if (plan.kind === 'categorical') {
      for (let i = 0; i < rows; i++) active[i * categories + c] = first + slotAt(plan, column, i)
      c++
      return
    }
    const mean = design.mean[first]!
    const sd = design.sd[first]!
    for (let i = 0; i < rows; i++) {
      const z = (numberAt(plan, column, i) - mean) / sd
      numbers[i * numeric + n] = Math.max(-MOST_DEVIATIONS, Math.min(MOST_DEVIATIONS, z))
    }
    positions[n++] = first
  })
  return { rows, numbers, numberAt: positions, active, categories }
}
