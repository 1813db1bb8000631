/**
 * The event table: every type of event the product knows, declared once. Validation, storage,
 * documentation, the collector's methods, the client and every label derive from it.
 */

/** Who acts when the event happens. */
export type Actor = 'lead' | 'agent' | 'machine'

export interface EventTypeDeclaration {
  /** Stable number kept in the log; never reused, never changed. */
  readonly code: number
  /** Plain-language name on screens. */
  readonly label: string
  /** How far down the funnel the event stands: 0 (arrived) to 5 (bought). */
  readonly funnelDepth: 0 | 1 | 2 | 3 | 4 | 5
  /** Contribution to engagement, in [-5, 5]; 0 for what the lead did not do. */
  readonly engagementWeight: number
  readonly actor: Actor
  /** Opens and clicks can be made by scanners: they carry an engagement grade. */
  readonly graded?: true
  /** Labels rest on it: taken from people and secret keys, never from a website's public key. */
  readonly attested?: true
  /**
   * People, and systems that they keep, report it, so it can be taken back: an entry_undone entry
   * says that it was not.
   */
  readonly undoable?: true
}

/** What grading reads of opens and clicks, beside `context.network` and `context.user_agent`. */
export const GRADING_PROPERTIES: Readonly<Record<string, string>> = {
  email_id:
    'the e-mail, as its email_sent names it; without it, the last that `context.campaign_id` sent',
  sent_at: 'when it was sent (ISO 8601), when no email_sent was recorded',
  client: 'what opened it, e.g. a digest of address and user agent',
  network: '`data_centre` when the address is one',
  link: 'which link was clicked: number or text',
}

const declare = <const T extends Record<string, EventTypeDeclaration>>(table: T): T => table
const type = (
  code: number,
  label: string,
  funnelDepth: EventTypeDeclaration['funnelDepth'],
  engagementWeight: number,
  actor: Actor = 'lead',
): EventTypeDeclaration => ({ code, label, funnelDepth, engagementWeight, actor })
const graded = (declaration: EventTypeDeclaration): EventTypeDeclaration => ({
  ...declaration,
  graded: true,
})
const attested = (declaration: EventTypeDeclaration): EventTypeDeclaration => ({
  ...declaration,
  attested: true,
})

const undoable = (declaration: EventTypeDeclaration): EventTypeDeclaration => ({
  ...declaration,
  undoable: true,
})

/** What a lead does with one listing: these always carry a property_id. */
const PROPERTY_TYPES = declare({
  property_view: type(6, 'Viewed a property', 1, 1),
  photos_viewed: type(7, 'Looked at photos', 1, 0.6),
  price_checked: type(8, 'Checked the price', 2, 0.8),
  floorplan_viewed: type(9, 'Looked at the floor plan', 2, 1),
  map_viewed: type(10, 'Looked at the map', 1, 0.6),
  property_swipe: type(11, 'Swiped a property', 1, 0.5),
  property_favorite: type(12, 'Saved a property', 2, 1.5),
  property_unfavorite: type(13, 'Removed a saved property', 1, -0.5),
  property_share: type(14, 'Shared a property', 2, 1.5),
})

/** What a client may send. */
const PUBLIC_TYPES = declare({
  session_started: type(1, 'Session started', 0, 0.2),
  session_ended: type(2, 'Session ended', 0, 0),
  page_visit: type(3, 'Visited a page', 0, 0.3),
  search_executed: type(4, 'Ran a search', 1, 0.6),
  filter_applied: type(5, 'Applied a filter', 1, 0.5),
  ...PROPERTY_TYPES,
  contact_view: type(15, 'Looked at contact details', 2, 1.5),
  inquiry_submitted: type(16, 'Sent an inquiry', 3, 3),
  form_submission: type(17, 'Submitted a form', 2, 2),
  booking_requested: undoable(type(18, 'Requested a booking', 3, 3)),
  booking_completed: undoable(type(19, 'Completed a booking', 3, 3.5)),
  booking_cancelled: undoable(type(20, 'Cancelled a booking', 2, -1)),
  tour_scheduled: undoable(type(21, 'Scheduled a tour', 4, 4)),
  tour_completed: undoable(type(22, 'Completed a tour', 4, 4.5)),
  tour_cancelled: undoable(type(23, 'Cancelled a tour', 2, -2)),
  offer_submitted: undoable(attested(type(24, 'Submitted an offer', 5, 5))),
  email_sent: type(25, 'E-mail sent', 0, 0, 'agent'),
  email_open: graded(type(26, 'Opened an e-mail', 0, 0.3)),
  email_click: graded(type(27, 'Clicked in an e-mail', 1, 0.8)),
  email_reply: type(28, 'Replied to an e-mail', 2, 2),
  link_click: graded(type(29, 'Clicked a link', 1, 0.7)),
  sms_sent: type(30, 'Text message sent', 0, 0, 'agent'),
  sms_received: type(31, 'Text message received', 2, 2),
  call_placed: undoable(type(32, 'Call placed', 0, 0, 'agent')),
  call_received: type(33, 'Call received', 2, 2.5),
  message_sent: type(34, 'Message sent', 0, 0, 'agent'),
  message_received: type(35, 'Message received', 2, 2),
  video_watched: type(36, 'Watched a video', 1, 1),
  document_viewed: type(37, 'Viewed a document', 2, 1.2),
  portal_visit: type(38, 'Visited the portal', 1, 0.8),
  valuation_requested: type(39, 'Requested a valuation', 3, 2.5),
  mortgage_calculated: type(40, 'Calculated a mortgage', 2, 1.5),
  open_house_visited: type(41, 'Visited an open house', 4, 3.5),
  property_purchased: undoable(attested(type(42, 'Bought a property', 5, 5))),
  unsubscribed: type(43, 'Unsubscribed', 0, -5),
  // Outcomes that are not also behavior: reported, not observed. They enter the same log, because
  // an outcome and the event of the same name are one fact.
  converted_to_seller: undoable(type(60, 'Became a seller', 5, 0, 'agent')),
  listing_signed: undoable(type(61, 'Signed a listing', 5, 0, 'agent')),
  inactivity: type(62, 'Went inactive', 0, 0, 'machine'),
  agent_changed: undoable(type(63, 'Changed agent', 0, 0, 'agent')),
  churn: undoable(type(64, 'Left', 0, 0, 'agent')),
  lost: undoable(type(65, 'Lost', 0, 0, 'agent')),
  deal_fell_through: undoable(type(66, 'Deal fell through', 0, 0, 'agent')),
})

