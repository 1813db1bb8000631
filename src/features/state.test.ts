import { expect, test } from 'vitest'
import type { EntryBody, EventType, LogEntry } from '../core/index.ts'
import { applyEntry, emptyState, foldEntries, needsRefold } from './state.ts'
import { extractFeatures, NUMERIC_FEATURES } from './vector.ts'

const START = Date.UTC(2026, 2, 2, 9)
const MINUTE = 60_000

function entry(position: number, minutes: number, type: EventType, body: EntryBody = {}): LogEntry {
  const eventTime = START + minutes * MINUTE
  return { position, workspaceId: 1, personId: 1, type, eventTime, receivedAt: eventTime, body }
}

function value(entries: LogEntry[], name: string, minutes: number): number {
  const at = NUMERIC_FEATURES.findIndex((feature) => feature.name === name)
  return extractFeatures(foldEntries(entries), START + minutes * MINUTE).numeric[at]!
}

const grade = (position: number, minutes: number, target: number, to: string): LogEntry =>
  entry(position, minutes, 'engagement_graded', {
    properties: { target_position: target, grade: to },
  })

test('an open counts half until it is graded, then fully or not at all', () => {
  const sent = entry(1, 0, 'email_sent')
  const open = entry(2, 1, 'email_open')
  expect(value([sent, open], 'email_open_rate', 5)).toBe(0.5)
  expect(value([sent, open, grade(3, 2, 2, 'human')], 'email_open_rate', 5)).toBe(1)
  expect(value([sent, open, grade(3, 2, 2, 'machine')], 'email_open_rate', 5)).toBe(0)
  const corrected = [grade(3, 2, 2, 'machine'), grade(4, 3, 2, 'human')]
  expect(value([sent, open, ...corrected], 'email_open_rate', 5)).toBe(1)
})

test('a grade folded before its target (event time ahead) still reaches it', () => {
  const entries = [entry(1, 0, 'email_sent'), entry(2, 4, 'email_open'), grade(3, 1, 2, 'human')]
  expect(value(entries, 'email_open_rate', 5)).toBe(1)
})

test('only a human open is activity', () => {
  const entries = [entry(1, 0, 'page_visit'), entry(2, 60, 'email_open')]
  expect(value(entries, 'last_activity_hours', 120)).toBe(2)
  expect(value([...entries, grade(3, 61, 2, 'human')], 'last_activity_hours', 120)).toBe(1)
})

test('a late entry is refused by applyEntry and folded into place by foldEntries', () => {
  const state = emptyState()
  applyEntry(state, entry(1, 10, 'page_visit'))
  const late = entry(2, 5, 'page_visit')
  expect(needsRefold(state, late)).toBe(true)
  expect(() => applyEntry(state, late)).toThrow(/out of order/)
  const folded = foldEntries([entry(1, 10, 'page_visit'), late, late])
  expect(folded.entries).toBe(2)
  expect(folded.session.events).toBe(2)
})

test('sessions end after thirty minutes of silence', () => {
  const times = [0, 10, 39, 69, 200]
  const state = foldEntries(times.map((at, i) => entry(i + 1, at, 'page_visit')))
  expect(state.session.count).toBe(3)
  expect(state.session.bounces).toBe(1)
  expect(state.session.longest).toBe(39 * 60)
})

test('pace is a decayed count: one event an hour ago is ln 2 / 7 a day', () => {
  const pace = value([entry(1, 0, 'page_visit')], 'activity_velocity_7d', 0)
  expect(pace).toBeCloseTo(Math.LN2 / 7, 12)
  const halved = value([entry(1, 0, 'page_visit')], 'activity_velocity_7d', 7 * 24 * 60)
  expect(halved).toBeCloseTo(Math.LN2 / 14, 12)
})

test('without entries only counts, season and completeness have values', () => {
  const { numeric } = extractFeatures(emptyState(), START)
  const known = NUMERIC_FEATURES.filter((_, i) => !Number.isNaN(numeric[i]!))
  expect(known.map((feature) => feature.name)).toEqual([
    'total_property_views',
    'unique_properties_viewed',
    'seasonality_factor',
    'agent_engagement',
    'data_completeness',
  ])
})
