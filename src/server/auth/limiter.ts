/**
 * Counts attempts per key in fixed windows, in bounded memory of this process. Sign-in is counted
 * in the database too, for all processes together (store/attempts.ts).
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../core/index.ts'

export interface Limiter {
  /** Counts one attempt. 0: go on; otherwise whole seconds to wait. */
  readonly take: (key: string) => number
}

interface Window {
  used: number
  readonly until: number
}

/** `attempts` per `windowMs` and key; keys beyond `keysMax` push the least recent out. */
export function createLimiter(
  clock: Clock,
  {
    attempts,
    windowMs,
    keysMax = 50_000,
  }: { attempts: number; windowMs: number; keysMax?: number },
): Limiter {
  const windows = new LRUCache<string, Window>({ max: keysMax })
  return {
    take(key) {
      const now = clock.monotonic()
      const present = windows.get(key)
      if (present === undefined || present.until <= now) {
        windows.set(key, { used: 1, until: now + windowMs })
        return 0
      }
      present.used++
      return present.used <= attempts ? 0 : Math.ceil((present.until - now) / 1_000)
    },
  }
}
