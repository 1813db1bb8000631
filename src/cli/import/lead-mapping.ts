/**
 * Which column of a file of leads is what: guessed from names and values, shown, and edited as the
 * JSON document that `--dry-run --json` prints and `--mapping` reads.
 */
import { Compile } from 'typebox/compile'
import { LeadMapping, type ColumnMapping } from '../../contract/index.ts'
import { policyOfColumn, type DeclaredAttribute } from '../../core/index.ts'
import {
  findLeaks,
  inferColumns,
  type ColumnPlan,
  type RawTable,
  type Suspicion,
} from '../../learners/index.ts'
import { SetupError } from '../../platform/index.ts'
import { isPositive, labelled } from '../tabular/labelled-table.ts'
import { decided, findOutcome, withOpen } from './outcome-column.ts'

const checker = Compile(LeadMapping)

const ID_NAME = /^((lead|prospect|contact|customer|client|person|record)[ _-]?)?(id|uuid|guid)$/i
/** What other systems and languages call it; taken when it differs in every row. */
const KEY_NAME =
  /(^|[ _-])(id|no|nr|num|ref(erence)?|key|code)\.?$|(id|nummer|number|numero|número|numéro)$/i
const FULL_NAME = /^((full|contact|lead|client|customer)[ _-]?)?name$/i
const PART_OF_NAME = /^(first|middle|last|given|family|sur)[ _-]?name$|^(vor|nach)name$/i
const EMAIL = /^(primary[ _-]?)?e-?mail([ _-]?address)?$/i
const PHONE = /^(primary[ _-]?)?(phone|mobile|cell|tele(ph|f)on)([ _-]?(number|phone|no))?$/i
const PERSON_NAME = /^(full|first|last|middle)?[ _-]?name$|^(e-?mail|phone|mobile)/i
/** Rows of a usable identifier column that differ; repeated ones are quarantined. */
const LEAST_DISTINCT = 0.5

/** The column that names the lead: named like one, and the most different from row to row. */
function findId(table: RawTable): string | undefined {
  const named = table.columns
    .filter(({ name }) => ID_NAME.test(name.trim()))
    .filter(({ levels }) => levels.length >= LEAST_DISTINCT * table.rows)
    .sort((a, b) => b.levels.length - a.levels.length)[0]
  const keys = table.columns
    .filter(({ name }) => KEY_NAME.test(name.trim()) && !PERSON_NAME.test(name.trim()))
    .filter(({ levels }) => table.rows > 0 && levels.length === table.rows)
  return (named ?? keys[0])?.name
}

/** How leads are called and reached: a whole name before its parts, one address of each kind. */
function findContacts(table: RawTable): ReadonlyMap<string, ColumnMapping> {
  const named = (pattern: RegExp) =>
    table.columns.map(({ name }) => name).filter((name) => pattern.test(name.trim()))
  const whole = named(FULL_NAME).slice(0, 1)
  const names = whole.length > 0 ? whole : named(PART_OF_NAME)
  return new Map<string, ColumnMapping>([
    ...names.map((name) => [name, { as: 'name' }] as const),
    ...named(EMAIL)
      .slice(0, 1)
      .map((name) => [name, { as: 'email' }] as const),
    ...named(PHONE)
      .slice(0, 1)
      .map((name) => [name, { as: 'phone' }] as const),
  ])
}

function attributeOf(name: string, plan: ColumnPlan, found: Suspicion | undefined): ColumnMapping {
  if (plan.kind === 'unused') return { as: 'ignore', reason: plan.reason }
  if (found?.kind === 'identifier') return { as: 'ignore', reason: found.reason }
  if (PERSON_NAME.test(name.trim())) return { as: 'ignore', reason: 'names a person' }
  if (plan.kind === 'date' || plan.kind === 'text')
    return { as: 'ignore', reason: plan.kind === 'date' ? 'a date' : 'free text' }
  return {
    as: 'attribute',
    type: plan.kind === 'numeric' ? 'number' : 'category',
    known_at: found === undefined ? 'before_contact' : 'after_outcome',
    policy: policyOfColumn(name),
    ...(found !== undefined && { suspicion: `${found.level}: ${found.reason}`, confirmed: false }),
  }
}

/** What each column is like, and which look as if they were known only after the outcome. */
function judged(table: RawTable, label: ReturnType<typeof findOutcome>) {
  const column = table.columns.find(({ name }) => name === label?.name)
  if (label === undefined || column === undefined) return { plans: inferColumns(table), leaks: [] }
  const { mapped } = label
  const known = labelled(table, decided(column, mapped), mapped.positive)
  const plans = inferColumns(known.table)
  return { plans, leaks: findLeaks(known.table, plans, known.labels) }
}

/**
 * A mapping made by hand under the leak guard: what looks suspicious and was not confirmed says so,
 * and so stays out of every model. It says which outcomes are open, too.
 */
