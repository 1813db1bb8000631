/**
 * Retrainings that were asked for, one at a time, each in a thread of its own, so that learning
 * never holds up a request. The lease is kept from here: a thread that computes answers nobody.
 */
import { Worker } from 'node:worker_threads'
import type { Config, Logger } from '../platform/index.ts'
import { claimJob, finishJob, readJobTask, renewJob } from '../store/index.ts'
import type { Database, Endpoint, JobEnd } from '../store/index.ts'

const LOOK_MS = 1_000
const LEASE_SECONDS = 60
const RENEW_MS = 1_000

export interface LearningTask {
  readonly endpoint: Endpoint
  readonly logging: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>
  readonly masterKey: Uint8Array
  readonly workspaceId: number
  readonly settings: unknown
  readonly model: string
  readonly days: number | null
  readonly actor: string
}

export type FromLearning = { readonly progress: number } | JobEnd

export interface LearningOptions {
  readonly database: Pick<Database, 'app' | 'withWorkspace' | 'endpoint'>
  readonly config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>
  readonly log: Logger
  /** Opens and seals models; see modelKey. */
  readonly masterKey: Uint8Array
  readonly holder: string
}

export interface Learning {
  /** Ends the training under way; it is taken up again when its lease is over. */
  readonly close: () => Promise<void>
}

type Claimed = { workspaceId: number; jobId: string }

/** Runs one job in a thread; resolves when its end is written or the thread is gone. */
async function work(
  { database, config, log, masterKey, holder }: LearningOptions,
  { workspaceId, jobId }: Claimed,
  started: (thread: Worker) => void,
): Promise<void> {
  const task = await database.withWorkspace(workspaceId, (client) => readJobTask(client, jobId))
  if (task === undefined) return
  const workerData: LearningTask = {
    endpoint: database.endpoint,
    logging: { LOG_LEVEL: config.LOG_LEVEL, LOG_FORMAT: config.LOG_FORMAT },
    masterKey,
    workspaceId,
    ...task,
  }
  const thread = new Worker(new URL('./learning.worker.ts', import.meta.url), { workerData })
  started(thread)
  let progress = 0
  let end: JobEnd | undefined
  const renew = setInterval(() => {
    database
      .withWorkspace(workspaceId, (client) =>
        renewJob(client, jobId, holder, { progress, seconds: LEASE_SECONDS }),
      )
      .catch((error: unknown) => log.warn({ err: error }, 'a retraining’s lease was not renewed'))
  }, RENEW_MS)
  await new Promise<void>((resolve) => {
    thread.on('message', (message: FromLearning) => {
      if ('progress' in message) progress = message.progress
      else end = message
    })
    thread.on('error', (error: Error) => (end = { error: error.message }))
    thread.on('exit', () => resolve())
  })
  clearInterval(renew)
  const found = end
  if (found === undefined) return
  await database.withWorkspace(workspaceId, (client) => finishJob(client, jobId, holder, found))
  log.info({ jobId, failed: 'error' in found }, 'a retraining ended')
}

/** Looks for jobs until closed. */
export function startLearning(options: LearningOptions): Learning {
  let closing = false
  let thread: Worker | undefined
  let wake: (() => void) | undefined
  const loop = async (): Promise<void> => {
    while (!closing) {
      try {
        const claimed = await claimJob(options.database.app, options.holder, LEASE_SECONDS)
        if (claimed !== undefined) {
          await work(options, claimed, (started) => (thread = started))
          continue
        }
      } catch (error) {
        options.log.warn({ err: error }, 'a retraining could not be run')
      }
      await new Promise<void>((resolve) => {
        wake = resolve
        setTimeout(resolve, LOOK_MS).unref()
      })
    }
  }
  const running = loop()
  return {
    close: async () => {
      closing = true
      wake?.()
      await thread?.terminate()
      await running
    },
  }
}
