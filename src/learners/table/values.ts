/** Numbers and dates as people write them. */

const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const GROUPED = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/
const EUROPEAN = /^[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+$/
const DECORATION = /[$€£¥%\s_]/g

/**
 * The number in `text`, or NaN: plain, with thousands separators, a decimal comma, a currency sign,
 * a percent sign (12 % is 12) or brackets for a negative amount. Never infinite.
 */
export function parseNumber(text: string): number {
  if (text.length > 40) return Number.NaN
  if (PLAIN.test(text)) return finite(Number(text))
  let bare = text.replace(DECORATION, '')
  if (/^\(.+\)$/.test(bare)) bare = `-${bare.slice(1, -1)}`
  if (PLAIN.test(bare)) return finite(Number(bare))
  if (GROUPED.test(bare)) return Number(bare.replaceAll(',', ''))
  if (EUROPEAN.test(bare)) return Number(bare.replaceAll('.', '').replace(',', '.'))
  return Number.NaN
}

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN)

const ZONE = String.raw`(?:Z|[A-Z]{3}|[+-]\d{2}:?\d{2})?`
const TIME = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(am|pm)?\s*${ZONE}`
const CLOCK = `(?:[T ]+${TIME})?$`
const ISO = new RegExp(String.raw`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})${CLOCK}`, 'i')
const NUMERIC = new RegExp(String.raw`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{2}|\d{4})${CLOCK}`, 'i')
const DAY_NAME = new RegExp(String.raw`^(\d{1,2})[- ]([a-z]{3})[a-z]*[- ,]+(\d{4})${CLOCK}`, 'i')
const NAME_DAY = new RegExp(
  String.raw`^([a-z]{3})[a-z]* (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})${CLOCK}`,
  'i',
)
const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'

/** Which of two numbers comes first in dates like 03/04/2020. */
export type DateOrder = 'day-first' | 'month-first'

/** Whether a text like 13/04/2020 settles the order; undefined when it says nothing. */
export function dateOrderOf(text: string): DateOrder | undefined {
  const found = NUMERIC.exec(text)
  if (!found) return undefined
  if (Number(found[1]) > 12) return 'day-first'
  return Number(found[2]) > 12 ? 'month-first' : undefined
}

/** Milliseconds since 1970 of the wall-clock time in `text` (zones are ignored), or NaN. */
export function parseDate(text: string, order: DateOrder = 'month-first'): number {
  if (text.length < 8 || text.length > 40) return Number.NaN
  const iso = ISO.exec(text)
  if (iso) return instant(Number(iso[1]), Number(iso[2]), Number(iso[3]), iso.slice(4))
  const numeric = NUMERIC.exec(text)
  if (numeric) {
    const [, first, second, year] = numeric.map(Number)
    const full = year! < 100 ? (year! < 70 ? 2000 : 1900) + year! : year!
    const [month, day] = order === 'day-first' ? [second!, first!] : [first!, second!]
    return instant(full, month, day, numeric.slice(4))
  }
  const dayName = DAY_NAME.exec(text)
  if (dayName)
    return instant(Number(dayName[3]), monthOf(dayName[2]!), Number(dayName[1]), dayName.slice(4))
  const nameDay = NAME_DAY.exec(text)
  if (nameDay)
    return instant(Number(nameDay[3]), monthOf(nameDay[1]!), Number(nameDay[2]), nameDay.slice(4))
  return Number.NaN
}

const monthOf = (name: string): number => {
  const at = MONTHS.indexOf(name.toLowerCase())
  return at >= 0 && at % 3 === 0 ? at / 3 + 1 : Number.NaN
}

/** NaN for a day that the calendar does not have. */
function instant(
  year: number,
  month: number,
  day: number,
  clock: readonly (string | undefined)[],
): number {
  const [hours = '0', minutes = '0', seconds = '0', half] = clock
  let hour = Number(hours)
  if (half?.toLowerCase() === 'pm' && hour < 12) hour += 12
  if (half?.toLowerCase() === 'am' && hour === 12) hour = 0
  const at = Date.UTC(year, month - 1, day, hour, Number(minutes), Number(seconds))
  const back = new Date(at)
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === day ? at : Number.NaN
}
