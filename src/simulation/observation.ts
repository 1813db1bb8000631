/**
 * What an outsider can see of one lead on one day, counted from the stream alone: the sufficient
 * statistics of the day. Nothing here reads the truth.
 */
import type { SimulatedEvent, StreamItem } from './items.ts'
import { REMEMBERED_HOMES } from './lead-day.ts'
import type { Market } from './market.ts'
import { KIND_OF_TEXT } from './messages.ts'
import type { SignalName } from './parameters.ts'

/** An open with the clicks from the same client. */
export interface SeenOpen {
  readonly eventIds: string[]
  readonly client: string
  readonly delaySeconds: number
  readonly dataCentre: boolean
  clicks: number
}

/** A day's newsletter. `visited`: a page was visited through one of its links. */
export interface SeenMail {
  readonly opens: SeenOpen[]
  visited: boolean
}

/** Successes and trials of each signal; sums for the durations. */
export interface DayObservation {
  sessions: number
  /** The sign-up session, which is certain to happen. */
  firstSession: boolean
  readonly hits: Partial<Record<SignalName, number>>
  readonly trials: Partial<Record<SignalName, number>>
  logSeconds: number
  /** null when no newsletter was sent. */
  mail: SeenMail | null
  callAnswered: boolean
  end: 'none' | 'offer' | 'closed' | 'collapsed' | 'unsubscribed' | 'lost'
}

/** What the observer keeps of a lead between days. */
export interface Memory {
  readonly seen: string[]
  appointment: boolean
  known: boolean
  lost: boolean
}

export const newMemory = (): Memory => ({
  seen: [],
  appointment: false,
  known: false,
  lost: false,
})

const newObservation = (): DayObservation => ({
  sessions: 0,
  firstSession: false,
  hits: {},
  trials: {},
  logSeconds: 0,
  mail: null,
  callAnswered: false,
  end: 'none',
})

const ONE_HIT: Readonly<Record<string, SignalName>> = {
  photos_viewed: 'photos',
  price_checked: 'priceCheck',
  floorplan_viewed: 'floorplan',
  map_viewed: 'map',
  property_favorite: 'favorite',
  property_share: 'share',
  search_executed: 'searchesPerSession',
  filter_applied: 'filter',
  property_swipe: 'swipe',
  video_watched: 'video',
  mortgage_calculated: 'mortgage',
  document_viewed: 'document',
  contact_view: 'contactView',
  inquiry_submitted: 'inquiry',
  tour_scheduled: 'tourRequest',
  booking_requested: 'booking',
  message_received: 'message',
  call_received: 'callIn',
  open_house_visited: 'openHouse',
  tour_completed: 'appointmentKept',
  booking_completed: 'appointmentKept',
  sms_received: 'smsReply',
}

const SESSION_TRIALS: readonly SignalName[] = [
  'video',
  'mortgage',
  'document',
  'contactView',
  'inquiry',
]
const VIEW_TRIALS: readonly SignalName[] = [
  'photos',
  'priceCheck',
  'floorplan',
  'map',
  'favorite',
  'share',
]

const APPOINTMENT_ENDS: ReadonlySet<string> = new Set([
  'tour_completed',
  'tour_cancelled',
  'booking_completed',
  'booking_cancelled',
])

function add(table: Partial<Record<SignalName, number>>, name: SignalName, count = 1): void {
  table[name] = (table[name] ?? 0) + count
}

/** Counts a session: with an appointment ahead, no other is asked for. */
function startSession(day: DayObservation, memory: Memory): void {
  day.sessions++
  for (const name of SESSION_TRIALS) add(day.trials, name)
  if (memory.appointment) return
  add(day.trials, 'tourRequest')
  add(day.trials, 'booking')
}

function seeView(
  day: DayObservation,
  memory: Memory,
  event: SimulatedEvent,
  landing: boolean,
): void {
  const home = event.property_id!
  const again = memory.seen.includes(home)
  if (!landing) {
    if (memory.seen.length > 0) add(day.trials, 'repeatView')
    if (again) add(day.hits, 'repeatView')
    add(day.hits, 'viewsPerSession')
    add(day.hits, 'viewMedianSeconds')
    day.logSeconds += Math.log(event.duration_seconds!)
    for (const name of VIEW_TRIALS) add(day.trials, name)
  }
  if (again) return
  memory.seen.push(home)
  if (memory.seen.length > REMEMBERED_HOMES) memory.seen.shift()
}

/** A property that the market writes as text; empty when it is not. */
function textOf(event: SimulatedEvent, name: string): string {
  const value = event.properties[name]
  return typeof value === 'string' ? value : ''
}

function seeText(day: DayObservation, event: SimulatedEvent): void {
  const kind = KIND_OF_TEXT.get(textOf(event, 'text'))
  if (kind === undefined) return
  add(day.trials, 'urgentText')
  if (kind === 'urgent') add(day.hits, 'urgentText')
  else {
    add(day.trials, 'hesitantText')
    if (kind === 'hesitant') add(day.hits, 'hesitantText')
  }
}

