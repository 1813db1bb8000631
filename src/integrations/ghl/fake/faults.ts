/** What goes wrong at the fake when it is told to: by flag, or while it runs by POST /__fake. */
import Type, { type Static } from 'typebox'
import type { Clock } from '../../../core/index.ts'

const Every = Type.Optional(
  Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { description: 'null: never' }),
)

export const Faults = Type.Object(
  {
    /** Requests in ten seconds; null: no limit. */
    burst: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])),
    daily: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Every nth request answers 429, 500, or never. */
    refuse_every: Every,
    fail_every: Every,
    hang_every: Every,
    /** The token is worth nothing after so many requests. */
    expire_after: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
    /** What is created is kept, and answered with 500. */
    fail_after_create: Type.Optional(Type.Boolean()),
    delay_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
  },
  { additionalProperties: false },
)
export type Faults = Static<typeof Faults>

const INTERVAL_MS = 10_000
const DAY_MS = 86_400_000

export interface Spending {
  readonly headers: Readonly<Record<string, string>>
  readonly isOver: boolean
}

/** Counts requests in windows of ten seconds and of a day, as the headers tell. */
export function createRateLimit(clock: Clock): (faults: Faults) => Spending {
  const burst = { began: -Infinity, used: 0 }
  const day = { began: -Infinity, used: 0 }
  const spend = (window: typeof burst, lasts: number): number => {
    const now = clock.monotonic()
    if (now - window.began >= lasts) {
      window.began = now
      window.used = 0
    }
    return ++window.used
  }
  return ({ burst: max = 100, daily = 200_000 }) => {
    if (max === null) return { headers: {}, isOver: false }
    const used = spend(burst, INTERVAL_MS)
    const usedToday = spend(day, DAY_MS)
    return {
      headers: {
        'X-RateLimit-Limit-Daily': String(daily),
        'X-RateLimit-Daily-Remaining': String(Math.max(0, daily - usedToday)),
        'X-RateLimit-Interval-Milliseconds': String(INTERVAL_MS),
        'X-RateLimit-Max': String(max),
        'X-RateLimit-Remaining': String(Math.max(0, max - used)),
      },
      isOver: used > max || usedToday > daily,
    }
  }
}

export type Fate = 'answer' | 'refuse' | 'fail' | 'hang' | 'expired'

/** What becomes of the nth request, from 1. */
export function fateOf(faults: Faults, n: number): Fate {
  const { expire_after, refuse_every, fail_every, hang_every } = faults
  const due = (every: number | null | undefined): boolean => every != null && n % every === 0
  if (expire_after != null && n > expire_after) return 'expired'
  if (due(hang_every)) return 'hang'
  if (due(fail_every)) return 'fail'
  return due(refuse_every) ? 'refuse' : 'answer'
}
