import { expect, test } from 'vitest'
import { learnerSuite } from '../../../test/suites/learner.ts'
import { seededRandom } from '../../math/index.ts'
import type { Frame } from '../frame.ts'
import { mlpFromState, trainMlp } from './mlp.ts'

learnerSuite({
  name: 'multilayer perceptron',
  train: (frame, labels, options) => trainMlp(frame, labels, { ...options, epochs: 15 }),
  restore: mlpFromState,
})

function plane(rows: number, seed: number): { frame: Frame; x: Float64Array; y: Float64Array } {
  const random = seededRandom(seed)
  const draw = (): Float64Array => Float64Array.from({ length: rows }, () => random.next() * 4 - 2)
  const [x, y] = [draw(), draw()]
  const column = (name: string, values: Float64Array) =>
    ({ kind: 'numeric', name, values }) as const
  return { frame: { rows, columns: [column('x', x), column('y', y)] }, x, y }
}

test('it bends: a checkerboard, which no line can cut', () => {
  const board = plane(1500, 1)
  const labels = board.x.map((v, i) => (v * board.y[i]! > 0 ? 1 : 0))
  const later = plane(1000, 2)
  const answers = trainMlp(board.frame, labels, { seed: 1 }).predict(later.frame)
  const right = answers.filter((p, i) => p > 0.5 === later.x[i]! * later.y[i]! > 0).length
  expect(right / 1000).toBeGreaterThan(0.95)
})

test('it learns a number in its own unit', () => {
  const part = plane(1200, 3)
  const value = (x: number, y: number): number => 5000 + 300 * x * x - 200 * y
  const labels = part.x.map((v, i) => value(v, part.y[i]!))
  const later = plane(500, 4)
  const answers = trainMlp(part.frame, labels, { objective: 'squared' }).predict(later.frame)
  const errors = answers.map((a, i) => Math.abs(a - value(later.x[i]!, later.y[i]!)))
  expect(errors.reduce((sum, e) => sum + e, 0) / 500).toBeLessThan(60)
})
