/** `import leads`: leads with their attributes, as declared by a mapping. */
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Compile } from 'typebox/compile'
import { CONTACT_ROLES, type LeadMapping } from '../../contract/index.ts'
import { Identifier, mayEnterModels, type Json } from '../../core/index.ts'
import { parseNumber, type RawColumn, type RawTable } from '../../learners/index.ts'
import { SetupError, toE164 } from '../../platform/index.ts'
import {
  addressesOf,
  declareAttributes,
  findErased,
  importLeads,
  nameLeads,
  type ImportedLead,
  type NamedIdentity,
} from '../../store/index.ts'
import {
  checkMapping,
  choicesOf,
  declarationsOf,
  faultOf,
  guarded,
  guessMapping,
  nameOfRole,
} from './lead-mapping.ts'
import type { ImportKind, ImportRequest } from './kinds.ts'
import { outcomeIn, type OutcomeMapping } from './outcome-column.ts'
import { writeRejections, type Rejection } from './rejections.ts'
import { readTableFile, type TableFile } from './table-file.ts'

const BATCH = 1_000
/** Of a dry run. */
const REJECTIONS_SHOWN = 1_000
const identifier = Compile(Identifier)

async function mappingOf(request: ImportRequest, table: RawTable): Promise<LeadMapping> {
  const { mapping: path } = request
  if (path === undefined) return guessMapping(table)
  let document: unknown
  try {
    document = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new SetupError(`${path}: ${(error as Error).message}`)
  }
  const inner =
    typeof document === 'object' && document !== null && 'mapping' in document
      ? document.mapping
      : document
  return guarded(checkMapping(inner, table, path), table)
}

const ROLE_WORDS = {
  lead_id: 'identifies the lead',
  converted: 'what became of it',
  name: 'its name',
  email: 'its e-mail address',
  phone: 'its phone',
} as const
const NAME_MAX = 500

function outcomesOf({ positive, open = [] }: OutcomeMapping): string {
  const still = open.map((value) => `"${value}"`).join(', ')
  return `: "${positive}" converted${still === '' ? '' : `, ${still} still open`}, others did not`
}

function describe(mapping: LeadMapping): string {
  const width = Math.max(...Object.keys(mapping.columns).map((name) => name.length))
  return Object.entries(mapping.columns)
    .map(([name, column]) => {
      const said =
        column.as === 'attribute'
          ? `${column.type}, known ${column.known_at.replace('_', ' ')}, ${column.policy}` +
            (column.suspicion === undefined ? '' : `  ! ${column.suspicion}`)
          : column.as === 'ignore'
            ? `left out: ${column.reason ?? 'by the mapping'}`
            : ROLE_WORDS[column.as] + (column.as === 'converted' ? outcomesOf(column) : '')
      return `  ${name.padEnd(width)}  ${said}`
    })
    .join('\n')
}

/** Asks about every suspicious column; on a terminal only. */
async function confirm(mapping: LeadMapping): Promise<LeadMapping> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const columns = { ...mapping.columns }
  try {
    for (const [name, column] of Object.entries(columns)) {
      if (column.as !== 'attribute' || column.suspicion === undefined || column.confirmed === true)
        continue
      const answer = await lines.question(
        `"${name}" is ${column.suspicion}.\n` +
          'Was it really known before the outcome, so that models may use it? [y/N] ',
      )
      const early = /^y(es)?$/i.test(answer.trim())
      columns[name] = {
        ...column,
        known_at: early ? 'before_contact' : 'after_outcome',
        confirmed: true,
      }
    }
  } finally {
    lines.close()
  }
  return { columns }
}

const cell = ({ codes, levels }: RawColumn, row: number): string | null =>
  codes[row]! < 0 ? null : levels[codes[row]!]!

interface Parsed {
  readonly leads: readonly ImportedLead[]
  readonly rejected: readonly Rejection[]
}

