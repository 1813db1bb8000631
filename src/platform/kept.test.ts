import { expect, test } from 'vitest'
import { createKept } from './kept.ts'

function keeper(answers: (() => Promise<string>)[]) {
  let now = 0
  const looks: boolean[] = []
  const kept = createKept({
    clock: { now: () => now, monotonic: () => now },
    ms: 100,
    ask: () => answers.shift()!(),
    onLook: (isHit) => looks.push(isHit),
  })
  return { kept, looks, pass: (ms: number) => (now += ms) }
}
const say = (text: string) => () => Promise.resolve(text)

test('a value is asked for once while it is young, and anew when it is old', async () => {
  const { kept, looks, pass } = keeper([say('a'), say('b')])
  expect(kept.last(1)).toBeUndefined()
  expect(await Promise.all([kept.get(1), kept.get(1)])).toEqual(['a', 'a'])
  pass(99)
  expect(await kept.get(1)).toBe('a')
  pass(1)
  const next = kept.get(1)
  expect(kept.last(1)).toBe('a')
  expect(await next).toBe('b')
  expect(looks).toEqual([false, false, true, false])
})

test('keys are apart; what failed is asked for again', async () => {
  const fail = () => Promise.reject(new Error('down'))
  const { kept } = keeper([fail, say('one'), say('two')])
  await expect(kept.get(1)).rejects.toThrow('down')
  expect(await kept.get(1)).toBe('one')
  expect(await kept.get(2)).toBe('two')
})
