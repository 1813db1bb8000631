import { expect, test } from 'vitest'
import { createLog } from './log.ts'
import { createTrouble } from './trouble.ts'

function watched() {
  const lines: { level: string; msg: string; failures?: number }[] = []
  const log = createLog(
    { LOG_LEVEL: 'info', LOG_FORMAT: 'json' },
    { write: (line) => lines.push(JSON.parse(line) as (typeof lines)[number]) },
  )
  const words = { begins: 'it fails', ends: 'it works again' }
  return { lines, trouble: createTrouble(log, { ...words, firstMs: 100, longestMs: 1_000 }) }
}

const refused = (): Error => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })

test('an outage is told of twice: when it begins and when it is over', () => {
  const { lines, trouble } = watched()
  trouble.passed()
  expect(lines).toEqual([])
  const waits = Array.from({ length: 1_000 }, () => trouble.failed(refused()))
  expect(waits.slice(0, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000])
  expect(waits.at(-1)).toBe(1_000)
  trouble.passed()
  trouble.passed()
  expect(lines.map(({ level, msg, failures }) => [level, msg, failures])).toEqual([
    ['error', 'it fails', undefined],
    ['info', 'it works again', 1_000],
  ])
  expect(trouble.failed(refused())).toBe(100)
  expect(lines).toHaveLength(3)
})

test('another fault is told of too, but not without end', () => {
  const { lines, trouble } = watched()
  for (let i = 0; i < 3; i++) {
    trouble.failed(refused())
    trouble.failed(Object.assign(new Error('terminating'), { code: '57P01' }))
  }
  expect(lines).toHaveLength(2)
  for (let i = 0; i < 100; i++) trouble.failed(new Error(`row ${i} is wrong`))
  expect(lines.length).toBeLessThan(10)
  trouble.failed('thrown without an error')
})
