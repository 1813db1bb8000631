/** What is known of leads beside their events, kept for a little while. */
import { LRUCache } from 'lru-cache'
import {
  readScoringInputs,
  type Queryable,
  type ScoringInput,
  type StateKey,
} from '../store/index.ts'

/** It is read again after so long. */
const INPUT_MS = 15_000
const INPUTS_MAX = 20_000

export interface ScoringInputs {
  /** Reads what is not known of these leads; persons that are gone are left out. */
  readonly ask: (leads: readonly StateKey[]) => Promise<void>
  readonly get: (lead: StateKey) => ScoringInput | undefined
  /** What is known of a lead is old, and so is an answer to what was asked before. */
  readonly forget: (lead: StateKey) => void
}

const keyOf = ({ workspaceId, personId }: StateKey): string => `${workspaceId}:${personId}`

export function createScoringInputs(app: Queryable): ScoringInputs {
  const known = new LRUCache<string, ScoringInput>({ max: INPUTS_MAX, ttl: INPUT_MS })
  /** For each question under way, of whom something changed meanwhile. */
  const asking = new Set<Set<string>>()
  return {
    async ask(leads) {
      let missing = leads.filter((lead) => !known.has(keyOf(lead)))
      while (missing.length > 0) {
        const changed = new Set<string>()
        asking.add(changed)
        try {
          for (const input of await readScoringInputs(app, missing))
            if (!changed.has(keyOf(input))) known.set(keyOf(input), input)
        } finally {
          asking.delete(changed)
        }
        missing = missing.filter((lead) => changed.has(keyOf(lead)))
      }
    },
    get: (lead) => known.get(keyOf(lead)),
    forget(lead) {
      known.delete(keyOf(lead))
      for (const changed of asking) changed.add(keyOf(lead))
    },
  }
}
