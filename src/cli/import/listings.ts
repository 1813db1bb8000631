/** `import listings`: listings or sales in RESO names. */
import { readFile } from 'node:fs/promises'
import type { Json } from '../../core/index.ts'
import { parseDate, parseNumber } from '../../learners/index.ts'
import { SetupError } from '../../platform/index.ts'
import { saveListings } from '../../store/index.ts'
import type { ImportKind, ImportRequest } from './kinds.ts'
import { guessListingColumns, LISTING_FIELDS } from './listing-mapping.ts'
import { writeRejections, type Rejection } from './rejections.ts'
import { readTableFile, type TableFile } from './table-file.ts'

const BATCH = 1_000

interface ParsedListing {
  readonly listingId: string
  readonly data: Record<string, Json>
}

async function columnsOf(
  { mapping: path }: ImportRequest,
  header: readonly string[],
): Promise<Record<string, string>> {
  if (path === undefined) return guessListingColumns(header)
  let document: unknown
  try {
    document = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new SetupError(`${path}: ${(error as Error).message}`)
  }
  const { columns } = (document as { mapping?: { columns?: unknown } }).mapping ??
    (document as { columns?: unknown }) ?? { columns: undefined }
  if (typeof columns !== 'object' || columns === null)
    throw new SetupError(`${path}: expected {"columns": {"column of the file": "RESO field"}}`)
  const fields = new Set(LISTING_FIELDS.map(({ field }) => field))
  for (const [column, field] of Object.entries(columns)) {
    if (!header.includes(column))
      throw new SetupError(`${path}: the file has no column "${column}"`)
    if (!fields.has(String(field)))
      throw new SetupError(`${path}: "${String(field)}" is none of ${[...fields].join(', ')}`)
  }
  return columns as Record<string, string>
}

/** A date as ISO 8601; also the basic form 20140502T000000. */
function dateOf(text: string): string | undefined {
  const basic = /^(\d{4})(\d{2})(\d{2})(T\d{6}Z?)?$/.exec(text)
  const at = basic ? Date.parse(`${basic[1]}-${basic[2]}-${basic[3]}`) : parseDate(text)
  return Number.isNaN(at) ? undefined : new Date(at).toISOString().slice(0, 10)
}

const PARSERS: Record<
  (typeof LISTING_FIELDS)[number]['parse'],
  (text: string) => Json | undefined
> = {
  text: (text) => text,
  number: (text) => finite(parseNumber(text)),
  whole: (text) => finite(Math.round(parseNumber(text))),
  yes: (text) => {
    if (/^(y|yes|true|t)$/i.test(text)) return true
    if (/^(n|no|false|f|none)$/i.test(text)) return false
    const number = finite(parseNumber(text))
    // A grade of a view or a count: anything above none is a yes.
    return number === undefined ? undefined : number > 0
  },
  date: dateOf,
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

function parseRow(
  { table }: TableFile,
  row: number,
  columns: Readonly<Record<string, string>>,
): Record<string, Json> | string {
  const data: Record<string, Json> = {}
  for (const { name, codes, levels } of table.columns) {
    const field = LISTING_FIELDS.find((one) => one.field === columns[name])
    const text = codes[row]! < 0 ? undefined : levels[codes[row]!]!
    if (field === undefined || text === undefined) continue
    const value = PARSERS[field.parse](text)
    if (value === undefined) return `"${name}" is no ${field.parse} (${text.slice(0, 60)})`
    if (
      typeof value === 'number' &&
      value < 0 &&
      field.field !== 'Longitude' &&
      field.field !== 'Latitude'
    )
      return `"${name}" is negative`
    data[field.field] = value
  }
  const baths = data['BathroomsTotalDecimal']
  // Rooms with a bath in them: a quarter bath is a room too.
  if (typeof baths === 'number') data['BathroomsTotalInteger'] ??= Math.ceil(baths)
  if (data['YearBuiltEffective'] === 0) delete data['YearBuiltEffective']
  return typeof data['ListingId'] === 'string' ? data : 'no ListingId'
}

/** A home sold twice is two listings: the later sale is named by its day too. */
function parseListings(file: TableFile, columns: Readonly<Record<string, string>>) {
  const listings: ParsedListing[] = []
  const rejected: Rejection[] = []
  const lineOf = new Map<string, number>()
  for (let row = 0; row < file.table.rows; row++) {
    const line = file.lines[row]!
    const data = parseRow(file, row, columns)
    const raw = file.table.columns.map(({ codes, levels }) => levels[codes[row]!] ?? '')
    if (typeof data === 'string') {
      rejected.push({ line, reason: data, raw })
      continue
    }
    const home = data['ListingId'] as string
    const day = data['CloseDate']
    const sale = typeof day === 'string' ? `${home}-${day.replaceAll('-', '')}` : home
    const listingId = lineOf.has(home) ? sale : home
    if (lineOf.has(sale) || lineOf.has(listingId)) {
      rejected.push({ line, reason: `repeats the listing of line ${lineOf.get(sale)}`, raw })
      continue
    }
    lineOf.set(listingId, line)
    lineOf.set(sale, line)
    listings.push({ listingId, data: { ...data, ListingId: listingId } })
  }
  return { listings, rejected }
}

export const listings: ImportKind = async (request) => {
  const file = await readTableFile(request.file)
  const header = file.table.columns.map(({ name }) => name)
  const columns = await columnsOf(request, header)
  const shown = header.map((name) => `  ${name} → ${columns[name] ?? '(left out)'}`).join('\n')
  request.note(`${request.file}: ${file.table.rows} rows, mapped as\n${shown}`)
  if (!Object.values(columns).includes('ListingId'))
    throw new SetupError('No column names the listing: map one to ListingId in a --mapping file.')
  const parsed = parseListings(file, columns)
  const rejected = [...file.rejected, ...parsed.rejected].sort((a, b) => a.line - b.line)
  const document = {
    kind: 'listings',
    rows: file.table.rows + file.rejected.length,
    listings: parsed.listings.length,
    rejected: rejected.length,
    mapping: { columns },
  }
  const said = `${parsed.listings.length} listings`
  if (request.dryRun)
    return {
      document: { ...document, dry_run: true },
      text: `${said} would be imported, ${rejected.length} rows rejected.`,
    }
  const bar = request.progress('importing listings', parsed.listings.length)
  for (let from = 0; from < parsed.listings.length; from += BATCH) {
    await request.database.withWorkspace(request.workspaceId, (client) =>
      saveListings(client, parsed.listings.slice(from, from + BATCH)),
    )
    bar.update(Math.min(parsed.listings.length, from + BATCH))
  }
  bar.end()
  const quarantine = await writeRejections(request.file, rejected)
  const where = quarantine === null ? '' : ` (see ${quarantine})`
  return {
    document: { ...document, quarantine },
    text: `${said} imported, ${rejected.length} rows rejected${where}.`,
  }
}
