/** Arrays in PostgreSQL's binary format: PostgreSQL itself says what it read. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  bigintArray,
  bits64Array,
  intArray,
  jsonbArray,
  smallintArray,
  textArray,
  timestampArray,
  uuidArray,
} from '../../src/store/binary-arrays.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

/** The elements as PostgreSQL writes them, after `as` was applied to each. */
async function read(type: string, array: Buffer, as = 'v::text'): Promise<(string | null)[]> {
  const { rows } = await database.owner.query<{ v: string | null }>(
    `select ${as} as v from unnest($1::${type}[]) with ordinality as t(v, ord) order by ord`,
    [array],
  )
  return rows.map(({ v }) => v)
}

const runs = { numRuns: 60 }
const hex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`), { size: 'max' })
const lists = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength: 1, maxLength: 20 })
const texts = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\u0000', ''))

test('whole numbers of every size, and those that are missing', async () => {
  await fc.assert(
    fc.asyncProperty(lists(fc.integer({ min: -32_768, max: 32_767 })), async (values) => {
      expect(await read('smallint', smallintArray(values))).toEqual(values.map(String))
    }),
    runs,
  )
  await fc.assert(
    fc.asyncProperty(lists(fc.integer()), async (values) => {
      expect(await read('int', intArray(values))).toEqual(values.map(String))
    }),
    runs,
  )
  await fc.assert(
    fc.asyncProperty(lists(fc.option(fc.maxSafeInteger())), async (values) => {
      const said = values.map((value) => (value === null ? null : String(value)))
      expect(await read('bigint', bigintArray(values))).toEqual(said)
    }),
    runs,
  )
})

test('64 bits and UUIDs in hexadecimal', async () => {
  await fc.assert(
    fc.asyncProperty(lists(hex(16)), async (digits) => {
      expect(await read('bigint', bits64Array(digits), 'to_hex(v)')).toEqual(
        digits.map((digit) => BigInt(`0x${digit}`).toString(16)),
      )
    }),
    runs,
  )
  await fc.assert(
    fc.asyncProperty(lists(fc.oneof(hex(32), fc.constant(''))), async (digits) => {
      const said = digits.map((digit) => (digit === '' ? null : digit))
      expect(await read('uuid', uuidArray(digits), `replace(v::text, '-', '')`)).toEqual(said)
    }),
    runs,
  )
})

test('digits that are missing, or none, are refused', () => {
  for (const digits of ['7', 'f'.repeat(15), `${'f'.repeat(15)}g`, ''])
    expect(() => bits64Array([digits])).toThrow(RangeError)
  for (const digits of ['7', 'f'.repeat(31), `g${'f'.repeat(31)}`])
    expect(() => uuidArray([digits])).toThrow(RangeError)
})

test('times to the millisecond, before 2000 too', async () => {
  const times = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) })
  await fc.assert(
    fc.asyncProperty(lists(times), async (values) => {
      const said = await read(
        'timestamptz',
        timestampArray(values),
        '(extract(epoch from v) * 1000)::bigint::text',
      )
      expect(said).toEqual(values.map(String))
    }),
    runs,
  )
})

test('texts and JSON in every script', async () => {
  await fc.assert(
    fc.asyncProperty(lists(texts), async (values) => {
      const stored = values.map((value) => value.toWellFormed())
      expect(await read('text', textArray(stored))).toEqual(stored)
      const bodies = stored.map((text) => JSON.stringify({ text }))
      expect(await read('jsonb', jsonbArray(bodies), `v ->> 'text'`)).toEqual(stored)
    }),
    runs,
  )
})
