import { expect, test } from 'vitest'
import type { LogEntry } from '../core/index.ts'
import { createLogReader } from './log-reader.ts'

const FULL = 3

/** A log of so many entries that can grow and fail; what was asked of it. */
function setUp(length: number) {
  const log = { length, fails: false, asked: [] as number[] }
  const next = createLogReader((after) => {
    log.asked.push(after)
    if (log.fails) return Promise.reject(new Error('away'))
    const last = Math.min(after + FULL, log.length)
    const entries = Array.from(
      { length: last - after },
      (_, i) => ({ position: after + i + 1 }) as LogEntry,
    )
    return Promise.resolve({ entries, cursor: last })
  }, FULL)
  return { log, next, positions: async (after: number) => (await next(after)).cursor }
}

test('while there is more the next slice is under way, and every entry comes once', async () => {
  const { log, positions } = setUp(8)
  const cursors: number[] = []
  for (let at = 0; cursors.at(-1) !== 8; at = cursors.at(-1)!) {
    cursors.push(await positions(at))
    expect(log.asked.at(-1)).toBe(at + FULL <= 8 ? at + FULL : at)
  }
  expect(cursors).toEqual([3, 6, 8])
  expect(log.asked).toEqual([0, 3, 6])
  log.length = 9
  expect(await positions(8)).toBe(9)
})

test('who goes elsewhere gets what is there, and not what was read ahead', async () => {
  const { positions } = setUp(20)
  expect(await positions(0)).toBe(3)
  expect(await positions(10)).toBe(13)
  expect(await positions(3)).toBe(6)
})

test('a failure ahead is told when it is asked for, and then it is read again', async () => {
  const { log, positions } = setUp(20)
  await positions(0)
  log.fails = true
  await positions(3)
  await expect(positions(6)).rejects.toThrow('away')
  log.fails = false
  expect(await positions(6)).toBe(9)
})
