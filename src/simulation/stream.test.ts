/** The stream: order, identity, types, the same bytes, and no truth inside. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isOutcomeType, isPublicEventType } from '../core/index.ts'
import type { StreamItem } from './items.ts'
import { createMarket, type Market } from './market.ts'
import { drawParameters } from './parameters.ts'
import { simulateDays } from './stream.ts'

const START = Date.UTC(2026, 0, 1)
const DAY = 86_400_000
const market = (seed: number, leads = 60, days = 40): Market =>
  createMarket({ seed, leads, days, startMs: START })

const seeds = fc.integer({ min: 0, max: 1_000_000 })

test('time never runs backwards, ids are unique and types are known', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const ids = new Set<string>()
      let before = START
      for (const { day, items } of simulateDays(market(seed, 30, 25)))
        for (const item of items) {
          expect(item.at).toBeGreaterThanOrEqual(before)
          expect(Math.floor((item.at - START) / DAY)).toBe(day)
          before = item.at
          if (item.kind === 'event') {
            const { event } = item
            expect(isPublicEventType(event.type)).toBe(true)
            expect(Date.parse(event.timestamp)).toBe(item.at)
            expect((event.lead_id === undefined) !== (event.anonymous_id === undefined)).toBe(true)
            expect(event.properties.simulated).toBe(true)
            expect(event.context['source']).toBe('simulation')
            expect(ids.has(event.event_id)).toBe(false)
            ids.add(event.event_id)
          } else if (item.kind === 'outcome')
            expect(isOutcomeType(item.outcome.outcome_type)).toBe(true)
        }
      expect(ids.size).toBeGreaterThan(100)
    }),
    { numRuns: 12 },
  )
})

const digest = (days: Iterable<{ items: readonly StreamItem[] }>): string => {
  const hash = createHash('sha256')
  for (const { items } of days) for (const item of items) hash.update(JSON.stringify(item))
  return hash.digest('hex')
}

test('the same seed gives the same bytes, another seed others', () => {
  const first = digest(simulateDays(market(3)))
  expect(digest(simulateDays(market(3)))).toBe(first)
  expect(digest(simulateDays(market(4)))).not.toBe(first)
  expect(drawParameters(3)).toEqual(drawParameters(3))
})

test('simulating leads in parts and merging them gives the same bytes as all at once', () => {
  const whole = market(5)
  for (const cuts of [[20], [1, 7, 33, 59]]) {
    const edges = [0, ...cuts, whole.leads.length]
    const parts = edges.slice(1).map((to, i) => [...simulateDays(whole, { from: edges[i]!, to })])
    const merged = parts[0]!.map((_, day) => ({
      items: parts.flatMap((part) => part[day]!.items).sort((a, b) => a.at - b.at),
    }))
    expect(digest(merged)).toBe(digest(simulateDays(whole)))
  }
})

test('every lead signs up once, and anonymous visits are linked on the day they happen', () => {
  const m = market(8, 200, 60)
  const signedUp = new Map<string, number>()
  let linked = 0
  let merged = 0
  for (const { items } of simulateDays(m)) {
    const anonymous = new Set<string>()
    for (const item of items) {
      if (item.kind === 'lead')
        signedUp.set(item.lead.lead_id, (signedUp.get(item.lead.lead_id) ?? 0) + 1)
      if (item.kind === 'event' && item.event.anonymous_id !== undefined)
        anonymous.add(item.event.anonymous_id)
      if (item.kind === 'identify') {
        expect(anonymous.delete(item.anonymous_id)).toBe(true)
        linked++
      }
      if (item.kind === 'merge') {
        expect(signedUp.has(item.from_lead_id) && signedUp.has(item.into_lead_id)).toBe(true)
        merged++
      }
    }
    expect([...anonymous]).toEqual([])
  }
  expect([...signedUp.values()].every((times) => times === 1)).toBe(true)
  expect(signedUp.size).toBe(200 + merged)
  expect(linked).toBeGreaterThan(200)
  expect(merged).toBeGreaterThan(0)
})

test('nothing latent is written into events: stage, hazard, gateway, class, grade', () => {
  const keys = new Set<string>()
  for (const { items } of simulateDays(market(9)))
    for (const item of items)
      if (item.kind === 'event')
        for (const key of [
          ...Object.keys(item.event.properties),
          ...Object.keys(item.event.context),
        ])
          keys.add(key)
  const known =
    'simulated source utc_offset_minutes device_type traffic_source session_id campaign_id form page ' +
    'filter max_price min_bedrooms property_sub_type area direction rate_percent tour_type purpose ' +
    'email_id subject sent_at client network link text agent tone answered reason amount'
  expect([...keys].filter((key) => !known.split(' ').includes(key))).toEqual([])
})

test('hazards integrate to the number of offers', () => {
  let expected = 0
  let variance = 0
  let offers = 0
  for (const seed of [21, 22, 23])
    for (const { items, truth } of simulateDays(market(seed, 500, 100))) {
      truth.hazard.forEach((p) => {
        expected += p
        variance += p * (1 - p)
      })
      for (const item of items)
        if (item.kind === 'event' && item.event.type === 'offer_submitted') offers++
        else if (item.kind === 'outcome' && item.outcome.outcome_type === 'listing_signed') offers++
    }
  expect(offers).toBeGreaterThan(50)
  expect(Math.abs(offers - expected) / Math.sqrt(variance)).toBeLessThan(3.5)
})

test('options out of range are refused by name', () => {
  const make = (options: object): Market =>
    createMarket({ seed: 1, leads: 10, days: 10, startMs: START, ...options })
  expect(() => make({ leads: 0 })).toThrow(/leads must be/)
  expect(() => make({ days: 1 })).toThrow(/days must be/)
  expect(() => make({ startMs: START + 5 })).toThrow(/midnight/)
})
