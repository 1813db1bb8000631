/** Corrections by people: an entry_undone entry says that another entry of the lead was wrong. */
import { isUndoable } from './event-types.ts'
import type { LogEntry } from './log-entry.ts'

/** The log position that an entry takes back; undefined for every other entry. */
export function undoneBy({ type, body }: LogEntry): number | undefined {
  const target = body.properties?.['target_position']
  return type === 'entry_undone' && typeof target === 'number' ? target : undefined
}

/** The entries that hold, in their order: without those that another one among them took back. */
export function withoutUndone(entries: readonly LogEntry[]): LogEntry[] {
  const undone = new Set(entries.map(undoneBy))
  if (undone.size === 1 && undone.has(undefined)) return [...entries]
  return entries.filter(({ type, position }) => !(undone.has(position) && isUndoable(type)))
}
