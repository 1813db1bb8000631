import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CATEGORICAL_FEATURES, NUMERIC_FEATURES, type FeatureVector } from '../features/index.ts'
import { studentTQuantile } from '../math/index.ts'
import { BASE_MODEL as SHIPPED } from './base-coefficients.ts'
import { baseValue, declarationsOf, guessLead, type BaseModel } from './base-model.ts'
import type { OwnRates } from './prior.ts'

const BASE_MODEL: BaseModel = SHIPPED
const { terms, rate } = BASE_MODEL
const names = [...new Set(terms.map(({ feature }) => feature))]

const vectorOf = (values: Readonly<Record<string, number>>): FeatureVector => ({
  asOf: 0,
  knownPosition: 0,
  numeric: Float64Array.from(NUMERIC_FEATURES, ({ name }) => values[name] ?? Number.NaN),
  categorical: CATEGORICAL_FEATURES.map(() => null),
})
const NOBODY = { events: 0, segment: null }
const ACTED = { events: 9, segment: null }
const counted = (leads: number, positives: number): OwnRates => ({
  workspace: { leads, positives },
  segments: {},
})
const logit = (p: number): number => Math.log(p / (1 - p))

test('the shipped coefficients belong to the catalogue as it is: else npm run base-model', () => {
  expect(declarationsOf(terms)).toBe(BASE_MODEL.declarations)
  for (const { coefficient, sign } of terms) expect(Math.sign(coefficient)).toBe(sign)
  expect(() => declarationsOf([{ feature: 'gut_feeling', form: 'log', most: 1, sign: 1 }])).toThrow(
    'gut_feeling',
  )
})

const values = fc.dictionary(
  fc.constantFrom(...names),
  fc.double({ min: 0, max: 5_000, noNaN: true }),
)

test('more of what speaks for a lead never lowers its guess, and the interval holds it', () => {
  fc.assert(
    fc.property(
      values,
      fc.constantFrom(...terms),
      fc.double({ min: 0, max: 100 }),
      (of, term, by) => {
        fc.pre(!Number.isNaN(by))
        const more = { ...of, [term.feature]: (of[term.feature] ?? 0) + by }
        const before = { ...of, [term.feature]: of[term.feature] ?? 0 }
        const [first, second] = [before, more].map((one) => guessLead(vectorOf(one), ACTED))
        expect(term.sign * (second!.probability - first!.probability)).toBeGreaterThanOrEqual(
          -1e-12,
        )
        const [low, high] = first!.interval
        expect(low).toBeLessThan(first!.probability)
        expect(high).toBeGreaterThan(first!.probability)
        expect(low).toBeGreaterThan(0)
        expect(high).toBeLessThan(1)
      },
    ),
  )
})

test('factors add up to the log odds; what is not known says nothing', () => {
  const vector = vectorOf({ last_activity_hours: 3, funnel_depth_max: 5 })
  const { probability, factors } = guessLead(vector, { ...ACTED, reasons: true })
  expect(factors.map(({ feature }) => feature).sort()).toEqual([
    'funnel_depth_max',
    'last_activity_hours',
  ])
  const sum = factors.reduce((all, { contribution }) => all + contribution, BASE_MODEL.intercept)
  expect(logit(probability)).toBeCloseTo(sum, 12)
  expect(factors[0]!.sentence).toMatch(/raises the odds/)
  expect(guessLead(vector, ACTED).factors).toEqual([])
})

test('who did nothing has the average of the markets, and nothing moves it', () => {
  const guess = guessLead(vectorOf({ days_in_pipeline: 300 }), { ...NOBODY, reasons: true })
  expect(guess).toMatchObject({ from: 'base', timesAverage: null, factors: [] })
  expect(guess.probability).toBeCloseTo(BASE_MODEL.average, 12)
})

test('own outcomes set the level, the more the more there are; a segment before the workspace', () => {
  const vector = vectorOf({})
  const of = (rates: OwnRates, segment: string | null = null) =>
    guessLead(vector, { events: 1, segment, rates })
  expect(of(counted(400, 0))).toMatchObject({ from: 'base', timesAverage: null })
  const [none, few, many] = [counted(0, 0), counted(20, 8), counted(2_000, 800)].map((r) => of(r))
  expect(few!.from).toBe('workspace')
  expect(none!.probability).toBeLessThan(few!.probability)
  expect(few!.probability).toBeLessThan(many!.probability)
  // Odds of 4 in 10 over those of the markets, by hand: the prior shift of many leads.
  const shift = logit(many!.probability) - logit(none!.probability)
  const drawn = (800 + rate.mean * rate.strength) / (2_000 + rate.strength)
  expect(shift).toBeCloseTo(logit(drawn) - logit(rate.mean), 12)
  const width = ({ interval: [low, high] }: { interval: readonly [number, number] }): number =>
    logit(high) - logit(low)
  expect(width(many!)).toBeLessThan(width(none!))
  const segments = { luxury: { leads: 40, positives: 30 } }
  const rates = { ...counted(2_000, 800), segments }
  expect(of(rates, 'luxury').from).toBe('segment')
  expect(of(rates, 'luxury').probability).toBeGreaterThan(of(rates, 'other').probability)
  expect(of(rates, '__proto__').from).toBe('workspace')
})

test('values enter as declared', () => {
  const input = { feature: 'session_count', most: 10, sign: 1 } as const
  expect(baseValue({ ...input, form: 'log' }, 25)).toBeCloseTo(Math.log(11), 12)
  expect(baseValue({ ...input, form: 'linear' }, -3)).toBe(0)
  expect(baseValue({ ...input, form: 'linear', least: 2 }, 1)).toBe(2)
  expect([9, 10].map((v) => baseValue({ ...input, form: 'step' }, v))).toEqual([0, 1])
  expect(baseValue({ ...input, form: 'log' }, Number.NaN)).toBeNaN()
})

test('the interval is as wide as markets differ at such an answer, in between on a line', () => {
  const half = (sd: number): number => {
    const variance = 1 / (rate.strength * rate.mean * (1 - rate.mean)) + sd ** 2
    return studentTQuantile(0.95, BASE_MODEL.markets - 1) * Math.sqrt(variance)
  }
  const halfAt = (at: number): number => {
    const apart = [
      { at: -4, sd: 1 },
      { at: -2, sd: 0.5 },
    ]
    const model: BaseModel = { ...BASE_MODEL, intercept: at, apart }
    const { interval, probability } = guessLead(vectorOf({}), ACTED, model)
    return logit(interval[1]) - logit(probability)
  }
  expect(halfAt(-9)).toBeCloseTo(half(1), 9)
  expect(halfAt(-3)).toBeCloseTo(half(0.75), 9)
  expect(halfAt(0)).toBeCloseTo(half(0.5), 9)
})
