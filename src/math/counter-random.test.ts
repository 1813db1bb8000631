import { expect, test } from 'vitest'
import { counterSubset, counterUniform, poissonFromUniform } from './counter-random.ts'

test('numbers depend on every argument and are uniform along each', () => {
  expect(counterUniform(1, 2, 3)).toBe(counterUniform(1, 2, 3))
  const n = 20_000
  for (const draw of [
    (i: number) => counterUniform(i, 0, 0),
    (i: number) => counterUniform(0, i, 0),
    (i: number) => counterUniform(0, 0, i),
  ]) {
    const bins = new Float64Array(20)
    let lag = 0
    for (let i = 0; i < n; i++) {
      const u = draw(i)
      bins[Math.floor(u * 20)]! += 1
      lag += (u - 0.5) * (draw(i + 1) - 0.5)
    }
    const chi = bins.reduce((sum, count) => sum + (count - n / 20) ** 2 / (n / 20), 0)
    // 19 degrees of freedom: 43.8 is the 0.999 quantile.
    expect(chi).toBeLessThan(43.8)
    expect(Math.abs((lag / n) * 12)).toBeLessThan(4 / Math.sqrt(n))
  }
})

test('Poisson numbers have their mean and variance', () => {
  const n = 20_000
  let sum = 0
  let squares = 0
  for (let i = 0; i < n; i++) {
    const k = poissonFromUniform(6, counterUniform(5, 1, i))
    sum += k
    squares += k * k
  }
  expect(sum / n).toBeCloseTo(6, 1)
  expect(squares / n - (sum / n) ** 2).toBeGreaterThan(5.7)
  expect(squares / n - (sum / n) ** 2).toBeLessThan(6.3)
})

test('a subset has distinct members, each equally often', () => {
  const seen = new Float64Array(6)
  for (let s = 0; s < 3000; s++) {
    const subset = counterSubset(6, 3, 9, s)
    expect(new Set(subset).size).toBe(3)
    for (const member of subset) seen[member]! += 1
  }
  for (const count of seen) expect(Math.abs(count - 1500)).toBeLessThan(150)
})
