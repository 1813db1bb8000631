import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SocketFrame } from '../../contract/index.ts'
import { createRing, type Ring } from './ring.ts'
import { createWatcher } from './watcher.ts'

/** A wire whose far end reads only when told to. */
function slowWire() {
  const waiting: { text: string | Uint8Array; sent: () => void }[] = []
  const read: SocketFrame[] = []
  const wire = {
    bufferedAmount: 0,
    send(text: string | Uint8Array, sent: () => void) {
      wire.bufferedAmount += text.length
      waiting.push({ text, sent })
    },
  }
  return {
    wire,
    read,
    /** The far end takes up to `most` texts. */
    drain(most = Infinity) {
      for (let i = 0; i < most && waiting.length > 0; i++) {
        const { text, sent } = waiting.shift()!
        wire.bufferedAmount -= text.length
        read.push(JSON.parse(Buffer.from(text).toString()) as SocketFrame)
        sent()
      }
    },
    most: () => waiting.reduce((sum, { text }) => sum + text.length, 0),
  }
}

function put(ring: Ring, lead: string, size: number): void {
  const seq = ring.newest() + 1
  const data = { lead_id: lead, pad: 'x'.repeat(size) }
  const text = Buffer.from(JSON.stringify({ type: 'score', seq, at: '', data }))
  ring.push({ seq, channel: 'scores', key: `score:${lead}`, ownerId: null, text })
}

const steps = fc.array(
  fc.oneof(
    fc.record({ lead: fc.constantFrom('a', 'b', 'c'), size: fc.integer({ min: 1, max: 90_000 }) }),
    fc.record({ drain: fc.integer({ min: 1, max: 5 }) }),
  ),
  { maxLength: 120 },
)

test('whatever the pace: order kept, little waits, and the newest of every lead arrives', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const ring = createRing(100, 40, 2_000_000)
      const far = slowWire()
      const watcher = createWatcher({ wire: far.wire, ring, now: () => 0 })
      watcher.setOwners(null)
      watcher.subscribe(['scores'], undefined)
      const newest = new Map<string, number>()
      for (const step of script) {
        if ('drain' in step) far.drain(step.drain)
        else {
          put(ring, step.lead, step.size)
          newest.set(step.lead, ring.newest())
          watcher.pump()
        }
        expect(far.most()).toBeLessThan(256 * 1024 + 100_000)
      }
      far.drain()
      const numbers = far.read.map(({ seq }) => seq)
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      const isReset = far.read.some(({ type }) => type === 'reset')
      for (const [lead, seq] of newest) {
        const got = far.read.findLast((f) => f.type === 'score' && f.data.lead_id === lead)
        if (!isReset) expect(got?.seq).toBe(seq)
      }
      if (numbers.length > 1) expect(far.read.at(-1)?.seq).toBe(ring.newest())
    }),
  )
})

test('the ring is bounded by number and by bytes, and says what it still has', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 60 }), (sizes) => {
      const ring = createRing(0, 10, 1_500)
      sizes.forEach((size, i) => put(ring, `lead-${i % 3}`, size))
      let bytes = 0
      let count = 0
      for (let seq = ring.oldest(); seq <= ring.newest(); seq++) {
        bytes += ring.at(seq)!.text.length
        count++
      }
      expect(count).toBeLessThanOrEqual(10)
      if (count > 1) expect(bytes).toBeLessThanOrEqual(1_500)
      expect(ring.at(ring.oldest() - 1)).toBeUndefined()
      expect(ring.newest()).toBe(sizes.length)
    }),
  )
})
