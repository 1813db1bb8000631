/** What the time group remembers: first and last activity, active days, hours of the day. */
import { DAY, HOUR, MINUTE } from './calendar.ts'
import type { Fact } from './fact.ts'

export interface TimeState {
  /** Time of the first entry about the lead, of any actor; 0 before it. */
  first: number
  /** Time of the lead's latest own act other than an open or click; 0 if none. */
  lastAct: number
  /** Days (lead's wall clock) on which the lead acted, opens and clicks left out. */
  activeDays: number
  lastActiveDay: number
  /** Weighted events by hour of the day (lead's wall clock). */
  hours: Float64Array
  /** Weighted events on Saturdays and Sundays. */
  weekend: number
}

export function emptyTime(): TimeState {
  return {
    first: 0,
    lastAct: 0,
    activeDays: 0,
    lastActiveDay: -1,
    hours: new Float64Array(24),
    weekend: 0,
  }
}

export function applyTime(s: TimeState, fact: Fact): void {
  if (s.first === 0) s.first = fact.time
  if (!fact.byLead) return
  const local = fact.time + fact.offset * MINUTE
  const day = Math.floor(local / DAY)
  const hour = Math.floor(local / HOUR) - day * 24
  s.hours[hour] = s.hours[hour]! + fact.weight
  // 1970-01-01 was a Thursday: days 2 and 3 of each such week are Saturday and Sunday.
  const weekday = ((day % 7) + 7) % 7
  if (weekday === 2 || weekday === 3) s.weekend += fact.weight
  if (fact.graded) return
  s.lastAct = fact.time
  if (day > s.lastActiveDay) {
    s.activeDays++
    s.lastActiveDay = day
  }
}
