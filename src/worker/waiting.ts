/** Waiting between the rounds of an owner, for what they reach, and whether much comes. */
import { setTimeout as sleep } from 'node:timers/promises'

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

/** Rest between rounds: until a hint that came since the last one began, `idleMs` at most. */
export function createIdleness(idleMs: number) {
  let hinted = false
  let end: () => void = () => undefined
  return {
    begin: (): void => {
      hinted = false
    },
    wake: (): void => {
      hinted = true
      end()
    },
    rest: async (): Promise<void> => {
      if (hinted) return
      const pause = new AbortController()
      end = () => pause.abort()
      await sleep(idleMs, undefined, { signal: pause.signal }).catch(() => undefined)
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
