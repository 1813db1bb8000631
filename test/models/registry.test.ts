import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog, randomKey, systemClock } from '../../src/platform/index.ts'
import {
  createLiveModels,
  encodeModel,
  loadChampion,
  loadVersion,
  publishVersion,
  setAlias,
  versionLog,
  versionsOf,
  type Registry,
} from '../../src/models/index.ts'
import { insertPredictions, readPredictions } from '../../src/store/index.ts'
import { exampleModel } from '../support/example-model.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'

let database: TestDatabase
let registry: Registry
let first: number
let second: number
const model = exampleModel(1)
const better = exampleModel(2)
const log = createLog({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' })
const by = { actor: 'test', reason: 'because' }

beforeAll(async () => {
  database = await freshDatabase()
  registry = { database, masterKey: randomKey() }
  const { rows } = await database.owner.query<{ workspace_id: number }>(
    `insert into workspaces (slug, name) values ('one', 'One'), ('two', 'Two')
     returning workspace_id`,
  )
  first = rows[0]!.workspace_id
  second = rows[1]!.workspace_id
})
afterAll(() => database.drop())

const champion = (version: number | null) =>
  ({ name: 'lead_scoring', alias: 'champion', version, ...by }) as const

test('a published version is the model, byte for byte, and nobody else’s', async () => {
  const version = await publishVersion(registry, first, model, {
    createdBy: 'test',
    metrics: { roc_auc: 0.8 },
  })
  expect(version).toBe(1)
  const loaded = await loadVersion(registry, first, 'lead_scoring', 1)
  expect(encodeModel(loaded)).toEqual(encodeModel(model))
  await expect(loadVersion(registry, second, 'lead_scoring', 1)).rejects.toThrow(
    'there is no version 1 of lead_scoring',
  )
  expect(await loadChampion(registry, first, 'lead_scoring')).toBeUndefined()
})

test('at rest it is sealed: no text of it, and no other master key opens it', async () => {
  const { rows } = await database.owner.query<{ artefact: Buffer }>(
    'select artefact from model_versions',
  )
  expect(rows[0]!.artefact.includes('EHMODEL')).toBe(false)
  const stranger = { ...registry, masterKey: randomKey() }
  await expect(loadVersion(stranger, first, 'lead_scoring', 1)).rejects.toThrow(
    /MODEL_ENCRYPTION_KEY is not the one/,
  )
})

test('aliases say what is live, the log says since when, and rolling back is one step', async () => {
  expect(await publishVersion(registry, first, better, { createdBy: 'test' })).toBe(2)
  await setAlias(registry, first, champion(1))
  await setAlias(registry, first, champion(2))
  expect((await loadChampion(registry, first, 'lead_scoring'))?.version).toBe(2)
  await setAlias(registry, first, { ...champion(1), reason: 'rolled back' })
  expect((await loadChampion(registry, first, 'lead_scoring'))?.version).toBe(1)
  const entries = await versionLog(registry, first)
  expect(entries.map(({ version, reason }) => [version, reason])).toEqual([
    [1, 'rolled back'],
    [2, 'because'],
    [1, 'because'],
  ])
  const versions = await versionsOf(registry, first, 'lead_scoring')
  expect(versions.map(({ version, aliases }) => [version, aliases])).toEqual([
    [2, []],
    [1, ['champion']],
  ])
  expect(versions[1]!.metrics).toEqual({ roc_auc: 0.8 })
  expect(await versionLog(registry, second)).toEqual([])
  await expect(setAlias(registry, second, champion(1))).rejects.toThrow('no version 1')
})

test('versions and the log cannot be changed by the product', async () => {
  for (const text of [
    `update model_versions set note = 'x'`,
    'delete from model_versions',
    `update model_log set reason = 'x'`,
    'delete from model_log',
  ])
    await expect(database.withWorkspace(first, (client) => client.query(text))).rejects.toThrow(
      /permission denied/,
    )
})

test('versions published at once get numbers of their own', async () => {
  const made = await Promise.all(
    [1, 2, 3, 4].map(() => publishVersion(registry, second, model, { createdBy: 'test' })),
  )
  expect(made.sort((a, b) => a - b)).toEqual([1, 2, 3, 4])
})

test('a process sees a new champion at its next look, and none when it is taken away', async () => {
  const live = createLiveModels({ registry, clock: systemClock, log })
  const moves: unknown[] = []
  live.onMove(({ workspaceId, model, alias, version }) =>
    moves.push([workspaceId, model, alias, version]),
  )
  expect((await live.champion(first, 'lead_scoring'))?.version).toBe(1)
  expect(await live.champion(second, 'lead_scoring')).toBeUndefined()
  await setAlias(registry, first, champion(2))
  await live.look(true)
  expect(moves).toEqual([[first, 'lead_scoring', 'champion', 2]])
  expect(live.loaded(first, 'lead_scoring')?.version).toBe(2)
  await setAlias(registry, first, champion(null))
  await live.look(true)
  expect(moves.slice(1)).toEqual([[first, 'lead_scoring', 'champion', null]])
  expect(await live.champion(first, 'lead_scoring')).toBeUndefined()
})

test('a move is told once, also when scoring met it before the teller looked', async () => {
  let now = 0
  const clock = { now: () => 0, monotonic: () => now }
  const live = createLiveModels({ registry, clock, log })
  const moves: unknown[] = []
  live.onMove(({ version }) => moves.push(version))
  await live.look(true)
  await setAlias(registry, first, champion(1))
  now = 10_000
  expect((await live.champion(first, 'lead_scoring'))?.version).toBe(1)
  await live.look(true)
  expect(moves).toEqual([1])
})

test('predictions keep their vector and count once a day', async () => {
  const read = () =>
    database.withWorkspace(first, (client) => readPredictions(client, { limit: 10, vectors: true }))
  const { rows } = await database.owner.query<{ id: string }>(
    `insert into persons (workspace_id, person_id, lead_id) values ($1, 77, 'lead') returning
     person_id as id`,
    [first],
  )
  const personId = Number(rows[0]!.id)
  const asOf = Date.parse('2026-03-01T10:00:00.123Z')
  const numbers = Float32Array.of(1.5, NaN, -0, 1e-30)
  const vector = { personId, asOf, schema: 4_000_000_000, numbers, categories: ['a', null] }
  const record = {
    personId,
    model: 'lead_scoring',
    version: 1,
    probability: 0.125,
    score: 87,
    interval: [0.0625, 0.25] as const,
    prior: 0.03125,
    asOfPosition: 12,
    asOf,
    why: 'shown' as const,
  }
  const write = () =>
    database.withWorkspace(first, (client) =>
      insertPredictions(client, [vector], [record, { ...record, personId: 9_999 }]),
    )
  await write()
  await write()
  const found = await read()
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({ ...record, vector: { numbers, categories: ['a', null] } })
  expect(found[0]!.vector!.schema).toBe(4_000_000_000)
  await database.owner.query('select erase_person($1, $2)', [first, personId])
  expect(await read()).toEqual([])
  const left = await database.owner.query('select from prediction_vectors')
  expect(left.rowCount).toBe(0)
})
