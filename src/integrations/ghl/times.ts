/** GoHighLevel's dates: ISO 8601 with zone, without, milliseconds as number or text. */
import { DateTime } from 'luxon'

/**
 * Milliseconds since the epoch; undefined for what is none.
 * @param zone IANA name that dates without a zone are meant in
 */
export function instantOf(
  value: string | number | null | undefined,
  zone = 'utc',
): number | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'number' || /^\d{12,14}$/.test(value)) {
    const ms = Number(value)
    return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? ms : undefined
  }
  const parsed = DateTime.fromISO(value.trim().replace(' ', 'T'), { zone })
  return parsed.isValid ? parsed.toMillis() : undefined
}
