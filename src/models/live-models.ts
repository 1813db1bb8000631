/**
 * What is live, in this process: the champions of all workspaces, loaded when first asked for and
 * again when the alias moves. Aliases are looked at every two seconds: one small query of one
 * process costs less than a session that only listens, and a notification that got lost would have
 * to be made up for by looking anyway.
 */
import type { Clock } from '../core/index.ts'
import type { Logger } from '../platform/index.ts'
import { readLiveModels, type LiveModel } from '../store/index.ts'
import { loadVersion, type LiveVersion, type Registry } from './registry.ts'
import type { ModelName } from './spec.ts'

/** A new champion is served by every process within five seconds: two looks and the loading. */
const LOOK_MS = 2_000

export interface Live extends LiveVersion {
  /** When it became champion, milliseconds since the epoch. */
  readonly since: number
}

export interface AliasMove {
  readonly workspaceId: number
  readonly model: string
  readonly alias: string
  /** Null: the alias stands for nothing any more. */
  readonly version: number | null
}

export interface LiveModels {
  /** The champion, loaded if need be; undefined when there is none. */
  readonly champion: (workspaceId: number, name: ModelName) => Promise<Live | undefined>
  /** The champion if it is loaded already (or there is none): for code that must not wait. */
  readonly loaded: (workspaceId: number, name: ModelName) => Live | undefined
  /** Looks now, when it is due or `force`. */
  readonly look: (force?: boolean) => Promise<void>
  /** `listener` hears of each move after the first look once, whoever's look finds it. */
  readonly onMove: (listener: (move: AliasMove) => void) => void
}

export interface LiveModelsOptions {
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Logger
}

const keyOf = (workspaceId: number, model: string, alias = 'champion'): string =>
  `${workspaceId}:${model}:${alias}`

function movesBetween(
  before: ReadonlyMap<string, LiveModel>,
  after: ReadonlyMap<string, LiveModel>,
): AliasMove[] {
  const moves: AliasMove[] = []
  for (const [key, live] of after) {
    const old = before.get(key)
    if (old?.version === live.version && old.setAt.getTime() === live.setAt.getTime()) continue
    moves.push(live)
  }
  for (const [key, live] of before) if (!after.has(key)) moves.push({ ...live, version: null })
  return moves
}

export function createLiveModels({ registry, clock, log }: LiveModelsOptions): LiveModels {
  let aliases: ReadonlyMap<string, LiveModel> = new Map()
  const ready = new Map<string, Live>()
  const loading = new Map<string, Promise<Live>>()
  let lookedAt = -Infinity
  let looking: Promise<void> | undefined
  const listeners: ((move: AliasMove) => void)[] = []

  async function lookNow(): Promise<void> {
    const found = await readLiveModels(registry.database.app)
    const first = lookedAt === -Infinity
    lookedAt = clock.monotonic()
    const next = new Map(found.map((l) => [keyOf(l.workspaceId, l.model, l.alias), l]))
    const moves = first ? [] : movesBetween(aliases, next)
    aliases = next
    for (const key of ready.keys()) if (!next.has(key)) ready.delete(key)
    // What is in use is loaded before it is asked for: the old version answers until then.
    for (const key of ready.keys()) await load(key).catch((error: unknown) => fail(key, error))
    for (const move of moves) for (const listener of listeners) listener(move)
  }

  function look(force = false): Promise<void> {
    if (!force && clock.monotonic() - lookedAt < LOOK_MS) return Promise.resolve()
    looking ??= lookNow().finally(() => (looking = undefined))
    return looking
  }

  const fail = (key: string, error: unknown): void =>
    log.error({ err: error, model: key }, 'a model version could not be loaded; the old one serves')

  function load(key: string): Promise<Live> {
    const { workspaceId, model, version, setAt } = aliases.get(key)!
    const known = ready.get(key)
    const since = setAt.getTime()
    if (known?.version === version && known.since === since) return Promise.resolve(known)
    const task = `${key}:${version}:${since}`
    let under = loading.get(task)
    if (under === undefined) {
      under = loadVersion(registry, workspaceId, model as ModelName, version)
        .then((loaded) => {
          const live = { version, model: loaded, since }
          ready.set(key, live)
          return live
        })
        .finally(() => loading.delete(task))
      loading.set(task, under)
    }
    return under
  }

  return {
    look,
    onMove: (listener) => listeners.push(listener),
    loaded: (workspaceId, name) => ready.get(keyOf(workspaceId, name)),
    async champion(workspaceId, name) {
      await look()
      const key = keyOf(workspaceId, name)
      if (!aliases.has(key)) return undefined
      try {
        return await load(key)
      } catch (error) {
        const old = ready.get(key)
        if (old === undefined) throw error
        fail(key, error)
        return old
      }
    },
  }
}
