/**
 * Imports of GoHighLevel asked for over HTTP. The token stays in the memory of the process that was
 * given it, while the import runs or is paused: after a restart it is asked for again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/index.ts'
import {
  backfill,
  createGhlClient,
  emptyCounts,
  type BackfillProgress,
  type GhlClient,
} from '../../integrations/index.ts'
import { seededRandom } from '../../math/index.ts'
import { SetupError } from '../../platform/index.ts'
import {
  readBackfill,
  startBackfill,
  stopBackfill,
  touchBackfill,
  type BackfillRecord,
} from '../../store/index.ts'
import type { Services } from '../services.ts'
import { refuseSimulated } from '../simulated.ts'

export interface ImportOrder {
  readonly workspaceId: number
  readonly locationId: string
  readonly history: boolean
  readonly sellerPipelines: readonly string[]
  readonly requestedBy: string
}

export interface GhlImports {
  /** @throws AppError when the token does not open the location, or the import runs already */
  readonly start: (order: ImportOrder, token: string) => Promise<void>
  /** Goes on where it stopped; with the token that is held where none is given. */
  readonly resume: (
    workspaceId: number,
    locationId: string,
    requestedBy: string,
    token: string | undefined,
  ) => Promise<void>
  readonly stop: (
    workspaceId: number,
    locationId: string,
    state: 'paused' | 'cancelled',
  ) => Promise<void>
  readonly holdsToken: (workspaceId: number, locationId: string) => boolean
  /** Stops all of them; the next process goes on when it is given the token. */
  readonly close: () => Promise<void>
}

/** GoHighLevel allows 100 in ten seconds: some are left for whatever else uses the token. */
const RATE = 90
const TIMEOUT_MS = 30_000
const PROBE_MS = 10_000
const BEAT_MS = 1_000
/** A page under way may be waited for so long. */
const CLOSE_MS = 3_000

type MakeClient = (token: string, signal?: AbortSignal, attempts?: number) => GhlClient

const clients =
  ({ config, clock }: Services): MakeClient =>
  (token, signal, attempts) =>
    createGhlClient({
      baseUrl: config.GHL_BASE_URL,
      token,
      rate: RATE,
      timeoutMs: attempts === undefined ? TIMEOUT_MS : PROBE_MS,
      ...(attempts !== undefined && { attempts }),
      clock,
      random: seededRandom(clock.now() % 2 ** 32),
      sleep: (ms) => sleep(ms, undefined, { signal }),
    })

/** Whoever connects a location has to hold a token of it: its webhooks come here then. */
async function prove(client: GhlClient, locationId: string): Promise<void> {
  try {
    await client.ask('location', { path: { locationId } })
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    throw new AppError('ghl-not-connected', error.message, [
      { path: '/token', message: 'does not open this location' },
    ])
  }
}

/** Runs an import to its end, or until `stop`; answers once its end is written. */
async function run(
  { database, log, clock, openSink, onAppended }: Services,
  order: ImportOrder,
  client: GhlClient,
  stop: AbortController,
): Promise<void> {
  const { workspaceId, locationId, history, sellerPipelines } = order
  let at: BackfillProgress | undefined
  const beat = setInterval(() => {
    const { reading = null, fraction = 0, remainingSeconds = null } = at ?? {}
    database
      .withWorkspace(workspaceId, (c) =>
        touchBackfill(c, locationId, { reading, fraction, remainingSeconds }),
      )
      // Paused or cancelled, here or in another process.
      .then((goesOn) => goesOn || stop.abort())
      .catch((error: unknown) => log.warn({ err: error }, 'import: no sign of life written'))
  }, BEAT_MS)
  const finish = (end: Parameters<typeof stopBackfill>[2]) =>
    database.withWorkspace(workspaceId, (c) => stopBackfill(c, locationId, end))
  try {
    await backfill({
      database,
      workspaceId,
      client,
      locationId,
      clock,
      history,
      sellerPipelines,
      openSink,
      onProgress: (progress) => {
        at = progress
        onAppended()
      },
      signal: stop.signal,
    })
    await finish({ state: 'done' })
  } catch (error) {
    if (stop.signal.aborted) return
    log.error({ err: error, workspaceId }, 'import of GoHighLevel failed')
    const isSaid = error instanceof SetupError
    const said = isSaid ? error.message : 'Something went wrong on our side: go on with it.'
    await finish({ state: 'failed', error: said })
  } finally {
    clearInterval(beat)
  }
}

