/**
 * Whose entries are whose, as known so far. Links and merges are entries: recorded for the lead
 * that stays, with `properties.from_person` naming the person whose entries become its own
 * from that position on. `leads_unmerged` takes them away again.
 */
import type { LogEntry } from '../core/index.ts'

export interface Membership {
  /** Person to the lead it now belongs to; persons that stand for themselves are absent. */
  readonly leadOf: Map<number, number>
}

export const emptyMembership = (): Membership => ({ leadOf: new Map() })

/** The lead that a person's entries belong to, through any number of links. */
export function leadOf(membership: Membership, personId: number): number {
  let at = personId
  // Links never form a circle (see noteMembership), so this ends.
  for (;;) {
    const next = membership.leadOf.get(at)
    if (next === undefined) return at
    at = next
  }
}

/** Takes note of a link, merge or unmerge; true when somebody's entries moved. */
export function noteMembership(membership: Membership, entry: LogEntry): boolean {
  const source = entry.body.properties?.['from_person']
  if (typeof source !== 'number') return false
  if (entry.type === 'leads_unmerged') return membership.leadOf.delete(source)
  if (entry.type !== 'identity_linked' && entry.type !== 'leads_merged') return false
  // A person that already counts as somebody else is never silently moved: this also rules out
  // circles, since only a root can be linked, and not to a member of its own tree.
  if (membership.leadOf.has(source) || leadOf(membership, entry.personId) === source) return false
  membership.leadOf.set(source, entry.personId)
  return true
}
