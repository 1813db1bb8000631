/** A table of texts as a file holds them, each distinct text of a column kept once. */
import { AppError } from '../../core/index.ts'

export interface RawColumn {
  readonly name: string
  /** Codes into `levels`; -1 is missing. */
  readonly codes: Int32Array
  readonly levels: readonly string[]
}

export interface RawTable {
  readonly rows: number
  readonly columns: readonly RawColumn[]
}

/** Texts that mean "no value", compared without case and surrounding space. */
const MISSING = new Set(
  ['', 'na', 'n/a', '#n/a', 'nan', 'null', 'nil', '\\n', '?', '-', '--', '.', 'missing'].concat([
    '(blank)',
    'undefined',
    // The text of a form field that nobody touched.
    'select',
    'please select',
    '-- select --',
    '#value!',
    '#ref!',
    '#div/0!',
  ]),
)

/** Takes rows one by one, as many cells as there are names; short rows end in missing cells. */
export interface RawTableBuilder {
  add(cells: readonly (string | undefined)[]): void
  finish(): RawTable
}

interface GrowingColumn {
  set(row: number, text: string | undefined): void
  finish(rows: number): Pick<RawColumn, 'codes' | 'levels'>
}

function growingColumn(): GrowingColumn {
  let codes = new Int32Array(1024)
  const levels: string[] = []
  const codeOf = new Map<string, number>()
  const encode = (value: string): number => {
    if (value.length <= 14 && MISSING.has(value.toLowerCase())) return -1
    const known = codeOf.get(value)
    if (known !== undefined) return known
    codeOf.set(value, levels.length)
    return levels.push(value) - 1
  }
  return {
    set(row, text) {
      if (row >= codes.length) {
        const wider = new Int32Array(2 * codes.length)
        wider.set(codes)
        codes = wider
      }
      codes[row] = encode(text?.trim() ?? '')
    },
    finish: (rows) => ({ codes: codes.slice(0, rows), levels }),
  }
}

/** Empty names become "column N" and repeated ones get a number, so that all are distinct. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((given, i) => {
    const name = given.trim() === '' ? `column ${i + 1}` : given.trim()
    let own = name
    for (let n = 2; taken.has(own); n++) own = `${name} (${n})`
    taken.add(own)
    return own
  })
}

/** Starts a table with columns called `names`. */
export function buildRawTable(names: readonly string[]): RawTableBuilder {
  if (names.length === 0) throw new AppError('invalid-request', 'The table has no columns')
  const columns = distinctNames(names).map((name) => ({ name, growing: growingColumn() }))
  let rows = 0
  return {
    add(cells) {
      columns.forEach(({ growing }, c) => growing.set(rows, cells[c]))
      rows++
    },
    finish: () => ({
      rows,
      columns: columns.map(({ name, growing }) => ({
        name,
        ...growing.finish(rows),
      })),
    }),
  }
}

/** The rows of `table` named by `index`, in that order. */
export function takeRawRows(table: RawTable, index: ArrayLike<number>): RawTable {
  const rows = index.length
  const columns = table.columns.map((column) => ({
    ...column,
    codes: Int32Array.from({ length: rows }, (_, i) => column.codes[index[i]!]!),
  }))
  return { rows, columns }
}

/** `table` without the columns called `names`. */
export function dropColumns(table: RawTable, names: Iterable<string>): RawTable {
  const gone = new Set(names)
  return { rows: table.rows, columns: table.columns.filter((column) => !gone.has(column.name)) }
}
