/** Visits to the site: what a lead looks at, asks and books, by stage and taste. */
import type { EventContext } from '../core/index.ts'
import { logNormal, poisson } from './draws.ts'
import {
  act,
  emit,
  happens,
  REMEMBERED_HOMES,
  signal,
  wakingMoment,
  dayEnd,
  type LeadDay,
} from './lead-day.ts'
import { leadRecord, searchOf, secondId } from './leads.ts'
import { SOURCES, STAGES } from './stages.ts'
import type { Home } from './town.ts'

/** A session that is being played: who it is recorded for, and the running clock. */
interface Visit {
  readonly anonymousId?: string
  readonly leadId?: string
  readonly context: EventContext
  clock: number
}

/** Sessions keep this distance, so that half an hour of silence always ends one. */
const GAP_MS = 31 * 60_000
const LONGEST_VIEW_SECONDS = 1800

/** All sessions of the day, in order of time. */
export function playSessions(today: LeadDay): void {
  const { lead, market, frame } = today
  const { parameters } = market
  const first = !lead.arrived
  const rate =
    parameters.sessions[STAGES[lead.stage]!] *
    parameters.activity[lead.truth.activity]! *
    frame.factors.sessions
  const planned = poisson(lead.random, rate) + (first ? 1 : 0)
  const starts: { at: number; emailId?: string }[] = [...today.landings]
  for (let i = 0; i < planned; i++) starts.push({ at: wakingMoment(today) })
  starts.sort((a, b) => a.at - b.at)
  let free = frame.startMs
  let fresh = first
  for (const start of starts) {
    const at = Math.max(start.at, free)
    if (start.emailId !== undefined) free = landing(today, at, start.emailId) + GAP_MS
    else {
      free = session(today, at, fresh) + GAP_MS
      fresh = false
    }
  }
}

function contextOf(today: LeadDay, device: string, source: string): EventContext {
  const { lead, frame } = today
  const session_id = `${lead.truth.id}-s${frame.day}-${lead.sequence}`
  return { device_type: device, traffic_source: source, session_id }
}

/** The visit behind a click in an e-mail: one page, one home; intent does not show in it. */
function landing(today: LeadDay, at: number, emailId: string): number {
  const context = contextOf(today, today.lead.truth.device, 'email')
  const visit: Visit = { context, clock: at }
  act(today, 'session_started', at, { context })
  visit.clock += 1000
  act(today, 'page_visit', visit.clock, { context, properties: { email_id: emailId } })
  visit.clock += 4000
  const home = newHome(today)
  remember(today, home)
  viewOf(today, visit, home, 25)
  return close(today, visit, at)
}

function viewOf(today: LeadDay, visit: Visit, home: number, median: number): void {
  const drawn = logNormal(today.lead.random, median, today.market.parameters.viewLogSd)
  const seconds = Math.min(LONGEST_VIEW_SECONDS, Math.max(0.1, Math.round(drawn * 10) / 10))
  step(today, visit, 'property_view', { home: today.market.homes[home]!, seconds })
  visit.clock += Math.round(seconds * 1000)
}

function step(
  today: LeadDay,
  visit: Visit,
  type: Parameters<typeof act>[1],
  extras: Parameters<typeof act>[3] = {},
): string {
  visit.clock += 1000 + Math.floor(6000 * today.lead.random.next())
  const { anonymousId, leadId, context } = visit
  return act(today, type, visit.clock, {
    ...(anonymousId === undefined ? {} : { anonymousId }),
    ...(leadId === undefined ? {} : { leadId }),
    context,
    ...extras,
  })
}

function close(today: LeadDay, visit: Visit, startedAt: number): number {
  const seconds = Math.round((visit.clock - startedAt) / 1000) + 2
  step(today, visit, 'session_ended', { seconds })
  return visit.clock
}

/** How a session is recorded: a first visit and a second device are anonymous at first. */
function openVisit(
  today: LeadDay,
  at: number,
  first: boolean,
): Visit & { sign?: 'first' | 'device' | 'again' } {
  const { lead, frame } = today
  const { truth } = lead
  if (first) {
    const context = contextOf(today, truth.device, SOURCES[truth.source]!)
    return { context, clock: at, anonymousId: `${truth.id}-d1`, sign: 'first' }
  }
  const other = truth.device === 'mobile' ? 'desktop' : 'mobile'
  const settled = frame.day > truth.arrivalDay + 2
  if (settled && !lead.secondDone && (truth.secondDevice || truth.secondSignUp)) {
    lead.secondDone = true
    const context = contextOf(today, other, 'direct')
    if (truth.secondSignUp) return { context, clock: at, leadId: secondId(truth), sign: 'again' }
    return { context, clock: at, anonymousId: `${truth.id}-d2`, sign: 'device' }
  }
  const switched = lead.secondDone && lead.random.next() < 0.4
  return { context: contextOf(today, switched ? other : truth.device, 'direct'), clock: at }
}

function session(today: LeadDay, at: number, first: boolean): number {
  const visit = openVisit(today, at, first)
  const { lead } = today
  if (visit.sign === 'again') record(today, at, true)
  step(today, visit, 'session_started')
  if (visit.sign === 'again')
    step(today, visit, 'form_submission', { properties: { form: 'sign_up' } })
  step(today, visit, 'page_visit', { properties: { page: 'home' } })
  look(today, visit)
  browse(today, visit)
  ask(today, visit)
  const end = close(today, visit, at)
  if (visit.sign === 'first') {
    record(today, end + 500, false)
    identify(today, visit, end + 500)
    emit(today, 'form_submission', end + 1000, {
      context: visit.context,
      properties: { form: 'sign_up' },
    })
    lead.arrived = true
  } else if (visit.sign === 'device') identify(today, visit, end + 500)
  else if (visit.sign === 'again') {
    const wait = 3_600_000 * (1 + 3 * lead.random.next())
    const mergedAt = Math.min(dayEnd(today), Math.floor(end + wait))
    const into_lead_id = lead.truth.id
    const from_lead_id = secondId(lead.truth)
    today.items.push({ kind: 'merge', at: mergedAt, from_lead_id, into_lead_id })
  }
  return end
}

