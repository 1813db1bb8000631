/** What the behavior group remembers: choices, replies, searches, candidates. */
import { EVENT_TYPES } from '../core/index.ts'
import { decay } from './activity.ts'
import { DAY, HOUR } from './calendar.ts'
import { addWeight, emptyTable, propertyKey, scaleWeights, type WeightTable } from './distinct.ts'
import type { Fact } from './fact.ts'
import { SESSION_GAP } from './session.ts'

/** A reply later than this does not answer the outreach any more. */
export const REPLY_WINDOW = 3 * DAY
/** Response times kept for their median. */
const DELAYS = 16
/** Kinds of homes (type, bedrooms, price band) counted for the exploration ratio. */
const KINDS = 48
/** Properties that compete for attention, for decision confidence. */
const CANDIDATES = 16

export interface BehaviorState {
  likes: number
  dislikes: number
  /** First outreach of a run that the lead has not answered yet; 0 if none. */
  waitingSince: number
  /** Runs of outreach that were answered in time, or are past the window. */
  answered: number
  unanswered: number
  /** Latest response times in hours, oldest first. */
  delays: number[]
  /** Searches and filters; those that follow another of the same session. */
  searches: number
  refinements: number
  lastSearch: number
  /** Views counted, and how often each kind of home was looked at. */
  kindViews: number
  kinds: WeightTable
  /** Attention by property, decayed to `candidatesAt` with a half-life of 7 days. */
  candidates: WeightTable
  candidatesAt: number
}

export function emptyBehavior(): BehaviorState {
  return {
    likes: 0,
    dislikes: 0,
    waitingSince: 0,
    answered: 0,
    unanswered: 0,
    delays: [],
    searches: 0,
    refinements: 0,
    lastSearch: 0,
    kindViews: 0,
    kinds: emptyTable(),
    candidates: emptyTable(),
    candidatesAt: 0,
  }
}

const OUTREACH = new Set<number>(
  (['email_sent', 'sms_sent', 'call_placed', 'message_sent'] as const).map(
    (name) => EVENT_TYPES[name].code,
  ),
)
const REPLIES = new Set<number>(
  (['email_reply', 'sms_received', 'call_received', 'message_received'] as const).map(
    (name) => EVENT_TYPES[name].code,
  ),
)
const SEARCH = EVENT_TYPES.search_executed.code
const FILTER = EVENT_TYPES.filter_applied.code
const SWIPE = EVENT_TYPES.property_swipe.code
const VIEW = EVENT_TYPES.property_view.code

export function applyBehavior(s: BehaviorState, fact: Fact): void {
  if (OUTREACH.has(fact.code)) noteOutreach(s, fact.time)
  else if (REPLIES.has(fact.code)) noteReply(s, fact.time)
  else if (fact.code === SEARCH || fact.code === FILTER) noteSearch(s, fact.time)
  else if (fact.code === SWIPE) noteSwipe(s, fact)
  else if (fact.code === VIEW) noteKind(s, fact)
  if (fact.byLead && fact.entry.body.property_id !== undefined) noteAttention(s, fact)
}

function noteOutreach(s: BehaviorState, time: number): void {
  if (s.waitingSince !== 0 && time - s.waitingSince > REPLY_WINDOW) {
    s.unanswered++
    s.waitingSince = 0
  }
  if (s.waitingSince === 0) s.waitingSince = time
}

function noteReply(s: BehaviorState, time: number): void {
  if (s.waitingSince === 0) return
  const elapsed = time - s.waitingSince
  s.waitingSince = 0
  if (elapsed > REPLY_WINDOW) {
    s.unanswered++
    return
  }
  s.answered++
  if (s.delays.length === DELAYS) s.delays.shift()
  s.delays.push(elapsed / HOUR)
}

function noteSearch(s: BehaviorState, time: number): void {
  s.searches++
  if (s.lastSearch !== 0 && time - s.lastSearch < SESSION_GAP) s.refinements++
  s.lastSearch = time
}

function noteSwipe(s: BehaviorState, fact: Fact): void {
  const properties = fact.entry.body.properties
  const direction = properties?.['direction'] ?? properties?.['action']
  if (direction === 'like' || direction === 'right') s.likes++
  else if (direction === 'dislike' || direction === 'left') s.dislikes++
}

/** Price bands of a quarter octave: about 19 % wide. */
function noteKind(s: BehaviorState, fact: Fact): void {
  const { frozen, property_id: id } = fact.entry.body
  const listing = frozen?.listing
  const price = listing?.ListPrice
  const band = typeof price === 'number' && price > 0 ? Math.round(4 * Math.log2(price)) : ''
  const name =
    listing === undefined
      ? id
      : `${String(listing.PropertyType)}|${String(listing.BedroomsTotal)}|${band}`
  if (name === undefined) return
  s.kindViews++
  addWeight(s.kinds, propertyKey(name), 1, KINDS)
}

function noteAttention(s: BehaviorState, fact: Fact): void {
  if (fact.engagement <= 0) return
  scaleWeights(s.candidates, decay(fact.time - s.candidatesAt, 7))
  s.candidatesAt = fact.time
  addWeight(s.candidates, propertyKey(fact.entry.body.property_id!), fact.engagement, CANDIDATES)
}
