import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CATEGORICAL_FEATURES, NUMERIC_FEATURES, type FeatureVector } from '../features/index.ts'
import { rocAuc } from '../learners/index.ts'
import { seededRandom } from '../math/index.ts'
import { decodeModel, encodeModel } from './codec.ts'
import { exampleWriter, takeExamples, type Examples } from './examples.ts'
import { fitModel } from './fit.ts'
import { marginsOf, predictExamples } from './fitted-model.ts'
import { binnedVector, explainBinned, predictModel } from './predict.ts'
import { percentileOf, referenceQuantiles } from './reference.ts'
import type { AttributeDeclaration } from '../core/index.ts'
import { leadScoring } from './spec.ts'

const SPEC = {
  ...leadScoring,
  features: ['session_count', 'save_ratio', 'sentiment_score', 'preferred_time_period'],
}
const SOURCE: AttributeDeclaration = {
  name: 'source',
  label: 'Lead source',
  type: 'category',
  policy: 'free',
  knownAt: 'before_contact',
}
const ENOUGH = { events: 20, segment: null, attributes: {} }

function vectorOf(values: Record<string, number | string>, asOf = 0): FeatureVector {
  const numeric = Float64Array.from(NUMERIC_FEATURES, ({ name }) => Number(values[name] ?? NaN))
  const categorical = CATEGORICAL_FEATURES.map(({ name }) => (values[name] as string) ?? null)
  return { asOf, knownPosition: asOf, numeric, categorical }
}

interface Row {
  readonly vector: FeatureVector
  readonly source: string
}

/** Leads whose chance rises with visits and falls with the source "cold". */
function sample(leads: number, seed: number): { examples: Examples; rows: Row[] } {
  const random = seededRandom(seed)
  const writer = exampleWriter([SOURCE])
  const rows: Row[] = []
  for (let group = 0; group < leads; group++) {
    const source = random.next() < 0.4 ? 'cold' : 'warm'
    const segment = random.next() < 0.5 ? 'seller' : null
    for (let i = 0; i < 2; i++) {
      const visits = random.int(20)
      const vector = vectorOf(
        {
          session_count: visits,
          save_ratio: random.next(),
          sentiment_score: random.next() < 0.5 ? NaN : random.normal(),
          preferred_time_period: random.next() < 0.5 ? 'morning' : 'evening',
        },
        group * 1_000 + i,
      )
      const z = (visits - 12) / 4 - (source === 'cold' ? 1.5 : 0)
      const label = random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0
      writer.add({ vector, label, group, segment, attributes: { source } })
      rows.push({ vector, source })
    }
  }
  return { examples: writer.finish(), rows }
}

const { examples, rows } = sample(600, 1)
const model = fitModel(SPEC, examples, { seed: 3, mostTrees: 60 })

test('what was learned holds on leads not seen', () => {
  const later = sample(1_500, 2).examples
  const answers = predictExamples(model, later)
  const auc = rocAuc(later.labels, answers)
  expect(auc).toBeGreaterThan(0.8)
  expect(Math.abs(auc - model.crossValidation.rocAuc)).toBeLessThan(0.04)
  const rate = later.labels.reduce((sum, label) => sum + label, 0) / later.rows
  expect(answers.reduce((sum, p) => sum + p, 0) / later.rows).toBeCloseTo(rate, 1)
})

test('the same seed gives the same bytes; decoded, it predicts equally', () => {
  const bytes = encodeModel(model)
  expect(bytes).toEqual(encodeModel(fitModel(SPEC, examples, { seed: 3, mostTrees: 60 })))
  const decoded = decodeModel(bytes)
  expect(marginsOf(decoded, examples)).toEqual(marginsOf(model, examples))
  const { vector, source } = rows[7]!
  const context = { ...ENOUGH, attributes: { source } }
  const ask = (m: typeof model) => predictModel(m, vector, context, { reasons: true })
  expect(ask(decoded)).toEqual(ask(model))
  expect(encodeModel(decoded)).toEqual(bytes)
})

test('bytes that are no model of this release are refused in words', () => {
  const bytes = Uint8Array.from(encodeModel(model))
  bytes[7] = 9
  expect(() => decodeModel(bytes)).toThrow(/format 9; this release reads up to 3/)
  expect(() => decodeModel(new Uint8Array(40))).toThrow('These bytes are no model')
})

const anyValue = fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.constant(NaN))
const anyLead = fc.record({
  session_count: anyValue,
  save_ratio: anyValue,
  sentiment_score: anyValue,
  preferred_time_period: fc.constantFrom('morning', 'never seen', 'evening'),
  source: fc.option(fc.string(), { nil: null }),
})

