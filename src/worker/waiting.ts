/** Waiting between the rounds of an owner, for what they reach, and whether much comes. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../core/index.ts'

interface Waiter {
  readonly position: number
  readonly resolve: (reached: boolean) => void
}

/** Who waits for a position to be folded. */
export function createWaiting(cursor: () => number) {
  let waiters: Waiter[] = []
  return {
    settle(): void {
      if (waiters.length === 0) return
      const due = waiters.filter((waiter) => waiter.position <= cursor())
      waiters = waiters.filter((waiter) => waiter.position > cursor())
      for (const waiter of due) waiter.resolve(true)
    },
    until(position: number, waitMs: number): Promise<boolean> {
      if (cursor() >= position) return Promise.resolve(true)
      return new Promise((resolve) => {
        const waiter: Waiter = {
          position,
          resolve: (reached) => {
            clearTimeout(timer)
            resolve(reached)
          },
        }
        const timer = setTimeout(() => {
          waiters = waiters.filter((other) => other !== waiter)
          resolve(false)
        }, waitMs)
        waiters.push(waiter)
      })
    },
  }
}

/**
 * Rest between rounds: until a hint that came since the last one began, `idleMs` at most. Rounds
 * begin `paceMs` apart at least: what comes within shares one, and one that comes alone waits for
 * nobody.
 */
export function createIdleness(clock: Pick<Clock, 'monotonic'>, idleMs: number, paceMs: number) {
  let isHinted = false
  let begun = -Infinity
  let end: (() => void) | undefined
  const pause = (ms: number, untilHint: boolean): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      if (untilHint)
        end = () => {
          clearTimeout(timer)
          resolve()
        }
    })
  return {
    begin: (): void => {
      isHinted = false
      begun = clock.monotonic()
    },
    wake: (): void => {
      isHinted = true
      end?.()
    },
    rest: async (): Promise<void> => {
      if (!isHinted) await pause(idleMs, true)
      const early = begun + paceMs - clock.monotonic()
      if (early > 0) await pause(early, false)
    },
  }
}

/** Over the last second or so, so that one slow round is not taken for a flood. */
const FLOOD_RATE = 2_000
const RATE_MS = 1_000

/** Told what each round read and when (milliseconds): whether more than 2,000 entries/s come. */
export function createFlood(): (read: number, now: number) => boolean {
  let perMs = 0
  let readAt = -Infinity
  return (read, now) => {
    const elapsed = Math.max(0.1, now - readAt)
    const old = Math.exp(-elapsed / RATE_MS)
    perMs = old * perMs + (1 - old) * (read / elapsed)
    readAt = now
    return perMs * 1_000 > FLOOD_RATE
  }
}

/** Of the time while others need the processors, folding takes a tenth. */
const REST_FACTOR = 9
const REST_MS_MAX = 1_000
/** Who is behind for longer than this folds on whatever else there is to do. */
const GIVEN_WAY_MS_MAX = 10_000

/**
 * How long folding rests while events come in a flood, so that they are taken in as quickly as the
 * machine can: what is not folded yet waits safely in the log, what is not yet acknowledged waits
 * with somebody. Until folding is behind for ten seconds.
 */
export function createGivingWay(clock: Pick<Clock, 'monotonic'>) {
  const isFlood = createFlood()
  let arrived = 0
  let sampledAt = -Infinity
  /** When a round last read all there was. */
  let caughtUpAt = -Infinity
  return {
    /** So many events came into the log. */
    arrived(count: number): void {
      arrived += count
    },
    /** Milliseconds to rest after a round that took `roundMs`; `isFull`: it read all it could. */
    restAfter(roundMs: number, isFull: boolean): number {
      const now = clock.monotonic()
      if (!isFull) caughtUpAt = now
      const wasFlood = isFlood(arrived, now)
      // Over a second there may have been a flood that has just ended.
      const goesOn = arrived > ((now - sampledAt) * FLOOD_RATE) / 1_000
      arrived = 0
      sampledAt = now
      if (!wasFlood || !goesOn || now - caughtUpAt > GIVEN_WAY_MS_MAX) return 0
      return Math.min(REST_FACTOR * roundMs, REST_MS_MAX)
    },
  }
}

/** Looks at least so often without a hint (another process may have appended). */
const IDLE_MS = 250
/** Rounds begin so far apart at least: a round has costs of its own. */
const PACE_MS = 8
/** In a flood rounds wait for each other, so that each finds more. */
const BUSY_PAUSE_MS = 25

export interface RoundDone {
  /** It read as much as a round can. */
  readonly isFull: boolean
  /** Much comes. */
  readonly busy: boolean
}

/** How long an owner waits between its rounds. */
export function createPacing(clock: Pick<Clock, 'monotonic'>) {
  const idleness = createIdleness(clock, IDLE_MS, PACE_MS)
  const givingWay = createGivingWay(clock)
  let begun = -Infinity
  return {
    begin(): void {
      idleness.begin()
      begun = clock.monotonic()
    },
    /** Something was appended, so many entries as far as known. */
    wake: (appended = 0): void => {
      givingWay.arrived(appended)
      idleness.wake()
    },
    /** After a round; `mayIdle` is asked when nothing more is known to be read. */
    async rest({ isFull, busy }: RoundDone, mayIdle: () => boolean): Promise<void> {
      const restMs = givingWay.restAfter(clock.monotonic() - begun, isFull)
      if (restMs > 0) await sleep(restMs)
      if (isFull) return
      if (busy) await sleep(BUSY_PAUSE_MS)
      else if (mayIdle()) await idleness.rest()
    },
  }
}
