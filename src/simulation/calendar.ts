/** What a day does to everybody: weekday, season and the mortgage-rate shock half-way. */
import type { MarketParameters } from './parameters.ts'

export const DAY_MS = 86_400_000
/** The town lies in a zone of fixed offset, in minutes from UTC. */
export const UTC_OFFSET_MINUTES = -300

export interface DayFactors {
  /** Multiplies session rates. */
  readonly sessions: number
  /** Multiplies the daily probability of an offer. */
  readonly offer: number
  /** Multiplies moves towards buying. */
  readonly progress: number
  readonly weekend: boolean
  /** Mortgage rate in percent. */
  readonly rate: number
}

/**
 * Factors of day `day` (0 is the day of `startMs`, UTC midnight) in a market of `days` days. Days
 * beyond the end are defined too, since horizons reach there.
 */
export function dayFactors(
  parameters: MarketParameters,
  startMs: number,
  days: number,
  day: number,
): DayFactors {
  const date = new Date(startMs + day * DAY_MS)
  const dayOfYear = Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS)
  const { amplitude, peakDayOfYear } = parameters.season
  const season = 1 + amplitude * Math.cos((2 * Math.PI * (dayOfYear - peakDayOfYear)) / 365.25)
  const shocked = day >= Math.floor(days / 2)
  const regime = shocked ? parameters.rates.factor : 1
  const weekday = date.getUTCDay()
  return {
    sessions: season * parameters.weekday[weekday]!,
    offer: season * regime,
    progress: regime,
    weekend: weekday === 0 || weekday === 6,
    rate: shocked ? parameters.rates.after : parameters.rates.before,
  }
}
