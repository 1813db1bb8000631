/**
 * The contract every batch learner keeps. A learner's test file calls `learnerSuite` with how to
 * train it and how to make it again from its state.
 */
import { describe, expect, test } from 'vitest'
import { takeRows, type Column, type Frame } from '../../src/learners/index.ts'
import { seededRandom } from '../../src/math/index.ts'

interface Model {
  predict(frame: Frame): ArrayLike<number>
  toState(): { readonly kind: string; readonly version: number }
}

interface SuiteOptions {
  readonly weights?: ArrayLike<number>
  readonly seed?: number
  readonly onProgress?: (fraction: number) => void
  readonly signal?: { readonly aborted: boolean }
}

export interface Learner<M extends Model> {
  readonly name: string
  readonly train: (frame: Frame, labels: Float64Array, options: SuiteOptions) => M
  /** From a state that went through JSON. */
  readonly restore: (state: ReturnType<M['toState']>) => M
  /**
   * Answers are probabilities of 1 (default), on the scale of the label, or the clusters of a learner
   * that takes no label.
   */
  readonly answers?: 'probability' | 'number' | 'cluster'
  /** Least share of the way from guessing to knowing on fresh rows; see `skill`. Default 0.3. */
  readonly skill?: number
}

/** Two informative numbers, a category, holes in all, a constant and an empty column. */
export function sampleTable(rows: number, seed: number): { frame: Frame; labels: Float64Array } {
  const random = seededRandom(seed)
  const hole = (value: number): number => (random.next() < 0.05 ? Number.NaN : value)
  const a = Float64Array.from({ length: rows }, () => random.normal())
  const b = Float64Array.from({ length: rows }, () => random.normal())
  const codes = Int32Array.from({ length: rows }, () => random.int(4) - 1)
  const labels = a.map((x, i) => {
    const z = 2.4 * x - 1.2 * b[i]! + (codes[i] === 1 ? 1.5 : 0) - 0.3
    return random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  })
  const columns: Column[] = [
    { kind: 'numeric', name: 'b', values: b.map(hole) },
    { kind: 'categorical', name: 'group', codes, levels: ['x', 'y', 'z'] },
    { kind: 'numeric', name: 'a', values: a.map(hole) },
    { kind: 'numeric', name: 'constant', values: new Float64Array(rows).fill(7) },
    { kind: 'numeric', name: 'empty', values: new Float64Array(rows).fill(Number.NaN) },
  ]
  return { frame: { rows, columns }, labels }
}

/** 1 - squared error / variance: 0 is guessing the mean; on this table knowing all gives 0.47. */
function skill(answers: ArrayLike<number>, labels: Float64Array): number {
  const mean = labels.reduce((sum, y) => sum + y, 0) / labels.length
  let error = 0
  let spread = 0
  labels.forEach((y, i) => {
    error += (answers[i]! - y) ** 2
    spread += (mean - y) ** 2
  })
  return 1 - error / spread
}

type Scale = NonNullable<Learner<Model>['answers']>

function expectAnswers(answers: ArrayLike<number>, rows: number, scale: Scale): void {
  expect(answers.length).toBe(rows)
  for (let i = 0; i < rows; i++) {
    expect(Number.isFinite(answers[i])).toBe(true)
    if (scale === 'cluster') expect(Number.isInteger(answers[i])).toBe(true)
    if (scale === 'probability') {
      expect(answers[i]).toBeGreaterThanOrEqual(0)
      expect(answers[i]).toBeLessThanOrEqual(1)
    }
  }
}

/** Missing everywhere, absurd numbers, levels never seen, columns gone or of another kind. */
function strangeFrames(): Frame[] {
  const values = (...numbers: number[]): Float64Array => Float64Array.from(numbers)
  const codes = Int32Array.of(0, 1, -1)
  const levels = ['never', 'seen']
  return [
    { rows: 3, columns: [] },
    {
      rows: 3,
      columns: [
        { kind: 'numeric', name: 'a', values: values(NaN, 1e300, -1e300) },
        { kind: 'numeric', name: 'b', values: values(NaN, NaN, 0) },
        { kind: 'categorical', name: 'group', codes, levels },
        { kind: 'numeric', name: 'unknown', values: values(1, 2, 3) },
      ],
    },
    { rows: 3, columns: [{ kind: 'categorical', name: 'a', codes, levels }] },
    { rows: 0, columns: [] },
  ]
}

