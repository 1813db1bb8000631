/** When people work: spans of a weekday in their own time zone. */

export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** From (inclusive) to (exclusive), as `HH:MM` on a 24-hour clock; `24:00` is the day's end. */
export interface WorkingSpan {
  readonly from: string
  readonly to: string
}

/** Days that are not named are free; no day at all: nobody said when they work. */
export type WorkingHours = Readonly<Partial<Record<Weekday, WorkingSpan>>>

/** Whether a name is one of the IANA time zones this machine knows. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== ''
  } catch {
    return false
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>()
/** More than there are zones: spellings beyond are made again. */
const CLOCKS_MAX = 1_000

function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'long',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    if (clocks.size >= CLOCKS_MAX) clocks.clear()
    clocks.set(timeZone, clock)
  }
  return clock
}

const MINUTE_MS = 60_000
const WEEK_MINUTES = 7 * 24 * 60

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

/** Minutes since the beginning of the week, Monday, by the wall clock. */
function minuteOfWeek(timeZone: string, at: number): number {
  const parts = new Map(
    clockOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const day = WEEKDAYS.indexOf(parts.get('weekday')!.toLowerCase() as Weekday)
  return day * 24 * 60 + minutesOf(`${parts.get('hour')}:${parts.get('minute')}`)
}

/**
 * When somebody begins to work next after `now`, both milliseconds since 1970, by the wall clock of
 * `timeZone`; null when they named no hours. Where clocks change in between, the hour is that of
 * the wall clock then.
 */
export function nextStart(hours: WorkingHours, timeZone: string, now: number): number | null {
  const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS
  const from = minuteOfWeek(timeZone, now)
  const starts = WEEKDAYS.flatMap((day, i) => {
    const span = hours[day]
    if (span === undefined) return []
    const wanted = i * 24 * 60 + minutesOf(span.from)
    const ahead = (wanted - from + WEEK_MINUTES) % WEEK_MINUTES
    const about = minute + (ahead === 0 ? WEEK_MINUTES : ahead) * MINUTE_MS
    const half = WEEK_MINUTES / 2
    const off = ((wanted - minuteOfWeek(timeZone, about) + 3 * half) % WEEK_MINUTES) - half
    return [about + off * MINUTE_MS]
  })
  return starts.length === 0 ? null : Math.min(...starts)
}

/**
 * Whether somebody works at `now` (milliseconds since 1970), by the wall clock of `timeZone`, which
 * is an IANA name; null when they named no hours.
 */
export function isWorking(hours: WorkingHours, timeZone: string, now: number): boolean | null {
  if (WEEKDAYS.every((day) => hours[day] === undefined)) return null
  const parts = new Map(
    clockOf(timeZone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  )
  const span = hours[parts.get('weekday')!.toLowerCase() as Weekday]
  if (span === undefined) return false
  // Texts of equal length order like the times they name.
  const time = `${parts.get('hour')}:${parts.get('minute')}`
  return span.from <= time && time < span.to
}

/** What is wrong with the hours, by weekday; none when all spans end after they begin. */
export function faultyDays(hours: WorkingHours): Weekday[] {
  return WEEKDAYS.filter((day) => {
    const span = hours[day]
    return span !== undefined && span.from >= span.to
  })
}
