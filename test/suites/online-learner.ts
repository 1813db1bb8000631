/**
 * What every online classifier must do, whatever it learns. Call it once per learner; a learner that
 * cannot pass is not one. The list follows the checks of the River project and its known bugs.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OnlineClassifier, OnlineRow } from '../../src/learners/index.ts'
import { seededRandom } from '../../src/math/index.ts'

export interface OnlineLearnerCase<State> {
  readonly create: () => OnlineClassifier<State>
  readonly fromState: (state: State) => OnlineClassifier<State>
  /** Accuracy it must reach on the last half of 3,000 rows; the best possible is 0.921. */
  readonly accuracyMin: number
}

interface Example {
  readonly row: OnlineRow
  readonly label: number
}

/** Two Gaussian classes, apart in `a` and `b`; `noise` says nothing. */
function easyStream(rows: number, seed: number): Example[] {
  const random = seededRandom(seed)
  return Array.from({ length: rows }, () => {
    const label = random.int(2)
    const a = random.normal() + 2 * label
    return { row: { a, b: random.normal() - 2 * label, noise: random.normal() }, label }
  })
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const anyRow = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'toString', '__proto__', ''),
  fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constantFrom(NaN, 0, -0, 1e-300)),
)
const anyStream = fc.array(fc.record({ row: anyRow, label: fc.nat(3) }), { maxLength: 60 })

function expectProbabilities(p: Float64Array): void {
  expect(p.length).toBeGreaterThanOrEqual(2)
  for (const share of p) {
    expect(share).toBeGreaterThanOrEqual(0)
    expect(share).toBeLessThanOrEqual(1)
  }
  expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9)
}

export function onlineLearnerSuite<State>(name: string, subject: OnlineLearnerCase<State>): void {
  const { create, fromState, accuracyMin } = subject
  const taught = (stream: readonly Example[]) => {
    const model = create()
    for (const { row, label } of stream) model.learnOne(row, label)
    return model
  }
  const stream = easyStream(3000, 11)
  const short = stream.slice(0, 600)
  const probes = easyStream(50, 12).map(({ row }) => row)
  const answers = (model: OnlineClassifier<State>) =>
    probes.map((row) => [...model.predictProbaOne(row)])

  describe(name, () => {
    test('learns', () => {
      const model = create()
      let right = 0
      stream.forEach(({ row, label }, i) => {
        if (i >= 1500 && model.predictOne(row) === label) right += 1
        model.learnOne(row, label)
      })
      expect(right / 1500).toBeGreaterThan(accuracyMin)
    })

    test('answers before the first row', () => {
      expectProbabilities(create().predictProbaOne({ a: 1 }))
      expect(create().predictOne({})).toBe(0)
    })

    test('changes no input, and predicting changes nothing', () => {
      const model = taught(short)
      const row = Object.freeze({ a: 1, b: NaN, other: 2 })
      const before = JSON.stringify(model.toState())
      model.predictProbaOne(row)
      model.predictOne(row)
      expect(JSON.stringify(model.toState())).toBe(before)
      model.learnOne(row, 1)
      expect(row).toEqual({ a: 1, b: NaN, other: 2 })
    })

    test('the same rows give the same answers, whatever the order of their keys', () => {
      const turned = short.map(({ row, label }) => ({
        row: Object.fromEntries(Object.entries(row).reverse()),
        label,
      }))
      expect(answers(taught(short))).toEqual(answers(taught(short)))
      expect(answers(taught(turned))).toEqual(answers(taught(short)))
    })

    test('a saved state predicts equally and goes on learning equally', () => {
      const model = taught(short)
      const restored = fromState(copy(model.toState()))
      expect(answers(restored)).toEqual(answers(model))
      for (const { row, label } of stream.slice(600, 900)) {
        model.learnOne(row, label)
        restored.learnOne(row, label)
      }
      expect(answers(restored)).toEqual(answers(model))
      expect(copy(restored.toState())).toEqual(copy(model.toState()))
    })

    test('a state is a snapshot: learning on does not reach into it', () => {
      const model = taught(short)
      const state = model.toState()
      const before = JSON.stringify(state)
      for (const { row, label } of stream.slice(600, 700)) model.learnOne(row, label)
      expect(JSON.stringify(state)).toBe(before)
    })

    test('features may come and go, classes may come', () => {
      const model = taught(short)
      for (const { row, label } of short.slice(0, 50)) {
        model.learnOne({ b: row['b']!, late: label }, label)
        model.learnOne({}, label)
      }
      model.learnOne({ a: 9 }, 3)
      expect(model.predictProbaOne({ late: 1, unknown: 5 })).toHaveLength(4)
      expectProbabilities(model.predictProbaOne({ late: 1, unknown: 5 }))
      expectProbabilities(model.predictProbaOne({}))
    })

    test('probabilities stay probabilities on hostile streams', () => {
      fc.assert(
        fc.property(anyStream, anyRow, (rows, probe) => {
          const model = create()
          for (const { row, label } of rows) {
            expectProbabilities(model.predictProbaOne(row))
            model.learnOne(row, label)
          }
          expectProbabilities(model.predictProbaOne(probe))
        }),
        { seed: 21, numRuns: 60 },
      )
    })

    test('refuses what it cannot learn', () => {
      expect(() => create().learnOne({ a: 1 }, -1)).toThrow(/label/)
      expect(() => create().learnOne({ a: 1 }, 0.5)).toThrow(/label/)
      expect(() => create().learnOne({ a: 1 }, 0, 0)).toThrow(/weight/)
      expect(() => create().learnOne({ a: Infinity }, 0)).toThrow(/infinite/)
    })
  })
}
