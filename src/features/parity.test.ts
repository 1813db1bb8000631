/**
 * Parity: what is served equals what is replayed as known then, and both equal a fold from the
 * beginning of all that was known, bit for bit, whatever the log holds.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  EVENT_TYPE_NAMES,
  isUndoable,
  withoutUndone,
  type EntryBody,
  type Json,
  type LogEntry,
} from '../core/index.ts'
import { decodeState, encodeState } from './codec.ts'
import { emptyMembership, leadOf, noteMembership } from './membership.ts'
import { replayTrainingRows } from './replay.ts'
import { foldEntries, foldOrder, type LeadState } from './state.ts'
import { advance, emptyTrack, rewind, type LeadTrack } from './track.ts'
import { extractFeatures, type FeatureVector } from './vector.ts'

const START = Date.UTC(2026, 0, 5)
const HOUR = 3_600_000
const LEAD = 1
const OTHERS = [2, 3]

/** One thing that happens to the log: most are events, some corrections, links, erasures. */
const step = fc.record({
  type: fc.constantFrom(
    ...EVENT_TYPE_NAMES.filter((name) => !/linked|merged/.test(name)),
    ...(['property_view', 'email_open', 'email_click', 'engagement_graded'] as const),
    ...(['call_placed', 'tour_scheduled', 'entry_undone', 'entry_undone'] as const),
    ...(['identity_linked', 'leads_merged', 'leads_unmerged'] as const),
  ),
  person: fc.constantFrom(LEAD, LEAD, LEAD, LEAD, LEAD, LEAD, ...OTHERS),
  gapHours: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 20, noNaN: true })),
  lateHours: fc.oneof(
    fc.constant(0),
    fc.constant(0),
    fc.double({ min: -0.08, max: 900, noNaN: true }),
  ),
  pick: fc.nat(1000),
  price: fc.oneof(fc.integer({ min: -1, max: 900_000 }), fc.constant(Number.NaN)),
  grade: fc.constantFrom('human', 'machine', 'unknown', 'nonsense'),
  direction: fc.constantFrom('like', 'dislike', 'up'),
  feeling: fc.double({ min: -1.2, max: 1.2, noNaN: true }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function bodyOf(s: Step, targets: readonly number[]): EntryBody {
  const properties: Record<string, Json> = {
    direction: s.direction,
    grade: s.grade,
    target_position: targets[s.pick % Math.max(1, targets.length)] ?? 7,
    from_person: OTHERS[s.pick % OTHERS.length]!,
    budget_max: s.price,
  }
  return {
    property_id: `home-${s.pick % 20}`,
    duration_seconds: s.pick,
    properties,
    context: { device_type: s.pick % 2 === 0 ? 'phone' : 'desktop' },
    frozen: {
      listing: {
        ListPrice: s.price,
        PropertyType: `Type ${s.pick % 11}`,
        BedroomsTotal: s.pick % 6,
        PostalCode: `9810${s.pick % 30}`,
        OnMarketDate: '2026-01-02',
      },
      market: { months_of_supply: s.pick % 14, mortgage_rate: 6.5 },
      text: {
        analyser: 'a',
        sentiment: { score: s.feeling },
        emotions: { curious: 0.5 },
        urgency: 0.2,
      },
    },
  }
}

function logOf(steps: readonly Step[]): LogEntry[] {
  let now = START
  const targets: number[] = []
  const undoable: number[] = []
  return steps.map((s, i) => {
    now += Math.round(s.gapHours * HOUR)
    const position = (i + 1) * 3
    const body = bodyOf(s, s.type === 'entry_undone' ? undoable : [...targets, position + 3])
    if (s.type === 'email_open' || s.type === 'email_click') targets.push(position)
    if (isUndoable(s.type)) undoable.push(position)
    return {
      position,
      workspaceId: 1,
      personId: s.person,
      type: s.type,
      // Group commit: the clock of reception may step back a little from entry to entry.
      receivedAt: now - (s.pick % 3),
      eventTime: Math.max(0, now - Math.round(s.lateHours * HOUR)),
      body,
    }
  })
}

/** What a worker does: folds batches as they are appended, keeps only bytes between them. */
function serve(log: readonly LogEntry[]): LeadTrack {
  const membership = emptyMembership()
  let track = emptyTrack()
  const seen: LogEntry[] = []
  const mine = (e: LogEntry): boolean => leadOf(membership, e.personId) === LEAD
  const catchUp = (after: { eventTime: number; position: number } | null): void => {
    for (const e of withoutUndone(seen.filter(mine)).sort(foldOrder))
      if (after === null || foldOrder(e, after as LogEntry) > 0) advance(track, e)
  }
  for (const entry of log) {
    seen.push(entry)
    if (noteMembership(membership, entry) || (mine(entry) && entry.type === 'entry_undone')) {
      track = emptyTrack()
      catchUp(null)
    } else if (mine(entry) && !advance(track, entry)) catchUp(rewind(track, entry))
    if (entry.position % 7 === 0) track.state = decodeState(encodeState(track.state))!
  }
  return track
}

/** The definition, with nothing clever: who belongs, then a fold from the beginning. */
function definition(log: readonly LogEntry[]): LeadState {
  const membership = emptyMembership()
  for (const entry of log) noteMembership(membership, entry)
  return foldEntries(log.filter((entry) => leadOf(membership, entry.personId) === LEAD))
}

function bits(vector: FeatureVector): string {
  const { numeric, categorical, knownPosition } = vector
  return JSON.stringify([
    [...new BigUint64Array(numeric.buffer)].map(String),
    categorical,
    knownPosition,
  ])
}

/** Log positions that can be read at `time`: all below them were received by then too. */
function knownAt(log: readonly LogEntry[], time: number): LogEntry[] {
  const hidden = log.findIndex((entry) => entry.receivedAt > time)
  return hidden < 0 ? [...log] : log.slice(0, hidden)
}

test('served = replayed as known then = the definition, bit for bit', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 320, size: 'large' }),
      fc.array(fc.nat(319), { maxLength: 5 }),
      (steps, erased) => {
        const whole = logOf(steps)
        const log = whole.filter((_, i) => !erased.includes(i))
        const end = whole.at(-1).receivedAt + HOUR
        const times = [0, 0.3, 0.6, 1].map((part) => START + Math.floor(part * (end - START)))
        const twice = [...log, ...log.slice(0, 9)].reverse()
        const { rows } = replayTrainingRows(twice, times, LEAD)
        times.forEach((time, i) => {
          const known = knownAt(log, time)
          const track = serve(known)
          expect(encodeState(track.state)).toEqual(encodeState(definition(known)))
          expect(bits(rows[i]!)).toBe(bits(extractFeatures(track.state, time)))
          // A read as of `time` sees nothing appended after it.
          const [alone] = replayTrainingRows(known, [time], LEAD).rows
          expect(bits(alone!)).toBe(bits(rows[i]!))
        })
      },
    ),
    { numRuns: 40, seed: 20260105, endOnFailure: true },
  )
})

