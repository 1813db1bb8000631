/** One entry of the event log, as the fold and every other reader sees it. */
import type { EventType } from './event-types.ts'

/** A JSON value as stored in the log. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export interface EventContext {
  readonly device_type?: string
  readonly traffic_source?: string
  readonly campaign_id?: string
  readonly session_id?: string
  readonly [key: string]: Json | undefined
}

/** What was true of the world when the entry was appended; never rewritten later. */
export interface FrozenEnrichment {
  readonly listing?: {
    readonly ListPrice?: number
    readonly PropertyType?: string
    readonly LivingArea?: number
    readonly BedroomsTotal?: number
    readonly BathroomsTotalInteger?: number
    readonly City?: string
    readonly PostalCode?: string
    readonly OnMarketDate?: string
  }
  readonly market?: { readonly [key: string]: Json }
  readonly text?: { readonly analyser: string; readonly [key: string]: Json }
}

export interface EntryBody {
  readonly event_id?: string
  readonly duration_seconds?: number
  readonly property_id?: string
  readonly properties?: { readonly [key: string]: Json }
  readonly context?: EventContext
  readonly frozen?: FrozenEnrichment
}

export interface LogEntry {
  /** Place in the log: when we learned it. Unique, increasing, below 2^53; may have gaps. */
  readonly position: number
  readonly workspaceId: number
  /** The person the entry was recorded for, before any link or merge. */
  readonly personId: number
  readonly type: EventType
  /** When it happened, milliseconds since the Unix epoch. */
  readonly eventTime: number
  /** When it was appended, milliseconds since the Unix epoch. */
  readonly receivedAt: number
  /**
   * It was declared to have been known when it happened, as an entry of another system's log was;
   * set where that matters only, by readers for learning.
   */
  readonly declared?: boolean
  readonly body: EntryBody
}