function record(today: LeadDay, at: number, second: boolean): void {
  const when = Math.min(at, dayEnd(today))
  const lead = leadRecord(today.lead.truth, today.market.leadInput, when, second)
  today.items.push({ kind: 'lead', at: when, lead })
}

function identify(today: LeadDay, visit: Visit, at: number): void {
  const anonymous_id = visit.anonymousId
  if (anonymous_id === undefined) return
  const when = Math.min(at, dayEnd(today))
  today.items.push({ kind: 'identify', at: when, lead_id: today.lead.truth.id, anonymous_id })
}

function look(today: LeadDay, visit: Visit): void {
  const { lead, market } = today
  const searches = poisson(lead.random, signal(today, 'searchesPerSession'))
  for (let i = 0; i < searches; i++) {
    step(today, visit, 'search_executed', { properties: searchOf(lead.truth, market.town) })
    if (happens(today, 'filter'))
      step(today, visit, 'filter_applied', { properties: { filter: 'price' } })
  }
  const swipes = poisson(lead.random, signal(today, 'swipe'))
  for (let i = 0; i < swipes; i++) {
    const direction = happens(today, 'swipeLike') ? 'like' : 'dislike'
    const home = market.homes[candidate(today)]!
    step(today, visit, 'property_swipe', { home, properties: { direction } })
  }
}

function browse(today: LeadDay, visit: Visit): void {
  const { lead, market } = today
  const views = poisson(lead.random, signal(today, 'viewsPerSession'))
  for (let i = 0; i < views; i++) {
    const again = lead.seen.length > 0 && happens(today, 'repeatView')
    const index = again ? lead.seen[lead.random.int(lead.seen.length)]! : newHome(today)
    const home = market.homes[index]!
    if (!again) remember(today, index)
    viewOf(today, visit, index, signal(today, 'viewMedianSeconds'))
    if (happens(today, 'photos')) step(today, visit, 'photos_viewed', { home })
    if (happens(today, 'priceCheck')) step(today, visit, 'price_checked', { home })
    if (happens(today, 'floorplan')) step(today, visit, 'floorplan_viewed', { home })
    if (happens(today, 'map')) step(today, visit, 'map_viewed', { home })
    if (happens(today, 'favorite')) step(today, visit, 'property_favorite', { home })
    if (happens(today, 'share')) step(today, visit, 'property_share', { home })
  }
}

/** What a session may end in; the inquiry is what an agent's call answers to. */
function ask(today: LeadDay, visit: Visit): void {
  const { lead, market, frame } = today
  const index = lead.seen.at(-1) ?? candidate(today)
  const home = market.homes[index]!
  if (happens(today, 'video')) step(today, visit, 'video_watched', { home })
  if (happens(today, 'mortgage'))
    step(today, visit, 'mortgage_calculated', {
      home,
      properties: { rate_percent: Number(frame.factors.rate.toFixed(3)) },
    })
  if (happens(today, 'document')) step(today, visit, 'document_viewed', { home })
  if (happens(today, 'contactView')) step(today, visit, 'contact_view', { home })
  if (happens(today, 'inquiry')) {
    step(today, visit, 'inquiry_submitted', { home })
    today.inquiryAt = visit.clock
  }
  if (lead.appointment === null && happens(today, 'tourRequest')) {
    step(today, visit, 'tour_scheduled', { home, properties: { tour_type: 'in_person' } })
    lead.appointment = { kind: 'tour', home: index }
  }
  if (lead.appointment === null && happens(today, 'booking')) {
    step(today, visit, 'booking_requested', { properties: { purpose: 'consultation' } })
    lead.appointment = { kind: 'booking', home: index }
  }
}

function remember(today: LeadDay, home: number): void {
  const { seen } = today.lead
  seen.push(home)
  if (seen.length > REMEMBERED_HOMES) seen.shift()
}

/** A home on offer that the lead does not remember, chosen by taste among ten. */
function newHome(today: LeadDay): number {
  for (let attempt = 0; attempt < 20; attempt++) {
    const home = candidate(today)
    if (!today.lead.seen.includes(home)) return home
  }
  return today.live.find((home) => !today.lead.seen.includes(home))!
}

const CHOICES = 10

/** Multinomial logit over ten homes on offer: price against budget, area, bedrooms, type. */
function candidate(today: LeadDay): number {
  const { lead, live, market } = today
  let best = live[0]!
  let bestValue = -Infinity
  for (let i = 0; i < CHOICES; i++) {
    const index = live[lead.random.int(live.length)]!
    // The largest of utility plus Gumbel noise is a draw from the logit (Luce 1959).
    const noise = -Math.log(-Math.log(lead.random.next() + 1e-12))
    const value = utility(lead.truth, market.homes[index]!) + noise
    if (value > bestValue) {
      best = index
      bestValue = value
    }
  }
  return best
}

function utility(taste: LeadDay['lead']['truth'], home: Home): number {
  const gap = (home.logPrice - taste.logBudget) / 0.18
  const tooDear = gap > 0 ? 1.6 : 0.7
  return (
    -0.5 * tooDear * gap * gap +
    (home.area === taste.area ? 1.2 : 0) -
    0.6 * Math.abs(home.listing.BedroomsTotal - taste.beds) +
    (home.subType === taste.subType ? 0.9 : 0)
  )
}
