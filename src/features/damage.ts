/**
 * Reading states that may be damaged on disk: whoever reads one folds its lead from the log
 * instead, and says so on a channel of the thread, where it is counted, logged and mended.
 */
import { channel } from 'node:diagnostics_channel'
import { LRUCache } from 'lru-cache'
import type { Logger } from '../platform/index.ts'
import type { StateKey } from '../store/index.ts'
import { DamagedStateError, decodeState } from './codec.ts'
import type { LeadState } from './state.ts'

export interface StateDamage extends StateKey {
  /** `state`: as of now, always found again in the log; `base`: of what retention deleted. */
  readonly kept: 'state' | 'base'
}

const damages = channel('enterprisehub:damaged-state')

/** The same find within this time is one: a base is read with every look at its lead. */
const AGAIN_MS = 3_600_000
const FOUND_MAX = 10_000

/** Tells those who watch in this thread. */
export function tellStateDamage(damage: StateDamage): void {
  damages.publish(damage)
}

/** `found` is told of every damaged state that is read in this thread; the answer ends it. */
export function onStateDamage(found: (damage: StateDamage) => void): () => void {
  const listener = (damage: unknown): void => found(damage as StateDamage)
  damages.subscribe(listener)
  return () => damages.unsubscribe(listener)
}

/** Logs damaged states, and tells `found`, once an hour each at most; the answer ends it. */
export function watchStateDamage(
  log: Logger,
  found: (damage: StateDamage) => void = () => undefined,
): () => void {
  const seen = new LRUCache<string, true>({ max: FOUND_MAX, ttl: AGAIN_MS })
  return onStateDamage((damage) => {
    const { workspaceId, personId, kept } = damage
    const key = `${kept}:${workspaceId}:${personId}`
    if (seen.has(key)) return
    seen.set(key, true)
    found(damage)
    const what = { workspace: workspaceId, person: personId }
    if (kept === 'state')
      log.error(what, 'the stored state of a lead is damaged: it is folded anew from the log')
    else
      log.error(
        what,
        'what was kept of a lead beside its deleted events is damaged: it begins with the events ' +
          'that are left; a backup from before the damage has the rest',
      )
  })
}

/** The state behind bytes from disk; null: only the log tells it, and damage was told of. */
export function readStored(
  bytes: Uint8Array,
  { workspaceId, personId }: StateKey,
  kept: StateDamage['kept'],
): LeadState | null {
  try {
    return decodeState(bytes)
  } catch (error) {
    if (!(error instanceof DamagedStateError)) throw error
    tellStateDamage({ workspaceId, personId, kept })
    return null
  }
}
