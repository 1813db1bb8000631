/**
 * Records that change after they were read. The log keeps what was told and when: a later version
 * takes back what it contradicts and adds what is new, each as an entry of its own, so that the
 * events that hold are always those of the last version, and what was known before stays known.
 */
import { eventKey } from '../../events/index.ts'
import {
  holdGhlRecords,
  readGhlRecords,
  saveGhlRecords,
  takeBackEvents,
  type Database,
  type GhlRecordKind,
  type KnownRecord,
} from '../../store/index.ts'
import type { GhlEvent, RecordEvent } from './events.ts'
import type { Sink } from './sink.ts'

/** One version of a record. */
export interface ToldRecord {
  readonly id: string
  readonly leadId: string
  /** When it was so, milliseconds since the epoch. */
  readonly toldAt: number
  readonly events: readonly RecordEvent[]
}

type Said = RecordEvent['said']

/** Whether two versions say the same, as far as both say anything. */
const agree = (one: Said, other: Said): boolean =>
  Object.entries(one).every(([key, value]) => (other[key] ?? value) === value)

/** What is known of a record once a version of it was told; undefined when later ones are known. */
export function revise(
  kind: GhlRecordKind,
  before: KnownRecord | undefined,
  { id, leadId, toldAt, events }: ToldRecord,
): KnownRecord | undefined {
  if (before !== undefined && toldAt < before.toldAt) return undefined
  const isSameLead = before?.leadId === leadId
  const entries = (before?.entries ?? []).map((entry) => ({ ...entry, holds: false }))
  const issued = { ...before?.issued }
  for (const { what, type, at, isDated, said } of events) {
    const place = (before?.entries ?? []).findIndex(
      (entry) => isSameLead && entry.holds && entry.what === what && entry.type === type,
    )
    const known = entries[place]
    if (known !== undefined && agree(known.said, said)) {
      entries[place] = { ...known, said: { ...said, ...known.said }, holds: true }
      continue
    }
    const count = (issued[what] ?? 0) + 1
    issued[what] = count
    const eventId = `ghl-${kind}-${id}-${what}${count === 1 ? '' : `-${count}`}`
    entries.push({ eventId, what, type, at: isDated ? at : (known?.at ?? at), said, holds: true })
  }
  return { id, leadId, toldAt, entries, issued }
}

/** The events that hold, as the log takes them. */
function eventsOf({ leadId, entries }: KnownRecord, told: ToldRecord): GhlEvent[] {
  return told.events.flatMap(({ what, type, properties, context }): GhlEvent[] => {
    const entry = entries.find((one) => one.holds && one.what === what)
    if (entry === undefined) return []
    const timestamp = new Date(entry.at).toISOString()
    return [{ event_id: entry.eventId, lead_id: leadId, type, timestamp, properties, context }]
  })
}

export interface TakeRecords {
  readonly database: Pick<Database, 'withWorkspace'>
  readonly workspaceId: number
  readonly sink: Sink
}

/** Takes back what no longer holds, once it is in the log: another process may be adding it now. */
async function takeBack(
  { database, workspaceId }: TakeRecords,
  kind: GhlRecordKind,
  ids: readonly string[],
): Promise<void> {
  await database.withWorkspace(workspaceId, async (client) => {
    await holdGhlRecords(client)
    const known = [...(await readGhlRecords(client, kind, ids)).values()]
    const due = known.flatMap(({ entries }) => entries.filter(({ holds }) => !holds))
    if (due.length === 0) return
    const keys = due.map(({ eventId }) => eventKey(eventId))
    const there = await takeBackEvents(client, workspaceId, keys, 'ghl')
    const isOver = (eventId: string): boolean => there.has(eventKey(eventId))
    const left = known.map((record) => ({
      ...record,
      entries: record.entries.filter(({ eventId, holds }) => holds || !isOver(eventId)),
    }))
    await saveGhlRecords(client, kind, left)
  })
}

/**
 * Takes versions of records in, those of the same record in the order they were told; durable when
 * it resolves, and the same again when it was cut off. Answers how many were new to us.
 * @param line names them where the log refuses one
 */
export async function takeRecords(
  to: TakeRecords,
  kind: GhlRecordKind,
  told: readonly ToldRecord[],
  line?: number,
): Promise<number> {
  const { database, workspaceId, sink } = to
  const ids = [...new Set(told.map(({ id }) => id))]
  const events = await database.withWorkspace(workspaceId, async (client) => {
    await holdGhlRecords(client)
    const known = await readGhlRecords(client, kind, ids)
    const taken = new Map<string, ToldRecord>()
    for (const one of told.toSorted((a, b) => a.toldAt - b.toldAt)) {
      const next = revise(kind, known.get(one.id), one)
      if (next === undefined) continue
      known.set(one.id, next)
      taken.set(one.id, one)
    }
    const changed = [...taken.keys()].map((id) => known.get(id)!)
    await saveGhlRecords(client, kind, changed)
    return changed.flatMap((record) => eventsOf(record, taken.get(record.id)!))
  })
  for (const [number, event] of events.entries()) {
    const isFull = await sink.take({ line: line ?? number, raw: event.event_id, event })
    if (isFull) await sink.flush()
  }
  await sink.flush()
  await takeBack(to, kind, ids)
  return events.length
}
