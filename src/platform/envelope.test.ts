import fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomKey, seal, unseal } from './envelope.ts'

const bytes = fc.uint8Array({ maxLength: 300 })

test('what is sealed opens with its key and context, and with nothing else', () => {
  const key = randomKey()
  fc.assert(
    fc.property(bytes, fc.string(), fc.string(), (plain, context, other) => {
      const sealed = seal(key, plain, context)
      expect(new Uint8Array(unseal(key, sealed, context)!)).toEqual(plain)
      expect(unseal(randomKey(), sealed, context)).toBeUndefined()
      if (other !== context) expect(unseal(key, sealed, other)).toBeUndefined()
    }),
  )
})

test('one changed bit, or any other bytes, do not open', () => {
  const key = randomKey()
  const sealed = seal(key, Uint8Array.of(1, 2, 3), 'here')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const damaged = Uint8Array.from(sealed)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    expect(unseal(key, damaged, 'here')).toBeUndefined()
  }
  fc.assert(fc.property(bytes, (any) => unseal(key, any, 'here') === undefined))
})

test('the same bytes never look the same twice', () => {
  const key = randomKey()
  const plain = Uint8Array.of(7)
  expect(seal(key, plain, '')).not.toEqual(seal(key, plain, ''))
})
