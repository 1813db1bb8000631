/** The command line as its own process, beside a running product. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

export interface CliResult {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** Runs `enterprisehub WORDS` to its end; `meanwhile` may end it sooner. */
export function cli(
  words: readonly string[],
  environment: Record<string, string>,
  meanwhile?: (child: ChildProcess) => Promise<void>,
) {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { PATH, LOG_LEVEL: 'warn', LOG_FORMAT: 'json', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return new Promise<CliResult>((resolve, reject) => {
    meanwhile?.(child).catch(reject)
    child.on('close', (status) => resolve({ status, out, err }))
  })
}
