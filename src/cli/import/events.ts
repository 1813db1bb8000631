/**
 * `import events` and `import outcomes`: any number, in constant memory. A file may be imported
 * again, whole or after an interruption: events that are stored are recognised by their event_id,
 * and those without one by their content. A note of how far it came spares reading them all again.
 */
import { isOutcomeType } from '../../core/index.ts'
import { createEventRun, type EventRun } from './event-run.ts'
import { openEventSource, type EventSource, type RawEvent } from './event-source.ts'
import type { ImportKind, ImportRequest } from './kinds.ts'
import { openImportNote, type ImportNote } from './import-note.ts'
import { openRejections, type Rejections } from './rejections.ts'

interface Reading {
  readonly request: ImportRequest
  readonly source: EventSource
  readonly note: ImportNote
  readonly run: EventRun
  readonly rejections: Rejections
  readonly kind: Kind
}

interface Kind {
  readonly name: 'events' | 'outcomes'
  /** What a line says as an event. */
  readonly eventOf: (raw: RawEvent) => RawEvent
}

/** As POST /v1/outcomes takes it; in a table the column may be called as that of an event. */
function outcomeEvent(raw: RawEvent): RawEvent {
  const { event, fault } = raw
  if (fault !== undefined || typeof event !== 'object' || event === null || 'link' in event)
    return raw
  const { outcome_type, details, ...rest } = event as Record<string, unknown>
  const { properties: given = {}, type = outcome_type, ...more } = rest
  if (typeof type !== 'string' || !isOutcomeType(type))
    return { ...raw, event: null, fault: `outcome_type ${JSON.stringify(type)} is none` }
  return { ...raw, event: { ...more, type, properties: details ?? given } }
}

const KINDS = {
  events: { name: 'events', eventOf: (raw: RawEvent) => raw },
  outcomes: { name: 'outcomes', eventOf: outcomeEvent },
} as const satisfies Record<string, Kind>

/** Reads on from the note's line; notes every batch that is stored. */
async function takeAll({ request, source, note, run, rejections, kind }: Reading): Promise<number> {
  const bar = request.progress(`importing ${kind.name}`, note.bytes)
  let line = note.line
  const flush = async (): Promise<void> => {
    await run.flush()
    await rejections.flush()
    await note.write(line, { ...run.counts })
    const { accepted, duplicates, rejected } = run.counts
    bar.update(
      source.bytesRead(),
      `${accepted} new, ${duplicates} known, ${rejected} rejected, line ${line}`,
    )
  }
  for await (const raw of source.events) {
    if (raw.line <= note.line) continue
    const isFull = await run.take(kind.eventOf(raw))
    line = raw.line
    if (isFull) await flush()
  }
  await flush()
  bar.end()
  return line
}

const NOT_HISTORY =
  'Models learn only from what was known at the time, and count these events as learned today. ' +
  'Were they known when they happened (the log of another system)? Import again with --history.'

const importerOf =
  (kind: Kind): ImportKind =>
  async (request) => {
    const { file, mapping, database, workspaceId, dryRun, dataDir } = request
    const history = request.history === true
    const source = await openEventSource(file, mapping)
    if (source.columns !== null) {
      const shown = Object.entries(source.columns).map(
        ([column, field]) => `  ${column} → ${field}`,
      )
      request.note(`${file}: mapped as\n${shown.join('\n')}`)
    }
    const note = await openImportNote({ file, mapping, workspaceId, dataDir, dryRun })
    if (note.line > 0) request.note(`going on after line ${note.line}`)
    const rejections = openRejections(file, { append: note.line > 0, dryRun })
    const run = createEventRun({
      database,
      workspaceId,
      dryRun,
      history,
      counts: note.counts,
      onRejected: rejections.add,
    })
    const lines = await takeAll({ request, source, note, run, rejections, kind })
    const { counts } = run
    const quarantine = await rejections.close()
    await note.remove()
    if (!history && counts.accepted > 0) request.note(NOT_HISTORY)
    const document = {
      kind: kind.name,
      lines,
      ...counts,
      history,
      quarantine,
      ...(source.columns !== null && { mapping: { columns: source.columns } }),
      ...(dryRun && { dry_run: true }),
    }
    const where = quarantine === null ? '' : ` (see ${quarantine})`
    const would = dryRun ? 'would be ' : ''
    return {
      document,
      text:
        `${counts.accepted} ${kind.name} ${would}imported, ${counts.duplicates} known already, ` +
        `${counts.rejected} rejected${where}.`,
    }
  }

export const events = importerOf(KINDS.events)
export const outcomes = importerOf(KINDS.outcomes)
