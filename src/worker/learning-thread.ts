/**
 * Retrainings that were asked for, one at a time, each in a thread of its own, so that learning
 * never holds up a request. The lease is kept from here: a thread that computes answers nobody.
 */
import { Worker } from 'node:worker_threads'
import { createTrouble, type Config, type Logger } from '../platform/index.ts'
import { claimJob, finishJob, readJobTask, renewJob } from '../store/index.ts'
import type { Database, Endpoint, JobEnd } from '../store/index.ts'

const LOOK_MS = 1_000
/** Longest wait between two tries while the database is away. */
const AWAY_MS = 30_000
/** How long a job stays with a process that says nothing any more. */
export const LEASE_SECONDS = 60
/** Often, since it also tells how far the job is. */
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

/** A job that `holder` holds. */
export interface HeldJob {
  readonly workspaceId: number
  readonly jobId: string
}

export interface JobWatch {
  readonly onThread?: (thread: Worker) => void
  /** Share of the work that is done, 0 to 1. */
  readonly onProgress?: (progress: number) => void
}

/** Keeps the lease while the thread computes; a lease that was lost ends the thread. */
async function follow(
  { database, log, holder }: LearningOptions,
  { workspaceId, jobId }: HeldJob,
  thread: Worker,
  { onProgress }: JobWatch,
): Promise<JobEnd | undefined> {
  let progress = 0
  let end: JobEnd | undefined
  const keep = async (): Promise<void> => {
    const isHeld = await database.withWorkspace(workspaceId, (client) =>
      renewJob(client, jobId, holder, { progress, seconds: LEASE_SECONDS }),
    )
    if (!isHeld && end === undefined) await thread.terminate()
  }
  const trouble = createTrouble(log, {
    begins: 'the lease of a retraining was not kept; it is tried again',
    ends: 'the lease of a retraining is kept again',
    firstMs: RENEW_MS,
    longestMs: RENEW_MS,
  })
  const renew = setInterval(() => {
    keep().then(trouble.passed, trouble.failed)
  }, RENEW_MS)
  await new Promise<void>((resolve) => {
    thread.on('message', (message: FromLearning) => {
      if (!('progress' in message)) end = message
      else onProgress?.((progress = message.progress))
    })
    thread.on('error', (error: Error) => (end = { error: error.message }))
    thread.on('exit', () => resolve())
  })
  clearInterval(renew)
  return end
}

/**
 * Runs a held job in a thread of its own and writes its end; undefined when it was cut short, by
 * the caller or because somebody else holds the job now.
 */
export async function runHeldJob(
  options: LearningOptions,
  job: HeldJob,
  watch: JobWatch = {},
): Promise<JobEnd | undefined> {
  const { database, config, log, masterKey, holder } = options
  const { workspaceId, jobId } = job
  const task = await database.withWorkspace(workspaceId, (client) => readJobTask(client, jobId))
  if (task === undefined) return undefined
  const workerData: LearningTask = {
    endpoint: database.endpoint,
    logging: { LOG_LEVEL: config.LOG_LEVEL, LOG_FORMAT: config.LOG_FORMAT },
    masterKey,
    workspaceId,
    ...task,
  }
  const thread = new Worker(new URL('./learning.worker.ts', import.meta.url), { workerData })
  watch.onThread?.(thread)
  const end = await follow(options, job, thread, watch)
  if (end === undefined) return undefined
  const isKept = await database.withWorkspace(workspaceId, (client) =>
    finishJob(client, jobId, holder, end),
  )
  log.info({ jobId, model: task.model, failed: 'error' in end }, 'a task of learning ended')
  return isKept ? end : undefined
}

/** Looks for jobs until closed. */
export function startLearning(options: LearningOptions): Learning {
  let closing = false
  let thread: Worker | undefined
  let wake: (() => void) | undefined
  const trouble = createTrouble(options.log, {
    begins: 'retrainings cannot be run; it is tried again',
    ends: 'retrainings can be run again',
    firstMs: LOOK_MS,
    longestMs: AWAY_MS,
  })
  const loop = async (): Promise<void> => {
    while (!closing) {
      let pauseMs = LOOK_MS
      try {
        const claimed = await claimJob(options.database.app, options.holder, LEASE_SECONDS)
        if (claimed !== undefined)
          await runHeldJob(options, claimed, { onThread: (started) => (thread = started) })
        trouble.passed()
        if (claimed !== undefined) continue
      } catch (error) {
        pauseMs = trouble.failed(error)
      }
      await new Promise<void>((resolve) => {
        wake = resolve
        setTimeout(resolve, pauseMs).unref()
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
