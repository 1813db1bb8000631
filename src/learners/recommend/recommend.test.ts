/** Every family against numbers of an independent implementation (numpy), and what all share. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom, sparseFromEntries, type SparseMatrix } from '../../math/index.ts'
import { trainBpr } from './bpr.ts'
import { contentRecommender, contentSimilarity, trainContent } from './content.ts'
import { trainEase } from './ease.ts'
import { FAMILIES, recommenderFromState, type RecommenderFamily } from './family.ts'
import { trainGraphFilter } from './graph-filter.ts'
import { foldIn, trainIals } from './ials.ts'
import { trainItemKnn } from './item-knn.ts'
import type { Recommender } from './recommender.ts'

/** 8 people x 6 items by a rule; person 2 took nothing. */
function tiny(): SparseMatrix {
  const row: number[] = []
  const col: number[] = []
  for (let u = 0; u < 8; u++)
    for (let i = 0; i < 6; i++)
      if ((3 * u * u + 5 * i + u * i) % 7 < 3) {
        row.push(u)
        col.push(i)
      }
  return sparseFromEntries(8, 6, row, col)
}

/** Two tastes: person and item of the same parity go together. */
function twoTastes(people: number, items: number, seed: number): SparseMatrix {
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

const historyOf = (...items: number[]): SparseMatrix =>
  sparseFromEntries(
    1,
    1 + Math.max(5, ...items),
    items.map(() => 0),
    items,
  )

function scores(recommender: Recommender, history: SparseMatrix): number[] {
  const out = new Float32Array(recommender.items)
  recommender.score(history, 0, 1, out)
  return [...out]
}

function expectClose(actual: readonly number[], expected: readonly number[], digits = 4): void {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits))
}

test('EASE equals numpy, in the form of items and in the form of people', () => {
  const golden = [-0.089041, 0.055556, -0.086957, 0.740741, 0.033333, -0.166667]
  const wide = tiny()
  const primal = trainEase(wide, { regularisation: 2 })
  expect(primal.form).toBe('items')
  expectClose(scores(recommenderFromState(primal), historyOf(0, 2)), golden)
  // Without the person who took nothing and with three more items there are fewer people.
  const row: number[] = []
  const col: number[] = []
  for (let u = 0; u < 8; u++)
    for (let e = wide.offsets[u]!; e < wide.offsets[u + 1]!; e++) {
      row.push(u)
      col.push(wide.indices[e]!)
    }
  const dual = trainEase(sparseFromEntries(8, 9, row, col), { regularisation: 2 })
  expect(dual.form).toBe('people')
  expectClose(scores(recommenderFromState(dual), historyOf(0, 2)).slice(0, 6), golden)
})

test('the graph filter equals numpy', () => {
  const state = trainGraphFilter(tiny(), { rank: 2, lowPass: 0.3 })
  const golden = [0.692532, 0.293876, 0.402503, 0.78841, -0.031696, -0.020348]
  expectClose(scores(recommenderFromState(state), historyOf(0, 2)), golden, 3)
})

test('item neighbours equal numpy', () => {
  const state = trainItemKnn(tiny(), { neighbours: 2, shrink: 1 })
  const golden = [0, 0.480506, 0, 0.448018, 0, 0]
  expectClose(scores(recommenderFromState(state), historyOf(0, 2)), golden)
})

test('iALS converges to the optimum that numpy finds', () => {
  const options = { factors: 2, unobserved: 0.1, regularisation: 0.05, epochs: 1000 }
  const golden = [0.790174, 0.559015, 0.664055, 1.0245, -0.187104, 0.153659]
  for (const seed of [0, 1]) {
    const state = trainIals(tiny(), { ...options, seed })
    expectClose(scores(recommenderFromState(state), historyOf(0, 2)), golden, 3)
  }
})

test('folding in zeroes the gradient of the person’s loss', () => {
  const state = trainIals(tiny(), { factors: 2, unobserved: 0.1, regularisation: 0.05, epochs: 9 })
  const w = foldIn(state, historyOf(0, 2), 0, 1)
  const ridge = 0.05 * (2 + 0.1 * 6)
  for (let k = 0; k < 2; k++) {
    let gradient = ridge * w[k]!
    for (let i = 0; i < 6; i++) {
      const [a, b] = [state.factors[2 * i]!, state.factors[2 * i + 1]!]
      const s = a * w[0]! + b * w[1]!
      const taken = i === 0 || i === 2 ? s - 1 : 0
      gradient += (0.1 * s + taken) * (k === 0 ? a : b)
    }
    expect(gradient).toBeCloseTo(0, 5)
  }
})

test('importances count in iALS: a heavier item pulls more', () => {
  const state = trainIals(twoTastes(60, 20, 1), { factors: 8, weighted: 1 })
  const recommender = recommenderFromState(state)
  const even = scores(recommender, sparseFromEntries(1, 20, [0, 0], [0, 1], [9, 1]))[0]!
  const light = scores(recommender, sparseFromEntries(1, 20, [0, 0], [0, 1], [1, 9]))[0]!
  expect(even).toBeGreaterThan(light)
})

