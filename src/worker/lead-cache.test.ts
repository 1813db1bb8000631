import { expect, test } from 'vitest'
import fc from 'fast-check'
import type { LogEntry } from '../core/index.ts'
import { advance, decodeState, emptyTrack, encodeState } from '../features/index.ts'
import { createLeadCache } from './lead-cache.ts'

const WORKSPACE = 1

const entry = (personId: number, position: number): LogEntry => ({
  workspaceId: WORKSPACE,
  personId,
  position,
  type: 'page_visit',
  eventTime: Date.UTC(2026, 0, 1) + position * 1_000,
  receivedAt: Date.UTC(2026, 0, 1) + position * 1_000,
  body: {},
})

/** A database that knows of nobody: whoever is asked for was never seen. */
const nobody = { app: { query: () => Promise.resolve({ rows: [] }) } } as never

/** Few leads come back at once, many once in a while; rounds of any size, writes at any time. */
const rounds = fc.array(
  fc.record({
    leads: fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5_000 })), {
      maxLength: 60,
    }),
    isWritten: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

test('whether a state stays an object or leaves as bytes, every entry counts once', async () => {
  await fc.assert(
    fc.asyncProperty(rounds, async (script) => {
      const cache = createLeadCache(nobody)
      const plain = new Map<number, ReturnType<typeof emptyTrack>>()
      const disk = new Map<number, Uint8Array>()
      let position = 0
      for (const { leads, isWritten } of script) {
        const entries = leads.map((lead) => entry(lead, ++position))
        for (const one of entries) {
          if (!plain.has(one.personId)) plain.set(one.personId, emptyTrack())
          advance(plain.get(one.personId)!, one)
        }
        await cache.fold(entries, () => true)
        // Scoring asks before the round rests.
        for (const lead of leads)
          expect(cache.state({ workspaceId: WORKSPACE, personId: lead })).toEqual(
            plain.get(lead)!.state,
          )
        cache.rest()
        if (!isWritten) continue
        const states = cache.takeDirty()
        for (const { personId, state } of states) disk.set(personId, state)
        cache.written(states)
        expect(cache.dirtyCount()).toBe(0)
      }
      for (const { personId, state } of cache.takeDirty()) disk.set(personId, state)
      for (const [personId, { state }] of plain)
        expect(decodeState(disk.get(personId)!)).toEqual(decodeState(encodeState(state)))
    }),
    { numRuns: 20 },
  )
})
