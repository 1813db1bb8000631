/**
 * Who opened: a person or a security scanner? Grades opens and clicks of one person's e-mails by
 * how soon after sending they came, from where, what was clicked at once, and whether a visit
 * followed; and by what this mailbox has done before. Incremental; the worker appends each
 * decision as an engagement_graded entry.
 */
import { EVENT_TYPES, type EngagementGrade, type EventType, type LogEntry } from '../core/index.ts'
import { DAY } from './calendar.ts'
import {
  DEFAULT_MAILBOXES,
  jointDensity,
  logDelayOf,
  MAILBOXES,
  modelOfMailbox,
  type MailboxModel,
  type Opening,
  type Scans,
} from './mailbox.ts'
import type { LeadState } from './state.ts'

interface Email {
  id: string
  /** '' when email_sent named none. */
  campaign: string
  sentAt: number
  visited: boolean
  openings: Opening[]
}

/** What is remembered of one person's e-mail; plain data. */
export interface GraderState {
  /** Probability of each kind of mailbox, from the e-mails that are settled. */
  mailbox: number[]
  /** What scanners did, by kind of mailbox, from the same e-mails. */
  scans: Scans[]
  /** Expected number of settled e-mails that the person opened, and did not. */
  opened: number
  ignored: number
  /** E-mails of the last day or so, oldest first. */
  emails: Email[]
  /** Grade last decided, by position, of the e-mails above. */
  decided: Record<string, EngagementGrade>
}

export interface GradeDecision {
  readonly target_position: number
  readonly grade: EngagementGrade
  /** Probability that a person made it, in [0, 1]. */
  readonly probability: number
  /** Why, for the timeline. */
  readonly because: string
}

/** An e-mail is settled when nothing can be expected to come any more. */
const SETTLED_AFTER = DAY
const EMAILS = 8
const OPENINGS = 6
const LINKS = 12
const AT_ONCE_LINKS = 3
const AT_ONCE_MS = 3000
const VISIT_MS = 60_000
/** Surely human and surely machine; in between an open stays unknown and counts half. */
const HUMAN_FROM = 0.6
const MACHINE_BELOW = 0.25

export function emptyGrader(model: MailboxModel = DEFAULT_MAILBOXES): GraderState {
  return {
    mailbox: [...model.shares],
    scans: model.shares.map(() => ({ count: 0, logDelay: 0 })),
    opened: 0,
    ignored: 0,
    emails: [],
    decided: {},
  }
}

/** Whether nothing is remembered: as of a person without any e-mail. */
export const isBlank = ({ emails, opened, ignored }: GraderState): boolean =>
  emails.length === 0 && opened + ignored === 0

/** Entries of other types change nothing, and do not let time pass. */
export const GRADED_BY: readonly EventType[] = [
  'email_sent',
  'email_open',
  'email_click',
  'link_click',
  'page_visit',
]
const ENTERING: ReadonlySet<EventType> = new Set(GRADED_BY)

/**
 * False when an open or click decides nothing, as far as the lead's entries tell that are folded
 * into `state`, itself among them: no e-mail was recorded, it does not say when its own was sent,
 * and no other open or click did.
 */
export const mayHaveEmail = ({ activity, grades }: LeadState, entry: LogEntry): boolean =>
  activity.byType[EVENT_TYPES.email_sent.code] !== 0 ||
  grades.positions.length > 1 ||
  entry.body.properties?.['sent_at'] !== undefined

/**
 * Takes the person's next entry (in log order) and returns the grades that it decides or changes;
 * none for most entries. `state` changes.
 */
