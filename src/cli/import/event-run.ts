/**
 * Events on their way into the log, from a file or from anywhere: checked, named, linked, appended
 * a thousand at a time. What was refused is told with its line.
 */
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Compile } from 'typebox/compile'
import { Identifier } from '../../core/index.ts'
import { acceptEvent, canonicalJson, namesOf, parseEventTime } from '../../events/index.ts'
import { systemClock } from '../../platform/index.ts'
import {
  appendRows,
  areStored,
  createAppendMemory,
  declareHistory,
  IDENTITY_KIND,
  linkIdentities,
  type AppendMemory,
  type Database,
  type LinkResult,
  type LogRow,
} from '../../store/index.ts'
import type { RawEvent } from './event-source.ts'

const BATCH = 1_000
/** History may be older than what is captured live: back to 1970. */
const BACK_DAYS = 36_500

export interface EventCounts {
  accepted: number
  duplicates: number
  links: number
  rejected: number
}

export interface EventRunOptions {
  readonly database: Pick<Database, 'app' | 'withWorkspace'>
  readonly workspaceId: number
  /** Check only. */
  readonly dryRun: boolean
  /** Events were known when they happened: models may learn from them (see declared-history). */
  readonly history: boolean
  readonly counts?: Partial<EventCounts>
  /** What was stored first stands: the same event_id with another content is a duplicate. */
  readonly firstStands?: boolean
  readonly onRejected: (rejected: { line: number; reason: string; raw: unknown }) => void
}

export interface EventRun {
  readonly counts: EventCounts
  /** Takes one in; true when a thousand wait to be flushed. */
  readonly take: (raw: RawEvent) => Promise<boolean>
  /** Stores what waits; durable when it resolves. */
  readonly flush: () => Promise<void>
}

interface Pending {
  readonly raw: RawEvent
  readonly row: LogRow
  readonly names: ReturnType<typeof namesOf>
}

interface Run extends EventRunOptions {
  readonly counts: EventCounts
  readonly memory: AppendMemory
  readonly linked: LRUCache<string, true>
}

const REFUSED = {
  conflict: 'its event_id is stored with another content',
  erased: 'the person was erased',
} as const

/** Without an event_id the content names the event: the same line twice is the same event. */
function identified(event: Record<string, unknown>): Record<string, unknown> {
  if (event['event_id'] !== undefined) return event
  const digest = createHash('sha256').update(canonicalJson(event)).digest('hex')
  return { ...event, event_id: `import-${digest.slice(0, 40)}` }
}

function reject(run: Run, { line, raw }: RawEvent, reason: string): void {
  run.counts.rejected++
  run.onRejected({ line, reason, raw })
}

interface Link {
  readonly from: string
  readonly kind: typeof IDENTITY_KIND.lead | typeof IDENTITY_KIND.anonymous
  readonly leadId: string
  /** When it happened, milliseconds since the epoch; undefined: now. */
  readonly at: number | undefined
}

async function link(run: Run, { from, kind, leadId, at }: Link): Promise<LinkResult> {
  const key = `${kind}\u001f${from}\u001f${leadId}`
  if (run.linked.has(key) || run.dryRun) return 'already'
  const client = await run.database.app.connect()
  try {
    const result = await linkIdentities(
      client,
      run.workspaceId,
      { kind, value: from },
      { kind: IDENTITY_KIND.lead, value: leadId },
      kind === IDENTITY_KIND.lead ? 'merge' : 'identify',
      at === undefined ? {} : { at, declared: run.history },
    )
    if (result === 'linked' || result === 'already') run.linked.set(key, true)
    return result
  } finally {
    client.release()
  }
}

const identifier = Compile(Identifier)
const isName = (value: unknown): value is string => identifier.Check(value) && value.isWellFormed()

/** A line `{"link": {...}}` as an export writes it. */
async function takeLink(run: Run, raw: RawEvent, value: unknown): Promise<void> {
  const { anonymous_id, from_lead_id, lead_id, timestamp } = (value ?? {}) as Record<
    string,
    unknown
  >
  const from = anonymous_id ?? from_lead_id
  if (!isName(from) || !isName(lead_id)) {
    reject(run, raw, 'a link needs lead_id and anonymous_id or from_lead_id')
    return
  }
  const at = typeof timestamp === 'string' ? parseEventTime(timestamp) : undefined
  if (Number.isNaN(at) || (at ?? 0) > systemClock.now()) {
    reject(run, raw, 'the timestamp of a link is a time of the past, ISO 8601')
    return
  }
  const kind = anonymous_id === undefined ? IDENTITY_KIND.lead : IDENTITY_KIND.anonymous
  const result = await link(run, { from, kind, leadId: lead_id, at })
  if (result === 'erased') reject(run, raw, REFUSED.erased)
  else if (result === 'taken') reject(run, raw, `"${from}" counts as another lead already`)
  else run.counts.links++
}