/** Names one after the other, addresses as they are written. */
function contactOf(table: RawTable, mapping: LeadMapping, row: number): Record<string, string> {
  const said = (role: (typeof CONTACT_ROLES)[number]): string =>
    table.columns
      .filter(({ name }) => mapping.columns[name]?.as === role)
      .flatMap((column) => cell(column, row)?.trim() ?? [])
      .join(' ')
      .slice(0, NAME_MAX)
  const entries = CONTACT_ROLES.map((role) => [role, said(role)] as const)
  return Object.fromEntries(entries.filter(([, text]) => text !== ''))
}

const ADDRESS = /^[^\s@]{1,64}@[^\s@]{1,189}$/

/** What a lead is found by: e-mail in lower case, phone in E.164. */
function addressedOf({ leadId, attributes: { email, phone } }: ImportedLead) {
  const isAddress = typeof email === 'string' && ADDRESS.test(email)
  return {
    leadId,
    email: isAddress ? email.toLowerCase() : undefined,
    phone: typeof phone === 'string' ? toE164(phone) : undefined,
  }
}

function attributesOf(table: RawTable, mapping: LeadMapping) {
  const columns = table.columns.flatMap((column) => {
    const mapped = mapping.columns[column.name]
    return mapped?.as === 'attribute' ? [{ column, type: mapped.type }] : []
  })
  return (row: number): Record<string, Json> => {
    const attributes: Record<string, Json> = contactOf(table, mapping, row)
    for (const { column, type } of columns) {
      const text = cell(column, row)
      if (text === null) continue
      const value = type === 'number' ? parseNumber(text) : text
      // A text among numbers is kept out: it would be another category of nothing.
      if (typeof value === 'string' || !Number.isNaN(value)) attributes[column.name] = value
    }
    return attributes
  }
}

function parseLeads({ table, lines }: TableFile, mapping: LeadMapping): Parsed {
  const idName = nameOfRole(mapping, 'lead_id')
  if (idName === undefined) return { leads: [], rejected: [] }
  const byName = (name: string | undefined) => table.columns.find((c) => c.name === name)
  const id = byName(idName)!
  const labelName = nameOfRole(mapping, 'converted')
  const label = byName(labelName)
  const labelled = labelName === undefined ? undefined : mapping.columns[labelName]
  const outcomeAt = (row: number) => {
    const text = label === undefined ? null : cell(label, row)
    return text === null || labelled?.as !== 'converted' ? null : outcomeIn(labelled, text)
  }
  const attributes = attributesOf(table, mapping)
  const leads: ImportedLead[] = []
  const rejected: Rejection[] = []
  const firstLine = new Map<string, number>()
  for (let row = 0; row < table.rows; row++) {
    const line = lines[row]!
    const leadId = cell(id, row)
    const reject = (reason: string): void => {
      rejected.push({ line, reason, raw: table.columns.map((column) => cell(column, row) ?? '') })
    }
    if (leadId === null) reject(`"${idName}" is empty`)
    else if (!identifier.Check(leadId) || !leadId.isWellFormed())
      reject(`"${idName}" is too long or holds control characters`)
    else if (firstLine.has(leadId))
      reject(`"${idName}" repeats that of line ${firstLine.get(leadId)}`)
    else {
      firstLine.set(leadId, line)
      leads.push({ leadId, attributes: attributes(row), outcome: outcomeAt(row) })
    }
  }
  return { leads, rejected }
}

const keyOf = ({ kind, value }: NamedIdentity): string => `${kind} ${value}`

async function store(request: ImportRequest, mapping: LeadMapping, leads: readonly ImportedLead[]) {
  const { database, workspaceId, progress } = request
  const counts = { created: 0, changed: 0, unchanged: 0, erased: 0 }
  const bar = progress('importing leads', leads.length)
  await database.withWorkspace(workspaceId, (client) =>
    declareAttributes(client, declarationsOf(mapping)),
  )
  for (let from = 0; from < leads.length; from += BATCH) {
    const part = await database.withWorkspace(workspaceId, async (client) => {
      const batch = leads.slice(from, from + BATCH).map((lead) => ({ lead, ...addressedOf(lead) }))
      const gone = new Set((await findErased(client, batch.flatMap(addressesOf))).map(keyOf))
      const isGone = (one: (typeof batch)[number]) =>
        addressesOf(one).some((n) => gone.has(keyOf(n)))
      const alive = batch.filter((one) => !isGone(one))
      const done = await importLeads(
        client,
        alive.map(({ lead }) => lead),
      )
      await nameLeads(client, alive)
      return { ...done, erased: [...done.erased, ...batch.filter(isGone)] }
    })
    counts.created += part.created
    counts.changed += part.changed
    counts.unchanged += part.unchanged
    counts.erased += part.erased.length
    bar.update(Math.min(leads.length, from + BATCH))
  }
  bar.end()
  return counts
}

