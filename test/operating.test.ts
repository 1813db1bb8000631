/** The operating guide, run: every command of its shell blocks, in order, against one product. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'
import { freePort, productFolder } from './support/served.ts'

const ROOT = join(import.meta.dirname, '..')
const GUIDE = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8')
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

interface Command {
  readonly section: string
  readonly lines: readonly string[]
}

/** The shell blocks with the heading that each stands below. */
function blocks(text: string): Command[] {
  const found: Command[] = []
  let section = ''
  for (const part of text.matchAll(/^## (.+)$|^```sh\n([^]*?)\n```$/gm)) {
    if (part[1] !== undefined) section = part[1]
    else found.push({ section, lines: part[2]!.split('\n') })
  }
  return found
}

let folder: string
let port: number
let database: TestDatabase
let product: ChildProcess | undefined
beforeAll(async () => {
  folder = productFolder('operating')
  port = await freePort()
  database = await freshDatabase()
})
afterAll(async () => {
  product?.kill('SIGTERM')
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** What npm would run, from this folder instead of the checkout, on a port that is free. */
const toRun = (line: string): string =>
  line
    .replace(/npm run eh --/, `${scripts['eh']!.replace('scripts/', `${ROOT}/scripts/`)}`)
    .replace(/^npm start$/, scripts['start']!.replace('scripts/', `${ROOT}/scripts/`))
    .replaceAll(/127\.0\.0\.1:4000|--port 4000/g, (text) => text.replace('4000', String(port)))

const environment = (more: Record<string, string> = {}) => ({
  PATH: process.env['PATH']!,
  PORT: String(port),
  LOG_LEVEL: 'info',
  EH_DEMO: 'off',
  ...more,
})

/** Starts what does not end by itself; resolves once it runs. */
async function launch(line: string, more: Record<string, string> = {}): Promise<ChildProcess> {
  const child = spawn('bash', ['-c', `exec ${toRun(line)}`], {
    cwd: folder,
    env: environment(more),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  for (let i = 0; i < 1_100; i++) {
    if (child.exitCode !== null) throw new Error(`${line} ended with ${child.exitCode}:\n${said}`)
    if (said.includes('EnterpriseHub runs')) return child
    await sleep(100)
  }
  throw new Error(`${line} did not start:\n${said}`)
}

async function end(child: ChildProcess): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  return ended
}

test('every shell block of the guide does what it says', async () => {
  const ran: string[] = []
  for (const { section, lines } of blocks(GUIDE)) {
    if (lines[0] === 'npm start') {
      product = await launch(lines[0])
    } else if (lines.every((line) => line.includes(' serve '))) {
      expect(await end(product!)).toBe(0)
      product = undefined
      const more = { DATABASE_URL: database.url, EH_UNSAFE_DATABASE: 'on' }
      const all: ChildProcess[] = []
      for (const line of lines) all.push(await launch(line, more))
      expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200)
      for (const child of all) expect(await end(child)).toBe(0)
    } else {
      const script = ['set -eo pipefail', ...lines.map(toRun)].join('\n')
      const env = environment({ LOG_LEVEL: 'warn' })
      const done = spawnSync('bash', ['-c', script], { cwd: folder, env, encoding: 'utf8' })
      expect(done.status, `${section}:\n${script}\n${done.stdout}\n${done.stderr}`).toBe(0)
      if (section === 'Bring events in') {
        expect(done.stdout).toContain('1 events imported')
        expect(done.stdout).toContain('0 events imported, 1 known already')
      }
    }
    ran.push(section)
  }
  expect(ran).toEqual([
    'Install and start',
    'Is it well?',
    'Bring events in',
    'Backup',
    'Restore',
    'Take everything out',
    'Upgrade',
    'Retention',
    'Several processes',
  ])
  const count = execFileSync('bash', ['-c', 'ls everything | wc -l'], { cwd: folder })
  expect(Number(count)).toBeGreaterThan(0)
}, 300_000)
