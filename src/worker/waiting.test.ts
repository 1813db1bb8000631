import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createGivingWay, createIdleness } from './waiting.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const clock = { monotonic: () => performance.now() }

/** What rest takes, in milliseconds of the fake clock; Infinity when it is not over by then. */
async function rested(idleness: ReturnType<typeof createIdleness>, most: number): Promise<number> {
  const start = performance.now()
  let took = Infinity
  void idleness.rest().then(() => (took = performance.now() - start))
  for (let ms = 0; ms <= most && took === Infinity; ms++) await vi.advanceTimersByTimeAsync(1)
  return took
}

test('a hint ends the rest; one that came during the round is not lost', async () => {
  const idleness = createIdleness(clock, 60_000, 0)
  idleness.begin()
  idleness.wake()
  expect(await rested(idleness, 10)).toBeLessThanOrEqual(1)
  idleness.begin()
  setTimeout(idleness.wake, 5)
  expect(await rested(idleness, 10)).toBe(5)
})

test('without a hint it ends by itself', async () => {
  const idleness = createIdleness(clock, 20, 8)
  idleness.begin()
  expect(await rested(idleness, 30)).toBe(20)
})

test('rounds that are hinted at keep their pace, and a late one does not wait', async () => {
  const idleness = createIdleness(clock, 60_000, 40)
  idleness.begin()
  idleness.wake()
  expect(await rested(idleness, 60)).toBe(40)
  idleness.begin()
  // A hint during the wait for the pace changes nothing, and is kept for the round to come.
  setTimeout(idleness.wake, 10)
  setTimeout(idleness.wake, 20)
  expect(await rested(idleness, 60)).toBe(40)
  idleness.begin()
  await vi.advanceTimersByTimeAsync(100)
  idleness.wake()
  expect(await rested(idleness, 10)).toBeLessThanOrEqual(1)
})

/** Rests after rounds of 50 ms between which so many events came, the last of them last. */
function restsOf(arrivals: readonly number[], oldestMs = 0): number[] {
  let now = 0
  const givingWay = createGivingWay({ monotonic: () => now })
  return arrivals.map((count) => {
    givingWay.arrived(count)
    const rest = givingWay.restAfter(50, oldestMs)
    now += 50 + rest
    return rest
  })
}

test('folding gives way to a flood, and to nothing less', () => {
  const flood = restsOf(Array.from({ length: 40 }, () => 5_000))
  expect(flood.slice(-5)).toEqual([450, 450, 450, 450, 450])
  // A thousand a second is what everybody's scores follow at once.
  expect(new Set(restsOf(Array.from({ length: 200 }, () => 50)))).toEqual(new Set([0]))
})

test('once the flood is over it rests no more', () => {
  const rests = restsOf([...Array.from({ length: 40 }, () => 5_000), 0, 0, 0])
  expect(rests.slice(-3)).toEqual([0, 0, 0])
})

test('what waits for ten seconds is folded whatever comes', () => {
  expect(
    restsOf(
      Array.from({ length: 40 }, () => 5_000),
      9_000,
    ).at(-1),
  ).toBe(450)
  expect(
    new Set(
      restsOf(
        Array.from({ length: 40 }, () => 5_000),
        11_000,
      ),
    ),
  ).toEqual(new Set([0]))
})

test('a rest is nine times the round, and a second at most', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50_000), fc.nat(2_000))), (rounds) => {
      let now = 0
      const givingWay = createGivingWay({ monotonic: () => now })
      for (const [count, roundMs] of rounds) {
        now += roundMs
        givingWay.arrived(count)
        const rest = givingWay.restAfter(roundMs, 0)
        expect([0, Math.min(9 * roundMs, 1_000)]).toContain(rest)
        now += rest
      }
    }),
  )
})