async function requireBackfill(
  database: Services['database'],
  workspaceId: number,
  locationId: string,
): Promise<BackfillRecord> {
  const found = await database.withWorkspace(workspaceId, (c) => readBackfill(c, locationId))
  if (found === undefined) throw new AppError('not-found', 'this location was never imported')
  return found
}

const keyOf = (workspaceId: number, locationId: string): string => `${workspaceId} ${locationId}`

export function createGhlImports(services: Services): GhlImports {
  const { database, log } = services
  const clientOf = clients(services)
  const tokens = new Map<string, string>()
  const running = new Map<string, { stop: AbortController; done: Promise<void> }>()

  const start: GhlImports['start'] = async (order, token) => {
    const { workspaceId, locationId, history, sellerPipelines, requestedBy } = order
    await refuseSimulated(database, workspaceId)
    await prove(clientOf(token, undefined, 1), locationId)
    const key = keyOf(workspaceId, locationId)
    const before = running.get(key)
    if (before?.stop.signal.aborted === true) await before.done
    const counts = emptyCounts()
    const isFree = await database.withWorkspace(workspaceId, (c) =>
      startBackfill(c, locationId, { history, sellerPipelines, requestedBy, counts }),
    )
    if (!isFree) throw new AppError('conflict', 'this location is being imported already')
    tokens.set(key, token)
    const stop = new AbortController()
    const done = run(services, order, clientOf(token, stop.signal), stop)
      .catch((error: unknown) => log.error({ err: error }, 'import: end not written'))
      .finally(() => {
        // Its end was written before: the next one may be under way already.
        if (running.get(key)?.stop !== stop) return
        running.delete(key)
        // Kept for one that is paused, and for nothing else.
        if (!stop.signal.aborted) tokens.delete(key)
      })
    running.set(key, { stop, done })
  }

  return {
    start,
    async resume(workspaceId, locationId, requestedBy, given) {
      const { history, sellerPipelines, state } = await requireBackfill(
        database,
        workspaceId,
        locationId,
      )
      if (state === 'done' || state === 'cancelled')
        throw new AppError('conflict', 'it has ended: start it anew')
      // The token of a failed one is let go a moment after its end was written.
      const held = state === 'failed' ? undefined : tokens.get(keyOf(workspaceId, locationId))
      const token = given ?? held
      if (token === undefined)
        throw new AppError('invalid-request', 'the token is needed again: it is kept nowhere', [
          { path: '/token', message: 'is needed again' },
        ])
      await start({ workspaceId, locationId, history, sellerPipelines, requestedBy }, token)
    },
    async stop(workspaceId, locationId, state) {
      await requireBackfill(database, workspaceId, locationId)
      const key = keyOf(workspaceId, locationId)
      const isStopped = await database.withWorkspace(workspaceId, (c) =>
        stopBackfill(c, locationId, { state }),
      )
      if (!isStopped) throw new AppError('conflict', 'it does not run')
      if (state === 'cancelled') tokens.delete(key)
      running.get(key)?.stop.abort()
    },
    holdsToken: (workspaceId, locationId) => tokens.has(keyOf(workspaceId, locationId)),
    async close() {
      tokens.clear()
      const all = [...running.values()]
      for (const { stop } of all) stop.abort()
      await Promise.race([Promise.all(all.map(({ done }) => done)), sleep(CLOSE_MS)])
    },
  }
}
