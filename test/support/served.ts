/** The product as its own process on a folder of its own, for tests that kill it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog } from '../../src/platform/index.ts'
import { openDatabase, type Database } from '../../src/store/index.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

/**
 * A new temporary folder for a product of a test or benchmark. The database user may pass through
 * it when root runs this, so the database stays inside, and removing the folder removes it. That of
 * a test is in the folder of the run, so that what a stopped run leaves is found by the next one.
 */
export function productFolder(name: string): string {
  const folder = mkdtempSync(join(process.env['EH_TEST_RUN'] ?? tmpdir(), `enterprisehub-${name}-`))
  chmodSync(folder, 0o711)
  return folder
}

export interface Served {
  readonly child: ChildProcess
  readonly url: string
  /** What it wrote to standard error, for messages of failing tests. */
  readonly output: () => string
}

/** Starts `serve` (of this checkout, unless `main` is another's) and waits until it is ready. */
export async function serve(
  dataDir: string,
  port: number,
  environment: Record<string, string> = {},
  nodeFlags: readonly string[] = [],
  main = MAIN,
): Promise<Served> {
  const child = spawn(process.execPath, [...nodeFlags, main, 'serve'], {
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: dataDir,
      PORT: String(port),
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'warn',
      ...environment,
    },
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-8_000)
  })
  const url = `http://127.0.0.1:${port}`
  for (let i = 0; i < 1_800; i++) {
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}:\n${output}`)
    const ready = await fetch(`${url}/ready`).catch(() => undefined)
    if (ready?.ok) return { child, url, output: () => output }
    await sleep(50)
  }
  throw new Error(`serve was not ready after 90 s:\n${output}`)
}

/** Asks it to stop and waits for its end. */
export async function stop({ child }: Served): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** The process number of the embedded postmaster of a folder. */
export function postmasterPid(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** The database of a folder, beside a running product or without one. */
export async function openBeside(dataDir: string): Promise<Database> {
  const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })
  const settings = { DATA_DIR: dataDir, DATABASE_URL: undefined, EH_UNSAFE_DATABASE: false }
  return openDatabase(settings as never, log, { exclusive: false })
}

/** A free loopback port. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
