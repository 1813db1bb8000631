/** Which column of a table of events is what. */
import { readFile } from 'node:fs/promises'
import { SetupError } from '../../platform/index.ts'

/** A field of the event, `properties.NAME`, `context.NAME` or `ignore`. */
export type EventColumns = Readonly<Record<string, string>>

const FIELDS = [
  'event_id',
  'lead_id',
  'anonymous_id',
  'type',
  'timestamp',
  'duration_seconds',
  'property_id',
  'properties',
  'context',
] as const

/** Names in lower case without spaces, underscores, dots and hyphens. */
const COMMON: Readonly<Record<string, readonly string[]>> = {
  event_id: ['id', 'messageid', 'uuid'],
  lead_id: ['userid', 'contactid', 'customerid', 'personid', 'lead', 'prospectid'],
  anonymous_id: ['visitorid', 'deviceid', 'clientid', 'cookieid'],
  properties: ['details'],
  type: ['event', 'eventtype', 'eventname', 'action', 'activity', 'outcometype', 'outcome'],
  timestamp: ['time', 'date', 'datetime', 'occurredat', 'createdat', 'eventtime', 'at'],
  duration_seconds: ['duration', 'seconds', 'dwelltime'],
  property_id: ['listingid', 'propertyid', 'mlsnumber', 'mlsid', 'home'],
  'context.device_type': ['device', 'devicetype'],
  'context.session_id': ['session', 'sessionid', 'visitid'],
  'context.traffic_source': ['trafficsource', 'utmsource', 'referrer', 'channel'],
  'context.campaign_id': ['campaign', 'campaignid', 'utmcampaign'],
}

const bare = (name: string): string => name.toLowerCase().replace(/[\s_.-]/g, '')

export function guessEventColumns(header: readonly string[]): EventColumns {
  const targets = [...FIELDS, ...Object.keys(COMMON)]
  const taken = new Set<string>()
  const columns: Record<string, string> = {}
  const claim = (column: string, target: string | undefined): boolean => {
    if (target === undefined || taken.has(target)) return false
    taken.add(target)
    columns[column] = target
    return true
  }
  // Its own name first, wherever it stands, then the names that are common.
  const left = header.filter(
    (column) =>
      !claim(
        column,
        targets.find((target) => bare(target) === bare(column)),
      ),
  )
  for (const column of left) {
    const known = Object.keys(COMMON).find((target) => COMMON[target]!.includes(bare(column)))
    if (!claim(column, known))
      columns[column] = /^(properties|context)\./.test(column) ? column : `properties.${column}`
  }
  return columns
}

function isTarget(target: unknown): target is string {
  return (
    typeof target === 'string' &&
    (target === 'ignore' ||
      (FIELDS as readonly string[]).includes(target) ||
      /^(properties|context)\..+/.test(target))
  )
}

/** @throws SetupError when no event can come of such rows. */
function complete(columns: EventColumns): EventColumns {
  const targets = new Set(Object.values(columns))
  const missing = ['type', 'timestamp'].filter((field) => !targets.has(field))
  if (!targets.has('lead_id') && !targets.has('anonymous_id')) missing.push('lead_id')
  if (missing.length === 0) return columns
  throw new SetupError(
    `No column is the event's ${missing.join(', nor its ')}. Name them in a file for --mapping, ` +
      `such as {"columns": {"Contact": "lead_id", "Action": "type", "When": "timestamp"}}.`,
  )
}

/** @throws SetupError when the document is no mapping of this table, or the table has no events. */
export async function eventColumns(
  path: string | undefined,
  header: readonly string[],
): Promise<EventColumns> {
  if (path === undefined) return complete(guessEventColumns(header))
  let document: { mapping?: { columns?: unknown }; columns?: unknown } | null
  try {
    document = JSON.parse(await readFile(path, 'utf8')) as typeof document
  } catch (error) {
    throw new SetupError(`${path}: ${(error as Error).message}`)
  }
  const columns = document?.mapping?.columns ?? document?.columns
  if (typeof columns !== 'object' || columns === null)
    throw new SetupError(`${path}: expected {"columns": {"column of the file": "field"}}`)
  for (const [column, target] of Object.entries(columns)) {
    if (!header.includes(column))
      throw new SetupError(`${path}: the file has no column "${column}"`)
    if (!isTarget(target))
      throw new SetupError(
        `${path}: "${String(target)}" is none of ${FIELDS.join(', ')}, properties.NAME, ` +
          'context.NAME, ignore',
      )
  }
  return complete(columns as EventColumns)
}

/** Texts of a table as JSON values: plain numbers, true and false are what they look like. */
function valueOf(text: string): unknown {
  if (/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text)) return Number(text)
  if (text === 'true' || text === 'false') return text === 'true'
  return text
}

/**
 * One row as an event, not yet checked.
 * @throws SyntaxError for properties or context that are no JSON.
 */
export function eventOfRow(
  columns: EventColumns,
  header: readonly string[],
  cells: readonly string[],
): Record<string, unknown> {
  const event: Record<string, unknown> = {}
  const inner: Record<string, Record<string, unknown>> = {}
  header.forEach((column, i) => {
    const target = columns[column]
    const text = cells[i] ?? ''
    if (target === undefined || target === 'ignore' || text === '') return
    const dot = target.indexOf('.')
    if (target === 'properties' || target === 'context')
      inner[target] = { ...(JSON.parse(text) as object), ...inner[target] }
    else if (dot > 0) {
      const part = target.slice(0, dot)
      const name = target.slice(dot + 1)
      // Identifiers stay texts, whatever they look like.
      const value = part === 'context' ? text : valueOf(text)
      inner[part] = { ...inner[part], [name]: value }
    } else event[target] = target === 'duration_seconds' ? Number(text) : text
  })
  return { ...event, ...inner }
}
