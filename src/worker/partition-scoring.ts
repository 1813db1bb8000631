/** What an owner of partitions does about scores: as events come, and while none come. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveNotice } from '../decisions/index.ts'
import { createTrouble } from '../platform/index.ts'
import { createLiveScoring, type LiveScoring, type LiveScoringOptions } from './live-scoring.ts'
import { createScoreUpkeep } from './score-upkeep.ts'

/** Between two steps of upkeep: while events keep coming, and while none do. */
const BUSY_PAUSE_MS = 500
const CALM_PAUSE_MS = 5
/** Between two tries after upkeep failed. */
const RETRY_MS = 250
const RETRY_LONGEST_MS = 30_000

export interface PartitionScoring extends Pick<
  LiveScoring,
  'touched' | 'settle' | 'listen' | 'reset' | 'waiting'
> {
  /**
   * After a round that read so many entries: goes on with upkeep beside folding. True while leads
   * wait to be scored.
   */
  readonly idle: (read: number, partitions: readonly number[]) => boolean
  readonly onNotice: (listener: (notice: LiveNotice) => void) => void
  /** Ends upkeep and writes what waits to be written. */
  readonly close: () => Promise<void>
}

export function createPartitionScoring(
  options: Omit<LiveScoringOptions, 'onNotice'>,
): PartitionScoring {
  const { registry, clock, log } = options
  const listeners: ((notice: LiveNotice) => void)[] = []
  const live = createLiveScoring({
    ...options,
    onNotice: (notice) => {
      for (const listener of listeners) listener(notice)
    },
  })
  const upkeep = createScoreUpkeep({ registry, clock, scoring: live })
  const trouble = createTrouble(log, {
    begins: 'scores could not be kept up to date; it is tried again',
    ends: 'scores are kept up to date again',
    firstMs: RETRY_MS,
    longestMs: RETRY_LONGEST_MS,
  })
  let notBefore = -Infinity
  let isBusy = false
  let isClosing = false
  let owned: readonly number[] = []
  let running: Promise<void> | undefined
  const keepUp = async (): Promise<void> => {
    try {
      while (!isClosing && (await upkeep.step(owned)))
        await sleep(isBusy ? BUSY_PAUSE_MS : CALM_PAUSE_MS)
      trouble.passed()
    } catch (error) {
      notBefore = clock.monotonic() + trouble.failed(error)
    }
  }
  return {
    touched: live.touched,
    settle: live.settle,
    listen: live.listen,
    reset: live.reset,
    waiting: live.waiting,
    onNotice: (listener) => listeners.push(listener),
    idle(read, partitions) {
      isBusy = read > 0
      owned = partitions
      if (!isClosing && clock.monotonic() >= notBefore)
        running ??= keepUp().finally(() => (running = undefined))
      return live.waiting() > 0
    },
    async close() {
      isClosing = true
      await running
      await live.save()
    },
  }
}
