/** Every family against numbers of an independent implementation (numpy), and what all share. */
import { expect, test } from 'vitest'
import { historyOf, recommenderSuite, scores, twoTastes } from '../../../test/suites/recommender.ts'
import { sparseFromEntries, type SparseMatrix } from '../../math/index.ts'
import { contentRecommender, contentSimilarity, trainContent } from './content.ts'
import { trainEase } from './ease.ts'
import {
  FAMILIES,
  recommenderFromState,
  trainRecommender,
  type BlendState,
  type RecommenderFamily,
} from './family.ts'
import { trainGraphFilter } from './graph-filter.ts'
import { foldIn, trainIals } from './ials.ts'
import { trainItemKnn } from './item-knn.ts'

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

const families = Object.keys(FAMILIES) as RecommenderFamily[]
const SMALL: Partial<Record<RecommenderFamily, Record<string, number>>> = {
  als: { factors: 4, epochs: 3 },
  bpr: { factors: 4, epochs: 40 },
  gfcf: { rank: 4 },
}
for (const family of families)
  recommenderSuite({
    name: family,
    train: (taken, seed, control) =>
      trainRecommender(family, taken, { ...SMALL[family] }, seed, control),
    restore: recommenderFromState,
    isPersonal: family !== 'popular',
    isStepwise: family !== 'popular',
  })

recommenderSuite({
  name: 'a blend',
  train: (taken, seed, control): BlendState => ({
    kind: 'blend',
    version: 1,
    parts: (['als', 'item-knn'] as const).map((family, i) => ({
      weight: 1 + i,
      state: trainRecommender(family, taken, { ...SMALL[family] }, seed, control),
    })),
  }),
  restore: recommenderFromState,
  isStepwise: false,
})

recommenderSuite({
  name: 'content',
  train: ({ cols }) =>
    trainContent(
      Array.from({ length: cols }, (_, i) => `${i % 2 === 0 ? 'garden villa' : 'city flat'} ${i}`),
      { rows: cols, columns: [] },
    ),
  restore: recommenderFromState,
  isStepwise: false,
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
