/** E-mails, texts, calls and appointments between a lead and its agent. */
import type { Json } from '../core/index.ts'
import { logNormal, oneOf } from './draws.ts'
import { act, dayEnd, emit, happens, officeMoment, signal, wakingMoment } from './lead-day.ts'
import type { LeadDay } from './lead-day.ts'
import { AGENT_TEXTS, LEAD_TEXTS, MAIL_SUBJECTS, TONES } from './messages.ts'

/** A newsletter goes out this often, on the weekday of arrival. */
export const MAIL_EVERY_DAYS = 7
/** Opens later than this do not happen, so that a day's mail is settled on that day. */
export const MAIL_WINDOW_SECONDS = 8 * 3600
const LINKS = 4

export function isMailDay(day: number, arrivalDay: number): boolean {
  return day > arrivalDay && (day - arrivalDay) % MAIL_EVERY_DAYS === 0
}

/** Sends the newsletter; a human and a scanner may each open it, independently. */
export function playMail(today: LeadDay): void {
  const { lead, frame, market } = today
  if (lead.stopped || !isMailDay(frame.day, lead.truth.arrivalDay)) return
  const { random } = lead
  const { mail } = market.parameters
  const sentAt = officeMoment(today, 8, 10.9)
  const emailId = `${lead.truth.id}-m${frame.day}`
  const context = { campaign_id: `${market.prefix}-newsletter` }
  const subject = MAIL_SUBJECTS[frame.day % MAIL_SUBJECTS.length]!
  emit(today, 'email_sent', sentAt, { context, properties: { email_id: emailId, subject } })
  const gateway = lead.truth.gateway
  if (random.next() < mail.scannerOpen[gateway]!) {
    const delay = withinWindow(() =>
      logNormal(random, mail.scannerMedian[gateway]!, mail.scannerLogSd[gateway]!),
    )
    const all = random.next()
    const clicks =
      all < mail.scannerAllLinks ? LINKS : all < mail.scannerAllLinks + mail.scannerOneLink ? 1 : 0
    opened(today, { emailId, sentAt, delay, clicks, human: false })
  }
  if (happens(today, 'emailOpen')) {
    const quick = random.next() < mail.quickShare
    const delay = withinWindow(() =>
      quick
        ? logNormal(random, mail.quickMedian, mail.quickLogSd)
        : logNormal(random, mail.humanMedian, mail.humanLogSd),
    )
    const clicks = happens(today, 'emailClick') ? 1 : 0
    opened(today, { emailId, sentAt, delay, clicks, human: true })
  }
}

function withinWindow(draw: () => number): number {
  let delay = draw()
  while (delay >= MAIL_WINDOW_SECONDS) delay = draw()
  return Math.max(delay, 0.001)
}

interface Opening {
  readonly emailId: string
  readonly sentAt: number
  readonly delay: number
  readonly clicks: number
  readonly human: boolean
}

/** One open and its clicks. `client` ties the clicks to the open, as an address hash would. */
function opened(today: LeadDay, { emailId, sentAt, delay, clicks, human }: Opening): void {
  const { lead, market, grades } = today
  const { random } = lead
  const { mail } = market.parameters
  const at = sentAt + Math.max(1, Math.round(delay * 1000))
  const grade = human ? 'human' : 'machine'
  const far = random.next() < (human ? mail.humanDataCentre : mail.scannerDataCentre)
  const properties: Record<string, Json> = {
    email_id: emailId,
    sent_at: new Date(sentAt).toISOString(),
    client: random.int(0x7fffffff).toString(36),
    network: far ? 'data_centre' : 'consumer',
  }
  const context = { campaign_id: `${market.prefix}-newsletter` }
  const note = human ? act : emit
  grades.push({ event_id: note(today, 'email_open', at, { context, properties }), grade })
  if (clicks === 0) return
  const clickAt = Math.min(dayEnd(today) - 2, at + Math.round(1000 * logNormal(random, 12, 0.8)))
  const link = random.int(LINKS)
  for (let i = 0; i < clicks; i++) {
    const clicked = { ...properties, link: clicks === 1 ? link : i }
    grades.push({
      event_id: note(today, 'email_click', clickAt, { context, properties: clicked }),
      grade,
    })
  }
  if (human && random.next() < mail.visitAfterClick)
    today.landings.push({ at: clickAt + 1500, emailId })
}

function leadText(today: LeadDay): string {
  const urgent = happens(today, 'urgentText')
  const hesitant = !urgent && happens(today, 'hesitantText')
  const kind = urgent ? 'urgent' : hesitant ? 'hesitant' : 'neutral'
  return oneOf(today.lead.random, LEAD_TEXTS[kind])
}

/** Messages, calls from the lead and visits to open houses. */
export function playOwnContact(today: LeadDay): void {
  if (happens(today, 'message'))
    act(today, 'message_received', wakingMoment(today), { properties: { text: leadText(today) } })
  if (happens(today, 'callIn')) {
    const seconds = Math.round(logNormal(today.lead.random, 180, 0.7))
    act(today, 'call_received', officeMoment(today, 9, 18), { seconds })
  }
  if (today.frame.factors.weekend && happens(today, 'openHouse')) {
    const home = today.market.homes[today.live[today.lead.random.int(today.live.length)]!]!
    act(today, 'open_house_visited', officeMoment(today, 11, 16), { home })
  }
}

/** Texts and calls from the agent. Some calls are placed by lot, so that their effect shows. */
export function playOutreach(today: LeadDay): void {
  const { lead, market } = today
  if (lead.stopped) return
  const { random } = lead
  const { call, smsPerDay } = market.parameters
  const agent = market.agents[lead.truth.agent]!.agent_id
  if (random.next() < smsPerDay) {
    const tone = oneOf(random, TONES)
    const at = officeMoment(today, 10, 14)
    const text = oneOf(random, AGENT_TEXTS[tone])
    emit(today, 'sms_sent', at, { properties: { agent, tone, text } })
    if (happens(today, 'smsReply')) {
      const delay = Math.min(4 * 3600, logNormal(random, 1500, 1.1))
      const properties = { text: leadText(today) }
      act(today, 'sms_received', at + Math.round(1000 * delay), { properties })
    }
  }
  const answersInquiry = today.inquiryAt > 0
  if (random.next() >= (answersInquiry ? call.afterInquiry : call.randomised)) return
  const at = answersInquiry
    ? today.inquiryAt + Math.round(1000 * logNormal(random, 1200, 1))
    : officeMoment(today, 9, 18)
  today.callAnswered = random.next() < signal(today, 'callAnswer')
  const answered = today.callAnswered
  const reason = answersInquiry ? 'inquiry' : 'randomised'
  const seconds = answered ? Math.round(logNormal(random, 240, 0.7)) : 0
  emit(today, 'call_placed', at, { seconds, properties: { agent, answered, reason } })
}

/** An appointment ahead falls due with the same chance each day, and is kept or cancelled. */
export function playAppointment(today: LeadDay): void {
  const { lead, market } = today
  if (lead.appointment === null || lead.random.next() >= market.parameters.appointmentDue) return
  const kept = happens(today, 'appointmentKept')
  const { kind, home } = lead.appointment
  lead.appointment = null
  const at = officeMoment(today, 10, 17)
  if (kind === 'tour') {
    const type = kept ? 'tour_completed' : 'tour_cancelled'
    act(today, type, at, { home: market.homes[home]! })
  } else act(today, kept ? 'booking_completed' : 'booking_cancelled', at)
}