/** What models can learn from the outcomes in a file. */
function lesson(known: number, converted: number, open: number): string {
  const still = open === 0 ? '' : ` ${open} are still open and are not learned from.`
  return said(known, converted) + still
}

function said(known: number, converted: number): string {
  if (known === 0)
    return (
      'Nothing says what became of the leads, so nothing can be learned from them: without a ' +
      'model they have no score until outcomes come, and say so.'
    )
  if (converted === 0 || converted === known)
    return (
      `All ${known} leads with an outcome have the same one, so there is nothing to tell apart ` +
      'yet: without a model they have no score but a guess, and say so.'
    )
  return `${converted} of ${known} leads with an outcome converted.`
}

export const leads: ImportKind = async (request) => {
  const file = await readTableFile(request.file)
  const guessed = await mappingOf(request, file.table)
  request.note(`${request.file}: ${file.table.rows} rows, mapped as\n${describe(guessed)}`)
  const mapping = request.interactive && !request.dryRun ? await confirm(guessed) : guessed
  const fault = faultOf(mapping, file.table)
  if (fault !== undefined && !request.dryRun)
    throw new SetupError(`${fault} Edit what --dry-run --json prints, and pass it with --mapping.`)
  const parsed = parseLeads(file, mapping)
  const count = (outcome: ImportedLead['outcome']): number =>
    parsed.leads.filter((lead) => lead.outcome === outcome).length
  const [converted, open] = [count('converted'), count('open')]
  const known = converted + count('not_converted')
  const rejected = [...file.rejected, ...parsed.rejected].sort((a, b) => a.line - b.line)
  const declared = declarationsOf(mapping)
  const left = declared.filter((attribute) => !mayEnterModels(attribute))
  const asked = left.filter(({ suspicion, confirmed }) => suspicion !== null && !confirmed)
  const document = {
    kind: 'leads',
    rows: file.table.rows + file.rejected.length,
    leads: parsed.leads.length,
    labelled: known,
    converted,
    open,
    rejected: rejected.length,
    mapping,
    suspicious: asked.map(({ name, suspicion }) => ({ column: name, reason: suspicion })),
    left_out_of_models: left.map(({ name }) => name),
    undated: 'The file has no dates: models are judged on leads held out by hash, not by time.',
  }
  const names = asked.map(({ name }) => name).join(', ')
  const unsure =
    asked.length === 0
      ? ''
      : `\n${asked.length} columns stay out of every model until somebody confirms that they are ` +
        `known before the outcome: ${names}.\n` +
        'To confirm one, set "known_at": "before_contact" and "confirmed": true in the mapping ' +
        '(--dry-run --json prints it) and import again with --mapping.'
  if (request.dryRun)
    return {
      document: {
        ...document,
        dry_run: true,
        ...(fault !== undefined && { fault }),
        choices: choicesOf(file.table),
        rejections: rejected
          .slice(0, REJECTIONS_SHOWN)
          .map(({ line, reason }) => ({ line, reason })),
      },
      text:
        fault ??
        `${parsed.leads.length} leads would be imported, ${rejected.length} rows rejected. ` +
          lesson(known, converted, open) +
          unsure,
    }
  const counts = await store(request, mapping, parsed.leads)
  const quarantine = await writeRejections(request.file, rejected)
  const where = quarantine === null ? '' : ` (see ${quarantine})`
  return {
    document: { ...document, ...counts, quarantine },
    text:
      `${counts.created} leads created, ${counts.changed} changed, ` +
      `${counts.unchanged} as before; ${rejected.length} rows rejected${where}. ` +
      lesson(known, converted, open) +
      unsure,
  }
}