export function gradeEngagement(
  state: GraderState,
  entry: LogEntry,
  model: MailboxModel = DEFAULT_MAILBOXES,
): GradeDecision[] {
  if (!ENTERING.has(entry.type)) return []
  settle(state, entry.eventTime, model)
  switch (entry.type) {
    case 'email_sent':
      addEmail(state, entry, textOf(entry, 'email_id'), entry.eventTime)
      return []
    case 'email_open':
    case 'email_click':
    case 'link_click': {
      const email = emailOf(state, entry)
      if (email === undefined) return []
      noteOpening(email, entry)
      return decide(state, email, model)
    }
    case 'page_visit': {
      const email = visitedEmail(state, entry)
      if (email === undefined || email.visited) return []
      email.visited = true
      return decide(state, email, model)
    }
    default:
      return []
  }
}

function textOf(entry: LogEntry, name: string): string | undefined {
  const value = entry.body.properties?.[name]
  return typeof value === 'string' ? value.slice(0, 80) : undefined
}

function campaignOf({ body }: LogEntry): string {
  const value = body.context?.['campaign_id']
  return typeof value === 'string' ? value.slice(0, 80) : ''
}

function addEmail(
  state: GraderState,
  entry: LogEntry,
  id: string | undefined,
  sentAt: number,
): Email {
  const email: Email = {
    id: id ?? `at ${sentAt}`,
    campaign: campaignOf(entry),
    sentAt,
    visited: false,
    openings: [],
  }
  state.emails.push(email)
  if (state.emails.length > EMAILS) drop(state, state.emails[0]!)
  return email
}

/**
 * The e-mail an open or click belongs to: by its id; without one, the last that this campaign had
 * sent by then (an e-mail of no known campaign may be of any). One that nobody recorded is added
 * when the open says when it was sent.
 */
function emailOf(state: GraderState, entry: LogEntry): Email | undefined {
  const id = textOf(entry, 'email_id')
  const known =
    id === undefined
      ? lastSent(state, campaignOf(entry), entry.eventTime)
      : state.emails.find((email) => email.id === id)
  if (known !== undefined) return known
  const sentAt = Date.parse(textOf(entry, 'sent_at') ?? '')
  return Number.isNaN(sentAt) ? undefined : addEmail(state, entry, id, sentAt)
}

function lastSent(state: GraderState, campaign: string, by: number): Email | undefined {
  const before = state.emails.filter(({ sentAt }) => sentAt <= by)
  const latest = (of: (email: Email) => boolean): Email | undefined =>
    before
      .filter(of)
      .reduce<Email | undefined>(
        (last, email) => (last === undefined || email.sentAt >= last.sentAt ? email : last),
        undefined,
      )
  if (campaign === '') return latest(() => true)
  return latest((email) => email.campaign === campaign) ?? latest((email) => email.campaign === '')
}

function visitedEmail(state: GraderState, entry: LogEntry): Email | undefined {
  const id = textOf(entry, 'email_id')
  if (id !== undefined) return state.emails.find((email) => email.id === id)
  return state.emails.find((email) =>
    email.openings.some(({ firstClick }) => {
      const after = entry.eventTime - firstClick
      return firstClick > 0 && after >= 0 && after <= VISIT_MS
    }),
  )
}

const SCANNERS = /barracuda|mimecast|proofpoint|safelinks|symantec|trendmicro|scanner|bot\b/i

function fromDataCentre(entry: LogEntry): boolean {
  const agent = entry.body.context?.['user_agent']
  return (
    textOf(entry, 'network') === 'data_centre' ||
    entry.body.context?.['network'] === 'data_centre' ||
    (typeof agent === 'string' && SCANNERS.test(agent))
  )
}

function noteOpening(email: Email, entry: LogEntry): void {
  const client = textOf(entry, 'client') ?? ''
  let opening = email.openings.find((known) => known.client === client)
  if (opening === undefined) {
    if (email.openings.length === OPENINGS) return
    opening = {
      client,
      positions: [],
      delay: Math.max(0, entry.eventTime - email.sentAt) / 1000,
      dataCentre: fromDataCentre(entry),
      links: [],
      firstClick: 0,
      atOnce: false,
    }
    email.openings.push(opening)
  }
  if (opening.positions.length < LINKS) opening.positions.push(entry.position)
  if (entry.type === 'email_open') return
  const named = entry.body.properties?.['link']
  const link = typeof named === 'number' ? String(named) : (textOf(entry, 'link') ?? '')
  if (opening.links.length < LINKS && !opening.links.includes(link)) opening.links.push(link)
  if (opening.firstClick === 0) opening.firstClick = entry.eventTime
  const soon = entry.eventTime - opening.firstClick <= AT_ONCE_MS
  if (opening.links.length >= AT_ONCE_LINKS && soon) opening.atOnce = true
}

