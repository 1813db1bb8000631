/** Leads whose stored state was found damaged: folded anew and written with the next checkpoint. */
import { onStateDamage } from '../features/index.ts'
import type { StateKey } from '../store/index.ts'

export interface Mending {
  /** Mends what was found since, of the leads that `position` knows the end of. */
  readonly settle: (
    mend: (lead: StateKey, position: number) => Promise<void>,
    position: (lead: StateKey) => number | undefined,
  ) => Promise<void>
  readonly close: () => void
}

/** Listens to what this thread reads. */
export function createMending(): Mending {
  const found = new Map<string, StateKey>()
  const close = onStateDamage(({ workspaceId, personId, kept }) => {
    if (kept === 'state') found.set(`${workspaceId}:${personId}`, { workspaceId, personId })
  })
  return {
    close,
    async settle(mend, position) {
      const leads = [...found.values()]
      found.clear()
      for (const lead of leads) {
        const end = position(lead)
        // Another owner's: it finds the damage when it reads the lead.
        if (end !== undefined) await mend(lead, end)
      }
    },
  }
}