test('BPR separates two tastes for somebody it never met', () => {
  const state = trainBpr(twoTastes(80, 20, 2), { factors: 8, epochs: 40 })
  const result = scores(recommenderFromState(state), historyOf(0, 2, 4))
  const mean = (parity: number): number =>
    result.filter((_, i) => i % 2 === parity && i > 4).reduce((sum, value) => sum + value, 0)
  expect(mean(0)).toBeGreaterThan(mean(1))
})

const families = Object.keys(FAMILIES) as RecommenderFamily[]
const SMALL: Partial<Record<RecommenderFamily, Record<string, number>>> = {
  als: { factors: 4, epochs: 3 },
  bpr: { factors: 4, epochs: 5 },
  gfcf: { rank: 4 },
}
const train = (family: RecommenderFamily, taken: SparseMatrix) =>
  FAMILIES[family].train(taken, { ...FAMILIES[family].start, ...SMALL[family] })

test.each(families)('%s: same data, same model; a copied state predicts the same', (family) => {
  const taken = twoTastes(30, 14, 3)
  const before = structuredClone(taken)
  const state = train(family, taken)
  expect(taken).toEqual(before)
  expect(train(family, taken)).toEqual(state)
  const history = historyOf(1, 3)
  const first = scores(recommenderFromState(state), history)
  expect(scores(recommenderFromState(structuredClone(state)), history)).toEqual(first)
})

test.each(families)('%s: scores are finite, blocks do not matter', (family) => {
  const taken = sparseFromEntries(
    5,
    7,
    [0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 3, 3, 3],
    [0, 1, 2, 0, 1, 5, 0, 1, 2, 3, 4, 5, 6],
  )
  const recommender = recommenderFromState(train(family, taken))
  const all = new Float32Array(5 * 7)
  recommender.score(taken, 0, 5, all)
  for (let u = 0; u < 5; u++) {
    const one = new Float32Array(7)
    recommender.score(taken, u, u + 1, one)
    one.forEach((value, i) => {
      expect(Number.isFinite(value)).toBe(true)
      expect(value).toBeCloseTo(all[u * 7 + i]!, 4)
    })
  }
})

test.each(families)(
  '%s: unknown items in a history and an empty history are harmless',
  (family) => {
    const recommender = recommenderFromState(train(family, twoTastes(20, 9, 4)))
    const known = scores(recommender, historyOf(2, 4))
    expectClose(scores(recommender, historyOf(2, 4, 50, 99)), known, 5)
    const empty = scores(recommender, sparseFromEntries(1, 9, [], []))
    expect(empty.every(Number.isFinite)).toBe(true)
  },
)

test('any small matrix trains without NaN', () => {
  const places = fc.array(fc.tuple(fc.nat(5), fc.nat(6)), { minLength: 1, maxLength: 25 })
  const check = fc.property(places, fc.constantFrom(...families), (list, family) => {
    const [row, col] = [list.map(([u]) => u), list.map(([, i]) => i)]
    const taken = sparseFromEntries(6, 7, row, col)
    const recommender = recommenderFromState(train(family, taken))
    const out = new Float32Array(6 * 7)
    recommender.score(taken, 0, 6, out)
    expect(out.every(Number.isFinite)).toBe(true)
  })
  fc.assert(check, { numRuns: 60, seed: 1 })
})

test('training can be cancelled and reports its progress', () => {
  const stop = new AbortController()
  const seen: number[] = []
  const progress = (fraction: number): void => {
    seen.push(fraction)
    if (fraction > 0.4) stop.abort()
  }
  const begin = () =>
    trainIals(twoTastes(20, 9, 5), { factors: 4, epochs: 10 }, { progress, signal: stop.signal })
  expect(begin).toThrow()
  expect(seen.length).toBeLessThan(12)
})

test('wrong settings are named', () => {
  expect(() => trainIals(tiny(), { factors: 0 })).toThrow('factors must lie in 1 ... 512, not 0')
  expect(() => trainEase(tiny(), { regularisation: NaN })).toThrow('regularisation')
})

test('content: words and attributes by hand', () => {
  const attributes = {
    rows: 3,
    columns: [
      {
        kind: 'categorical' as const,
        name: 'type',
        codes: Int32Array.of(0, 0, 1),
        levels: ['house', 'flat'],
      },
    ],
  }
  const state = trainContent(['red barn', 'red roof', 'blue pool'], attributes)
  const similar = contentSimilarity(state)
  // idf(red) = ln(4/3) + 1, idf of the others ln(4/2) + 1; attributes equal for the first two.
  const [red, other] = [Math.log(4 / 3) + 1, Math.log(2) + 1]
  expect(similar(0, 1)).toBeCloseTo(0.5 * (red ** 2 / (red ** 2 + other ** 2)) + 0.5, 5)
  expect(similar(0, 2)).toBeCloseTo(0, 6)
  expect(similar(2, 2)).toBeCloseTo(1, 5)
  const [self, near, far] = scores(contentRecommender(state), historyOf(0))
  expect(self).toBeGreaterThan(near!)
  expect(near).toBeGreaterThan(far!)
})
