/**
 * Folding in a thread of its own, so that a slice of the log never holds up a request. The thread
 * says how far it is; a thread that dies is started again and folds on from its last checkpoint.
 */
import { Worker } from 'node:worker_threads'
import type { Config, Logger } from '../platform/index.ts'
import type { Endpoint } from '../store/index.ts'
import { createWaiting, type PartitionOwner } from './partition-owner.ts'

const RESTART_MS = 1_000

export interface FoldingThreadOptions {
  readonly endpoint: Endpoint
  readonly config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>
  readonly log: Logger
  /** See PartitionOwnerOptions. */
  readonly alone: boolean
}

/** Resolves when the thread has taken its partitions. */
export async function startFoldingThread(options: FoldingThreadOptions): Promise<PartitionOwner> {
  const { endpoint, config, log, alone } = options
  const logging = { LOG_LEVEL: config.LOG_LEVEL, LOG_FORMAT: config.LOG_FORMAT }
  let cursor = 0
  let closing = false
  let hinted = false
  let missed = false
  const waiting = createWaiting(() => cursor)
  let thread: Worker
  // One hint under way at a time; what comes meanwhile is passed on once the thread has looked.
  const hint = (): void => {
    missed = hinted
    if (hinted) return
    hinted = true
    thread.postMessage('hint')
  }
  const start = (): Promise<void> =>
    new Promise((resolve) => {
      thread = new Worker(new URL('./folding.worker.ts', import.meta.url), {
        workerData: { endpoint, logging, alone },
      })
      thread.on('message', (folded: number) => {
        cursor = Math.max(cursor, folded)
        hinted = false
        if (missed) hint()
        waiting.settle()
        resolve()
      })
      thread.on('error', (error) => log.error({ err: error }, 'the folding thread failed'))
      thread.on('exit', () => {
        resolve()
        if (!closing) setTimeout(() => void start(), RESTART_MS).unref()
      })
    })
  await start()
  return {
    hint,
    reached: (position, waitMs) => waiting.until(position, waitMs),
    cursor: () => cursor,
    close: async () => {
      closing = true
      const ended = new Promise((resolve) => thread.once('exit', resolve))
      thread.postMessage('close')
      await ended
    },
  }
}
