/**
 * Who is not called, and why: the one place that decides it. What comes from the lead's history and
 * attributes is stored with its score, and the list of calls leaves out all of them; being snoozed
 * or hidden changes with a tap or by itself, so lists read it from the lead's row.
 */
import { EVENT_TYPES } from '../core/index.ts'
import { endingOf, type LeadState } from '../features/index.ts'

export type NotCalled = 'hidden' | 'snoozed' | 'closed' | 'lost' | 'do_not_call'

export interface WhyNotCalled {
  readonly why: NotCalled
  /** For people: "bought a property on 2026-05-03". */
  readonly sentence: string
}

export interface StandingFacts {
  readonly attributes: Readonly<Record<string, unknown>>
  /** What an import said became of the lead, without a day. */
  readonly converted?: boolean | null
}

export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

const isYes = (value: unknown): boolean =>
  value === true || value === 1 || (typeof value === 'string' && /^(true|yes|1)$/i.test(value))

/** Why a lead with this history is not called; null: it may be. */
export function whyNotCalled(
  { standing }: Pick<LeadState, 'standing'>,
  { attributes, converted = null }: StandingFacts,
): WhyNotCalled | null {
  const ending = endingOf(standing)
  if (ending !== null) {
    const label = EVENT_TYPES[ending.type].label.toLowerCase()
    const sentence = `${label} on ${dayOf(ending.at)}`
    return { why: ending.isClosed ? 'closed' : 'lost', sentence }
  }
  if (converted === true) return { why: 'closed', sentence: 'closed, as the import says' }
  if (isYes(attributes['do_not_contact']))
    return { why: 'do_not_call', sentence: 'asked not to be contacted' }
  if (isYes(attributes['do_not_call']))
    return { why: 'do_not_call', sentence: 'asked not to be called' }
  return null
}
