/** `doctor` on a product that is not well. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { publishVersion, setAlias } from '../src/models/index.ts'
import { randomKey } from '../src/platform/index.ts'
import { exampleModel } from './support/example-model.ts'
import { freshDatabase } from './support/postgres.ts'
import { captureOn, makeWorkspace } from './support/workspaces.ts'

const MAIN = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

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
  const { PATH = '' } = process.env
  const done = spawnSync(process.execPath, [MAIN, 'doctor'], {
    encoding: 'utf8',
    env: { PATH, LOG_LEVEL: 'warn', ...other },
  })
  const { status, stdout: out } = done
  expect(status).toBe(1)
  expect(out).toContain(
    '✗ queues: 1 entries wait to be folded: a process with --role all or worker',
  )
  expect(out).toMatch(/✗ models: version 1 of lead_scoring .* give MODEL_ENCRYPTION_KEY as it was/)
})