test('any lead: the interval holds the probability, factors add up, batch and single agree', () => {
  const writer = exampleWriter([SOURCE])
  fc.assert(
    fc.property(anyLead, ({ source, ...values }) => {
      const vector = vectorOf(values)
      const attributes = { source }
      const answer = predictModel(model, vector, { ...ENOUGH, attributes }, { reasons: true })
      const [low, high] = answer.interval!
      expect(low).toBeGreaterThanOrEqual(0)
      expect(low).toBeLessThanOrEqual(answer.probability!)
      expect(answer.probability!).toBeLessThanOrEqual(high)
      expect(high).toBeLessThanOrEqual(1)
      expect(answer.score).toBeGreaterThanOrEqual(0)
      expect(answer.score).toBeLessThanOrEqual(100)
      const { base, shares, margin } = explainBinned(model, binnedVector(model, vector, attributes))
      const sum = answer.factors.reduce((total, { contribution }) => total + contribution, base)
      expect(sum).toBeCloseTo(margin, 7)
      expect(shares.reduce((total, share) => total + share, base)).toBeCloseTo(margin, 9)
      expect(1 / (1 + Math.exp(-margin))).toBe(answer.probability)
      const single = exampleWriter([SOURCE])
      for (const one of [single, writer]) one.add({ vector, label: 0, group: 1, attributes })
      const [batch] = predictExamples(model, single.finish())
      expect(batch).toBeCloseTo(answer.probability!, 12)
    }),
    { numRuns: 200 },
  )
})

test('the percentile rises with the log odds, and ties stand in their middle', () => {
  const finite = fc.double({ noNaN: true, min: -50, max: 50 })
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1 }), finite, finite, (values, a, b) => {
      const reference = referenceQuantiles(Float64Array.from(values))
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      expect(percentileOf(reference, low)).toBeLessThanOrEqual(percentileOf(reference, high))
      expect(percentileOf(reference, -51)).toBe(0)
      expect(percentileOf(reference, 51)).toBe(100)
    }),
  )
  expect(percentileOf(referenceQuantiles(Float64Array.of(2, 2, 2)), 2)).toBe(50)
  const even = referenceQuantiles(Float64Array.from({ length: 10_001 }, (_, i) => i))
  expect(percentileOf(even, 8_700)).toBeCloseTo(87, 0)
})

test('the score ranks like the probability', () => {
  const answers = rows
    .slice(0, 200)
    .map(({ vector, source }) => predictModel(model, vector, { ...ENOUGH, attributes: { source } }))
  const byProbability = answers.toSorted((a, b) => a.probability! - b.probability!)
  const scores = byProbability.map(({ score }) => score!)
  expect(scores).toEqual(scores.toSorted((a, b) => a - b))
})

test('too few own events: no score, the reason in words, and the prior of the segment', () => {
  const { vector } = rows[0]!
  const answer = predictModel(model, vector, { ...ENOUGH, events: 2, segment: 'seller' })
  expect(answer).toMatchObject({ score: null, probability: null, interval: null, abstained: true })
  expect(answer.reason).toBe('not enough data yet: 2 acts of the lead, a score needs 5')
  expect(answer).toMatchObject({ priorFrom: 'segment', confidence: null, factors: [] })
  expect(answer.prior).toBeGreaterThan(0.2)
  expect(answer.prior).toBeLessThan(0.6)
  const unknown = predictModel(model, vector, { ...ENOUGH, events: 0, segment: 'constructor' })
  expect(unknown).toMatchObject({ priorFrom: 'workspace', timesAverage: 1 })
  const known = predictModel(model, vector, {
    ...ENOUGH,
    events: 0,
    attributes: { source: 'cold' },
  })
  expect(known.abstained).toBe(false)
})

test('reasons are sentences with the value and the direction', () => {
  const vector = vectorOf({ session_count: 19, save_ratio: 0.35 })
  const { factors } = predictModel(model, vector, ENOUGH, { reasons: true })
  expect(factors[0]).toMatchObject({ feature: 'session_count', label: 'Visits', value: 19 })
  expect(factors[0]!.contribution).toBeGreaterThan(0)
  expect(factors[0]!.sentence).toMatch(/^Came 19 times: raises the odds [\d.]+ times\.$/)
  const magnitudes = factors.map(({ contribution }) => Math.abs(contribution))
  expect(magnitudes).toEqual(magnitudes.toSorted((a, b) => b - a))
})

test('a text that could not be read counts as a neutral one', () => {
  const silent = { session_count: 9, save_ratio: 0.5 }
  const neutral = { ...silent, sentiment_score: 0 }
  const ask = (values: Record<string, number>) => predictModel(model, vectorOf(values), ENOUGH)
  expect(ask(silent).probability).toBe(ask(neutral).probability)
})

test('what fair housing forbids, or only the outcome tells, enters no model', () => {
  const forbid = (change: Partial<AttributeDeclaration>) => () =>
    fitModel(SPEC, exampleWriter([{ ...SOURCE, ...change }]).finish())
  expect(forbid({ policy: 'protected' })).toThrow(/"source" may not enter a model: .*protected/)
  expect(forbid({ policy: 'proxy' })).toThrow(/fair housing/)
  expect(forbid({ knownAt: 'after_outcome' })).toThrow(/known only after the outcome/)
})

test('too few leads of a label are refused with their numbers', () => {
  const none = takeExamples(
    examples,
    [...examples.labels.keys()].filter((i) => !examples.labels[i]),
  )
  expect(() => fitModel(SPEC, none)).toThrow(/0 with and \d+ without/)
})

test('fitting stops when told to', () => {
  const fit = () => fitModel(SPEC, examples, { signal: { aborted: true } })
  expect(fit).toThrow(expect.objectContaining({ name: 'AbortError' }))
})
