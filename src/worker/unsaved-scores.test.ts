import { expect, test } from 'vitest'
import type { LeadScoreRecord } from '../store/index.ts'
import { createUnsavedScores } from './unsaved-scores.ts'

const scoreOf = (personId: number, position: number): LeadScoreRecord =>
  ({ workspaceId: 1, personId, position }) as LeadScoreRecord

/** A table and a clock; the database fails as often as it is told to. */
function setUp() {
  let now = 0
  let failures = 0
  const table = new Map<number, number>()
  const sizes: number[] = []
  const unsaved = createUnsavedScores({ monotonic: () => now }, (records) => {
    if (failures-- > 0) return Promise.reject(new Error('away'))
    sizes.push(records.length)
    for (const { personId, position } of records) table.set(personId, position)
    return Promise.resolve()
  })
  return {
    unsaved,
    table,
    sizes,
    pass: (ms: number) => (now += ms),
    fail: (times: number) => (failures = times),
  }
}

test('alone a score is written at once; those that follow wait a second, the newest of each', async () => {
  const { unsaved, table, sizes, pass } = setUp()
  unsaved.keep(scoreOf(1, 1))
  await unsaved.saveDue()
  expect(table.get(1)).toBe(1)
  for (let position = 2; position <= 10; position++) {
    pass(90)
    unsaved.keep(scoreOf(1, position))
    await unsaved.saveDue()
  }
  expect(table.get(1)).toBe(1)
  pass(300)
  await unsaved.saveDue()
  expect(table.get(1)).toBe(10)
  expect(sizes).toEqual([1, 1])
  expect(unsaved.saveDue()).toBeUndefined()
})

test('many are written evenly: few at once, not too often, and each within little more than its second', async () => {
  const { unsaved, table, sizes, pass } = setUp()
  let longest = 0
  for (let tick = 0; tick < 400; tick++) {
    for (let i = 0; i < 10; i++) unsaved.keep(scoreOf(tick * 10 + i, tick))
    const before = sizes.length
    await unsaved.saveDue()
    expect(sizes.length - before).toBeLessThanOrEqual(1)
    const written = Math.max(0, ...table.values())
    if (tick > 0) longest = Math.max(longest, (tick - written) * 10)
    pass(10)
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(64)
  // At most one begins every 50 ms.
  expect(sizes.length).toBeLessThanOrEqual(4_000 / 50 + 1)
  expect(longest).toBeLessThanOrEqual(1_100)
})

test('what could not be written is written later, and never over something newer', async () => {
  const { unsaved, table, pass, fail } = setUp()
  for (let person = 0; person < 100; person++) unsaved.keep(scoreOf(person, 1))
  fail(1)
  const failing = unsaved.saveDue()
  unsaved.keep(scoreOf(5, 2))
  await expect(failing).rejects.toThrow('away')
  expect(table.size).toBe(0)
  expect(unsaved.has({ workspaceId: 1, personId: 5 })).toBe(true)
  pass(2_000)
  await unsaved.saveAll()
  expect(table.size).toBe(100)
  expect(table.get(5)).toBe(2)
  expect(unsaved.has({ workspaceId: 1, personId: 5 })).toBe(false)
})
