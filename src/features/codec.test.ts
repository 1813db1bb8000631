/** Whatever bytes lie on disk: a state, another version's, or damage, and never a wrong state. */
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EVENT_TYPE_NAMES, type LogEntry } from '../core/index.ts'
import { DamagedStateError, decodeState, encodeState, isOfThisFold } from './codec.ts'
import { emptyState, foldEntries, type LeadState } from './state.ts'

const START = Date.UTC(2026, 2, 2, 9)

/** With the checksum that belongs to them. */
function sealed(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(bytes.length + 4)
  all.set(bytes)
  new DataView(all.buffer).setUint32(bytes.length, crc32(bytes), true)
  return all
}

const entries = (count: number): LogEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    position: i + 1,
    workspaceId: 1,
    personId: 1,
    type: EVENT_TYPE_NAMES[(i * 7) % 43]!,
    eventTime: START + i * 1_700_000,
    receivedAt: START + i * 1_700_000,
    body: { property_id: `home-${i % 40}`, duration_seconds: (i % 900) / 7 },
  }))

const STATE = encodeState(foldEntries(entries(300)))

/** What is read; undefined: the declared error, and no other. */
function read(bytes: Uint8Array): LeadState | null | undefined {
  try {
    return decodeState(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(DamagedStateError)
    return undefined
  }
}

test('every single byte that is changed, and every cut, is noticed', () => {
  for (let at = 0; at < STATE.length; at++) {
    const damaged = STATE.slice()
    damaged[at] = damaged[at]! ^ (1 << (at % 8))
    // Of a changed format number is only known that nothing here can read it.
    expect(read(damaged) ?? undefined, `byte ${at}`).toBeUndefined()
    expect(read(STATE.subarray(0, at)), `cut at ${at}`).toBeUndefined()
  }
})

test('a state of another version is not read, and is no damage', () => {
  expect(isOfThisFold(STATE.subarray(0, 5))).toBe(true)
  const other = STATE.slice(0, -4)
  other[2] = other[2]! ^ 1
  expect(isOfThisFold(other)).toBe(false)
  expect(decodeState(sealed(other))).toBeNull()
  expect(decodeState(Uint8Array.from([1, ...other.subarray(1)]))).toBeNull()
})

test('pages that were zeroed, repeated or swapped are noticed', () => {
  const part = fc.record({
    from: fc.nat(STATE.length - 2),
    length: fc.integer({ min: 1, max: 600 }),
    with: fc.oneof(fc.constant(0), fc.constant(255), fc.nat(255)),
  })
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      const damaged = STATE.slice()
      for (const { from, length, with: byte } of parts) damaged.fill(byte, from, from + length)
      const found = read(damaged)
      if (Buffer.compare(damaged, STATE) === 0) expect(encodeState(found!)).toEqual(STATE)
      else expect(found ?? undefined).toBeUndefined()
    }),
    { numRuns: 500, seed: 11 },
  )
})

test('any bytes are another version or damage', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4_000 }), (bytes) => {
      expect(read(bytes) ?? undefined).toBeUndefined()
      isOfThisFold(bytes.subarray(0, 5))
    }),
    { numRuns: 500, seed: 12 },
  )
})

test('fields that nobody wrote, under a right checksum, never hang, throw or fill the memory', () => {
  const header = STATE.subarray(0, 5)
  const tail = fc.oneof(
    fc.uint8Array({ maxLength: 3_000 }),
    // Endless numbers and lengths.
    fc.uint8Array({ min: 128, max: 255, maxLength: 200 }),
    fc
      .tuple(fc.nat(STATE.length - 10), fc.uint8Array({ minLength: 1, maxLength: 40 }))
      .map(([at, bytes]) => {
        const fields = STATE.slice(5, -4)
        fields.set(bytes.subarray(0, fields.length - at), Math.min(at, fields.length - 1))
        return fields
      }),
  )
  const before = process.memoryUsage.rss()
  fc.assert(
    fc.property(tail, (fields) => {
      const bytes = sealed(Uint8Array.from([...header, ...fields]))
      const found = read(bytes)
      if (found) expect(Object.keys(found)).toEqual(Object.keys(emptyState()))
    }),
    { numRuns: 1_000, seed: 13 },
  )
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 * 1024 * 1024)
})
