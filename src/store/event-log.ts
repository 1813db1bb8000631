/** The event log: the one way in (append_events) and the ways out. SQL: migrations/0036. */
import { LRUCache } from 'lru-cache'
import { eventTypeOfCode, type EntryBody, type LogEntry } from '../core/index.ts'
import {
  bigintArray,
  bits64Array,
  intArray,
  jsonbArray,
  smallintArray,
  textArray,
  timestampArray,
  uuidArray,
} from './binary-arrays.ts'
import type { Queryable } from './connection.ts'

/** Kinds of names a person is known by (identities.kind). */
export const IDENTITY_KIND = { lead: 1, anonymous: 2, email: 3, phone: 4, external: 5 } as const

export type IdentityKind = (typeof IDENTITY_KIND)[keyof typeof IDENTITY_KIND]

/** One validated event, ready to append. */
export interface LogRow {
  readonly workspaceId: number
  /** Digest of the event_id in 32 hexadecimal digits; '' without one. */
  readonly key: string
  /** 64 bits of a hash of the canonical body, as 16 hexadecimal digits. */
  readonly bodyHash: string
  readonly identityKind: IdentityKind
  readonly identity: string
  readonly type: number
  /** Event time, milliseconds since the epoch. */
  readonly time: number
  /** '' without one. */
  readonly propertyId: string
  /** JSON text of the EntryBody, without `frozen`. */
  readonly body: string
}

export type AppendStatus = 'accepted' | 'duplicate' | 'conflict' | 'erased'

export interface AppendResult {
  readonly status: AppendStatus
  /** Log position; for a duplicate that of the original, for conflict and erased 0. */
  readonly position: number
}

const STATUS: Record<number, AppendStatus> = { 1: 'duplicate', 2: 'conflict', 3: 'erased' }

/**
 * What a writer of the log remembers between its appends; only ever a shortcut. Person ids are
 * never rewritten: what is remembered holds until an erasure raises the database's epoch.
 */
export interface AppendMemory {
  /** Person ids by workspace, kind and identity. */
  readonly persons: LRUCache<string, number>
  /** Identity epoch that `persons` belongs to. */
  epoch: number
  /** Appends for which repeated events are expected, since some came lately. */
  careful: number
  /** How often all names were forgotten: an answer from before such a moment teaches none. */
  forgotten: number
}

/** About 150 bytes each. */
const REMEMBERED_MAX = 150_000
/** After a repetition, so many appends sort out each event at once. */
const CAREFUL_APPENDS = 50

export function createAppendMemory(): AppendMemory {
  return { persons: new LRUCache({ max: REMEMBERED_MAX }), epoch: 0, careful: 0, forgotten: 0 }
}

/** Drops the names: after an erasure none of them may stay in memory. */
export function forgetPersons(memory: AppendMemory): void {
  memory.forgotten++
  memory.persons.clear()
}

const NOBODY: ReadonlyMap<number, string> = new Map()

const nameOf = ({ workspaceId, identityKind, identity }: LogRow): string =>
  `${workspaceId}:${identityKind}:${identity}`

interface AppendAnswer {
  first_position: string
  indexes: number[]
  statuses: number[]
  originals: (string | null)[]
  persons: (string | null)[] | null
  epoch: string
}

/** Takes note of an answer; `names` are those of the unknown persons, by their row. */
function remember(
  memory: AppendMemory,
  answer: AppendAnswer,
  names: ReadonlyMap<number, string>,
): void {
  const epoch = Number(answer.epoch)
  if (epoch > memory.epoch) {
    memory.persons.clear()
    memory.epoch = epoch
  }
  // A later append may have seen an erasure already.
  if (epoch === memory.epoch && answer.persons !== null)
    for (const [i, name] of names) {
      const person = answer.persons[i]
      if (typeof person === 'string') memory.persons.set(name, Number(person))
    }
  if (answer.indexes.length > 0) memory.careful = CAREFUL_APPENDS
  else if (memory.careful > 0) memory.careful--
}

/**
 * Appends rows of any workspaces in one transaction, durable when the promise resolves. Results
 * stand in the order of `rows`. Never call it inside another transaction. A writer that appends
 * again and again passes one `memory` to all of its calls.
 */
