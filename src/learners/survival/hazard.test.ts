import { expect, test } from 'vitest'
import { learnerSuite } from '../../../test/suites/learner.ts'
import { seededRandom } from '../../math/index.ts'
import type { Frame } from '../frame.ts'
import { hazardFromState, trainHazard } from './hazard.ts'

learnerSuite({
  name: 'discrete-time hazard',
  train: (frame, labels, options) =>
    trainHazard(
      frame,
      // It happens on day 2 where the label is 1; the others are seen to day 10.
      { time: labels.map((y) => (y === 1 ? 2 : y === 0 ? 10 : y)), happened: labels },
      { ...options, horizons: [1, 3, 7] },
    ),
  restore: hazardFromState,
})

/** Exponential times with rate 0.2 or 0.05 a day, half of them censored at a random day. */
function lives(rows: number, seed: number) {
  const random = seededRandom(seed)
  const fast = Float64Array.from({ length: rows }, () => random.int(2))
  const life = fast.map((f) => -Math.log(1 - random.next()) / (f === 1 ? 0.2 : 0.05))
  const seen = life.map(() => (random.next() < 0.5 ? 40 : random.next() * 20))
  const frame: Frame = { rows, columns: [{ kind: 'numeric', name: 'fast', values: fast }] }
  const time = life.map((t, i) => Math.min(t, seen[i]!))
  return { frame, fast, data: { time, happened: life.map((t, i) => (t <= seen[i]! ? 1 : 0)) } }
}

test('horizons rise, and censoring does not bend them', () => {
  const { frame, fast, data } = lives(6000, 1)
  const horizons = [2, 4, 7, 14]
  const answers = trainHazard(frame, data, { horizons }).predictHorizons(frame)
  fast.forEach((f, i) => {
    const row = answers.subarray(4 * i, 4 * i + 4)
    expect([...row]).toEqual([...row].sort((a, b) => a - b))
    horizons.forEach((h, k) => {
      const truth = 1 - Math.exp(-(f === 1 ? 0.2 : 0.05) * h)
      if (i < 50) expect(Math.abs(row[k]! - truth)).toBeLessThan(0.06)
    })
  })
})

test('bad horizons and lives too short are refused in words', () => {
  const { frame, data } = lives(20, 2)
  expect(() => trainHazard(frame, data, { horizons: [7, 3] })).toThrow(/ascending/)
  const short = { time: data.time.map(() => 0.5), happened: data.time.map(() => 0) }
  expect(() => trainHazard(frame, short, { horizons: [1] })).toThrow(/first interval/)
})
