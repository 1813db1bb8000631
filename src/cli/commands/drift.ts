/** `drift`: which columns of a table changed against a reference, how far and how surely. */
import { domainDrift, frameDrift, type DomainDrift, type FrameDrift } from '../../learners/index.ts'
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

function readableDomain(domain: DomainDrift | null): string {
  if (domain === null) return 'all columns together: too few rows to say'
  const { auc, interval, columns, verdict } = domain
  const by = columns.slice(0, 3).map(({ column }) => column)
  return (
    `all columns together: a model tells the files apart with an AUC of ${auc.toFixed(3)} ` +
    `(${interval.map((end) => end.toFixed(3)).join(' to ')}): ${verdict}` +
    (verdict === 'stable' || by.length === 0 ? '' : `, by ${by.join(', ')}`)
  )
}

function readable({ columns, verdict }: FrameDrift, domain: DomainDrift | null): string {
  const width = Math.max(6, ...columns.map(({ column }) => column.length))
  const line = (cells: string[]) =>
    [cells[0]!.padEnd(width), ...cells.slice(1).map((cell) => cell.padStart(11))].join(' ')
  return [
    line(['column', 'psi', 'statistic', 'test', 'p adjusted', 'verdict']),
    ...columns.map((c) =>
      line([c.column, number(c.psi), number(c.statistic), c.test, number(c.pAdjusted), c.verdict]),
    ),
    `verdict: ${verdict}`,
    readableDomain(domain),
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
      const domain = domainDrift(reference, current)
      const document = {
        columns: result.columns.map(({ pAdjusted, ...rest }) => ({
          ...rest,
          p_adjusted: pAdjusted,
        })),
        verdict: result.verdict,
        domain,
      }
      terminal.result(document, () => readable(result, domain))
    })
}
