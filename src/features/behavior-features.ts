/** Behavior group: what the lead does with homes, messages and appointments. */
import { EVENT_TYPES, type EventType } from '../core/index.ts'
import { evenness, medianInPlace } from '../math/index.ts'
import { decay, slidingSum } from './activity.ts'
import { REPLY_WINDOW } from './behavior.ts'
import { HOUR } from './calendar.ts'
import { UNBOUNDED, type NumericFeature } from './declaration.ts'
import type { LeadState } from './state.ts'

/** Engagement points at which the score is one half: about a week of steady looking. */
const HALF_ENGAGED = 20

const counted = (...names: EventType[]): ((s: LeadState) => number) => {
  const codes = names.map((name) => EVENT_TYPES[name].code)
  const [only = -1] = codes
  if (codes.length === 1) return ({ activity }) => activity.byType[only]!
  return ({ activity }) => {
    let sum = 0
    for (let i = 0; i < codes.length; i++) sum += activity.byType[codes[i]!]!
    return sum
  }
}
const events = (s: LeadState): number => s.activity.events
const ratio = (part: number, whole: number): number =>
  whole > 0 ? Math.min(1, Math.max(0, part / whole)) : Number.NaN

const favorites = counted('property_favorite')
const unfavorites = counted('property_unfavorite')
const views = counted('property_view')
const toursScheduled = counted('tour_scheduled')
const bookingsRequested = counted('booking_requested')
const bookingsCompleted = counted('booking_completed')
const emailsSent = counted('email_sent')
const emailOpens = counted('email_open')
const emailClicks = counted('email_click')

/** Runs of outreach whose answer is known: answered, or past the time to answer. */
const settledOutreach = (s: LeadState, asOf: number): number => {
  const { answered, unanswered, waitingSince } = s.behavior
  const late = waitingSince !== 0 && asOf - waitingSince > REPLY_WINDOW ? 1 : 0
  return answered + unanswered + late
}

const behavior = (
  feature: Omit<NumericFeature, 'group' | 'type' | 'reads'> & { reads?: readonly string[] },
): NumericFeature => ({ reads: ['behavior'], ...feature, group: 'behavior', type: 'number' })

const count = (name: string, label: string, sentence: string, of: EventType[]): NumericFeature =>
  behavior({
    name,
    label,
    sentence,
    unit: 'count',
    range: [0, UNBOUNDED],
    how: `Number of ${of.join(' and ')} events.`,
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'events',
    reads: ['activity'],
    evidence: events,
    value: counted(...of),
  })