export function learnerSuite<M extends Model>(learner: Learner<M>): void {
  const { name, train, restore, answers: scale = 'probability', skill: least = 0.3 } = learner
  const isTaught = scale !== 'cluster'
  describe(`${name} keeps the contract of learners`, () => {
    const { frame, labels } = sampleTable(600, 1)
    const later = sampleTable(800, 2)
    const model = train(frame, labels, { seed: 1 })
    const answers = Array.from(model.predict(later.frame))

    test('learns what there is to learn, and answers in range', () => {
      expectAnswers(answers, later.frame.rows, scale)
      if (isTaught) expect(skill(answers, later.labels)).toBeGreaterThan(least)
      else expect(new Set(answers).size).toBeGreaterThan(1)
    })
    test('the same seed gives the same answers', () => {
      const again = train(frame, labels, { seed: 1 })
      expect(Array.from(again.predict(later.frame))).toEqual(answers)
    })
    test('training and predicting change no input', () => {
      const before = structuredClone({ frame, labels })
      train(frame, labels, { seed: 2 }).predict(frame)
      expect({ frame, labels }).toEqual(before)
    })
    test('predicting changes no model', () => {
      const before = JSON.stringify(model.toState())
      for (const strange of strangeFrames()) model.predict(strange)
      expect(JSON.stringify(model.toState())).toBe(before)
      expect(Array.from(model.predict(later.frame))).toEqual(answers)
    })
    test('a state that went through JSON predicts equally, and names its kind and version', () => {
      const state = JSON.parse(JSON.stringify(model.toState())) as ReturnType<M['toState']>
      expect(typeof state.kind).toBe('string')
      expect(state.version).toBe(1)
      expect(Array.from(restore(state).predict(later.frame))).toEqual(answers)
      expect(() => restore({ ...state, version: 99 })).toThrow(/version/)
    })
    test('missing values, unseen categories and absent columns get sensible answers', () => {
      for (const strange of strangeFrames())
        expectAnswers(model.predict(strange), strange.rows, scale)
    })
    test('the order of columns does not matter', () => {
      const turned = { rows: frame.rows, columns: frame.columns.toReversed() }
      const other = train(turned, labels, { seed: 1 }).predict(later.frame)
      const back = model.predict({ rows: 800, columns: later.frame.columns.toReversed() })
      expect(Array.from(back)).toEqual(answers)
      expect(Array.from(other)).toEqual(answers)
    })
    test.runIf(isTaught)('a row of weight 0 teaches nothing, heavy rows teach more', () => {
      const wrong = labels.map((y) => 1 - y)
      const both = takeRows(frame, [...Array(600).keys(), ...Array(600).keys()])
      const all = Float64Array.of(...labels, ...wrong)
      const toRight = all.map((_, i) => (i < 600 ? 1 : 0))
      const toWrong = all.map((_, i) => (i < 600 ? 0.02 : 1))
      const right = train(both, all, { weights: toRight, seed: 1 }).predict(later.frame)
      const inverse = train(both, all, { weights: toWrong, seed: 1 }).predict(later.frame)
      expect(skill(right, later.labels)).toBeGreaterThan(least - 0.1)
      expect(skill(inverse, later.labels)).toBeLessThan(0)
    })
    test('progress rises and ends at 1; cancelling stops', () => {
      const seen: number[] = []
      train(frame, labels, { onProgress: (fraction) => seen.push(fraction) })
      expect(seen.at(-1)).toBe(1)
      expect(seen).toEqual(seen.toSorted((a, b) => a - b))
      const stopped = (): unknown => train(frame, labels, { signal: { aborted: true } })
      expect(stopped).toThrow(expect.objectContaining({ name: 'AbortError' }))
    })
    test('bad input is refused in words', () => {
      const refused = (f: Frame, y: Float64Array, weights?: Float64Array): void => {
        expect(() => train(f, y, weights ? { weights } : {})).toThrow(/\w+ \w+/)
      }
      if (isTaught) refused(frame, labels.slice(1))
      if (isTaught) refused(frame, labels.with(3, Number.NaN))
      refused(
        frame,
        labels,
        labels.map(() => -1),
      )
    })
  })
}