export async function appendRows(
  client: Queryable,
  rows: readonly LogRow[],
  memory: AppendMemory = createAppendMemory(),
): Promise<AppendResult[]> {
  const unknown = new Map<number, string>()
  const before = memory.forgotten
  const persons = rows.map((row, i) => {
    const name = nameOf(row)
    const person = memory.persons.get(name)
    if (person === undefined) unknown.set(i, name)
    return person ?? null
  })
  const answer = await client.query<AppendAnswer>({
    name: 'append_events',
    text: 'select * from append_events($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)',
    values: [
      intArray(rows.map((row) => row.workspaceId)),
      uuidArray(rows.map((row) => row.key)),
      bits64Array(rows.map((row) => row.bodyHash)),
      smallintArray(rows.map((row) => row.identityKind)),
      textArray(rows.map((row) => row.identity)),
      smallintArray(rows.map((row) => row.type)),
      timestampArray(rows.map((row) => row.time)),
      textArray(rows.map((row) => row.propertyId)),
      jsonbArray(rows.map((row) => row.body)),
      bigintArray(persons),
      memory.epoch,
      memory.careful > 0,
    ],
  })
  remember(memory, answer.rows[0]!, memory.forgotten === before ? unknown : NOBODY)
  const { first_position, indexes, statuses, originals } = answer.rows[0]!
  const first = Number(first_position)
  const results = rows.map((_, i): AppendResult => ({ status: 'accepted', position: first + i }))
  indexes.forEach((index, i) => {
    const status = STATUS[statuses[i] ?? 0] ?? 'conflict'
    results[index] = {
      status,
      position: status === 'duplicate' ? Number(originals[i] ?? 0) : 0,
    }
  })
  return results
}

export interface EntryRow {
  workspace_id: number
  position: string
  person_id: string
  type: number
  event_time: number
  received_at: number
  body: string
}

/** Undefined for a type that this version does not know. */
export function toEntry(row: EntryRow): LogEntry | undefined {
  const type = eventTypeOfCode(row.type)
  if (type === undefined) return undefined
  return {
    position: Number(row.position),
    workspaceId: row.workspace_id,
    personId: Number(row.person_id),
    type,
    eventTime: Math.round(row.event_time),
    receivedAt: Math.round(row.received_at),
    body: JSON.parse(row.body) as EntryBody,
  }
}

export interface LogSlice {
  readonly entries: LogEntry[]
  /** Read on from here; equal to `after` when nothing was readable. */
  readonly cursor: number
}

/**
 * Entries of all workspaces after a position, in order, as far as the log can no longer change
 * below (see append_events). Entries of types this version does not know are passed over.
 */
export async function readLog(client: Queryable, after: number, limit: number): Promise<LogSlice> {
  const answer = await client.query<EntryRow>({
    name: 'read_log',
    text: 'select * from read_log($1, $2)',
    values: [after, limit],
  })
  const last = answer.rows.at(-1)
  return {
    entries: answer.rows.map(toEntry).filter((entry) => entry !== undefined),
    cursor: last === undefined ? after : Number(last.position),
  }
}

/** Everything that counts for a person as known at `position`, in log order. */
export async function readPerson(
  client: Queryable,
  workspaceId: number,
  personId: number,
  position: number,
): Promise<LogEntry[]> {
  const answer = await client.query<EntryRow>({
    name: 'read_person',
    text: 'select * from read_person($1, $2, $3)',
    values: [workspaceId, personId, position],
  })
  return answer.rows.map(toEntry).filter((entry) => entry !== undefined)
}

/**
 * As readPerson, of several persons of a workspace at once; those without entries are left out.
 * `position`: one for all, or one for each. With `types` only entries of those codes.
 */
export async function readPersons(
  client: Queryable,
  workspaceId: number,
  personIds: readonly number[],
  position: number | readonly number[],
  types: readonly number[] | null = null,
): Promise<Map<number, LogEntry[]>> {
  const answer = await client.query<EntryRow & { asked: string }>({
    name: 'read_persons',
    text: 'select * from read_persons($1, $2, $3, $4)',
    values: [
      workspaceId,
      personIds,
      typeof position === 'number' ? personIds.map(() => position) : position,
      types,
    ],
  })
  const entries = new Map<number, LogEntry[]>()
  for (const row of answer.rows) {
    const entry = toEntry(row)
    const person = Number(row.asked)
    if (entry === undefined) continue
    const known = entries.get(person)
    if (known === undefined) entries.set(person, [entry])
    else known.push(entry)
  }
  return entries
}

/** Which of these keys of event_ids are taken. Needs a client inside withWorkspace. */
export async function knownKeys(
  client: Queryable,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ key: string }>(
    `select replace(event_key::text, '-', '') as key from event_keys
     where workspace_id = current_workspace() and event_key = any($1::uuid[])`,
    [keys],
  )
  return new Set(rows.map(({ key }) => key))
}
