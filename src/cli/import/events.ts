/**
 * `import events`: events of any number, in constant memory. A file may be imported again, whole
 * or after an interruption: events that are stored are recognised by their event_id, and those
 * without one by their content. A note of how far it came spares reading them all again.
 */
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Compile } from 'typebox/compile'
import { Identifier } from '../../core/index.ts'
import { acceptEvent, canonicalJson } from '../../events/index.ts'
import { systemClock } from '../../platform/index.ts'
import {
  appendRows,
  areStored,
  createAppendMemory,
  IDENTITY_KIND,
  linkIdentities,
  type AppendMemory,
  type LinkResult,
  type LogRow,
} from '../../store/index.ts'
import { openEventSource, type EventSource, type RawEvent } from './event-source.ts'
import type { ImportKind, ImportRequest } from './kinds.ts'
import { openImportNote, type ImportNote } from './import-note.ts'
import { openRejections, type Rejections } from './rejections.ts'

const BATCH = 1_000
/** History may be older than what is captured live: back to 1970. */
const BACK_DAYS = 36_500

interface Counts {
  accepted: number
  duplicates: number
  links: number
  rejected: number
}

interface Run {
  readonly request: ImportRequest
  readonly memory: AppendMemory
  readonly linked: LRUCache<string, true>
  readonly rejections: Rejections
  readonly counts: Counts
}

interface Pending {
  readonly raw: RawEvent
  readonly row: LogRow
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
  run.rejections.add({ line, reason, raw })
}

async function link(
  run: Run,
  from: { kind: number; value: string },
  leadId: string,
  merge: boolean,
): Promise<LinkResult> {
  const key = `${from.kind}\u001f${from.value}\u001f${leadId}`
  if (run.linked.has(key) || run.request.dryRun) return 'already'
  const { database, workspaceId } = run.request
  const client = await database.app.connect()
  try {
    const kind = from.kind === IDENTITY_KIND.lead ? IDENTITY_KIND.lead : IDENTITY_KIND.anonymous
    const result = await linkIdentities(
      client,
      workspaceId,
      { kind, value: from.value },
      { kind: IDENTITY_KIND.lead, value: leadId },
      merge ? 'merge' : 'identify',
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
  const { anonymous_id, from_lead_id, lead_id } = (value ?? {}) as Record<string, unknown>
  const from = anonymous_id ?? from_lead_id
  if (!isName(from) || !isName(lead_id)) {
    reject(run, raw, 'a link needs lead_id and anonymous_id or from_lead_id')
    return
  }
  const merge = anonymous_id === undefined
  const kind = merge ? IDENTITY_KIND.lead : IDENTITY_KIND.anonymous
  const result = await link(run, { kind, value: from }, lead_id, merge)
  if (result === 'erased') reject(run, raw, REFUSED.erased)
  else if (result === 'taken') reject(run, raw, `"${from}" counts as another lead already`)
  else run.counts.links++
}

async function prepare(run: Run, raw: RawEvent): Promise<LogRow | undefined> {
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
    accepted = acceptEvent(run.request.workspaceId, identified(event), now, BACK_DAYS)
  } catch (error) {
    reject(run, raw, (error as Error).message)
    return undefined
  }
  if (!accepted.ok) {
    reject(run, raw, accepted.detail)
    return undefined
  }
  const { lead_id, anonymous_id } = accepted.event
  if (lead_id !== undefined && anonymous_id !== undefined)
    await link(run, { kind: IDENTITY_KIND.anonymous, value: anonymous_id }, lead_id, false)
  return accepted.row
}

async function append(run: Run, batch: readonly Pending[]): Promise<void> {
  if (batch.length === 0) return
  const { database, workspaceId, dryRun } = run.request
  if (dryRun) {
    run.counts.accepted += batch.length
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
  results.forEach(({ status }, i) => {
    if (status === 'accepted') run.counts.accepted++
    else if (status === 'duplicate') run.counts.duplicates++
    else if (status === 'conflict') conflicts.push(batch[i]!)
    else reject(run, batch[i]!.raw, REFUSED.erased)
  })
  if (conflicts.length === 0) return
  const rows = conflicts.map(({ row }) => row)
  const same = await database.withWorkspace(workspaceId, (c) => areStored(c, rows))
  conflicts.forEach(({ raw }, i) => {
    if (same[i] === true) run.counts.duplicates++
    else reject(run, raw, REFUSED.conflict)
  })
}

/** Reads on from the note's line; notes every batch that is stored. */
async function takeAll(run: Run, source: EventSource, note: ImportNote): Promise<number> {
  const bar = run.request.progress('importing events', note.bytes)
  let batch: Pending[] = []
  let line = note.line
  const flush = async (): Promise<void> => {
    await append(run, batch)
    batch = []
    await run.rejections.flush()
    await note.write(line, { ...run.counts })
    const { accepted, duplicates, rejected } = run.counts
    bar.update(
      source.bytesRead(),
      `${accepted} new, ${duplicates} known, ${rejected} rejected, line ${line}`,
    )
  }
  for await (const raw of source.events) {
    if (raw.line <= note.line) continue
    const row = await prepare(run, raw)
    line = raw.line
    if (row !== undefined) batch.push({ raw, row })
    if (batch.length === BATCH) await flush()
  }
  await flush()
  bar.end()
  return line
}

export const events: ImportKind = async (request) => {
  const { file, mapping, workspaceId, dryRun } = request
  const source = await openEventSource(file, mapping)
  if (source.columns !== null) {
    const shown = Object.entries(source.columns).map(([column, field]) => `  ${column} → ${field}`)
    request.note(`${file}: mapped as\n${shown.join('\n')}`)
  }
  const note = await openImportNote({
    file,
    mapping,
    workspaceId,
    dataDir: request.dataDir,
    dryRun,
  })
  const counts: Counts = { accepted: 0, duplicates: 0, links: 0, rejected: 0, ...note.counts }
  if (note.line > 0) request.note(`going on after line ${note.line}`)
  const rejections = openRejections(file, { append: note.line > 0, dryRun })
  const linked = new LRUCache<string, true>({ max: 100_000 })
  const run: Run = { request, memory: createAppendMemory(), linked, rejections, counts }
  const lines = await takeAll(run, source, note)
  const quarantine = await rejections.close()
  await note.remove()
  const document = {
    kind: 'events',
    lines,
    ...counts,
    quarantine,
    ...(source.columns !== null && { mapping: { columns: source.columns } }),
    ...(dryRun && { dry_run: true }),
  }
  const where = quarantine === null ? '' : ` (see ${quarantine})`
  const would = dryRun ? 'would be ' : ''
  return {
    document,
    text:
      `${counts.accepted} events ${would}imported, ${counts.duplicates} known already, ` +
      `${counts.rejected} rejected${where}.`,
  }
}
