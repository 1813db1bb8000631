/** The command line as a person or a script meets it. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../src/cli/index.ts'
import { freshDatabase } from './support/postgres.ts'

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
  expect(report.findings.find(({ check }) => check === 'clock')?.ok).toBe(true)
})

test('a start that fails ends at once, with its status, through the launcher too', () => {
  const start = join(import.meta.dirname, '..', 'scripts', 'start.mjs')
  const { PATH = '' } = process.env
  const env = { PATH, PORT: '0', DATA_DIR: '/proc/nowhere/.data' }
  const done = spawnSync(process.execPath, [start], { encoding: 'utf8', env, timeout: 60_000 })
  expect(done.stderr).toContain('set DATA_DIR to a folder that can be written')
  expect(done.status).toBe(1)
})
