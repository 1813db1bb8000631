import fc from 'fast-check'
import { expect, test } from 'vitest'
import { faultyDays, isTimeZone, isWorking, nextStart, type WorkingHours } from './working-hours.ts'

const hours: WorkingHours = {
  monday: { from: '09:00', to: '17:30' },
  sunday: { from: '00:00', to: '24:00' },
}
const noon = { from: '12:00', to: '24:00' }
const at = (time: string): number => Date.parse(time)

test.each([
  // New York is five hours behind UTC in January, four in July.
  ['2026-01-05T13:59:59Z', 'America/New_York', false],
  ['2026-01-05T14:00:00Z', 'America/New_York', true],
  ['2026-01-05T22:29:59Z', 'America/New_York', true],
  ['2026-01-05T22:30:00Z', 'America/New_York', false],
  ['2026-07-06T13:00:00Z', 'America/New_York', true],
  // Half an hour off, and another day than in UTC.
  ['2026-01-05T03:30:00Z', 'Asia/Kolkata', true],
  ['2026-01-05T03:29:00Z', 'Asia/Kolkata', false],
  ['2026-01-05T04:00:00Z', 'America/New_York', true],
  ['2026-01-05T05:00:00Z', 'America/New_York', false],
  ['2026-01-06T14:00:00Z', 'America/New_York', false],
])('%s in %s: %s', (time, zone, expected) => {
  expect(isWorking(hours, zone, at(time))).toBe(expected)
})

test.each([
  ['2026-01-05T13:59:59Z', 'America/New_York', '2026-01-05T14:00:00Z'],
  // Friday evening: on Sunday, from midnight there.
  ['2026-01-09T23:00:00Z', 'America/New_York', '2026-01-11T05:00:00Z'],
  // While at work: the next time, not this one.
  ['2026-01-05T14:00:00Z', 'America/New_York', '2026-01-11T05:00:00Z'],
  ['2026-01-04T20:00:00Z', 'Asia/Kolkata', '2026-01-05T03:30:00Z'],
  // Clocks change on Sunday, 8 March 2026: Monday's nine o'clock comes an hour sooner.
  ['2026-03-08T05:00:00Z', 'America/New_York', '2026-03-09T13:00:00Z'],
])('from %s on in %s they begin at %s', (now, zone, start) => {
  const begins = nextStart(hours, zone, at(now))
  expect(new Date(begins!).toISOString()).toBe(new Date(at(start)).toISOString())
})

test('they work when they begin, whatever day and zone', () => {
  const zones = fc.constantFrom('America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', 'UTC')
  const time = fc.integer({ min: at('2026-01-01'), max: at('2027-01-01') })
  fc.assert(
    fc.property(zones, time, (zone, now) => {
      // Not at night, when clocks skip an hour.
      const days: WorkingHours = { tuesday: { from: '08:15', to: '12:00' }, friday: noon }
      const begins = nextStart(days, zone, now)!
      expect(begins).toBeGreaterThan(now)
      expect(isWorking(days, zone, begins)).toBe(true)
      expect(isWorking(days, zone, begins - 1)).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('without hours nobody can say', () => {
  expect(isWorking({}, 'UTC', 0)).toBeNull()
  expect(nextStart({}, 'UTC', 0)).toBeNull()
})

test('the day that clocks change has its hours by the wall clock', () => {
  // 8 March 2026, New York: 02:00 becomes 03:00.
  const early: WorkingHours = { sunday: { from: '03:00', to: '04:00' } }
  expect(isWorking(early, 'America/New_York', at('2026-03-08T06:59:00Z'))).toBe(false)
  expect(isWorking(early, 'America/New_York', at('2026-03-08T07:00:00Z'))).toBe(true)
})

test('names of zones and spans are checked', () => {
  expect(isTimeZone('America/Chicago')).toBe(true)
  expect(isTimeZone('Mars/Base')).toBe(false)
  expect(isTimeZone('')).toBe(false)
  expect(faultyDays({ ...hours, friday: { from: '10:00', to: '10:00' } })).toEqual(['friday'])
})
