/**
 * The stream as a log would keep it: what each lead's record, links, events and outcomes look like
 * to the fold. Everything is known the moment it happens. For judging models without a database.
 */
import type { EntryBody, EventType, FrozenEnrichment, LogEntry } from '../core/index.ts'
import type { StreamItem } from './items.ts'
import { secondId, type LeadRecord } from './leads.ts'
import type { Market } from './market.ts'
import { simulateDays, type LeadRange } from './stream.ts'

/** One lead's part of the log. */
export interface LeadLog {
  /** Index into market.leads. */
  readonly index: number
  /** The person that all entries belong to in the end. */
  readonly personId: number
  /** In the order in which they became known, which is also that of their positions. */
  readonly entries: LogEntry[]
  /** What the team was told at sign-up; null before it. */
  record: LeadRecord | null
}

/** Persons of one lead: the lead, its two devices and its second sign-up. */
const PERSONS = 4
const POSITIONS = 2 ** 20

/** The logs of the leads in `range` (default: all), in order of index. Memory holds them all. */
export function leadLogs(market: Market, range: LeadRange = {}): LeadLog[] {
  const from = range.from ?? 0
  const to = range.to ?? market.leads.length
  const persons = new Map<string, number>()
  const logs = market.leads.slice(from, to).map((lead): LeadLog => {
    const personId = (lead.index + 1) * PERSONS
    const names = [lead.id, `${lead.id}-d1`, `${lead.id}-d2`, secondId(lead)]
    names.forEach((name, i) => persons.set(name, personId + i))
    return { index: lead.index, personId, entries: [], record: null }
  })
  const frozen = new Map(market.homes.map((home) => [home.listing.ListingId, freeze(home.listing)]))
  const add = (name: string, type: EventType, at: number, body: EntryBody): void => {
    const personId = persons.get(name)!
    const { entries, index } = logs[Math.floor(personId / PERSONS) - 1 - from]!
    const position = (index + 1) * POSITIONS + entries.length
    entries.push({ position, workspaceId: 1, personId, type, eventTime: at, receivedAt: at, body })
  }
  for (const { items } of simulateDays(market, range))
    for (const item of items)
      if (item.kind === 'lead') {
        const log = logs[Math.floor(persons.get(item.lead.lead_id)! / PERSONS) - 1 - from]!
        log.record ??= item.lead
      } else addItem(item, frozen, persons, add)
  return logs
}

type Add = (name: string, type: EventType, at: number, body: EntryBody) => void

function addItem(
  item: Exclude<StreamItem, { kind: 'lead' }>,
  frozen: ReadonlyMap<string, FrozenEnrichment>,
  persons: ReadonlyMap<string, number>,
  add: Add,
): void {
  const link = (name: string): EntryBody => ({ properties: { from_person: persons.get(name)! } })
  if (item.kind === 'identify')
    add(item.lead_id, 'identity_linked', item.at, link(item.anonymous_id))
  else if (item.kind === 'merge')
    add(item.into_lead_id, 'leads_merged', item.at, link(item.from_lead_id))
  else if (item.kind === 'outcome')
    add(item.outcome.lead_id, item.outcome.outcome_type, item.at, {
      properties: item.outcome.details,
    })
  else {
    const { event_id, lead_id, anonymous_id, type, timestamp, ...body } = item.event
    const enrichment = body.property_id === undefined ? undefined : frozen.get(body.property_id)
    add((lead_id ?? anonymous_id)!, type, item.at, {
      event_id,
      ...body,
      ...(enrichment === undefined ? {} : { frozen: enrichment }),
    })
  }
}

function freeze(listing: Market['homes'][number]['listing']): FrozenEnrichment {
  const { ListPrice, PropertyType, LivingArea, BedroomsTotal, BathroomsTotalInteger } = listing
  const { City, PostalCode, OnMarketDate } = listing
  return {
    listing: {
      ListPrice,
      PropertyType,
      LivingArea,
      BedroomsTotal,
      BathroomsTotalInteger,
      City,
      PostalCode,
      OnMarketDate,
    },
  }
}
