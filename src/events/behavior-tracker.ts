/**
 * Recent history of leads in memory, bounded in every direction. It is a look-back, never the
 * truth: whatever it has let go stands in the log.
 */
import type { Clock } from '../core/index.ts'

export interface TrackerBounds {
  /** Leads remembered; the one longest without an event goes first (default 10,000). */
  readonly leadsMax?: number
  /** Events of one lead; its oldest goes first (default 50). */
  readonly perLeadMax?: number
  /** Events of all leads; whole leads go, longest without an event first (default 100,000). */
  readonly totalMax?: number
}

/** Every operation is O(1) amortised in leads and events (O(perLeadMax) at worst). */
export interface BehaviorTracker<Event> {
  readonly record: (lead: string, event: Event) => void
  /** Oldest first; empty for a lead that is not remembered. */
  readonly recent: (lead: string) => readonly Event[]
  readonly forget: (lead: string) => void
  /** Events remembered. */
  readonly size: () => number
}

interface InMemoryBehaviorTracker<Event> extends BehaviorTracker<Event> {
  /** The lead longest without an event. */
  readonly stalest: () => string | undefined
}

export function createInMemoryBehaviorTracker<Event>({
  leadsMax = 10_000,
  perLeadMax = 50,
  totalMax = 100_000,
}: TrackerBounds = {}): InMemoryBehaviorTracker<Event> {
  // In the order of each lead's latest event.
  const leads = new Map<string, Event[]>()
  let total = 0
  const stalest = (): string | undefined => leads.keys().next().value
  const forget = (lead: string): void => {
    total -= leads.get(lead)?.length ?? 0
    leads.delete(lead)
  }
  return {
    record(lead, event) {
      const events = leads.get(lead) ?? []
      leads.delete(lead)
      leads.set(lead, events)
      events.push(event)
      total++
      if (events.length > perLeadMax) {
        events.shift()
        total--
      }
      while (leads.size > leadsMax || (total > totalMax && leads.size > 1)) forget(stalest()!)
    },
    recent: (lead) => leads.get(lead) ?? [],
    forget,
    size: () => total,
    stalest,
  }
}

/** As the tracker in memory, and an event is forgotten `ttlMs` after it was recorded. */
export function createTimedBehaviorTracker<Event>(
  clock: Pick<Clock, 'monotonic'>,
  ttlMs: number,
  bounds: TrackerBounds = {},
): BehaviorTracker<Event> {
  const kept = createInMemoryBehaviorTracker<{ readonly event: Event; readonly at: number }>(bounds)
  const alive = ({ at }: { at: number }): boolean => clock.monotonic() - at < ttlMs
  const dropStale = (): void => {
    for (let lead = kept.stalest(); lead !== undefined; lead = kept.stalest()) {
      if (alive(kept.recent(lead).at(-1)!)) return
      kept.forget(lead)
    }
  }
  return {
    record(lead, event) {
      dropStale()
      kept.record(lead, { event, at: clock.monotonic() })
    },
    recent: (lead) =>
      kept
        .recent(lead)
        .filter(alive)
        .map(({ event }) => event),
    forget: kept.forget,
    size() {
      dropStale()
      return kept.size()
    },
  }
}
