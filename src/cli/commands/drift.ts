/** `drift`: which columns of a table changed against a reference, how far and how surely. */
import { frameDrift, type FrameDrift } from '../../learners/index.ts'
import { isNumeric, readTable, toColumn, type TextTable } from '../table/read-table.ts'
import type { Define } from '../terminal.ts'

/** A column is numeric only when it is so in both files; otherwise both are read as text. */
function frames(reference: TextTable, current: TextTable) {
  const numericIn = (table: TextTable, name: string): boolean => {
    const at = table.names.indexOf(name)
    // A column that is absent, or empty throughout, fits either reading.
    return at < 0 || isNumeric(table, at) || table.cells.every((row) => row[at] === '')
  }
  const frame = (table: TextTable) => ({
    rows: table.cells.length,
    columns: table.names.map((name, at) =>
      toColumn(table, at, numericIn(reference, name) && numericIn(current, name)),
    ),
  })
  return [frame(reference), frame(current)] as const
}

const number = (value: number | null): string => (value === null ? '-' : value.toPrecision(3))

function readable({ columns, verdict }: FrameDrift): string {
  const width = Math.max(6, ...columns.map(({ column }) => column.length))
  const line = (cells: string[]) =>
    [cells[0]!.padEnd(width), ...cells.slice(1).map((cell) => cell.padStart(11))].join(' ')
  return [
    line(['column', 'psi', 'statistic', 'test', 'p adjusted', 'verdict']),
    ...columns.map((c) =>
      line([c.column, number(c.psi), number(c.statistic), c.test, number(c.pAdjusted), c.verdict]),
    ),
    `verdict: ${verdict}`,
  ].join('\n')
}

export const define: Define = (command, terminal) => {
  command
    .requiredOption('--reference <file>', 'what is normal: CSV, also .gz')
    .requiredOption('--current <file>', 'what is compared with it')
    .action(async (options: { reference: string; current: string }) => {
      const [reference, current] = frames(
        await readTable(options.reference),
        await readTable(options.current),
      )
      const result = frameDrift(reference, current)
      const document = {
        columns: result.columns.map(({ pAdjusted, ...rest }) => ({
          ...rest,
          p_adjusted: pAdjusted,
        })),
        verdict: result.verdict,
      }
      terminal.result(document, () => readable(result))
    })
}
