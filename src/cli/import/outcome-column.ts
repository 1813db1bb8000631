/**
 * The column of a file that says what became of a lead: which value means that it converted, which
 * that it did not, and which that nobody knows yet: a lead that is still open was not lost.
 */
import type { ColumnMapping } from '../../contract/index.ts'
import { levelCounts, type RawColumn, type RawTable } from '../../learners/index.ts'
import { isPositive, positiveValue, saysNo, saysYes } from '../tabular/labelled-table.ts'

export type OutcomeMapping = Extract<ColumnMapping, { as: 'converted' }>

const LABEL_NAME = new RegExp(
  '^(is[ _-]?)?(converted|conversion|won|purchased|bought|sold|closed|target|outcome|result|' +
    'gekauft|gewonnen|abgeschlossen|achet[eé]|vendu|gagn[eé]|comprado|vendido|ganado)$',
  'i',
)
/** Holds outcomes when its values are some. */
const STATUS_NAME = /^((lead|deal|opportunity|sales?)[ _-]?)?(status|stage|outcome|state)$/i
const WON = /^((closed|deal)[ _-]*)?(won|sold|bought|purchased|converted|closed)$/i
const LOST = new RegExp(
  '^((closed|deal)[ _-]*)?(lost|dead|abandoned|rejected|declined|cancell?ed|withdrawn|archived|' +
    'churned|unqualified|disqualified|not[ _-]*(converted|interested|sold|won|bought|closed))$',
  'i',
)
const OPEN = new RegExp(
  '^(open|new|active|pending|unknown|undecided|in[ _-]*(progress|process|contact|negotiation)|' +
    'ongoing|working|contacted|not[ _-]*contacted|attempted|nurtur\\w*|qualified|waiting|later|' +
    'follow[ _-]*up|under[ _-]*contract|to[ _-]*be[ _-]*determined|tbd|n/?a|\\?+|-+|' +
    'offen|in[ _-]*arbeit|ouverte?|en[ _-]*cours|abiert[oa]|en[ _-]*(curso|proceso)|pendiente)$',
  'i',
)
/** A status with more values than these is none that a person could go through. */
const LEVELS_MAX = 20

const isWon = (value: string): boolean => saysYes(value) || WON.test(value.trim())
const isLost = (value: string): boolean => saysNo(value) || LOST.test(value.trim())
const present = (column: RawColumn): string[] => {
  const counts = levelCounts(column)
  return column.levels.filter((_, code) => counts[code]! > 0)
}

/**
 * Which values mean that the lead is still open. Of two values the other one means no, unless it
 * says otherwise; of more, those that do not say no.
 */
export function openValues(values: readonly string[], positive: string): string[] {
  const others = values.filter((value) => !isPositive(value, positive))
  if (positive === '') return []
  if (others.length === 1) return others.filter((value) => OPEN.test(value.trim()))
  return others.filter((value) => !isLost(value))
}

function outcomeOf(column: RawColumn): OutcomeMapping | undefined {
  const values = present(column)
  const name = column.name.trim()
  const isNamed = LABEL_NAME.test(name)
  if (values.length === 0 || values.length > LEVELS_MAX) return undefined
  if (!isNamed && !STATUS_NAME.test(name)) return undefined
  const won = values.filter(isWon)
  const mapped = (positive: string): OutcomeMapping => ({
    as: 'converted',
    positive,
    open: openValues(values, positive),
  })
  // One value only: nothing can be learned, which is to be said of this column.
  if (isNamed && values.length === 1) return mapped(won[0] ?? 'yes')
  if (won.length === 1 && (isNamed || values.some(isLost))) return mapped(won[0]!)
  return isNamed && values.length === 2 ? mapped(positiveValue(column, undefined)) : undefined
}

/** The first column that says what became of the leads, by its name and values. */
export function findOutcome(
  table: RawTable,
): { readonly name: string; readonly mapped: OutcomeMapping } | undefined {
  for (const column of table.columns) {
    const mapped = outcomeOf(column)
    if (mapped !== undefined) return { name: column.name, mapped }
  }
  return undefined
}

/** A mapping that does not say which values are open, with those that look so. */
export function withOpen(mapped: OutcomeMapping, column: RawColumn | undefined): OutcomeMapping {
  if (mapped.open !== undefined || column === undefined) return mapped
  return { ...mapped, open: openValues(present(column), mapped.positive) }
}

export type LeadOutcome = 'converted' | 'not_converted' | 'open'

/** What a cell of the column says of its lead. */
export function outcomeIn({ positive, open = [] }: OutcomeMapping, value: string): LeadOutcome {
  if (isPositive(value, positive)) return 'converted'
  return open.some((one) => isPositive(value, one)) ? 'open' : 'not_converted'
}

/** The column without the values that are open: its leads tell nothing about outcomes. */
export function decided(column: RawColumn, mapped: OutcomeMapping): RawColumn {
  const isOpen = column.levels.map((level) => outcomeIn(mapped, level) === 'open')
  return { ...column, codes: column.codes.map((code) => (isOpen[code] === true ? -1 : code)) }
}
