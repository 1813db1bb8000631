/** What was refused on the addresses of webhooks since this process started: nobody's workspace. */
import type { Clock } from '../../core/index.ts'

export interface Refusals {
  readonly note: (reason: string) => void
  readonly read: () => {
    readonly count: number
    readonly last: { reason: string; at: number } | null
  }
}

export function createRefusals(clock: Clock): Refusals {
  let count = 0
  let last: { reason: string; at: number } | null = null
  return {
    note(reason) {
      count++
      last = { reason, at: clock.now() }
    },
    read: () => ({ count, last }),
  }
}
