/**
 * Retrainings at the times of RETRAIN_CRON, and every hour the look whether drift asks for another
 * one. Every process that learns looks at the clock, and the database sees to it that each time is
 * filed once; of the times that passed while nothing ran, the last is made up for.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../core/index.ts'
import { DRIFT_WATCH, TRAINABLE } from '../learning/index.ts'
import { createTrouble, lastDue, type Config, type Logger } from '../platform/index.ts'
import { fileDueJobs, type Database } from '../store/index.ts'

const LOOK_MS = 30_000
/** Between two tries while the database is away, at first. */
const RETRY_MS = 1_000
/** Apart from the full hours, at which much else is done. */
const WATCH_CRON = '17 * * * *'

export interface RetrainScheduleOptions {
  readonly database: Pick<Database, 'app'>
  readonly config: Pick<Config, 'RETRAIN_CRON' | 'ENABLE_BEHAVIORAL_LEARNING'>
  readonly log: Logger
  readonly clock: Clock
}

export interface RetrainSchedule {
  /** Files what is due; how many retrainings were new. */
  readonly look: () => Promise<number>
  /** Files the looks for drift that are due; how many were new. */
  readonly watch: () => Promise<number>
  readonly close: () => Promise<void>
}

export function startRetrainSchedule({
  database,
  config,
  log,
  clock,
}: RetrainScheduleOptions): RetrainSchedule {
  const stopping = new AbortController()
  const { signal } = stopping
  const models = TRAINABLE.map(({ name }) => name)
  const look = (): Promise<number> =>
    fileDueJobs(database.app, models, lastDue(config.RETRAIN_CRON, clock.now()))
  const watch = (): Promise<number> =>
    fileDueJobs(database.app, [DRIFT_WATCH], lastDue(WATCH_CRON, clock.now()))
  const trouble = createTrouble(log, {
    begins: 'retrainings that are due could not be filed; it is tried again',
    ends: 'retrainings that are due are filed again',
    firstMs: RETRY_MS,
    longestMs: LOOK_MS,
  })
  const rounds = async (): Promise<void> => {
    while (!signal.aborted) {
      let pauseMs = LOOK_MS
      try {
        const filed = await look()
        await watch()
        trouble.passed()
        if (filed > 0) log.info({ filed }, 'retrainings are due')
      } catch (error) {
        pauseMs = trouble.failed(error)
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
  const running = config.ENABLE_BEHAVIORAL_LEARNING ? rounds() : Promise.resolve()
  return {
    look,
    watch,
    close: async () => {
      stopping.abort()
      await running
    },
  }
}
