/** GoHighLevel's dates: ISO 8601 with zone, without, milliseconds as number or text. */
import { DateTime } from 'luxon'

/** Beyond the year 9999 databases and formats disagree. */
const LAST_MS = Date.UTC(9999, 11, 31)
const within = (ms: number): number | undefined => (ms >= 0 && ms <= LAST_MS ? ms : undefined)

/**
 * Milliseconds since the epoch; undefined for what is none, or no time since 1970.
 * @param zone IANA name that dates without a zone are meant in
 */
export function instantOf(
  value: string | number | null | undefined,
  zone = 'utc',
): number | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'number' || /^\d{12,14}$/.test(value)) {
    return within(Math.trunc(Number(value)))
  }
  const parsed = DateTime.fromISO(value.trim().replace(' ', 'T'), { zone })
  return parsed.isValid ? within(parsed.toMillis()) : undefined
}
