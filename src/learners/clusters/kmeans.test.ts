import { expect, test } from 'vitest'
import { learnerSuite } from '../../../test/suites/learner.ts'
import { seededRandom } from '../../math/index.ts'
import type { Frame } from '../frame.ts'
import { kMeansFromState, silhouette, trainKMeans, type KMeansState } from './kmeans.ts'

learnerSuite({
  name: 'k-means',
  train: (frame, _, options) => trainKMeans(frame, { clusters: 4, ...options }),
  restore: kMeansFromState,
  answers: 'cluster',
})

/** Three round clouds far apart, a third of the rows each, in this order. */
function clouds(rows: number, seed: number): Frame {
  const random = seededRandom(seed)
  const centres = [
    [0, 0],
    [8, 0],
    [0, 8],
  ]
  const axis = (k: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => centres[i % 3]![k]! + random.normal())
  return {
    rows,
    columns: [
      { kind: 'numeric', name: 'x', values: axis(0) },
      { kind: 'numeric', name: 'y', values: axis(1) },
    ],
  }
}

test('clouds are found, and the silhouette knows how many', () => {
  const frame = clouds(300, 1)
  const model = trainKMeans(frame, { clusters: 3, seed: 1 })
  const found = model.predict(frame)
  for (let i = 3; i < 300; i++) expect(found[i]).toBe(found[i % 3])
  expect(new Set(found).size).toBe(3)
  const scores = [2, 3, 4, 5].map((clusters) => silhouette(trainKMeans(frame, { clusters }), frame))
  expect(scores.indexOf(Math.max(...scores))).toBe(1)
  expect(scores[1]).toBeGreaterThan(0.6)
})

test('same seed same clusters; state, weights, column order and missing values', () => {
  const frame = clouds(120, 2)
  const before = structuredClone(frame)
  const model = trainKMeans(frame, { clusters: 3, seed: 4 })
  expect(trainKMeans(frame, { clusters: 3, seed: 4 }).toState()).toEqual(model.toState())
  const turned = { rows: 120, columns: frame.columns.toReversed() }
  expect(trainKMeans(turned, { clusters: 3, seed: 4 }).toState()).toEqual(model.toState())
  expect(frame).toEqual(before)
  const state = JSON.parse(JSON.stringify(model.toState())) as KMeansState
  expect(kMeansFromState(state).predict(frame)).toEqual(model.predict(frame))
  const holes: Frame = {
    rows: 2,
    columns: [{ kind: 'numeric', name: 'x', values: Float64Array.of(NaN, 9) }],
  }
  for (const cluster of model.predict(holes)) expect([0, 1, 2]).toContain(cluster)
  // Rows of no weight have no say: only the first cloud is left.
  const weights = Array.from({ length: 120 }, (_, i) => (i % 3 === 0 ? 1 : 0))
  expect(trainKMeans(frame, { clusters: 1, weights }).inertia).toBeCloseTo(80, 0)
  expect(() => trainKMeans(frame, { clusters: 121 })).toThrow(/cannot make 121 clusters/)
  expect(() => trainKMeans(frame, { clusters: 2, signal: { aborted: true } })).toThrow(/cancelled/)
})
