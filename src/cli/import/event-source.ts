/** Raw events of a file, one after the other, with their lines: JSON lines or a table. */
import { readDelimited, readTextLines, SetupError, type OnOpen } from '../../platform/index.ts'
import { eventColumns, eventOfRow, type EventColumns } from './event-mapping.ts'

export interface RawEvent {
  readonly line: number
  /** What the quarantine keeps of it. */
  readonly raw: unknown
  /** An event, not yet checked, or why there is none. */
  readonly event: unknown
  readonly fault?: string
}

export interface EventSource {
  /** For tables: what each column is. */
  readonly columns: EventColumns | null
  readonly events: AsyncIterable<RawEvent>
  /** Bytes of the file read so far. */
  readonly bytesRead: () => number
}

const SHOWN_CHARACTERS = 2_000
const isJsonLines = (path: string): boolean => /\.(jsonl|ndjson|json)(\.gz)?$/i.test(path)

async function* fromLines(path: string, onOpen: OnOpen): AsyncGenerator<RawEvent> {
  for await (const { line, text } of readTextLines(path, onOpen)) {
    if (text?.trim() === '') continue
    const raw = text?.slice(0, SHOWN_CHARACTERS) ?? null
    if (text === null) {
      yield { line, raw, event: null, fault: 'longer than 1 MB, or no UTF-8' }
      continue
    }
    try {
      yield { line, raw, event: JSON.parse(text) as unknown }
    } catch (error) {
      yield { line, raw, event: null, fault: `no JSON: ${(error as Error).message}` }
    }
  }
}

/** @throws SetupError when the file or its mapping cannot be read. */
export async function openEventSource(
  path: string,
  mapping: string | undefined,
): Promise<EventSource> {
  let stream: { readonly bytesRead: number } | undefined
  const onOpen: OnOpen = (opened) => {
    stream = opened
  }
  const bytesRead = (): number => stream?.bytesRead ?? 0
  if (isJsonLines(path)) {
    if (mapping !== undefined)
      throw new SetupError('--mapping is for tables; JSON lines name their fields themselves.')
    return { columns: null, events: fromLines(path, onOpen), bytesRead }
  }
  const { header, numbered } = await readDelimited(path, onOpen)
  const columns = await eventColumns(mapping, header)
  async function* rows(): AsyncGenerator<RawEvent> {
    for await (const { line, cells } of numbered) {
      const raw = cells
      if (cells.length !== header.length) {
        const fault = `${cells.length} cells where the header has ${header.length}`
        yield { line, raw, event: null, fault }
        continue
      }
      try {
        yield { line, raw, event: eventOfRow(columns, header, cells) }
      } catch (error) {
        yield {
          line,
          raw,
          event: null,
          fault: `properties or context: ${(error as Error).message}`,
        }
      }
    }
  }
  return { columns, events: rows(), bytesRead }
}
