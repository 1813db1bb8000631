/** Notes of GoHighLevel as entries of the log, with their dates. */
import { EVENT_TYPES } from '../../core/index.ts'
import { bodyHash, canonicalJson, eventKey } from '../../events/index.ts'
import {
  appendRows,
  declareHistory,
  IDENTITY_KIND,
  type AppendMemory,
  type Database,
  type LogRow,
} from '../../store/index.ts'
import type { GhlNote } from './records.ts'
import { instantOf } from './times.ts'

const TEXT_MAX = 10_000

interface NoteOf {
  readonly note: GhlNote
  readonly leadId: string
}

function rowOf(workspaceId: number, { note, leadId }: NoteOf, zone?: string): LogRow | undefined {
  const time = instantOf(note.dateAdded, zone)
  const text = (note.body ?? '').slice(0, TEXT_MAX).replaceAll('\u0000', '').toWellFormed()
  if (time === undefined || text.trim() === '') return undefined
  const event_id = `ghl-note-${note.id}`
  const by = note.userId == null ? 'ghl' : `ghl:${note.userId}`
  return {
    workspaceId,
    key: eventKey(event_id),
    // Of the name alone: a note that was edited later is the same note, and is kept as it was.
    bodyHash: bodyHash(event_id),
    identityKind: IDENTITY_KIND.lead,
    identity: leadId,
    type: EVENT_TYPES.note_added.code,
    time,
    propertyId: '',
    body: canonicalJson({ context: { source: 'ghl' }, event_id, properties: { text, by } }),
  }
}

export interface AppendNotes {
  readonly database: Pick<Database, 'app' | 'withWorkspace'>
  readonly workspaceId: number
  readonly memory: AppendMemory
  readonly history: boolean
  readonly zone: string | undefined
}

/** Appends notes; answers how many are new. */
export async function appendNotes(to: AppendNotes, notes: readonly NoteOf[]): Promise<number> {
  const { database, workspaceId, memory, history, zone } = to
  const rows = notes.flatMap((note) => rowOf(workspaceId, note, zone) ?? [])
  if (rows.length === 0) return 0
  const client = await database.app.connect()
  let broken = true
  let results
  try {
    results = await appendRows(client, rows, memory)
    broken = false
  } finally {
    client.release(broken)
  }
  if (history) {
    const positions = results.flatMap(({ status, position }) =>
      status === 'accepted' || status === 'duplicate' ? [position] : [],
    )
    await database.withWorkspace(workspaceId, (c) => declareHistory(c, positions))
  }
  return results.filter(({ status }) => status === 'accepted').length
}
