/**
 * Folding in a thread of its own, so that a slice of the log never holds up a request. The thread
 * says how far it is; a thread that dies is started again and folds on from its last checkpoint.
 */
import { Worker } from 'node:worker_threads'
import type { LiveNotice } from '../decisions/index.ts'
import { tellStateDamage, type StateDamage } from '../features/index.ts'
import { SMALL_YOUNG, type Config, type Logger } from '../platform/index.ts'
import type { Endpoint, StateKey } from '../store/index.ts'
import type { PartitionOwner } from './partition-owner.ts'
import { createWaiting } from './waiting.ts'

const RESTART_MS = 1_000

/** What the thread is told. */
export type ToFolding =
  | { readonly appended: number }
  | { readonly listen: readonly number[] }
  | { readonly rescore: StateKey }
  | 'close'
/** What it tells: how far the log is folded, what that led to, or what it found damaged. */
export type FromFolding = number | LiveNotice | StateDamage

export interface FoldingThreadOptions {
  readonly endpoint: Endpoint
  readonly config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>
  readonly log: Logger
  /** Opens the models that score; see modelKey. */
  readonly masterKey: Uint8Array
  /** See PartitionOwnerOptions. */
  readonly alone: boolean
}

/** Resolves when the thread has taken its partitions. */
export async function startFoldingThread(options: FoldingThreadOptions): Promise<PartitionOwner> {
  const { endpoint, config, log, alone, masterKey } = options
  const logging = { LOG_LEVEL: config.LOG_LEVEL, LOG_FORMAT: config.LOG_FORMAT }
  let cursor = 0
  let closing = false
  let hinted = false
  let missed = false
  let appended = 0
  let listened: readonly number[] = []
  const listeners: ((notice: LiveNotice) => void)[] = []
  const waiting = createWaiting(() => cursor)
  let thread: Worker
  // One hint under way at a time; what comes meanwhile is passed on once the thread has looked.
  const hint = (rows = 0): void => {
    appended += rows
    missed = hinted
    if (hinted) return
    hinted = true
    tell({ appended })
    appended = 0
  }
  const tell = (message: ToFolding): void => thread.postMessage(message)
  const start = (): Promise<void> =>
    new Promise((resolve) => {
      thread = new Worker(new URL('./folding.worker.ts', import.meta.url), {
        workerData: { endpoint, logging, alone, masterKey },
        resourceLimits: SMALL_YOUNG,
      })
      if (listened.length > 0) tell({ listen: listened })
      thread.on('message', (folded: FromFolding) => {
        if (typeof folded !== 'number') {
          if ('kept' in folded) {
            tellStateDamage(folded)
            return
          }
          for (const listener of listeners) listener(folded)
          return
        }
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
    onNotice: (listener) => listeners.push(listener),
    listen(workspaceIds) {
      listened = workspaceIds
      tell({ listen: workspaceIds })
    },
    rescore: (lead) => tell({ rescore: lead }),
    close: async () => {
      closing = true
      const ended = new Promise((resolve) => thread.once('exit', resolve))
      tell('close')
      await ended
    },
  }
}
