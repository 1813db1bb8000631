import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRing, type RingFrame } from './ring.ts'

const START = 1_000
const FRAMES_MAX = 5
const BYTES_MAX = 60

const steps = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ key: fc.constantFrom('a', 'b', undefined), size: fc.nat(40) }),
    },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  ),
  { maxLength: 60 },
)

test('it holds the newest frames within its bounds, and no others', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const ring = createRing(START, FRAMES_MAX, BYTES_MAX)
      let held: RingFrame[] = []
      let newest = START
      for (const step of script) {
        if (step === 'clear') {
          ring.clear()
          held = []
        } else {
          const text = new Uint8Array(step.size)
          const frame = {
            seq: ++newest,
            channel: 'scores',
            ownerId: null,
            key: step.key,
            text,
          } as const
          ring.push(frame)
          held.push(frame)
          const bytes = () => held.reduce((sum, one) => sum + one.text.length, 0)
          while (held.length > FRAMES_MAX || (bytes() > BYTES_MAX && held.length > 1)) held.shift()
        }
        expect(ring.newest()).toBe(newest)
        expect(ring.oldest()).toBe(newest - held.length + 1)
        for (let seq = START; seq <= newest + 1; seq++)
          expect(ring.at(seq)).toBe(held.find((one) => one.seq === seq))
        for (const frame of held) {
          const later = held.some(({ seq, key }) => seq > frame.seq && key === frame.key)
          expect(ring.isOutdone(frame)).toBe(frame.key !== undefined && later)
        }
      }
    }),
    { numRuns: 200 },
  )
})
