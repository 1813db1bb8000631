/**
 * Keeps requests below a rate, as a log of the last ones (never more than `rate` in any ten
 * seconds), and heeds what the X-RateLimit headers say is left.
 */
import type { Clock } from '../../core/index.ts'
import { SetupError } from '../../platform/index.ts'

export interface Pacer {
  /** Resolves when the next request may be sent. @throws SetupError when the day is used up. */
  readonly turn: () => Promise<void>
  readonly heed: (headers: Headers) => void
  /** Milliseconds that requests were held back. */
  readonly waited: () => number
}

/** Left for whatever else uses the token today. */
const DAILY_RESERVE = 1_000
const INTERVAL_MS = 10_000

const numberOf = (headers: Headers, name: string): number | undefined => {
  const text = headers.get(name)
  const value = Number(text)
  return text === null || !Number.isFinite(value) ? undefined : value
}

/** @param rate requests in ten seconds; GoHighLevel allows 100 */
export function createPacer(
  rate: number,
  clock: Clock,
  sleep: (ms: number) => Promise<unknown>,
): Pacer {
  const sent: number[] = []
  let waited = 0
  let blockedUntil = 0
  let leftToday = Infinity
  let next: Promise<void> = Promise.resolve()

  async function wait(until: number): Promise<void> {
    const began = clock.monotonic()
    if (until > began) await sleep(until - began)
    waited += Math.max(0, clock.monotonic() - began)
  }
  async function turn(): Promise<void> {
    if (leftToday <= DAILY_RESERVE)
      throw new SetupError(
        "GoHighLevel's daily limit of requests is nearly used up. Run the same command again " +
          'tomorrow: it goes on where it stopped.',
      )
    await wait(blockedUntil)
    while (sent.length > 0 && sent[0]! <= clock.monotonic() - INTERVAL_MS) sent.shift()
    if (sent.length >= rate) {
      await wait(sent[0]! + INTERVAL_MS)
      sent.shift()
    }
    sent.push(clock.monotonic())
  }
  return {
    // One after the other, so that many who wait do not all go at once.
    turn() {
      const mine = next.then(turn)
      next = mine.catch(() => undefined)
      return mine
    },
    heed(headers) {
      leftToday = numberOf(headers, 'x-ratelimit-daily-remaining') ?? leftToday
      const left = numberOf(headers, 'x-ratelimit-remaining')
      if (left === undefined || left > 0) return
      const interval = numberOf(headers, 'x-ratelimit-interval-milliseconds') ?? INTERVAL_MS
      blockedUntil = clock.monotonic() + Math.min(interval, 60_000)
    },
    waited: () => waited,
  }
}
