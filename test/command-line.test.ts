/** The command line as a person or a script meets it. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../src/cli/index.ts'
import { publishVersion, setAlias } from '../src/models/index.ts'
import { randomKey } from '../src/platform/index.ts'
import { exampleModel } from './support/example-model.ts'
import { freshDatabase } from './support/postgres.ts'
import { captureOn, makeWorkspace } from './support/workspaces.ts'

const MAIN = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

function run(words: string[], env: Record<string, string> = {}) {
  const { PATH = '' } = process.env
  const done = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: 'utf8',
    env: { PATH, LOG_LEVEL: 'warn', ...env },
  })
  return { status: done.status, out: done.stdout, err: done.stderr }
}

test('--help names every command', () => {
  const { status, out } = run(['--help'])
  expect(status).toBe(0)
  const text = out.replaceAll(/\s+/g, ' ')
  for (const { name, summary } of COMMANDS) {
    expect(text).toContain(` ${name} `)
    expect(text).toContain(summary)
  }
})

test('bad arguments and bad configuration end with status 2', () => {
  expect(run(['no-such-command']).status).toBe(2)
  expect(run(['migrate', '--bogus']).status).toBe(2)
  expect(run(['backup']).err).toContain("required option '--out <dir>'")
  const faulty = run(['migrate'], { PORT: 'x', LOG_FORMAT: 'y' })
  expect(faulty.status).toBe(2)
  expect(faulty.err).toMatch(/2 fault\(s\)[^]*PORT: expected[^]*LOG_FORMAT: expected one of auto/)
})

test('a fault of the machine ends with status 1 and one line', () => {
  const { status, err } = run(['migrate'], { DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/none' })
  expect(status).toBe(1)
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(err).toContain('cannot be reached (ECONNREFUSED)')
})

test('--json prints one document on standard output', async () => {
  await using database = await freshDatabase()
  const env = { DATABASE_URL: database.url, EH_UNSAFE_DATABASE: 'on' }
  const migrated = run(['migrate', '--json'], env)
  expect(JSON.parse(migrated.out)).toEqual({ schema_version: database.schemaVersion })
  const doctor = run(['doctor', '--json'], env)
  const report = JSON.parse(doctor.out) as { findings: { check: string; ok: boolean }[] }
  expect(report.findings.find(({ check }) => check === 'database')?.ok).toBe(true)
  for (const check of ['clock', 'queues', 'models', 'keys', 'disk'])
    expect(report.findings.find((finding) => finding.check === check)?.ok, check).toBe(true)
})

test('doctor tells of events that nobody folds, and of models it cannot open', async () => {
  await using database = await freshDatabase()
  const env = { DATABASE_URL: database.url, EH_UNSAFE_DATABASE: 'on' }
  const workspace = await makeWorkspace(database, 'main')
  await captureOn(database).take(workspace, [{ lead_id: 'l1', type: 'page_visit' }], Date.now())
  const registry = { database, masterKey: randomKey() }
  await publishVersion(registry, workspace, exampleModel(), { createdBy: 'test' })
  const alias = { name: 'lead_scoring', alias: 'champion', version: 1 } as const
  await setAlias(registry, workspace, { ...alias, actor: 'test', reason: 'first' })
  const other = { ...env, MODEL_ENCRYPTION_KEY: '5a'.repeat(32) }
  const { status, out } = run(['doctor'], other)
  expect(status).toBe(1)
  expect(out).toContain(
    '✗ queues: 1 entries wait to be folded: a process with --role all or worker',
  )
  expect(out).toMatch(/✗ models: version 1 of lead_scoring .* give MODEL_ENCRYPTION_KEY as it was/)
})

test('a start that fails ends at once, with its status, through the launcher too', () => {
  const start = join(import.meta.dirname, '..', 'scripts', 'start.mjs')
  const { PATH = '' } = process.env
  const env = { PATH, PORT: '0', DATA_DIR: '/proc/nowhere/.data' }
  const done = spawnSync(process.execPath, [start], { encoding: 'utf8', env, timeout: 15_000 })
  expect(done.stderr).toContain('set DATA_DIR to a folder that can be written')
  expect(done.status).toBe(1)
})
