/** While the database is away the loops that look for work say so once, and say when it is back. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLog, parseConfig, systemClock } from '../platform/index.ts'
import type { Database } from '../store/index.ts'
import { startLearning } from './learning-thread.ts'
import { startRetrainSchedule } from './retrain-schedule.ts'

test('an outage is two lines a loop, however often it is tried', async () => {
  let isAway = true
  let tries = 0
  const query = (text: string) => {
    tries++
    return isAway
      ? Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))
      : Promise.resolve({ rows: text.includes('filed') ? [{ filed: 0 }] : [] })
  }
  // Only what these loops ask of a pool.
  const database = { app: { query }, endpoint: {} } as unknown as Database
  const lines: string[] = []
  const config = parseConfig({ LOG_LEVEL: 'info', LOG_FORMAT: 'json' })
  const log = createLog(config, {
    write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg),
  })
  const masterKey = new Uint8Array(32)
  const learning = startLearning({ database, config, log, masterKey, holder: 'test' })
  const schedule = startRetrainSchedule({ database, config, log, clock: systemClock })
  await expect.poll(() => tries, { timeout: 10_000 }).toBeGreaterThanOrEqual(5)
  expect(lines.toSorted()).toEqual([
    'retrainings cannot be run; it is tried again',
    'retrainings that are due could not be filed; it is tried again',
  ])
  isAway = false
  await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(4)
  await sleep(50)
  expect(lines.slice(2).toSorted()).toEqual([
    'retrainings can be run again',
    'retrainings that are due are filed again',
  ])
  await learning.close()
  await schedule.close()
})
