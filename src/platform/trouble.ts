/**
 * Trouble of something that is tried again and again: told when it begins and when it is over, not
 * with every try, and waited out longer each time.
 */
import type { Logger } from './log.ts'

export interface Trouble {
  /** Takes note of a failed try; milliseconds to wait before the next one. */
  readonly failed: (error: unknown) => number
  /** Takes note of one that went well. */
  readonly passed: () => void
}

export interface TroubleOptions {
  /** Said when it begins, and again for a different fault. */
  readonly begins: string
  /** Said when it is over. */
  readonly ends: string
  /** Wait after the first failure, which doubles with each one up to the longest. */
  readonly firstMs: number
  readonly longestMs: number
}

/** Different faults told of in one outage: a database that goes down has some three. */
const FAULTS_MAX = 8

function faultOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return String(code ?? message ?? error)
}

export function createTrouble(log: Logger, options: TroubleOptions): Trouble {
  const { begins, ends, firstMs, longestMs } = options
  const told = new Set<string>()
  let failures = 0
  return {
    failed(error) {
      failures++
      const fault = faultOf(error)
      const isNew = !told.has(fault) && told.size < FAULTS_MAX
      if (isNew) told.add(fault)
      log[isNew ? 'error' : 'debug']({ err: error }, begins)
      return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30))
    },
    passed() {
      if (failures === 0) return
      log.info({ failures }, ends)
      failures = 0
      told.clear()
    },
  }
}
