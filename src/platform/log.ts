/** The log: JSON lines (or plain text on a terminal) on standard error, without secrets. */
import { pino, type Logger } from 'pino'
import { redactFields, redactText } from './redact.ts'
import type { Config } from './settings.ts'

export type { Logger } from 'pino'

export interface LineStream {
  write: (line: string) => unknown
  readonly isTTY?: boolean
}

/** `12:03:04 info  message key=value` for people. */
function asText(line: string): string {
  const { time, level, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const clock = new Date(time as number).toISOString().slice(11, 19)
  const fields = Object.entries(rest).map(([key, value]) =>
    typeof value === 'string' ? `${key}=${value}` : `${key}=${JSON.stringify(value)}`,
  )
  const stack = (err as { stack?: string } | undefined)?.stack
  const text = [
    clock,
    (level as string).padEnd(5),
    (msg as string | undefined) ?? '',
    ...fields,
  ].join(' ')
  return `${text}${stack === undefined ? '' : `\n${stack}`}\n`
}

/**
 * A logger. Fields whose names hold secrets or personal data are replaced, and e-mail addresses,
 * phone numbers, tokens and passwords in URLs are masked wherever they stand.
 */
export function createLog(
  settings: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>,
  stream: LineStream = process.stderr,
): Logger {
  const { LOG_FORMAT: format } = settings
  const text = format === 'text' || (format === 'auto' && stream.isTTY === true)
  const destination = {
    write: (line: string) => stream.write(redactText(text ? asText(line) : line)),
  }
  return pino(
    {
      level: settings.LOG_LEVEL,
      base: null,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redactFields(fields),
      },
    },
    destination,
  )
}
