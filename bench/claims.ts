/**
 * docs/CLAIMS.md: every public figure, written by the command that measured it and by nothing else.
 * Each section stands between `<!-- claims:NAME -->` and `<!-- /claims:NAME -->`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { dirname, join } from 'node:path'

const FILE = join(import.meta.dirname, '..', 'docs', 'CLAIMS.md')
const HEAD = `# Claims

Every figure below was measured by the command named beside it. Do not edit by hand: run the command.
`

export interface Measurement {
  /** What was measured on: data set, rows, split. */
  readonly data: string
  /** The command that repeats it, as typed in the repository root. */
  readonly command: string
}

/** The processor, memory and Node version a figure was measured with. */
export function machine(): string {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${processors.length} x ${model}, ${gigabytes} GiB, Node ${process.versions.node}`
}

/** `text` with the section called `name` replaced by `body`, or appended when there is none. */
export function replaceSection(text: string, name: string, body: string): string {
  const open = `<!-- claims:${name} -->`
  const close = `<!-- /claims:${name} -->`
  const section = `${open}\n\n${body.trim()}\n\n${close}`
  const from = text.indexOf(open)
  const to = text.indexOf(close)
  if (from < 0 || to < from) return `${text.trimEnd()}\n\n${section}\n`
  return text.slice(0, from) + section + text.slice(to + close.length)
}

/**
 * Writes `markdown` (its own heading and tables) as section `name`, followed by what it was
 * measured on, the command, the date (UTC) and the machine.
 */
export function writeClaims(name: string, markdown: string, measurement: Measurement): void {
  const { data, command } = measurement
  const date = new Date().toISOString().slice(0, 10)
  const source = `Data: ${data}. Command: \`${command}\`. Measured ${date} on ${machine()}.`
  const text = existsSync(FILE) ? readFileSync(FILE, 'utf8') : HEAD
  mkdirSync(dirname(FILE), { recursive: true })
  writeFileSync(FILE, replaceSection(text, name, `${markdown.trim()}\n\n${source}`))
}