/** Joint density of the e-mail by kind of mailbox and maker (last: nobody). */
function weigh(state: GraderState, email: Email, general: MailboxModel): number[][] {
  const { openings, visited } = email
  const model = modelOfMailbox(general, state.scans)
  const seen = state.opened + model.opened
  const opens = seen / (seen + state.ignored + model.ignored)
  return Array.from({ length: MAILBOXES }, (_, kind) =>
    Array.from({ length: openings.length + 1 }, (__, i) => {
      const maker = i === openings.length ? -1 : i
      return state.mailbox[kind]! * jointDensity(model, openings, visited, maker, kind, opens)
    }),
  )
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

function decide(state: GraderState, email: Email, model: MailboxModel): GradeDecision[] {
  const weights = weigh(state, email, model)
  const total = sumOf(weights.flat())
  if (!(total > 0)) return []
  return email.openings.flatMap((opening, i) => {
    const probability = sumOf(weights.map((byMaker) => byMaker[i]!)) / total
    const grade =
      probability >= HUMAN_FROM ? 'human' : probability < MACHINE_BELOW ? 'machine' : 'unknown'
    const because = reason(opening, email, grade)
    return opening.positions.flatMap((target): GradeDecision[] => {
      if ((state.decided[target] ?? 'unknown') === grade) return []
      state.decided[target] = grade
      return [{ target_position: target, grade, probability, because }]
    })
  })
}

/** The strongest sign for the grade, in words. */
function reason(opening: Opening, email: Email, grade: EngagementGrade): string {
  const after = `${duration(opening.delay)} after sending`
  if (grade === 'human') {
    if (email.visited && opening.links.length > 0) return 'a visit to the site followed the click'
    return opening.delay >= 60 ? `opened ${after}` : `opened ${after}, unlike a scanner here`
  }
  if (grade === 'unknown') return `opened ${after}: a person or a scanner`
  if (opening.atOnce) return `clicked ${opening.links.length} links at once`
  if (opening.dataCentre) return `came from a data centre, ${after}`
  if (opening.links.length > 0 && !email.visited) return 'clicked, but no visit followed'
  return `opened ${after}, as a scanner of this mailbox does`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

/** Learns from e-mails that are a day old, then forgets them. */
function settle(state: GraderState, now: number, model: MailboxModel): void {
  for (const email of [...state.emails]) {
    if (now - email.sentAt <= SETTLED_AFTER) continue
    learn(state, email, model)
    drop(state, email)
  }
}

function learn(state: GraderState, email: Email, model: MailboxModel): void {
  const weights = weigh(state, email, model)
  const total = sumOf(weights.flat())
  if (!(total > 0)) return
  const { openings } = email
  weights.forEach((byMaker, kind) => {
    const share = sumOf(byMaker) / total
    state.mailbox[kind] = share
    openings.forEach((opening, i) => {
      const scanned = share - byMaker[i]! / total
      state.scans[kind]!.count += scanned
      state.scans[kind]!.logDelay += scanned * logDelayOf(opening)
    })
  })
  const ignored = sumOf(weights.map((byMaker) => byMaker.at(-1))) / total
  state.ignored += ignored
  state.opened += 1 - ignored
}

function drop(state: GraderState, email: Email): void {
  state.emails.splice(state.emails.indexOf(email), 1)
  for (const { positions } of email.openings)
    state.decided = Object.fromEntries(
      Object.entries(state.decided).filter(([at]) => !positions.includes(Number(at))),
    )
}
