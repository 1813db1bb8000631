/**
 * What must be done from time to time, in every process that runs: parts of the log made ahead and
 * turned with the month, old attempts forgotten, tables that filled up analysed, retention. Several
 * processes may do it at once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../core/index.ts'
import { createTrouble, type Logger } from '../platform/index.ts'
import { analyseFilled, forgetAttempts, turnLogParts, type Database } from '../store/index.ts'
import { retireEvents } from './retention.ts'

const ROUND_MS = 3_600_000
/** Between two tries after a round failed, at first. */
const RETRY_MS = 60_000
const ANALYSE_MS = 2_000
const RETENTION_MS = 24 * ROUND_MS

export interface UpkeepOptions {
  readonly database: Pick<Database, 'app' | 'owner' | 'withWorkspace'>
  readonly log: Logger
  readonly clock: Clock
}

export interface Upkeep {
  /** Resolves once the step under way is done. */
  readonly close: () => Promise<void>
}

/** Resolves when the log has its parts; retention begins then, beside everything else. */
export async function startUpkeep({ database, log, clock }: UpkeepOptions): Promise<Upkeep> {
  const stopping = new AbortController()
  const { signal } = stopping
  const turn = async (): Promise<void> => {
    const { made, turned, dropped } = await turnLogParts(database.owner)
    if (made + dropped.length > 0 || turned) log.info({ made, turned, dropped }, 'parts of the log')
    await forgetAttempts(database.app)
  }
  const retire = async (): Promise<void> => {
    for (const done of await retireEvents({ database, now: clock.now(), signal }))
      if (done.entries > 0) log.info(done, 'events older than the workspace keeps were deleted')
  }
  await turn()
  const trouble = createTrouble(log, {
    begins: 'upkeep failed; it is tried again',
    ends: 'upkeep goes on',
    firstMs: RETRY_MS,
    longestMs: ROUND_MS,
  })
  const rounds = async (): Promise<void> => {
    let retiredAt = -Infinity
    for (let first = true; !signal.aborted; first = false) {
      let pauseMs = ROUND_MS
      try {
        if (!first) await turn()
        if (clock.monotonic() - retiredAt >= RETENTION_MS) {
          await retire()
          retiredAt = clock.monotonic()
        }
        trouble.passed()
      } catch (error) {
        if (!signal.aborted) pauseMs = trouble.failed(error)
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
  const analyse = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(ANALYSE_MS, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      const tables = await analyseFilled(database.owner).catch((error: unknown) => {
        log.debug({ err: error }, 'tables could not be analysed; it is tried again')
        return []
      })
      if (tables.length > 0) log.debug({ tables }, 'tables that filled up were analysed')
    }
  }
  const running = Promise.all([rounds(), analyse()])
  return {
    close: async () => {
      stopping.abort()
      await running
    },
  }
}