/** Written by the product itself. Corrections are entries too: they take effect from there on. */
const INTERNAL_TYPES = declare({
  engagement_graded: type(80, 'Engagement graded', 0, 0, 'machine'),
  identity_linked: type(81, 'Identity linked', 0, 0, 'machine'),
  leads_merged: type(82, 'Leads merged', 0, 0, 'agent'),
  leads_unmerged: type(83, 'Merge undone', 0, 0, 'agent'),
  note_added: undoable(type(84, 'Note added', 0, 0, 'agent')),
  lead_assigned: undoable(type(85, 'Assigned to an agent', 0, 0, 'agent')),
  person_erased: type(87, 'Person erased', 0, 0, 'machine'),
  score_disputed: undoable(type(86, 'Score disputed', 0, 0, 'agent')),
  entry_undone: type(88, 'Undone', 0, 0, 'agent'),
  lead_changed: undoable(type(89, 'Lead changed', 0, 0, 'agent')),
  lead_snoozed: undoable(type(90, 'Snoozed', 0, 0, 'agent')),
  lead_hidden: undoable(type(91, 'Hidden', 0, 0, 'agent')),
})

export const EVENT_TYPES = { ...PUBLIC_TYPES, ...INTERNAL_TYPES }

export type EventType = keyof typeof EVENT_TYPES
export type PublicEventType = keyof typeof PUBLIC_TYPES
export type PropertyEventType = keyof typeof PROPERTY_TYPES

export const EVENT_TYPE_NAMES = Object.keys(EVENT_TYPES) as EventType[]

/** Types a client may send. */
export const PUBLIC_EVENT_TYPES = Object.keys(PUBLIC_TYPES) as readonly PublicEventType[]

export const PROPERTY_EVENT_TYPES = Object.keys(PROPERTY_TYPES) as readonly PropertyEventType[]

/** Whether people can take an entry of this type back. */
export const isUndoable = (type: EventType): boolean => EVENT_TYPES[type].undoable === true

const BY_CODE = new Map<number, EventType>(
  EVENT_TYPE_NAMES.map((name) => [EVENT_TYPES[name].code, name]),
)

/** The name behind a stored code, or undefined for one written by a newer version. */
export function eventTypeOfCode(code: number): EventType | undefined {
  return BY_CODE.get(code)
}

export function isPublicEventType(name: string): name is PublicEventType {
  return Object.hasOwn(PUBLIC_TYPES, name)
}

/**
 * Whether a website may report it with a publishable key, which everybody can read: what the lead
 * does there, not what agents, machines or closed deals say.
 */
export function isWebsiteEventType(name: PublicEventType): boolean {
  const { actor, attested }: EventTypeDeclaration = EVENT_TYPES[name]
  return actor === 'lead' && attested !== true
}

/**
 * Success score of each outcome in [-1, 1] (DECISIONS: Events and outcomes). A workspace may
 * override values; the set of outcomes is the set of keys.
 */
export const OUTCOME_SUCCESS = {
  property_purchased: 1,
  offer_submitted: 0.9,
  listing_signed: 0.9,
  converted_to_seller: 0.8,
  tour_scheduled: 0.7,
  inquiry_submitted: 0.5,
  email_open: 0.3,
  deal_fell_through: 0.2,
  inactivity: -0.3,
  agent_changed: -0.5,
  lost: -0.6,
  churn: -0.8,
  unsubscribed: -1,
} as const satisfies Partial<Record<PublicEventType, number>>

export type OutcomeType = keyof typeof OUTCOME_SUCCESS

export const OUTCOME_TYPES = Object.keys(OUTCOME_SUCCESS) as OutcomeType[]

/** After these a lead has nothing more to decide: no model learns from what follows. */
export const CLOSING_OUTCOMES = [
  'property_purchased',
  'listing_signed',
] as const satisfies readonly OutcomeType[]

/** After these nothing is to be expected of a lead unless it comes back by itself. */
export const LOSING_OUTCOMES = ['lost', 'churn'] as const satisfies readonly OutcomeType[]

export function isOutcomeType(name: string): name is OutcomeType {
  return Object.hasOwn(OUTCOME_SUCCESS, name)
}

/** Whether an open or click was made by a person; corrections carry it (engagement_graded). */
export type EngagementGrade = 'human' | 'machine' | 'unknown'