export const BEHAVIOR_FEATURES: readonly NumericFeature[] = [
  behavior({
    name: 'engagement_score',
    label: 'Engagement',
    sentence: 'Engagement is at {value}.',
    unit: 'share',
    range: [0, 1],
    how:
      'Points of the event table (opens and clicks by grade), decayed with a half-life of 30 ' +
      'days, E; the value is E / (E + 20).',
    window: 'decay_30d',
    minimum: 5,
    evidenceOf: 'events',
    reads: ['activity'],
    evidence: events,
    value: (s, asOf) => {
      const points = Math.max(0, s.activity.engagement30 * decay(asOf - s.activity.at, 30))
      return points / (points + HALF_ENGAGED)
    },
  }),
  behavior({
    name: 'engagement_intensity',
    label: 'Events a day',
    sentence: 'Did {value} {thing|things} a day over the last 30 days.',
    unit: 'events/day',
    range: [0, UNBOUNDED],
    how: 'Own events of the last 30 days (six-hour buckets) over 30.',
    window: 'sliding_30d',
    minimum: 1,
    evidenceOf: 'events',
    reads: ['activity'],
    evidence: events,
    value: (s, asOf) => Math.max(0, slidingSum(s.activity.counts, s.activity.head, asOf, 30) / 30),
  }),
  behavior({
    name: 'like_ratio',
    label: 'Liked of swiped',
    sentence: 'Likes {value} of the homes swiped.',
    unit: 'share',
    range: [0, 1],
    how: 'Likes over likes and dislikes of property_swipe (properties.direction).',
    window: 'lifetime',
    minimum: 3,
    evidenceOf: 'swipes',
    evidence: (s) => s.behavior.likes + s.behavior.dislikes,
    value: (s) => ratio(s.behavior.likes, s.behavior.likes + s.behavior.dislikes),
  }),
  behavior({
    name: 'save_ratio',
    label: 'Saved of viewed',
    sentence: 'Saves {value} of the homes viewed.',
    unit: 'share',
    range: [0, 1],
    how: 'property_favorite less property_unfavorite, over property_view.',
    window: 'lifetime',
    minimum: 3,
    evidenceOf: 'property views',
    reads: ['activity'],
    evidence: views,
    value: (s) => ratio(favorites(s) - unfavorites(s), views(s)),
  }),
  count('share_count', 'Homes shared', 'Shared {value} {home|homes} with others.', [
    'property_share',
  ]),
  count('inquiry_count', 'Inquiries', 'Sent {value} {inquiry|inquiries}.', ['inquiry_submitted']),
  count('tour_request_count', 'Tours asked for', 'Asked for {value} {tour|tours}.', [
    'tour_scheduled',
    'booking_requested',
  ]),
  behavior({
    name: 'booking_completion_rate',
    label: 'Bookings kept',
    sentence: 'Completed {value} of the bookings requested.',
    unit: 'share',
    range: [0, 1],
    how: 'booking_completed over booking_requested, at most 1.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'bookings requested',
    reads: ['activity'],
    evidence: bookingsRequested,
    value: (s) => ratio(bookingsCompleted(s), bookingsRequested(s)),
  }),
  behavior({
    name: 'tour_conversion_rate',
    label: 'From view to tour',
    sentence: 'Scheduled a tour after {value} of the views.',
    unit: 'share',
    range: [0, 1],
    how: 'tour_scheduled over property_view, at most 1.',
    window: 'lifetime',
    minimum: 5,
    evidenceOf: 'property views',
    reads: ['activity'],
    evidence: views,
    value: (s) => ratio(toursScheduled(s), views(s)),
  }),
  behavior({
    name: 'response_rate',
    label: 'Answers us',
    sentence: 'Answered {value} of our messages and calls within three days.',
    unit: 'share',
    range: [0, 1],
    how:
      'Runs of outreach (e-mail, text, call, message) answered within 72 hours, over all ' +
      'runs answered or past 72 hours.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'runs of outreach',
    evidence: settledOutreach,
    value: (s, asOf) => ratio(s.behavior.answered, settledOutreach(s, asOf)),
  }),
  behavior({
    name: 'median_response_hours',
    label: 'Time to answer',
    sentence: 'Usually answers within {value}.',
    unit: 'hours',
    range: [0, REPLY_WINDOW / HOUR],
    how: 'Median of the latest 16 response times.',
    window: 'recent',
    minimum: 1,
    evidenceOf: 'answers',
    evidence: (s) => s.behavior.delays.length,
    pieces: (s) => s.behavior.answered,
    value: (s) => medianInPlace(Float64Array.from(s.behavior.delays)),
  }),
  behavior({
    name: 'email_open_rate',
    label: 'E-mails opened',
    sentence: 'Opens {value} of our e-mails.',
    unit: 'share',
    range: [0, 1],
    how:
      'email_open over email_sent, at most 1; an open counts 1 when graded human, 0.5 ' +
      'unknown, 0 machine.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'e-mails sent',
    reads: ['activity', 'grades'],
    evidence: emailsSent,
    value: (s) => ratio(emailOpens(s), emailsSent(s)),
  }),
  behavior({
    name: 'email_click_rate',
    label: 'E-mails clicked',
    sentence: 'Clicks in {value} of our e-mails.',
    unit: 'share',
    range: [0, 1],
    how: 'email_click over email_sent, at most 1; weighted by grade as opens are.',
    window: 'lifetime',
    minimum: 1,
    evidenceOf: 'e-mails sent',
    reads: ['activity', 'grades'],
    evidence: emailsSent,
    value: (s) => ratio(emailClicks(s), emailsSent(s)),
  }),
  behavior({
    name: 'exploration_ratio',
    label: 'Still exploring',
    sentence: 'The chance that the next home is of a new kind is {value}.',
    unit: 'share',
    range: [0, 1],
    how:
      'Good-Turing estimate of the unseen (Good, Biometrika 40, 1953): kinds of homes (type, ' +
      'bedrooms, price band of 19 %) viewed exactly once, over all views.',
    window: 'lifetime',
    minimum: 5,
    evidenceOf: 'property views',
    evidence: (s) => s.behavior.kindViews,
    value: (s) => {
      let once = 0
      for (const times of s.behavior.kinds.weights) if (times === 1) once++
      return ratio(once, s.behavior.kindViews)
    },
  }),
  behavior({
    name: 'decision_confidence',
    label: 'Decided',
    sentence: 'Attention is {value} concentrated: at 100 % on one home.',
    unit: 'share',
    range: [0, 1],
    how:
      'One minus the evenness (Pielou 1966) of attention over the homes acted on, decayed ' +
      'with a half-life of 7 days; attention narrows as a buyer moves from searching to ' +
      'buying (Moe, J. Consumer Psychology 13, 2003).',
    window: 'decay_7d',
    minimum: 5,
    evidenceOf: 'events',
    evidence: (s) => (s.behavior.candidates.keys.length === 0 ? 0 : events(s)),
    value: (s) => 1 - evenness(s.behavior.candidates.weights),
  }),
  behavior({
    name: 'search_refinement_rate',
    label: 'Refines searches',
    sentence: '{value} of the searches refine one made just before.',
    unit: 'share',
    range: [0, 1],
    how:
      'Searches and filters within 30 minutes of another, over all (query reformulation: ' +
      'Jansen, Booth and Spink, JASIST 60, 2009).',
    window: 'lifetime',
    minimum: 3,
    evidenceOf: 'searches and filters',
    evidence: (s) => s.behavior.searches,
    value: (s) => ratio(s.behavior.refinements, s.behavior.searches),
  }),
]
