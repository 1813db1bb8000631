/** Scores that were announced and are to be written, beside folding and never in bursts. */
import type { Clock } from '../core/index.ts'
import type { LeadScoreRecord, StateKey } from '../store/index.ts'

/**
 * Alone a score is written at once. Where many come, each waits so long, so that a busy lead is
 * written once a second; so many are written at once, as nobody reads of the log what was appended
 * after a transaction began that is still under way (read_log); and so far apart.
 */
const WAIT_MS = 1_000
const WRITTEN_MAX = 64
const PACE_MS = 50

/** Empty once it is written: old tables of a map keep what was in them. */
interface Waiting {
  record: LeadScoreRecord | undefined
  /** Since when one waits for this lead, monotonic. */
  readonly since: number
}

export interface UnsavedScores {
  /** To be written, instead of an older one of its lead. */
  readonly keep: (record: LeadScoreRecord) => void
  readonly has: (lead: StateKey) => boolean
  /** Begins to write what is due; undefined when nothing is, or it is being written already. */
  readonly saveDue: () => Promise<void> | undefined
  /** Writes what waits now, and not what comes meanwhile. */
  readonly saveAll: () => Promise<void>
  readonly clear: () => void
}

const keyOf = ({ workspaceId, personId }: StateKey): string => `${workspaceId}:${personId}`

/** `write` writes some records, all or none; what it throws is thrown on, and nothing is lost. */
export function createUnsavedScores(
  clock: Pick<Clock, 'monotonic'>,
  write: (records: readonly LeadScoreRecord[]) => Promise<void>,
): UnsavedScores {
  /** Those that wait longest first. */
  const waiting = new Map<string, Waiting>()
  let savedAt = -Infinity
  let saving: Promise<void> | undefined

  function keep(record: LeadScoreRecord): void {
    const known = waiting.get(keyOf(record))
    if (known === undefined) waiting.set(keyOf(record), { record, since: clock.monotonic() })
    else known.record = record
  }

  function take(before: number): LeadScoreRecord[] {
    const records: LeadScoreRecord[] = []
    for (const [key, one] of waiting) {
      if (one.since > before || records.length === WRITTEN_MAX) break
      records.push(one.record!)
      one.record = undefined
      waiting.delete(key)
    }
    return records
  }

  async function writeAll(before: number): Promise<void> {
    for (let records = take(before); records.length > 0; records = take(before)) {
      savedAt = clock.monotonic()
      try {
        await write(records)
      } catch (error) {
        // What was computed since is newer.
        for (const record of records) if (!waiting.has(keyOf(record))) keep(record)
        throw error
      }
    }
  }

  /** One writer at a time. */
  function save(before: number): Promise<void> {
    saving = writeAll(before).finally(() => (saving = undefined))
    return saving
  }

  return {
    keep,
    has: (lead) => waiting.has(keyOf(lead)),
    saveDue() {
      const [first] = waiting.values()
      if (saving !== undefined || first === undefined) return undefined
      const now = clock.monotonic()
      const isAlone = first.since > now - PACE_MS && savedAt <= now - WAIT_MS
      if (isAlone) return save(now)
      const isDue = first.since <= now - WAIT_MS && savedAt <= now - PACE_MS
      return isDue ? save(now - WAIT_MS) : undefined
    },
    async saveAll() {
      while (saving !== undefined) await saving.catch(() => undefined)
      await save(clock.monotonic())
    },
    clear: () => waiting.clear(),
  }
}
