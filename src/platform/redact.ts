/** Keeps secrets and personal data out of the log. */

/** Field names (without case, `_` and `-`) whose values never reach the log. */
const PRIVATE = new Set(
  `password pass pwd secret clientsecret token accesstoken refreshtoken authorization cookie
  setcookie apikey xapikey jwtsecretkey modelencryptionkey email emailaddress phone
  phonenumber mobile name firstname lastname fullname address street text body message
  subject attributes traits transcript note notes ip remoteaddress dateofbirth`.split(/\s+/),
)

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/[\w.+%-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}/g, '[email]'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [secret]'],
  [/\b(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g, '[token]'],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*):[^\s@/"]+@/gi, '$1:[secret]@'],
  [/\+\d[\d\s().-]{7,}\d/g, '[phone]'],
  [/\(\d{3}\)\s?\d{3}-\d{4}|\b\d{3}[-.]\d{3}[-.]\d{4}\b/g, '[phone]'],
]

/** Masks e-mail addresses, phone numbers, tokens and passwords in URLs. */
export function redactText(text: string): string {
  let masked = text
  for (const [pattern, instead] of MASKS) masked = masked.replace(pattern, instead)
  return masked
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth > 6) return '[deep]'
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1))
  if (value instanceof Error) return value
  return redactFields(value as Record<string, unknown>, depth + 1)
}

/** A copy of `fields` in which private values are replaced by `[redacted]`. */
export function redactFields(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields))
    copy[key] = PRIVATE.has(key.replaceAll(/[_-]/g, '').toLowerCase())
      ? '[redacted]'
      : redactValue(value, depth)
  return copy
}
