import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EVENT_TYPE_NAMES, type EntryBody, type LogEntry } from '../core/index.ts'
import { decodeState, encodeState, FOLD_SCHEMA } from './codec.ts'
import { addDistinct, distinctCount, emptyDistinct, propertyKey } from './distinct.ts'
import { featuresMarkdown } from './reference.ts'
import { foldEntries } from './state.ts'
import { CATEGORICAL_FEATURES, extractFeatures, FEATURES, NUMERIC_FEATURES } from './vector.ts'

const START = Date.UTC(2026, 5, 1)
const HOUR = 3_600_000

test('the groups hold what was settled, under unique names', () => {
  const sizes = Map.groupBy(FEATURES, (feature) => feature.group)
  const size = (group: string) => sizes.get(group as 'time')?.length
  expect(['property', 'behavior', 'session', 'time', 'categorical'].map(size)).toEqual([
    14, 16, 12, 12, 3,
  ])
  // Emotional: 4 numbers, 10 shares of the distribution, the dominant one. Contextual: 6.
  expect([size('emotional'), size('contextual')]).toEqual([15, 6])
  expect(new Set(FEATURES.map((feature) => feature.name)).size).toBe(FEATURES.length)
})

test('every declaration speaks: sentence with a value, how, evidence', () => {
  for (const feature of FEATURES) {
    expect(feature.sentence).toContain('{value}')
    expect(feature.sentence).not.toMatch(/\{value\} (hour|second|day)/)
    expect(feature.label.length).toBeLessThanOrEqual(32)
    expect(feature.how.length).toBeGreaterThan(10)
    expect(featuresMarkdown()).toContain(`| \`${feature.name}\` | ${feature.label} |`)
  }
})

const body: fc.Arbitrary<EntryBody> = fc.record(
  {
    property_id: fc.stringMatching(/^home-[0-9]{1,2}$/),
    duration_seconds: fc.double(),
    frozen: fc.record(
      {
        listing: fc.record(
          {
            ListPrice: fc.double(),
            PropertyType: fc.string(),
            LivingArea: fc.double(),
            BedroomsTotal: fc.integer({ min: -5, max: 500 }),
            City: fc.string(),
            OnMarketDate: fc.constantFrom('2026-05-20', 'yesterday', '2026-13-40', ''),
          },
          { requiredKeys: [] },
        ),
        market: fc.dictionary(
          fc.constantFrom('months_of_supply', 'sale_to_list_ratio', 'mortgage_rate'),
          fc.oneof(fc.double(), fc.string()),
        ),
        text: fc.record({
          analyser: fc.constant('a'),
          sentiment: fc.oneof(fc.double(), fc.constant(null), fc.record({ score: fc.double() })),
          urgency: fc.double({ min: -1, max: 2 }),
        }),
      },
      { requiredKeys: [] },
    ),
    properties: fc.record(
      { direction: fc.string(), budget_max: fc.double(), target_position: fc.nat(60) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)

test('whatever is sent, every value is missing or inside its range', () => {
  const entry = fc.tuple(fc.constantFrom(...EVENT_TYPE_NAMES), fc.nat(40 * 24), body)
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), fc.nat(2000), (drafts, later) => {
      const entries = drafts.map(([type, hours, of], i): LogEntry => {
        const eventTime = START + hours * HOUR
        return {
          position: i + 1,
          workspaceId: 1,
          personId: 1,
          type,
          eventTime,
          receivedAt: 0,
          body: of,
        }
      })
      const state = foldEntries(entries)
      expect(decodeState(encodeState(state))).toEqual(state)
      const vector = extractFeatures(state, START + (40 * 24 + later) * HOUR)
      NUMERIC_FEATURES.forEach((feature, i) => {
        const value = vector.numeric[i]!
        if (Number.isNaN(value)) return
        expect([feature.name, value >= feature.range[0] && value <= feature.range[1]]).toEqual([
          feature.name,
          true,
        ])
      })
      CATEGORICAL_FEATURES.forEach((feature, i) => {
        const level = vector.categorical[i]
        if (level !== null && feature.levels.length > 0) expect(feature.levels).toContain(level)
      })
    }),
    { numRuns: 150, seed: 6, endOnFailure: true },
  )
})

/** A year of a very busy lead: everything that can fill up is full. */
function busy(events: number): LogEntry[] {
  return Array.from({ length: events }, (_, i) => {
    const type = EVENT_TYPE_NAMES[(i * 7) % 43]!
    const eventTime = START + i * 1_700_000
    const frozen = {
      listing: {
        ListPrice: 300_000 + ((i * 7919) % 500_000) + 0.5,
        PropertyType: `A long name of a type ${i % 15}`,
        BedroomsTotal: i % 6,
        LivingArea: 1000.25 + (i % 900),
        PostalCode: String(98000 + (i % 60)),
        OnMarketDate: '2026-06-01',
      },
      text: {
        analyser: 'x',
        sentiment: Math.sin(i),
        emotions: { curious: 0.3, anxious: 0.123 },
        urgency: 0.37,
      },
    }
    const body = { property_id: `home-${i}`, duration_seconds: (i % 900) / 7, frozen }
    return {
      position: i + 1,
      workspaceId: 1,
      personId: 1,
      type,
      eventTime,
      receivedAt: eventTime,
      body,
    }
  })
}

test('a state never outgrows 16 KB', () => {
  for (const events of [100, 1000, 11_000, 20_000])
    expect(encodeState(foldEntries(busy(events))).length).toBeLessThan(16 * 1024)
})

/**
 * Golden: when this changes, values change for entries already in the log. Raise FOLD_REVISION
 * (codec.ts), so that states are rebuilt, and record the new numbers here.
 */
test('the fold does what its revision says', () => {
  const vector = extractFeatures(foldEntries(busy(400)), START + 9 * 24 * HOUR)
  const sum = vector.numeric.reduce((total, x) => total + (Number.isNaN(x) ? 0 : x), 0)
  expect([FOLD_SCHEMA, sum, ...vector.categorical]).toMatchInlineSnapshot(`
    [
      3721527360,
      629298.5228783401,
      "A long name of a type 12",
      "night",
      "session_started",
      "curious",
    ]
  `)
})

test('distinct counts: exact to 256, then within 4 standard errors, whatever the order', () => {
  const names = Array.from({ length: 5000 }, (_, i) => propertyKey(`home-${i}`))
  for (const n of [1, 255, 256, 257, 1000, 5000]) {
    const up = emptyDistinct()
    const down = emptyDistinct()
    for (let i = 0; i < n; i++) addDistinct(up, names[i]!)
    for (let i = n - 1; i >= 0; i--) addDistinct(down, names[i]!)
    for (let i = 0; i < n; i++) addDistinct(down, names[i]!)
    expect(distinctCount(down)).toBe(distinctCount(up))
    if (n <= 256) expect(distinctCount(up)).toBe(n)
    else expect(Math.abs(distinctCount(up) / n - 1)).toBeLessThan(4 * 0.065)
  }
})