async function prepare(run: Run, raw: RawEvent): Promise<Pending | undefined> {
  if (raw.fault !== undefined) {
    reject(run, raw, raw.fault)
    return undefined
  }
  const given = raw.event
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    reject(run, raw, 'an event is a JSON object')
    return undefined
  }
  if ('link' in given) {
    await takeLink(run, raw, given.link)
    return undefined
  }
  const event = given as Record<string, unknown>
  if (event['timestamp'] === undefined) {
    reject(run, raw, 'timestamp is missing: an import says when it happened')
    return undefined
  }
  let accepted
  try {
    const now = systemClock.now()
    accepted = acceptEvent(run.workspaceId, identified(event), now, BACK_DAYS)
  } catch (error) {
    reject(run, raw, (error as Error).message)
    return undefined
  }
  if (!accepted.ok) {
    reject(run, raw, accepted.detail)
    return undefined
  }
  return { raw, row: accepted.row, names: namesOf(accepted.event) }
}

/** Which of the refused are the stored event all the same; the others are told. */
async function settleConflicts(run: Run, conflicts: readonly Pending[]): Promise<Pending[]> {
  if (conflicts.length === 0) return []
  const rows = conflicts.map(({ row }) => row)
  const same = await run.database.withWorkspace(run.workspaceId, (c) => areStored(c, rows))
  conflicts.forEach(({ raw }, i) => {
    if (same[i] === true) run.counts.duplicates++
    else reject(run, raw, REFUSED.conflict)
  })
  return conflicts.filter((_, i) => same[i] === true)
}

async function append(run: Run, batch: readonly Pending[]): Promise<void> {
  if (batch.length === 0) return
  const { database, workspaceId, counts } = run
  if (run.dryRun) {
    counts.accepted += batch.length
    return
  }
  const client = await database.app.connect()
  let broken = true
  let results
  try {
    results = await appendRows(
      client,
      batch.map(({ row }) => row),
      run.memory,
    )
    broken = false
  } finally {
    client.release(broken)
  }
  const conflicts: Pending[] = []
  const stored: Pending[] = []
  results.forEach(({ status }, i) => {
    if (status === 'accepted') counts.accepted++
    if (status === 'duplicate') counts.duplicates++
    if (status === 'accepted' || status === 'duplicate') stored.push(batch[i]!)
    else if (status === 'conflict' && run.firstStands === true) counts.duplicates++
    else if (status === 'conflict') conflicts.push(batch[i]!)
    else reject(run, batch[i]!.raw, REFUSED.erased)
  })
  if (run.history) {
    // Also the repeated ones: whoever was interrupted, or forgot to say so, says it now.
    const positions = results.flatMap(({ status, position }) =>
      status === 'accepted' || status === 'duplicate' ? [position] : [],
    )
    await database.withWorkspace(workspaceId, (c) => declareHistory(c, positions))
  }
  stored.push(...(await settleConflicts(run, conflicts)))
  for (const { names, row } of stored)
    if (names !== undefined) {
      const { anonymousId: from, leadId } = names
      await link(run, { from, kind: IDENTITY_KIND.anonymous, leadId, at: row.time })
    }
}

export function createEventRun(options: EventRunOptions): EventRun {
  const run: Run = {
    ...options,
    counts: { accepted: 0, duplicates: 0, links: 0, rejected: 0, ...options.counts },
    memory: createAppendMemory(),
    linked: new LRUCache<string, true>({ max: 100_000 }),
  }
  let batch: Pending[] = []
  return {
    counts: run.counts,
    async take(raw) {
      const pending = await prepare(run, raw)
      if (pending !== undefined) batch.push(pending)
      return batch.length >= BATCH
    },
    async flush() {
      const full = batch
      batch = []
      await append(run, full)
    },
  }
}
