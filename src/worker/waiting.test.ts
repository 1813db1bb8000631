import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createIdleness } from './waiting.ts'

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
