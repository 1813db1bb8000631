/** Sessions, cut in the fold: a pause of 30 minutes or more ends one. */
import { DAY, HOUR, MINUTE } from './calendar.ts'
import { propertyKey } from './distinct.ts'
import type { Fact } from './fact.ts'

export const SESSION_GAP = 30 * MINUTE
/** Sessions whose depth is kept for the trend. */
export const DEPTHS = 12
/** Properties of one session compared with those of earlier sessions. */
const PER_SESSION = 32
const EARLIER = 64

export interface SessionState {
  count: number
  /** Of the session that is open or was last: start, last event, events, deepest funnel step. */
  start: number
  last: number
  events: number
  depth: number
  /** Totals over the sessions before it. */
  closedEvents: number
  bounces: number
  durationSum: number
  durationSquares: number
  longest: number
  gapSum: number
  gapSquares: number
  /** Deepest step of the latest sessions before it, oldest first. */
  depths: number[]
  deepest: number
  /** Session starts on the circles of a day and a week. */
  cos24: number
  sin24: number
  cos7: number
  sin7: number
  /** Sessions with a property; those that came back to one of an earlier session. */
  withProperty: number
  returned: number
  sawProperty: boolean
  cameBack: boolean
  /** Keys of properties of this session, and the latest of earlier ones, oldest first. */
  current: number[]
  earlier: number[]
  /** Sessions that named a device; changes of device between them. */
  device: string
  withDevice: number
  switches: number
  deviceKnown: boolean
}

export function emptySession(): SessionState {
  return {
    count: 0,
    start: 0,
    last: 0,
    events: 0,
    depth: 0,
    closedEvents: 0,
    bounces: 0,
    durationSum: 0,
    durationSquares: 0,
    longest: 0,
    gapSum: 0,
    gapSquares: 0,
    depths: [],
    deepest: 0,
    cos24: 0,
    sin24: 0,
    cos7: 0,
    sin7: 0,
    withProperty: 0,
    returned: 0,
    sawProperty: false,
    cameBack: false,
    current: [],
    earlier: [],
    device: '',
    withDevice: 0,
    switches: 0,
    deviceKnown: false,
  }
}

/** Folds an act of the lead; opens and clicks never come here, since scanners make them too. */
export function applySession(s: SessionState, fact: Fact): void {
  if (!fact.byLead) return
  if (s.count === 0 || fact.time - s.last >= SESSION_GAP) startSession(s, fact)
  s.last = fact.time
  s.events++
  s.depth = Math.max(s.depth, fact.depth)
  s.deepest = Math.max(s.deepest, fact.depth)
  noteDevice(s, fact)
  if (fact.entry.body.property_id !== undefined) noteProperty(s, fact.entry.body.property_id)
}

function startSession(s: SessionState, fact: Fact): void {
  if (s.count > 0) closeSession(s, fact.time)
  s.count++
  s.start = fact.time
  s.events = 0
  s.depth = 0
  s.sawProperty = false
  s.cameBack = false
  s.deviceKnown = false
  const local = fact.time + fact.offset * MINUTE
  const ofDay = (2 * Math.PI * (local % DAY)) / DAY
  const ofWeek = (2 * Math.PI * (local % (7 * DAY))) / (7 * DAY)
  s.cos24 += Math.cos(ofDay)
  s.sin24 += Math.sin(ofDay)
  s.cos7 += Math.cos(ofWeek)
  s.sin7 += Math.sin(ofWeek)
}

function closeSession(s: SessionState, nextStart: number): void {
  const seconds = (s.last - s.start) / 1000
  s.durationSum += seconds
  s.durationSquares += seconds * seconds
  s.longest = Math.max(s.longest, seconds)
  s.closedEvents += s.events
  if (s.events === 1) s.bounces++
  const gap = (nextStart - s.last) / HOUR
  s.gapSum += gap
  s.gapSquares += gap * gap
  if (s.depths.length === DEPTHS) s.depths.shift()
  s.depths.push(s.depth)
  for (const key of s.current) {
    if (s.earlier.includes(key)) continue
    if (s.earlier.length === EARLIER) s.earlier.shift()
    s.earlier.push(key)
  }
  s.current.length = 0
}

function noteDevice(s: SessionState, fact: Fact): void {
  const device = fact.entry.body.context?.device_type
  if (s.deviceKnown || typeof device !== 'string' || device === '') return
  const short = device.slice(0, 16)
  s.deviceKnown = true
  s.withDevice++
  if (s.withDevice > 1 && short !== s.device) s.switches++
  s.device = short
}

function noteProperty(s: SessionState, id: string): void {
  const key = propertyKey(id)
  if (!s.sawProperty) {
    s.sawProperty = true
    s.withProperty++
  }
  if (!s.cameBack && s.earlier.includes(key)) {
    s.cameBack = true
    s.returned++
  }
  if (s.current.length < PER_SESSION && !s.current.includes(key)) s.current.push(key)
}
