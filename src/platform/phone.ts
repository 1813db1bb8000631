/** Telephone numbers in the one form by which they are compared. */
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js'

/** E.164, e.g. +15125550123; undefined for a text that is no valid number of the country. */
export function toE164(text: string, country = 'US'): string | undefined {
  const parsed = parsePhoneNumberFromString(text, country as CountryCode)
  return parsed?.isValid() === true ? parsed.number : undefined
}
