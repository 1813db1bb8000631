import { expect, test } from 'vitest'
import type { LeadScore, ScoreData } from '../../../src/contract/index.ts'
import {
  inPlace,
  notOlder,
  saidOfAll,
  toBeCalled,
  withScores,
  type BoardLead,
} from './board-order.ts'

const score = (value: number | null, second = 0, reasons: string[] = []): LeadScore => ({
  score_id: null,
  score: 50,
  probability: 0.5,
  interval: [0.4, 0.6],
  prior: 0.3,
  prior_from: 'workspace',
  prior_interval: null,
  prior_sentence: null,
  times_average: 1.7,
  abstained: false,
  reason: null,
  trend: null,
  churn_risk: null,
  call_next: { not_called: null, value, expected_commission: 1, reachability: 1, reasons },
  last_activity_at: null,
  computed_at: new Date(second * 1_000).toISOString(),
  model_version: 1,
})
const lead = (
  lead_id: string,
  value: number | null,
  second = 0,
  reasons?: string[],
): BoardLead => ({
  lead_id,
  name: null,
  score: score(value, second, reasons),
  last_event: null,
})
const viewed = { type: 'property_view', label: 'Viewed a property', timestamp: '2026-01-01' }
const frame = (
  lead_id: string,
  value: number | null,
  last_event: ScoreData['last_event'] = null,
) => ({
  lead_id,
  name: 'N',
  ...score(value, 9),
  last_event,
})
const ids = (leads: readonly BoardLead[]) => leads.map(({ lead_id }) => lead_id).join('')

test('a score moves its lead, brings a new one in and lets the last one out', () => {
  const board = [lead('a', 5), lead('b', 3), lead('c', null)]
  expect(ids(withScores(board, [frame('b', 9)], 3))).toBe('bac')
  expect(ids(withScores(board, [frame('d', 4)], 3))).toBe('adb')
  expect(ids(withScores(board, [frame('a', null)], 3))).toBe('bac')
})

test('a score without an event keeps the event that was known', () => {
  const [first] = withScores([lead('a', 1)], [frame('a', 2, viewed)], 9)
  expect(first!.last_event).toEqual(viewed)
  expect(withScores([first!], [frame('a', 3)], 9)[0]!.last_event).toEqual(viewed)
})

test('a list read late does not undo what frames told', () => {
  const merged = notOlder([lead('a', 1, 1), lead('b', 5, 7)], [lead('a', 9, 2), lead('b', 4, 3)])
  expect(merged.map((one) => [one.lead_id, one.score!.call_next.value])).toEqual([
    ['a', 9],
    ['b', 5],
  ])
})

test('who is no longer to be called leaves the list, and a list read late brings nobody back', () => {
  const closed = lead('b', null, 5)
  const of = { ...closed.score!, call_next: { ...closed.score!.call_next, not_called: 'closed' } }
  const told = { lead_id: 'b', name: 'b', last_event: null, ...of } as ScoreData
  const held = [lead('b', 2), lead('a', 1)]
  const after = withScores(held, [told], 9)
  expect(ids(toBeCalled(after))).toBe('a')
  // Who points at the row sees why, and nobody else sees the row.
  expect(inPlace(held, after)[0]!.score!.call_next.not_called).toBe('closed')
  expect(ids(inPlace([lead('a', 1)], after))).toBe('a')
  const known = { ...closed, score: of } as BoardLead
  expect(ids(notOlder([lead('b', 2, 1), lead('a', 1)], [known]))).toBe('a')
})

test('held rows keep their places: nobody leaves, who is new comes last', () => {
  const held = [lead('a', 5), lead('b', 4), lead('c', 3)]
  const now = [lead('d', 9), lead('c', 8), lead('a', 1)]
  const shown = inPlace(held, now)
  expect(ids(shown)).toBe('abcd')
  expect(shown.map((one) => one.score!.call_next.value)).toEqual([1, 4, 8, 9])
})

test('what is said of every call is said once', () => {
  expect(saidOfAll([lead('a', 1, 0, ['x', 'y']), lead('b', 1, 0, ['y'])])).toEqual(['y'])
  expect(saidOfAll([lead('a', 1, 0, ['x']), { ...lead('b', 1), score: null }])).toEqual([])
  expect(saidOfAll([])).toEqual([])
})
