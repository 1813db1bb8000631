/** The order of the board, and what frames do to it. Pure. */
import type { LeadAnswer, ScoreData } from '../../../src/contract/index.ts'

/** What the board shows of a lead. */
export type BoardLead = Pick<LeadAnswer, 'lead_id' | 'name' | 'score' | 'last_event'> &
  // Frames do not tell it.
  Partial<Pick<LeadAnswer, 'owner_id'>>

const worthOf = ({ score }: BoardLead): number => score?.call_next.value ?? -Infinity
const computedAt = ({ score }: BoardLead): string => score?.computed_at ?? ''

/** Closed, lost or with no wish to be called: of no list of calls. */
const isCalled = ({ score }: BoardLead): boolean => (score?.call_next.not_called ?? null) === null

export const toBeCalled = (leads: readonly BoardLead[]): BoardLead[] => leads.filter(isCalled)

/** Most worth a call first; what is not known comes last, and equals stay as they are. */
const inOrder = (leads: readonly BoardLead[]): BoardLead[] =>
  toBeCalled(leads).sort((a, b) => {
    const [first, second] = [worthOf(a), worthOf(b)]
    return first === second ? 0 : second - first
  })

/**
 * The list after these scores, at most `most` leads to be called; behind them those that were and
 * are no longer: who points at their row is to see it.
 */
export function withScores(
  leads: readonly BoardLead[],
  scores: readonly ScoreData[],
  most: number,
): BoardLead[] {
  const byId = new Map(leads.map((lead) => [lead.lead_id, lead]))
  for (const { lead_id, name, last_event, ...score } of scores) {
    const known = byId.get(lead_id)
    const told = { lead_id, name, score, last_event: last_event ?? known?.last_event ?? null }
    byId.set(lead_id, { ...known, ...told })
  }
  const all = [...byId.values()]
  return [...inOrder(all).slice(0, most), ...all.filter((lead) => !isCalled(lead))]
}

/** A list just read, where frames have told something newer of a lead that. */
export function notOlder(read: readonly BoardLead[], shown: readonly BoardLead[]): BoardLead[] {
  const byId = new Map(shown.map((lead) => [lead.lead_id, lead]))
  return inOrder(
    read.map((lead) => {
      const known = byId.get(lead.lead_id)
      return known !== undefined && computedAt(known) > computedAt(lead) ? known : lead
    }),
  )
}

/**
 * The leads as they are now in the order they had: nobody leaves, who is new comes last. For rows
 * that somebody points at.
 */
export function inPlace(held: readonly BoardLead[], now: readonly BoardLead[]): BoardLead[] {
  const byId = new Map(now.map((lead) => [lead.lead_id, lead]))
  const before = new Set(held.map(({ lead_id }) => lead_id))
  return [
    ...held.map((lead) => byId.get(lead.lead_id) ?? lead),
    ...toBeCalled(now).filter(({ lead_id }) => !before.has(lead_id)),
  ]
}

/** What is said of every call, so that it need not stand beside each. */
export function saidOfAll(leads: readonly BoardLead[]): string[] {
  const [first, ...others] = leads.map(({ score }) => score?.call_next.reasons ?? [])
  return first?.filter((reason) => others.every((reasons) => reasons.includes(reason))) ?? []
}