function seeMail(day: DayObservation, event: SimulatedEvent, at: number): void {
  const { properties } = event
  if (event.type === 'email_sent') day.mail = { opens: [], visited: false }
  else if (event.type === 'email_open')
    day.mail?.opens.push({
      eventIds: [event.event_id],
      client: textOf(event, 'client'),
      delaySeconds: (at - Date.parse(textOf(event, 'sent_at'))) / 1000,
      dataCentre: properties['network'] === 'data_centre',
      clicks: 0,
    })
  else {
    const open = day.mail?.opens.find(({ client }) => client === properties['client'])
    if (open === undefined) return
    open.clicks++
    open.eventIds.push(event.event_id)
  }
}

function seeEvent(day: DayObservation, memory: Memory, event: SimulatedEvent, at: number): void {
  const { type } = event
  const landing = event.context.traffic_source === 'email'
  const signal = ONE_HIT[type]
  if (signal !== undefined) add(day.hits, signal)
  if (type === 'session_started' && !landing) startSession(day, memory)
  else if (type === 'property_view') seeView(day, memory, event, landing)
  else if (type === 'search_executed') add(day.trials, 'filter')
  else if (type === 'property_swipe') {
    add(day.trials, 'swipeLike')
    if (event.properties['direction'] === 'like') add(day.hits, 'swipeLike')
  } else if (type === 'tour_scheduled') {
    memory.appointment = true
    // The session asked for a tour, so the question of a consultation did not come up.
    add(day.trials, 'booking', -1)
  } else if (type === 'booking_requested') memory.appointment = true
  else if (APPOINTMENT_ENDS.has(type)) add(day.trials, 'appointmentKept')
  else if (type === 'message_received') seeText(day, event)
  else if (type === 'sms_sent') add(day.trials, 'smsReply')
  else if (type === 'sms_received') seeText(day, event)
  else if (type === 'call_placed') {
    add(day.trials, 'callAnswer')
    day.callAnswered = event.properties['answered'] === true
    if (day.callAnswered) add(day.hits, 'callAnswer')
  } else if (type.startsWith('email_')) seeMail(day, event, at)
  else if (type === 'page_visit' && landing) {
    if (day.mail !== null) day.mail.visited = true
  } else if (type === 'unsubscribed') day.end = 'unsubscribed'
  else if (type === 'offer_submitted') day.end = 'offer'
}

const END_OF_OUTCOME: Readonly<Record<string, DayObservation['end']>> = {
  property_purchased: 'closed',
  listing_signed: 'offer',
  deal_fell_through: 'collapsed',
  lost: 'lost',
}

/** Turns each day's items into observations by lead (index into market.leads). */
export interface Observer {
  readonly memories: readonly Memory[]
  /** Links, merges and sign-ups of the day are known when the day is read: at its end. */
  see: (items: readonly StreamItem[]) => Map<number, DayObservation>
  /** To be called when the day has been used: carries appointments and farewells over. */
  close: (observations: ReadonlyMap<number, DayObservation>) => void
}

export function createObserver(market: Market): Observer {
  const indexOf = new Map(market.leads.map((lead, index) => [lead.id, index]))
  const memories = market.leads.map(newMemory)
  const learn = (items: readonly StreamItem[]): void => {
    for (const item of items)
      if (item.kind === 'identify') indexOf.set(item.anonymous_id, indexOf.get(item.lead_id)!)
      else if (item.kind === 'merge')
        indexOf.set(item.from_lead_id, indexOf.get(item.into_lead_id)!)
  }
  const see = (items: readonly StreamItem[]): Map<number, DayObservation> => {
    learn(items)
    const days = new Map<number, DayObservation>()
    const dayOf = (id: string): [DayObservation, Memory] => {
      const index = indexOf.get(id)!
      let day = days.get(index)
      if (day === undefined) days.set(index, (day = newObservation()))
      return [day, memories[index]!]
    }
    for (const item of items) {
      if (item.kind === 'event') {
        const [day, memory] = dayOf((item.event.lead_id ?? item.event.anonymous_id)!)
        seeEvent(day, memory, item.event, item.at)
      } else if (item.kind === 'outcome')
        dayOf(item.outcome.lead_id)[0].end = END_OF_OUTCOME[item.outcome.outcome_type] ?? 'none'
      else if (item.kind === 'lead') {
        const [day, memory] = dayOf(item.lead.lead_id)
        if (!memory.known) day.firstSession = true
        memory.known = true
      }
    }
    return days
  }
  const close = (observations: ReadonlyMap<number, DayObservation>): void => {
    for (const [index, day] of observations) {
      const memory = memories[index]!
      if (day.trials.appointmentKept !== undefined) memory.appointment = false
      if (day.end === 'lost') memory.lost = true
    }
  }
  return { memories, see, close }
}
