/**
 * Canonical JSON: keys sorted at every depth, so that the same content has the same text (and the
 * same hash) however its keys were ordered. Also the text that is stored.
 */

const MAX_DEPTH = 32

/** @throws RangeError when `value` is nested deeper than 32 levels. */
export function canonicalJson(value: unknown, depth = 0): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (depth >= MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH} levels`)
  if (Array.isArray(value)) {
    let text = '['
    for (let i = 0; i < value.length; i++)
      text += (i === 0 ? '' : ',') + canonicalJson(value[i], depth + 1)
    return text + ']'
  }
  const object = value as Record<string, unknown>
  const keys = Object.keys(object)
  if (keys.length > 1) keys.sort()
  let text = '{'
  for (const key of keys) {
    const member = object[key]
    if (member === undefined) continue
    if (text.length > 1) text += ','
    text += JSON.stringify(key) + ':' + canonicalJson(member, depth + 1)
  }
  return text + '}'
}

/**
 * Whether a JSON text made by JSON.stringify holds something PostgreSQL cannot store: an escaped
 * NUL or an unpaired surrogate (well-formed JSON.stringify writes both as escapes).
 */
export function holdsUnstorableText(json: string): boolean {
  if (!json.includes('\\u0000') && !json.includes('\\ud')) return false
  // An escape counts only after an even number of backslashes.
  return /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/.test(json)
}
