import { expect, expectTypeOf, test } from 'vitest'
import {
  createEventCollector,
  createPropertyInteractionCollector,
  toEventInput,
  type PropertyInteraction,
} from './event-collector.ts'
import { EVENT_TYPES, PROPERTY_EVENT_TYPES, PUBLIC_EVENT_TYPES } from './event-types.ts'

test('public types have codes below 80, internal ones from 80 on, none twice', () => {
  const codes = Object.values(EVENT_TYPES).map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  const open = new Set<string>(PUBLIC_EVENT_TYPES)
  for (const [name, { code }] of Object.entries(EVENT_TYPES)) expect(code < 80).toBe(open.has(name))
})

test('each method makes the event of its type', () => {
  const collector = createEventCollector((type) => type)
  expect(Object.values(collector).map((method) => method({ propertyId: 'p' }))).toEqual(
    PUBLIC_EVENT_TYPES,
  )
  expect(collector.tourScheduled({ leadId: 'l' })).toBe('tour_scheduled')
})

test('the property collector holds the methods about one listing, and asks for the listing', () => {
  const collector = createPropertyInteractionCollector(toEventInput)
  expect(Object.keys(collector)).toHaveLength(PROPERTY_EVENT_TYPES.length)
  expect(collector.propertySwipe({ propertyId: 'p', leadId: 'l' })).toEqual({
    type: 'property_swipe',
    lead_id: 'l',
    property_id: 'p',
  })
  expectTypeOf(collector.priceChecked).parameter(0).toEqualTypeOf<PropertyInteraction>()
  expectTypeOf(collector).not.toHaveProperty('contactView')
})

test('names and times as the server reads them; what is absent stays absent', () => {
  const event = toEventInput('page_visit', {
    anonymousId: 'a',
    leadId: undefined,
    eventId: 'e',
    timestamp: Date.UTC(2026, 2, 1),
    durationSeconds: 3,
    properties: { page: '/' },
    context: { deviceType: 'phone', campaignId: undefined, locale: 'en', constructor: 'x' },
  })
  expect(event).toEqual({
    event_id: 'e',
    anonymous_id: 'a',
    type: 'page_visit',
    timestamp: '2026-03-01T00:00:00.000Z',
    duration_seconds: 3,
    properties: { page: '/' },
    context: { device_type: 'phone', locale: 'en', constructor: 'x' },
  })
})
