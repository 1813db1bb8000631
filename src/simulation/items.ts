/** What a market emits, in the shapes of the public API (`POST /v1/events`, `/v1/outcomes` …). */
import type { EventContext, EventType, Json, OutcomeType } from '../core/index.ts'
import type { LeadRecord } from './leads.ts'

export interface SimulatedEvent {
  readonly event_id: string
  readonly lead_id?: string
  readonly anonymous_id?: string
  readonly type: EventType
  readonly timestamp: string
  readonly duration_seconds?: number
  readonly property_id?: string
  readonly properties: { readonly simulated: true; readonly [key: string]: Json }
  readonly context: EventContext
}

export interface SimulatedOutcome {
  readonly lead_id: string
  readonly outcome_type: OutcomeType
  readonly timestamp: string
  readonly details: { readonly simulated: true; readonly [key: string]: Json }
}

/** One thing that becomes known at `at` (milliseconds since the epoch). */
export type StreamItem =
  | { readonly kind: 'lead'; readonly at: number; readonly lead: LeadRecord }
  | { readonly kind: 'event'; readonly at: number; readonly event: SimulatedEvent }
  | { readonly kind: 'outcome'; readonly at: number; readonly outcome: SimulatedOutcome }
  | {
      readonly kind: 'identify'
      readonly at: number
      readonly lead_id: string
      readonly anonymous_id: string
    }
  | {
      readonly kind: 'merge'
      readonly at: number
      readonly from_lead_id: string
      readonly into_lead_id: string
    }

/** The true maker of an open or click. */
export interface TrueGrade {
  readonly event_id: string
  readonly grade: 'human' | 'machine'
}
