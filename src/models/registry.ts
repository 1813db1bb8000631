/**
 * The registry: versions of models, sealed with the workspace's key, and which of them is live.
 * Publishing changes nothing that is served; an alias does.
 */
import { createHash } from 'node:crypto'
import { AppError } from '../core/index.ts'
import { randomKey, seal, unseal } from '../platform/index.ts'
import {
  changeAlias,
  insertVersion,
  keepWorkspaceKey,
  listVersions,
  nextVersion,
  readArtefact,
  readLiveModels,
  readModelLog,
  type Database,
  type LogRecord,
  type ModelAlias,
  type VersionRecord,
} from '../store/index.ts'
import { decodeModel, encodeModel } from './codec.ts'
import type { FittedModel } from './fitted-model.ts'
import type { ModelName } from './spec.ts'

export interface Registry {
  readonly database: Pick<Database, 'app' | 'withWorkspace'>
  /** 32 bytes; see modelKey. */
  readonly masterKey: Uint8Array
}

/** A version and its number. */
export interface LiveVersion {
  readonly version: number
  readonly model: FittedModel
}

const keyContext = (workspaceId: number): string => `key of workspace ${workspaceId}`
const artefactContext = (workspaceId: number, name: string, version: number): string =>
  `model ${name} ${version} of workspace ${workspaceId}`

const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

function unlock(registry: Registry, workspaceId: number, wrapped: Uint8Array): Uint8Array {
  const key = unseal(registry.masterKey, wrapped, keyContext(workspaceId))
  if (key === undefined)
    throw new AppError(
      'unavailable',
      'The models cannot be opened: MODEL_ENCRYPTION_KEY is not the one they were sealed with',
    )
  return key
}

export interface Publication {
  /** Who publishes, for the log, e.g. `train` or `user:7`. */
  readonly createdBy: string
  /** What people should know of the version. */
  readonly note?: string
  /** Held-out and later-in-time measurements, as JSON. */
  readonly metrics?: Readonly<Record<string, unknown>>
}

/** Stores a version, which is never changed again, and answers its number (from 1). */
export async function publishVersion(
  registry: Registry,
  workspaceId: number,
  model: FittedModel,
  { createdBy, note = '', metrics = {} }: Publication,
): Promise<number> {
  const { name } = model.spec
  const bytes = encodeModel(model)
  return registry.database.withWorkspace(workspaceId, async (client) => {
    const fresh = seal(registry.masterKey, randomKey(), keyContext(workspaceId))
    const key = unlock(registry, workspaceId, await keepWorkspaceKey(client, fresh))
    const version = await nextVersion(client, name)
    await insertVersion(client, {
      model: name,
      version,
      createdBy,
      note,
      metrics,
      digest: digestOf(bytes),
      artefact: seal(key, bytes, artefactContext(workspaceId, name, version)),
    })
    return version
  })
}

/** @throws AppError `not-found`; `unavailable` when it cannot be opened or is damaged. */
export async function loadVersion(
  registry: Registry,
  workspaceId: number,
  name: ModelName,
  version: number,
): Promise<FittedModel> {
  const stored = await registry.database.withWorkspace(workspaceId, (client) =>
    readArtefact(client, name, version),
  )
  if (stored === undefined)
    throw new AppError('not-found', `there is no version ${version} of ${name}`)
  const key = unlock(registry, workspaceId, stored.wrappedKey)
  const bytes = unseal(key, stored.artefact, artefactContext(workspaceId, name, version))
  if (bytes === undefined || !digestOf(bytes).equals(stored.digest))
    throw new AppError('unavailable', `version ${version} of ${name} is damaged: roll back`)
  return decodeModel(bytes)
}

/** The version an alias stands for; undefined when it stands for none. */
export async function loadAlias(
  registry: Registry,
  workspaceId: number,
  name: ModelName,
  alias: ModelAlias,
): Promise<LiveVersion | undefined> {
  const live = await readLiveModels(registry.database.app)
  const found = live.find(
    (l) => l.workspaceId === workspaceId && l.model === name && l.alias === alias,
  )
  if (found === undefined) return undefined
  const model = await loadVersion(registry, workspaceId, name, found.version)
  return { version: found.version, model }
}

/** The version that is served; undefined when there is none. */
export function loadChampion(
  registry: Registry,
  workspaceId: number,
  name: ModelName,
): Promise<LiveVersion | undefined> {
  return loadAlias(registry, workspaceId, name, 'champion')
}

export interface AliasOrder {
  readonly name: ModelName
  readonly alias: ModelAlias
  /** Null takes the alias away. */
  readonly version: number | null
  /** Who, for the log. */
  readonly actor: string
  readonly reason: string
}

/**
 * Makes a version live under an alias; served by every process within seconds.
 * @throws AppError `not-found` when there is no such version.
 */
export async function setAlias(
  registry: Registry,
  workspaceId: number,
  { name, ...order }: AliasOrder,
): Promise<void> {
  const done = await registry.database.withWorkspace(workspaceId, (client) =>
    changeAlias(client, { model: name, ...order }),
  )
  if (!done) throw new AppError('not-found', `there is no version ${order.version} of ${name}`)
}

/** Which version was live from when, newest first. */
export function versionLog(
  { database }: Registry,
  workspaceId: number,
  name: ModelName | null = null,
  limit = 100,
): Promise<LogRecord[]> {
  return database.withWorkspace(workspaceId, (client) => readModelLog(client, name, limit))
}

/** All versions of a model (null: of all models), newest first. */
export function versionsOf(
  { database }: Registry,
  workspaceId: number,
  name: ModelName | null = null,
): Promise<VersionRecord[]> {
  return database.withWorkspace(workspaceId, (client) => listVersions(client, name))
}