export function guarded(mapping: LeadMapping, table: RawTable): LeadMapping {
  const name = nameOfRole(mapping, 'converted')
  const given = name === undefined ? undefined : mapping.columns[name]
  if (name === undefined || given?.as !== 'converted') return mapping
  const mapped = withOpen(
    given,
    table.columns.find((column) => column.name === name),
  )
  const { leaks } = judged(table, { name, mapped })
  const columns: LeadMapping['columns'] = { ...mapping.columns, [name]: mapped }
  for (const { column, level, reason } of leaks) {
    const mapped = columns[column]
    if (mapped?.as === 'attribute' && mapped.suspicion === undefined && mapped.confirmed !== true)
      columns[column] = { ...mapped, suspicion: `${level}: ${reason}`, confirmed: false }
  }
  return { columns }
}

/** Distinct values of a column at most, from which a person may choose. */
const CHOICES_MAX = 20

/** The values of the columns that have few, for choosing which says that the lead converted. */
export const choicesOf = ({ columns }: RawTable): Record<string, string[]> =>
  Object.fromEntries(
    columns
      .filter(({ levels }) => levels.length > 0 && levels.length <= CHOICES_MAX)
      .map(({ name, levels }) => [name, [...levels]]),
  )

const some = (values: readonly string[]): string =>
  values
    .slice(0, 8)
    .map((value) => `"${value.slice(0, 40)}"`)
    .join(', ') + (values.length > 8 ? ', …' : '')

/** Why nothing can be imported as mapped, and what to do; undefined: it can. */
export function faultOf(mapping: LeadMapping, table: RawTable): string | undefined {
  if (table.rows === 0) return 'The file has a header and no rows: export it again with its rows.'
  if (nameOfRole(mapping, 'lead_id') === undefined)
    return (
      'No column identifies the lead: choose the one that differs in every row (a number or a ' +
      'code, else the e-mail address).'
    )
  const name = nameOfRole(mapping, 'converted')
  const label = name === undefined ? undefined : mapping.columns[name]
  if (name === undefined || label?.as !== 'converted') return undefined
  const levels = table.columns.find((column) => column.name === name)?.levels ?? []
  const isThere = levels.some((level) => isPositive(level, label.positive))
  if (isThere || (levels.length <= 1 && label.positive !== '')) return undefined
  return (
    (label.positive === ''
      ? `"${name}" holds ${some(levels)}`
      : `"${label.positive}" does not occur in "${name}", which holds ${some(levels)}`) +
    ': say which of them means that the lead converted.'
  )
}

/** A mapping guessed from the table. Suspicious columns count as known too late until confirmed. */
export function guessMapping(table: RawTable): LeadMapping {
  const id = findId(table)
  const label = findOutcome(table)
  const columns: LeadMapping['columns'] = {}
  const contacts = findContacts(table)
  const { plans, leaks } = judged(table, label)
  for (const { name } of table.columns) {
    if (name === id) columns[name] = { as: 'lead_id' }
    else if (name === label?.name) columns[name] = label.mapped
    else
      columns[name] =
        contacts.get(name) ??
        attributeOf(
          name,
          plans.find((plan) => plan.name === name)!,
          leaks.find(({ column }) => column === name),
        )
  }
  return { columns }
}

/** @throws SetupError when the document is no mapping of this table. */
export function checkMapping(document: unknown, table: RawTable, path: string): LeadMapping {
  if (!checker.Check(document)) {
    const [fault] = checker.Errors(document)
    throw new SetupError(
      `${path}: ${fault?.instancePath || '/'} ${fault?.message ?? 'is no mapping'}. ` +
        'Start from what import leads FILE --dry-run --json prints as "mapping".',
    )
  }
  const names = new Set(table.columns.map(({ name }) => name))
  for (const name of Object.keys(document.columns))
    if (!names.has(name)) throw new SetupError(`${path}: the file has no column "${name}"`)
  const roles = Object.values(document.columns).map((column) => column.as)
  for (const role of ['lead_id', 'converted', 'email', 'phone'] as const)
    if (roles.filter((as) => as === role).length > 1)
      throw new SetupError(`${path}: two columns are mapped as ${role}`)
  return document
}

export function nameOfRole(mapping: LeadMapping, role: ColumnMapping['as']): string | undefined {
  return Object.entries(mapping.columns).find(([, column]) => column.as === role)?.[0]
}

/** The declarations that a mapping makes. */
export function declarationsOf(mapping: LeadMapping): DeclaredAttribute[] {
  return Object.entries(mapping.columns).flatMap(([name, column]) =>
    column.as !== 'attribute'
      ? []
      : [
          {
            name,
            label: column.label ?? name,
            type: column.type,
            policy: column.policy,
            knownAt: column.known_at,
            suspicion: column.suspicion ?? null,
            confirmed: column.confirmed ?? false,
          },
        ],
  )
}
