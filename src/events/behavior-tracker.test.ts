import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createInMemoryBehaviorTracker, createTimedBehaviorTracker } from './behavior-tracker.ts'

const lead = fc.constantFrom<string[]>('a', 'b', 'c', 'd', 'e')

test('bounds hold, and what is remembered is the end of what was recorded', () => {
  fc.assert(
    fc.property(
      fc.record({
        leadsMax: fc.integer({ min: 1, max: 4 }),
        perLeadMax: fc.integer({ min: 1, max: 4 }),
        totalMax: fc.integer({ min: 4, max: 8 }),
      }),
      fc.array(lead, { maxLength: 60 }),
      (bounds, leads) => {
        const tracker = createInMemoryBehaviorTracker<number>(bounds)
        leads.forEach((name, i) => {
          tracker.record(name, i)
          expect(tracker.recent(name).at(-1)).toBe(i)
        })
        const names = [...new Set(leads)]
        const held = names.filter((name) => tracker.recent(name).length > 0)
        expect(held.length).toBeLessThanOrEqual(bounds.leadsMax)
        expect(tracker.size()).toBe(names.flatMap((name) => tracker.recent(name)).length)
        expect(tracker.size()).toBeLessThanOrEqual(bounds.totalMax)
        for (const name of held) {
          const all = leads.flatMap((other, i) => (other === name ? [i] : []))
          const recent = tracker.recent(name)
          expect(recent.length).toBeLessThanOrEqual(bounds.perLeadMax)
          expect(recent).toEqual(all.slice(-recent.length))
        }
        // Who was let go was active before everybody who was kept.
        const last = (name: string): number => leads.lastIndexOf(name)
        const gone = names.filter((name) => !held.includes(name)).map(last)
        for (const name of held) for (const time of gone) expect(last(name)).toBeGreaterThan(time)
      },
    ),
  )
})

test('events expire by the clock, exactly at their time to live', () => {
  const step = fc.record({ lead, wait: fc.integer({ min: 0, max: 40 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 0
      const tracker = createTimedBehaviorTracker<number>({ monotonic: () => now }, 100)
      const recorded: { lead: string; at: number }[] = []
      for (const { lead: name, wait } of steps) {
        now += wait
        tracker.record(name, now)
        recorded.push({ lead: name, at: now })
        for (const other of ['a', 'b', 'c', 'd', 'e'])
          expect(tracker.recent(other)).toEqual(
            recorded.filter((r) => r.lead === other && now - r.at < 100).map(({ at }) => at),
          )
      }
      now += 100
      expect(tracker.size()).toBe(0)
    }),
  )
})

test('a forgotten lead is gone', () => {
  const tracker = createInMemoryBehaviorTracker<number>()
  tracker.record('a', 1)
  tracker.forget('a')
  tracker.forget('unknown')
  expect([tracker.recent('a'), tracker.size()]).toEqual([[], 0])
})
