/**
 * Importing a large location of GoHighLevel: `ghl fake` without its rate limit, the running product,
 * and `ghl backfill` beside it, until everything is folded. Writes docs/CLAIMS.md.
 *
 *     node bench/ghl-backfill.ts [--contacts 20000] [--messages 200000]
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { BackfillReport } from '../src/integrations/index.ts'
import { freePort, openBeside, productFolder, serve, stop } from '../test/support/served.ts'
import { writeClaims } from './claims.ts'

const { values } = parseArgs({
  options: {
    contacts: { type: 'string', default: '20000' },
    messages: { type: 'string', default: '200000' },
  },
})
const TOKEN = 'pit-bench-token'
const LOCATION = 'benchLocation'
const MAIN = join(import.meta.dirname, '../src/cli/main.ts')
const dataDir = productFolder('ghl')
const port = await freePort()
const fakePort = await freePort()

const shape = ['--contacts', values.contacts, '--messages', values.messages, '--no-rate-limit']
const place = ['--location', LOCATION, '--token', TOKEN, '--port', String(fakePort)]
const fake = spawn(process.execPath, [MAIN, 'ghl', 'fake', ...shape, ...place], { stdio: 'ignore' })
const fakeUrl = `http://127.0.0.1:${fakePort}`
while (!(await fetch(fakeUrl).catch(() => undefined))) await sleep(100)
const served = await serve(dataDir, port)

function runImport(): Promise<BackfillReport> {
  const where = ['--location', LOCATION, '--base-url', fakeUrl, '--rate', '1000000', '--json']
  const child = spawn(process.execPath, [MAIN, 'ghl', 'backfill', ...where, '--history'], {
    env: { PATH: process.env['PATH'], DATA_DIR: dataDir, GHL_API_KEY: TOKEN, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(out) as BackfillReport)
      else reject(new Error(`the import ended with ${code}`))
    })
  })
}

/** Milliseconds until everything appended is folded. */
async function folded(): Promise<number> {
  const began = performance.now()
  const database = await openBeside(dataDir)
  try {
    for (;;) {
      const { rows } = await database.owner.query<{ behind: boolean }>(
        `select coalesce(max(position), 0) > (select min(cursor) from partition_leases) as behind
         from event_log`,
      )
      if (!rows[0]!.behind) return performance.now() - began
      await sleep(250)
    }
  } finally {
    await database.close()
  }
}

const minutes = (seconds: number): string => `${(seconds / 60).toFixed(1)} min`
const count = (n: number): string => n.toLocaleString('en-US')

try {
  const report = await runImport()
  const foldedMs = await folded()
  const { counts, requests, seconds, waitedSeconds } = report
  if (counts.leads.created !== Number(values.contacts))
    throw new Error(`${counts.leads.created} leads were made of ${values.contacts} contacts`)
  const messages = (counts.found['messages'] ?? 0) + (counts.found['emails'] ?? 0)
  const atLimit = (requests / 90) * 10
  const rows = [
    `| ${count(counts.leads.created)} contacts, ${count(messages)} messages and e-mails: ` +
      `${count(counts.events.new)} events, ${count(counts.notes)} notes | ` +
      `${minutes(seconds - waitedSeconds)} | below 10 min |`,
    `| until everything is folded, after that | ${minutes(foldedMs / 1_000)} | |`,
    `| requests (at 90 in ten seconds they alone take ${minutes(atLimit)}) | ${count(requests)} | |`,
  ]
  console.log(rows.join('\n'))
  writeClaims(
    'ghl-backfill',
    `## Importing from GoHighLevel\n\nWith the stand-in of its API on the same machine, and without ` +
      `its rate limit.\n\n| what | measured | wanted |\n| --- | --- | --- |\n${rows.join('\n')}`,
    { data: 'made-up people of `ghl fake`', command: 'node bench/ghl-backfill.ts' },
  )
} finally {
  fake.kill('SIGTERM')
  await stop(served)
  rmSync(dataDir, { recursive: true, force: true })
}
