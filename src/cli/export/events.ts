/** `export events`: the events of a workspace in the form that `import events` reads. */
import { createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { stringify } from 'csv-stringify/sync'
import {
  IDENTITY_KIND,
  lastPosition,
  readActiveLinks,
  readEvents,
  type ArchivedEvent,
  type ArchivedLink,
  type Database,
} from '../../store/index.ts'

const PAGE = 5_000

export type ExportFormat = 'jsonl' | 'csv'

export interface ExportRequest {
  readonly database: Database
  readonly workspaceId: number
  readonly folder: string
  readonly format: ExportFormat
  readonly onEvents: (written: number, position: number, last: number) => void
}

export interface ExportReport {
  readonly file: string
  readonly events: number
  /** Who counts as which lead: lines of their own, in JSON lines only. */
  readonly links: number
}

/** As POST /v1/events takes it; without an event_id the place in the log names it. */
function eventOf({ position, type, time, leadId, anonymousId, body }: ArchivedEvent) {
  return {
    event_id: body.event_id ?? `log-${position}`,
    ...(leadId === null ? { anonymous_id: anonymousId } : { lead_id: leadId }),
    type,
    timestamp: new Date(time).toISOString(),
    ...(body.duration_seconds !== undefined && { duration_seconds: body.duration_seconds }),
    ...(body.property_id !== undefined && { property_id: body.property_id }),
    ...(body.properties !== undefined && { properties: body.properties }),
    ...(body.context !== undefined && { context: body.context }),
  }
}

const linkOf = ({ fromKind, from, leadId, time }: ArchivedLink) => ({
  link: {
    ...(fromKind === IDENTITY_KIND.lead ? { from_lead_id: from } : { anonymous_id: from }),
    lead_id: leadId,
    timestamp: new Date(time).toISOString(),
  },
})

const COLUMNS = [
  'event_id',
  'lead_id',
  'anonymous_id',
  'type',
  'timestamp',
  'duration_seconds',
  'property_id',
  'properties',
  'context',
]

function rowOf(event: ArchivedEvent): unknown[] {
  const { body, leadId, anonymousId, type, time } = event
  return [
    eventOf(event).event_id,
    leadId,
    anonymousId,
    type,
    new Date(time).toISOString(),
    body.duration_seconds,
    body.property_id,
    body.properties === undefined ? undefined : JSON.stringify(body.properties),
    body.context === undefined ? undefined : JSON.stringify(body.context),
  ]
}

/** Every page of the log as one text. */
async function* texts(
  request: ExportRequest,
  tally: { events: number; links: number },
): AsyncGenerator<string> {
  const { database, workspaceId, format, onEvents } = request
  const inside = <T>(work: Parameters<typeof database.withWorkspace<T>>[1]): Promise<T> =>
    database.withWorkspace(workspaceId, work)
  const last = await inside(lastPosition)
  if (format === 'csv') yield stringify([COLUMNS])
  let cursor = 0
  for (let done = false; !done;) {
    const page = await inside((client) => readEvents(client, cursor, last, PAGE))
    if (page.events.length > 0)
      yield format === 'csv'
        ? stringify(page.events.map(rowOf))
        : page.events.map((event) => `${JSON.stringify(eventOf(event))}\n`).join('')
    tally.events += page.events.length
    cursor = page.cursor
    done = page.done
    onEvents(tally.events, cursor, last)
  }
  if (format === 'csv') return
  const links = await inside(readActiveLinks)
  tally.links = links.length
  for (const link of links) yield `${JSON.stringify(linkOf(link))}\n`
}

/** Writes `events.FORMAT.gz`; an unfinished one never bears that name. */
export async function exportEvents(request: ExportRequest): Promise<ExportReport> {
  await mkdir(request.folder, { recursive: true })
  const file = join(request.folder, `events.${request.format}.gz`)
  const tally = { events: 0, links: 0 }
  await pipeline(
    Readable.from(texts(request, tally)),
    createGzip({ level: 6 }),
    createWriteStream(`${file}.part`, { mode: 0o600 }),
  )
  await rename(`${file}.part`, file)
  return { file, ...tally }
}
