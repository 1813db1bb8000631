/** What an owner of partitions does about scores: as events come, and while none come. */
import type { LiveNotice } from '../decisions/index.ts'
import { createLiveScoring, type LiveScoring, type LiveScoringOptions } from './live-scoring.ts'
import { createScoreUpkeep } from './score-upkeep.ts'

/** While events keep coming, upkeep still gets a step so often. */
const UPKEEP_MS = 1_000

export interface PartitionScoring extends Pick<
  LiveScoring,
  'touched' | 'settle' | 'save' | 'listen' | 'reset'
> {
  /** One step of what is left to do after a round that read so many entries; true: more is. */
  readonly idle: (read: number, partitions: readonly number[]) => Promise<boolean>
  readonly onNotice: (listener: (notice: LiveNotice) => void) => void
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
  let steppedAt = -Infinity
  return {
    touched: live.touched,
    settle: live.settle,
    save: live.save,
    listen: live.listen,
    reset: live.reset,
    onNotice: (listener) => listeners.push(listener),
    async idle(read, partitions) {
      if (live.waiting() > 0) return true
      if (read > 0 && clock.monotonic() - steppedAt < UPKEEP_MS) return false
      steppedAt = clock.monotonic()
      try {
        return await upkeep.step(partitions)
      } catch (error) {
        log.error({ err: error }, 'scores could not be kept up to date')
        return false
      }
    },
  }
}
