import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createGivingWay, createIdleness, createPacing } from './waiting.ts'

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

/** Rests after full rounds of 50 ms, before the end of each of which so many events came. */
function restsOf(arrivals: readonly number[], isFull = (_round: number) => true): number[] {
  let now = 0
  const givingWay = createGivingWay({ monotonic: () => now })
  givingWay.restAfter(0, false)
  return arrivals.map((count, round) => {
    now += 50
    givingWay.arrived(count)
    const rest = givingWay.restAfter(50, isFull(round))
    now += rest
    return rest
  })
}
const times = (rounds: number, count: number): number[] => Array<number>(rounds).fill(count)

test('folding gives way to a flood, and to nothing less', () => {
  expect(restsOf(times(20, 5_000)).slice(-5)).toEqual(times(5, 450))
  // A thousand a second is what everybody's scores follow at once.
  expect(restsOf(times(200, 50))).toEqual(times(200, 0))
  // Nor is a file of a thousand, alone.
  expect(restsOf([0, 1_000, 0, 0])).toEqual(times(4, 0))
})

test('once the flood is over it rests no more', () => {
  const rests = restsOf([...times(10, 5_000), 0, 0, 0])
  expect(rests.slice(-4)).toEqual([450, 0, 0, 0])
})

test('behind for ten seconds it folds on whatever comes, until it has caught up', () => {
  const rests = restsOf(times(200, 5_000), (round) => round !== 150)
  const rounds = rests.findIndex((rest, i) => rest === 0 && rests[i - 1] === 450)
  const given = rests.slice(0, rounds).reduce((sum, rest) => sum + 50 + rest, 0)
  expect(given).toBeGreaterThanOrEqual(10_000)
  expect(given).toBeLessThan(11_000)
  expect(rests.slice(rounds, 150)).toEqual(times(150 - rounds, 0))
  expect(rests[150]).toBe(450)
})

test('a rest is nine times the round, and a second at most', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50_000), fc.nat(2_000), fc.boolean())), (rounds) => {
      let now = 0
      const givingWay = createGivingWay({ monotonic: () => now })
      for (const [count, roundMs, isFull] of rounds) {
        now += roundMs
        givingWay.arrived(count)
        const rest = givingWay.restAfter(roundMs, isFull)
        expect([0, Math.min(9 * roundMs, 1_000)]).toContain(rest)
        now += rest
      }
    }),
  )
})

test('an owner that is told of a flood rests after its round', async () => {
  let now = 0
  const pacing = createPacing({ monotonic: () => now })
  const round = async (appended: number, isFull: boolean): Promise<number> => {
    pacing.begin()
    now += 20
    pacing.wake(appended)
    const start = Date.now()
    await pacing.rest({ isFull, busy: false }, () => false)
    return Date.now() - start
  }
  await round(0, false)
  // Nine times its 20 ms; timers may be a little early.
  expect(await round(50_000, true)).toBeGreaterThan(170)
})
