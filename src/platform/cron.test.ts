import { expect, test } from 'vitest'
import { isCron, lastDue } from './cron.ts'

const at = (text: string): number => Date.parse(`${text}Z`)

test('the last time of a schedule, at it, after it and over a gap', () => {
  const due = (now: string, cron = '0 2 * * *') => new Date(lastDue(cron, at(now))).toISOString()
  expect(due('2026-03-10T02:00:00.000')).toBe('2026-03-10T02:00:00.000Z')
  expect(due('2026-03-10T01:59:59.999')).toBe('2026-03-09T02:00:00.000Z')
  expect(due('2026-03-10T23:00:00')).toBe('2026-03-10T02:00:00.000Z')
  // A Sunday; the night in which clocks change in New York is a night as any other in UTC.
  expect(due('2026-03-11T00:00:00', '30 6 * * 0')).toBe('2026-03-08T06:30:00.000Z')
  expect(due('2026-03-01T00:00:00', '0 0 31 * *')).toBe('2026-01-31T00:00:00.000Z')
})

test('what is no schedule is told apart', () => {
  for (const good of ['0 2 * * *', '*/15 1-5 * * 1,3', '0 0 1 JAN *'])
    expect(isCron(good)).toBe(true)
  for (const bad of ['61 2 * * *', '0 2 * *', '0 0 2 * * *', 'daily', '0 0 31 2 *'])
    expect([bad, isCron(bad)]).toEqual([bad, false])
})
