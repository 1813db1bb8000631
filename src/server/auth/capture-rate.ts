/**
 * How many events a second each key may send, in bounded memory of this process: the generic cell
 * rate algorithm (ITU-T I.371, annex A), which keeps one number per key. One look-up a call.
 */
import type { FastifyReply } from 'fastify'
import { LRUCache } from 'lru-cache'
import { AppError, type Clock } from '../../core/index.ts'
import type { Config } from '../../platform/index.ts'
import type { Principal } from '../principal.ts'

/** What a caller who was quiet may send at once, in seconds of their rate. */
const BURST_MS = 10_000
const CALLERS_MAX = 50_000

/**
 * Counts `events` of the caller. A call that fits is counted whole, so one of 1,000 events is taken
 * at any rate.
 * @throws AppError `rate-limited`, with Retry-After set on the reply.
 */
export type CaptureRate = (principal: Principal, events: number, reply: FastifyReply) => void

export function createCaptureRate(
  clock: Clock,
  { CAPTURE_RATE_PUBLISHABLE, CAPTURE_RATE_SECRET }: Config,
): CaptureRate {
  /** By caller: when everything they sent would have arrived at their rate, monotonic ms. */
  const dueAt = new LRUCache<number, number>({ max: CALLERS_MAX })
  return (principal, events, reply) => {
    // People and keys are numbered apart.
    const caller = principal.kind === 'user' ? -principal.userId : principal.keyId
    const perSecond =
      principal.kind === 'publishable' ? CAPTURE_RATE_PUBLISHABLE : CAPTURE_RATE_SECRET
    const now = clock.monotonic()
    const due = Math.max(dueAt.get(caller) ?? now, now)
    const waitMs = due - now - BURST_MS
    if (waitMs > 0) {
      void reply.header('retry-after', String(Math.ceil(waitMs / 1_000)))
      throw new AppError('rate-limited', `this key sends more than ${perSecond} events a second`)
    }
    dueAt.set(caller, due + (Math.max(events, 1) * 1_000) / perSecond)
  }
}
