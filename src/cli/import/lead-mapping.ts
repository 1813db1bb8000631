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
import { labelled, positiveValue } from '../tabular/labelled-table.ts'

const checker = Compile(LeadMapping)

const ID_NAME = /^((lead|prospect|contact|customer|client|person|record)[ _-]?)?(id|uuid|guid)$/i
const LABEL_NAME = /^(is[ _-]?)?(converted|conversion|won|purchased|bought|closed|target|outcome)$/i
const PERSON_NAME = /^(full|first|last|middle)?[ _-]?name$|^(e-?mail|phone|mobile)/i
/** Rows of a usable identifier column that differ; repeated ones are quarantined. */
const LEAST_DISTINCT = 0.5

/** The column that names the lead: named like one, and the most different from row to row. */
function findId(table: RawTable): string | undefined {
  return table.columns
    .filter(({ name }) => ID_NAME.test(name.trim()))
    .filter(({ levels }) => levels.length >= LEAST_DISTINCT * table.rows)
    .sort((a, b) => b.levels.length - a.levels.length)[0]?.name
}

function findLabel(table: RawTable): { name: string; positive: string } | undefined {
  for (const column of table.columns) {
    if (!LABEL_NAME.test(column.name.trim()) || column.levels.length !== 2) continue
    return { name: column.name, positive: positiveValue(column, undefined) }
  }
  return undefined
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

/** A mapping guessed from the table. Suspicious columns count as known too late until confirmed. */
export function guessMapping(table: RawTable): LeadMapping {
  const id = findId(table)
  const label = findLabel(table)
  const columns: LeadMapping['columns'] = {}
  const known =
    label === undefined
      ? undefined
      : labelled(
          table,
          table.columns.find(({ name }) => name === label.name)!,
          label.positive,
        )
  const seen = known?.table ?? table
  const plans = inferColumns(seen)
  const leaks = known === undefined ? [] : findLeaks(known.table, plans, known.labels)
  for (const { name } of table.columns) {
    if (name === id) columns[name] = { as: 'lead_id' }
    else if (name === label?.name) columns[name] = { as: 'converted', positive: label.positive }
    else
      columns[name] = attributeOf(
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
  for (const role of ['lead_id', 'converted'] as const)
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
