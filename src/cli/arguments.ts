/** Values of command-line options: converted, or refused with what was expected. */
import { InvalidArgumentError } from 'commander'

export const whole =
  (low: number, high: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high)
      throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`)
    return value
  }

/** Milliseconds since the epoch. */
export function midnight(text: string): number {
  const value = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  if (Number.isNaN(value) || new Date(value).toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError('Expected a date such as 2026-01-01.')
  return value
}

export function address(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('Expected an address such as http://127.0.0.1:4000.')
  return text
}
