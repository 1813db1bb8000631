/**
 * Frame: the one table every batch learner takes. Columns are typed once, at the edge; learners
 * never guess. Nothing here is mutated by a learner.
 */

/** Numbers; `NaN` is missing. Length = rows. */
export interface NumericColumn {
  readonly kind: 'numeric'
  readonly name: string
  readonly values: Float64Array
}

/** Codes into `levels`; `-1` is missing. Length = rows. Levels may be unused. */
export interface CategoricalColumn {
  readonly kind: 'categorical'
  readonly name: string
  readonly codes: Int32Array
  readonly levels: readonly string[]
}

export type Column = NumericColumn | CategoricalColumn

export interface Frame {
  readonly rows: number
  readonly columns: readonly Column[]
}

/** The rows of `frame` named by `index`, in that order; repeated rows are allowed. */
export function takeRows(frame: Frame, index: ArrayLike<number>): Frame {
  const rows = index.length
  const columns = frame.columns.map((column): Column => {
    if (column.kind === 'numeric') {
      const values = new Float64Array(rows)
      for (let i = 0; i < rows; i++) values[i] = column.values[index[i]!]!
      return { ...column, values }
    }
    const codes = new Int32Array(rows)
    for (let i = 0; i < rows; i++) codes[i] = column.codes[index[i]!]!
    return { ...column, codes }
  })
  return { rows, columns }
}

/**
 * The columns of `frame` in the order and with the levels of `like`: what a trained model needs.
 * A column that is absent becomes all missing; a level unseen in `like` becomes missing (-1).
 */
export function alignFrame(frame: Frame, like: readonly Column[]): Frame {
  const byName = new Map(frame.columns.map((column) => [column.name, column]))
  const columns = like.map((wanted): Column => {
    const found = byName.get(wanted.name)
    if (wanted.kind === 'numeric') {
      if (found?.kind === 'numeric') return found
      return { kind: 'numeric', name: wanted.name, values: new Float64Array(frame.rows).fill(NaN) }
    }
    const { name, levels } = wanted
    if (found?.kind !== 'categorical')
      return { kind: 'categorical', name, levels, codes: new Int32Array(frame.rows).fill(-1) }
    if (found.levels === levels) return found
    const codeOf = new Map(levels.map((level, code) => [level, code]))
    const map = Int32Array.from(found.levels, (level) => codeOf.get(level) ?? -1)
    const codes = found.codes.map((code) => (code < 0 ? -1 : map[code]!))
    return { kind: 'categorical', name, levels, codes }
  })
  return { rows: frame.rows, columns }
}
