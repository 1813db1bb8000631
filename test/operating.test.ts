/**
 * The operating guide, run: every command of its shell blocks, in order, against one product; and
 * beside it, on the same product, the page about explanations and what a newcomer does with the
 * README.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeLeadFile } from './support/lead-file.ts'
import { freshDatabase, type TestDatabase } from './support/postgres.ts'
import { freePort, productFolder } from './support/served.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8')
const GUIDE = read('docs/operating.md')
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

/** Runs a block as a shell would that stops at the first fault; answers what it printed. */
function shell(section: string, lines: readonly string[], more: Record<string, string> = {}) {
  const script = ['set -eo pipefail', ...lines.map(toRun)].join('\n')
  const env = environment({ LOG_LEVEL: 'warn', ...more })
  const done = spawnSync('bash', ['-c', script], { cwd: folder, env, encoding: 'utf8' })
  expect(done.status, `${section}:\n${script}\n${done.stdout}\n${done.stderr}`).toBe(0)
  return done.stdout
}

interface Score {
  readonly probability: number
  readonly interval: [number, number] | null
  readonly factors: { label: string; sentence: string; contribution: number }[]
}

/** The page about explanations: a lead nothing can be said of, then one that a model scores. */
async function runExplanation(): Promise<void> {
  writeLeadFile(join(folder, 'leads.csv'), 300)
  const [signIn, unknown, train, ask, ...more] = blocks(read('docs/concepts/explanation.md'))
  expect(more).toEqual([])
  const together = [signIn!, unknown!].flatMap(({ lines }) => lines)
  expect(JSON.parse(shell('abstention', together))).toMatchObject({
    score: null,
    abstained: true,
    reason: 'not enough data yet: no model is trained in this workspace',
  })
  shell('train', train!.lines)
  const answer = () => JSON.parse(shell('ask', [...signIn!.lines, ...ask!.lines])) as Score
  let score = answer()
  for (let i = 0; score.interval === null && i < 50; i++) {
    await sleep(200)
    score = answer()
  }
  if (score.interval === null) throw new Error('the new model never came to be used')
  expect(score.interval[0]).toBeLessThan(score.probability)
  expect(score.interval[1]).toBeGreaterThan(score.probability)
  expect(score.factors.map(({ label }) => label).sort()).toEqual(['Source', 'Visits'])
  expect(score.factors.every(({ sentence }) => sentence.length > 5)).toBe(true)
}

/** The README as a newcomer reads it: sign in, send an event, make a key, use the client. */
async function runReadme(): Promise<void> {
  const text = read('README.md')
  const [event, key, ...more] = blocks(text).filter(({ section }) => section === 'Record an event')
  expect(more).toEqual([])
  const password = readFileSync(join(folder, '.data/secrets/admin-password'), 'utf8').trim()
  const known = (line: string): string => line.replace('<printed at the first start>', password)
  const sent = shell('README: an event', event!.lines.map(known))
  expect(JSON.parse(sent)).toMatchObject({ accepted: 1, rejected: [] })
  const signIn = event!.lines.slice(0, 3).map(known)
  const made = JSON.parse(shell('README: a key', [...signIn, ...key!.lines])) as { key: string }

  const installed = join(folder, 'node_modules/enterprisehub')
  mkdirSync(installed, { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(installed, 'package.json'))
  const build = [join(ROOT, 'scripts/build.mjs'), '--out', join(installed, 'dist')]
  execFileSync(process.execPath, build, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  const client = /^```ts\n([^]*?)\n```$/m.exec(text)![1]!
  const address = `http://127.0.0.1:${port}`
  const given = `const [url, apiKey] = ${JSON.stringify([address, made.key])}`
  writeFileSync(join(folder, 'client.mjs'), `${given}\n${client}\nprocess.exit()`)
  execFileSync(process.execPath, ['client.mjs'], { cwd: folder })
  const { access_token } = JSON.parse(
    shell('sign in', [...signIn, `printf '{"access_token":"%s"}' "$token"`]),
  ) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}` }
  const timeline = await fetch(`${address}/v1/leads/lead_123/timeline`, { headers })
  const { items } = (await timeline.json()) as { items: { type: string }[] }
  // One by the shell, one by the client.
  expect(items.map(({ type }) => type)).toEqual(['property_view', 'property_view'])
}

/** What the commands did stands in the audit log, though nobody signed in for it. */
async function checkAudit(): Promise<void> {
  const password = readFileSync(join(folder, '.data/secrets/admin-password'), 'utf8').trim()
  const address = `http://127.0.0.1:${port}`
  const login = await fetch(`${address}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@localhost', password }),
  })
  const { access_token } = (await login.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}` }
  const log = await fetch(`${address}/v1/audit?actor=system`, { headers })
  const { items } = (await log.json()) as { items: { action: string }[] }
  expect(items.map(({ action }) => action)).toEqual([
    'events.exported',
    'leads.imported',
    'events.imported',
    'events.imported',
  ])
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
      const stdout = shell(section, lines)
      if (section === 'Bring events in') {
        expect(stdout).toContain('1 events imported')
        expect(stdout).toContain('0 events imported, 1 known already')
        await runExplanation()
        await runReadme()
      }
    }
    if (section === 'Retention') await checkAudit()
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
