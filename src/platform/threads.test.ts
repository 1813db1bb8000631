import { expect, test } from 'vitest'
import { startThreads } from './threads.ts'

const entry = new URL(
  'data:text/javascript,' +
    encodeURIComponent(`
  export const double = (n) => n * 2
  export const fail = () => { throw new Error('no') }
  export const fill = (shared) => { new Int32Array(shared)[0] = 7 }
`),
)

test('tasks run in threads, wait their turn, and share memory', async () => {
  const threads = startThreads(entry, 2)
  try {
    const doubled = [1, 2, 3, 4, 5].map((n) => threads.run<number, number>('double', n))
    expect(await Promise.all(doubled)).toEqual([2, 4, 6, 8, 10])
    const shared = new SharedArrayBuffer(4)
    await threads.run('fill', shared)
    expect(new Int32Array(shared)[0]).toBe(7)
  } finally {
    await threads.close()
  }
})

test('faults come back to the caller', async () => {
  const threads = startThreads(entry, 1)
  await expect(threads.run('fail', 0)).rejects.toThrow('no')
  await expect(threads.run('absent', 0)).rejects.toThrow('exports no function absent')
  expect(await threads.run('double', 4)).toBe(8)
  await threads.close()
})
