import { expect, test } from 'vitest'
import { fnv1a, seededRandom } from './random.ts'

test('fnv1a has its published value', () => {
  expect(fnv1a('a')).toBe(0xe40c292c)
})

test('the same seed gives the same numbers, another seed others', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed).next)
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
})

test('uniform and normal have the right moments', () => {
  const random = seededRandom(1)
  const n = 100_000
  let mean = 0
  let second = 0
  let uniform = 0
  for (let i = 0; i < n; i++) {
    const z = random.normal()
    mean += z / n
    second += (z * z) / n
    uniform += random.next() / n
  }
  expect(Math.abs(mean)).toBeLessThan(0.02)
  expect(Math.abs(second - 1)).toBeLessThan(0.03)
  expect(Math.abs(uniform - 0.5)).toBeLessThan(0.005)
})

test('a fork does not disturb its parent', () => {
  const a = seededRandom(3)
  const b = seededRandom(3)
  a.fork('x').next()
  expect(a.next()).toBe(b.next())
})