test('a long stream with late entries costs refolds from checkpoints, not from the start', () => {
  const log: LogEntry[] = Array.from({ length: 3000 }, (_, i) => ({
    position: i + 1,
    workspaceId: 1,
    personId: LEAD,
    type: 'page_visit',
    receivedAt: START + i * HOUR,
    // Every hundredth entry is twenty hours late.
    eventTime: START + i * HOUR - (i % 100 === 99 ? 20 * HOUR : 0),
    body: {},
  }))
  const replay = replayTrainingRows(log, [START + 4000 * HOUR], LEAD)
  expect(replay.folded).toBe(2970)
  expect(replay.refolded).toBeLessThan(30 * (64 + 21))
  expect(replay.rows[0]!.knownPosition).toBe(3000)
})

test('declared history counts as known when it happened, whatever its place in the log', () => {
  const types = ['page_visit', 'property_view', 'email_sent', 'inquiry_submitted'] as const
  const visit = fc.record({ hour: fc.nat(2000), type: fc.constantFrom(...types) })
  const visits = fc.uniqueArray(visit, { minLength: 1, maxLength: 60, selector: (v) => v.hour })
  fc.assert(
    fc.property(visits, fc.nat(2000), (steps, hour) => {
      const sent = steps.map(({ hour: at, type }, i): LogEntry => {
        const place = { position: i + 1, receivedAt: START + 5000 * HOUR }
        const eventTime = START + at * HOUR
        return { ...place, workspaceId: 1, personId: LEAD, type, eventTime, body: {} }
      })
      const time = START + hour * HOUR
      const live = [...sent]
        .sort((a, b) => a.eventTime - b.eventTime)
        .map((entry, i) => ({ ...entry, position: i + 1, receivedAt: entry.eventTime }))
      const declared = sent.map((entry) => ({ ...entry, declared: true }))
      const read = (log: LogEntry[]): string => {
        const { numeric, categorical } = replayTrainingRows(log, [time], LEAD).rows[0]!
        return JSON.stringify([[...new BigUint64Array(numeric.buffer)].map(String), categorical])
      }
      expect(read(declared)).toBe(read(live))
      expect(read(sent)).toBe(read([]))
    }),
    { numRuns: 60, seed: 20260106, endOnFailure: true },
  )
})
