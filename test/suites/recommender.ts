/**
 * The contract every recommender of items keeps. The test file of the recommenders calls
 * `recommenderSuite` with how to train each and how to make it again from its state.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { recommenderFromState } from '../../src/learners/index.ts'
import { seededRandom, sparseFromEntries, type SparseMatrix } from '../../src/math/index.ts'

type Recommender = ReturnType<typeof recommenderFromState>

interface SuiteControl {
  readonly progress?: (fraction: number) => void
  readonly signal?: AbortSignal
}

export interface RecommenderCase<
  State extends { readonly kind: string; readonly version: number },
> {
  readonly name: string
  readonly train: (taken: SparseMatrix, seed: number, control?: SuiteControl) => State
  /** From a state that was cloned, as between threads and processes. */
  readonly restore: (state: State) => Recommender
  /** Ranks by what this person took; popularity does not. Default true. */
  readonly isPersonal?: boolean
  /** Counts its progress; one that is done in a single step does not. Default true. */
  readonly isStepwise?: boolean
}

/** Two tastes: person and item of the same parity go together. */
export function twoTastes(people: number, items: number, seed: number): SparseMatrix {
  const random = seededRandom(seed)
  const row: number[] = []
  const col: number[] = []
  for (let u = 0; u < people; u++)
    for (let i = 0; i < items; i++)
      if (random.next() < ((u ^ i) & 1 ? 0.03 : 0.4)) {
        row.push(u)
        col.push(i)
      }
  return sparseFromEntries(people, items, row, col)
}

export const historyOf = (...items: number[]): SparseMatrix =>
  sparseFromEntries(
    1,
    1 + Math.max(5, ...items),
    items.map(() => 0),
    items,
  )

export function scores(recommender: Recommender, history: SparseMatrix): number[] {
  const out = new Float32Array(recommender.items)
  recommender.score(history, 0, 1, out)
  return [...out]
}

/** Mean score of the items of a parity that are not in the history 0, 2, 4. */
function meanOf(scored: readonly number[], parity: number): number {
  const own = scored.filter((_, i) => i % 2 === parity && i > 4)
  return own.reduce((sum, value) => sum + value, 0) / own.length
}

function expectClose(actual: readonly number[], expected: readonly number[], digits: number): void {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits))
}

export function recommenderSuite<State extends { readonly kind: string; readonly version: number }>(
  recommender: RecommenderCase<State>,
): void {
  const { name, train, restore, isPersonal = true, isStepwise = true } = recommender
  describe(`${name} keeps the contract of recommenders`, () => {
    const taken = twoTastes(80, 20, 2)
    const state = train(taken, 1)
    const trained = restore(state)
    const history = historyOf(0, 2, 4)

    test('learns what there is to learn, for somebody it never met', () => {
      const scored = scores(trained, history)
      expect(scored).toHaveLength(20)
      expect(scored.every(Number.isFinite)).toBe(true)
      if (isPersonal) expect(meanOf(scored, 0)).toBeGreaterThan(meanOf(scored, 1))
      else expect(scored).toEqual(scores(trained, historyOf(1, 3)))
    })
    test('the same seed gives the same model', () => {
      expect(train(taken, 1)).toEqual(state)
    })
    test('training and scoring change no input', () => {
      const before = structuredClone({ taken, history })
      restore(train(taken, 2)).score(history, 0, 1, new Float32Array(20))
      expect({ taken, history }).toEqual(before)
    })
    test('scoring changes no model, and a copied state scores equally', () => {
      const before = structuredClone(state)
      const first = scores(trained, history)
      scores(trained, historyOf(1, 7))
      expect(state).toEqual(before)
      expect(scores(trained, history)).toEqual(first)
      expect(scores(restore(structuredClone(state)), history)).toEqual(first)
      expect(typeof state.kind).toBe('string')
      expect(state.version).toBe(1)
    })
    test('scores are the same alone and in a block', () => {
      const all = new Float32Array(10 * 20)
      trained.score(taken, 0, 10, all)
      for (let u = 0; u < 10; u++) {
        const one = new Float32Array(20)
        trained.score(taken, u, u + 1, one)
        expectClose([...one], [...all.subarray(u * 20, u * 20 + 20)], 4)
      }
    })
    test('unknown items in a history are ignored, and an empty one is harmless', () => {
      const known = scores(trained, historyOf(2, 4))
      expectClose(scores(trained, historyOf(2, 4, 50, 99)), known, 5)
      const empty = scores(trained, sparseFromEntries(1, 20, [], []))
      expect(empty.every(Number.isFinite)).toBe(true)
    })
    test('any small matrix trains without NaN', () => {
      const places = fc.array(fc.tuple(fc.nat(5), fc.nat(6)), { minLength: 1, maxLength: 25 })
      const check = fc.property(places, (list) => {
        const [row, col] = [list.map(([u]) => u), list.map(([, i]) => i)]
        const small = sparseFromEntries(6, 7, row, col)
        const out = new Float32Array(6 * 7)
        restore(train(small, 0)).score(small, 0, 6, out)
        expect(out.every(Number.isFinite)).toBe(true)
      })
      fc.assert(check, { numRuns: 10, seed: 1 })
    })
    test.runIf(isStepwise)('progress rises, at most to 1; cancelling stops', () => {
      const seen: number[] = []
      train(taken, 1, { progress: (fraction) => seen.push(fraction) })
      expect(seen.length).toBeGreaterThan(0)
      expect(seen.at(-1)).toBeLessThanOrEqual(1)
      expect(seen).toEqual(seen.toSorted((a, b) => a - b))
      expect(() => train(taken, 1, { signal: AbortSignal.abort() })).toThrow(/abort/i)
    })
  })
}
