import fc from 'fast-check'
import Value from 'typebox/value'
import { expect, test } from 'vitest'
import { AppError } from './errors.ts'
import { flatRecord, LEAD_RECORD_VERSION, LeadRecord, readLeadRecord } from './lead-record.ts'

/** Golden: a record as it was written in each version. Never changed; a new version adds one. */
const WRITTEN: Record<number, unknown> = {
  1: {
    lead_id: 'lead_123',
    name: 'Ada Field',
    email: 'ada@example.com',
    phone: '(512) 555-0123',
    segment: 'investor',
    stage: null,
    attributes: { budget_max: 550_000 },
    pets: 'two dogs',
  },
  2: {
    schema_version: 2,
    lead_id: 'lead_123',
    contact: { name: 'Ada Field', email: 'ada@example.com', phone: '(512) 555-0123' },
    segment: 'investor',
    stage: null,
    attributes: { budget_max: 550_000, pets: 'two dogs' },
  },
}

test('a record of every version says the same today', () => {
  const versions = Object.keys(WRITTEN).map(Number)
  expect(versions).toEqual(Array.from({ length: LEAD_RECORD_VERSION }, (_, i) => i + 1))
  for (const version of versions)
    expect(readLeadRecord(WRITTEN[version])).toEqual({ record: WRITTEN[2], version, faults: [] })
  expect(readLeadRecord({ ...(WRITTEN[1] as object), schema_version: 1 }).version).toBe(1)
})

test('what a field does not take is left out and named', () => {
  const { record, faults } = readLeadRecord({ lead_id: 'x', email: 'none', phone: 5125550123 })
  expect(record.contact).toEqual({ name: null, email: null, phone: '5125550123' })
  expect(faults).toEqual([{ field: 'email', problem: 'is not an e-mail address' }])
})

test('what is no record, or of a later version, is refused', () => {
  const later = { ...(WRITTEN[2] as object), schema_version: 3 }
  const extra = { ...(WRITTEN[2] as object), charm: 1 }
  for (const wrong of [null, 5, {}, { lead_id: '' }, later, extra, { schema_version: 'toString' }])
    expect(() => readLeadRecord(wrong)).toThrow(AppError)
  expect(() => readLeadRecord(later)).toThrow(/from 1 to 2/)
})

const flat = fc
  .dictionary(
    fc.oneof(fc.constantFrom('name', 'email', 'phone', 'stage'), fc.string()),
    fc.jsonValue({ maxDepth: 1 }),
  )
  .chain((rest) => fc.stringMatching(/^[a-z]{1,9}$/).map((lead_id) => ({ ...rest, lead_id })))
  .filter((value) => !('schema_version' in value))

test('whatever an old record holds, migrated it is one of today, and reading again changes nothing', () => {
  fc.assert(
    fc.property(flat, (old) => {
      const before = structuredClone(old)
      const { record } = readLeadRecord(old)
      expect(old).toEqual(before)
      expect(Value.Check(LeadRecord, record)).toBe(true)
      expect(readLeadRecord(record).record).toEqual(record)
      const again = readLeadRecord(flatRecord(record)).record
      expect([again.contact, again.segment, again.stage]).toEqual([
        record.contact,
        record.segment,
        record.stage,
      ])
    }),
    { numRuns: 60, seed: 4, endOnFailure: true },
  )
})
