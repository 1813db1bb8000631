import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventType, Json, LogEntry } from '../core/index.ts'
import {
  emptyGrader,
  gradeEngagement,
  GRADED_BY,
  isBlank,
  mayHaveEmail,
  type GradeDecision,
} from './grader.ts'
import { DEFAULT_MAILBOXES, modelOfMailbox } from './mailbox.ts'
import { foldEntries } from './state.ts'

const SENT = Date.UTC(2026, 3, 1, 9)
let position = 0

function entry(seconds: number, type: EventType, properties: Record<string, Json> = {}): LogEntry {
  const eventTime = SENT + seconds * 1000
  position++
  const body = { properties: { email_id: 'm1', ...properties } }
  return { position, workspaceId: 1, personId: 1, type, eventTime, receivedAt: eventTime, body }
}

/** The last decision about each position. */
function grades(entries: LogEntry[]): Map<number, GradeDecision> {
  const state = emptyGrader()
  const last = new Map<number, GradeDecision>()
  for (const each of entries)
    for (const decision of gradeEngagement(state, each))
      last.set(decision.target_position, decision)
  return last
}

test('all links clicked at once, from a data centre: machine', () => {
  const scan = { client: 'a', network: 'data_centre' }
  const clicks = [0, 1, 2, 3].map((link) => entry(14, 'email_click', { ...scan, link }))
  const open = entry(2, 'email_open', scan)
  const decided = grades([entry(0, 'email_sent'), open, ...clicks])
  expect(decided.get(open.position)).toMatchObject({
    grade: 'machine',
    because: 'came from a data centre, 2 s after sending',
  })
  for (const click of clicks) expect(decided.get(click.position)?.grade).toBe('machine')
  expect(decided.get(clicks.at(-1).position)?.because).toBe('clicked 4 links at once')
})

test('opened at once, but clicked and visited: human, and says why', () => {
  const open = entry(3, 'email_open', { client: 'b' })
  const click = entry(15, 'email_click', { client: 'b', link: 2 })
  const visit = entry(17, 'page_visit')
  const decided = grades([entry(0, 'email_sent'), open, click, visit])
  expect(decided.get(click.position)).toMatchObject({
    grade: 'human',
    because: 'a visit to the site followed the click',
  })
})

test('a mailbox that is scanned every time teaches the grader about its next open', () => {
  const week = (n: number): LogEntry[] => {
    const id = { email_id: `m${n}` }
    const start = n * 7 * 86_400
    return [
      entry(start, 'email_sent', id),
      entry(start + 2, 'email_open', { ...id, client: `s${n}`, network: 'data_centre' }),
      entry(start + 7200, 'email_open', { ...id, client: `h${n}` }),
    ]
  }
  const entries = [0, 1, 2, 3].flatMap(week)
  const decided = grades(entries)
  const [, scan, human] = entries.slice(-3)
  expect(decided.get(scan!.position)!.grade).toBe('machine')
  expect(decided.get(human!.position)!.grade).toBe('human')
  const late = entry(4 * 7 * 86_400, 'email_sent', { email_id: 'last' })
  const quick = entry(4 * 7 * 86_400 + 2, 'email_open', { email_id: 'last', client: 'x' })
  expect(grades([...entries, late, quick]).get(quick.position)!.grade).toBe('machine')
})

test('an open that names no e-mail is of the last that its campaign had sent', () => {
  const of = (campaign: string, ...rest: Parameters<typeof entry>): LogEntry => {
    const { body, ...fields } = entry(...rest)
    const { email_id: _, ...properties } = body.properties!
    return { ...fields, body: { properties, context: { campaign_id: campaign } } }
  }
  const sent = [
    of('spring', 0, 'email_sent'),
    of('summer', 600, 'email_sent'),
    of('spring', 50_000, 'email_sent'),
  ]
  // Of the first: a person after half an hour, though the other campaign sent just before.
  const open = of('spring', 1_800, 'email_open', { client: 'p' })
  // Of the second: a scanner at once.
  const scan = of('summer', 602, 'email_open', { client: 's', network: 'data_centre' })
  // Of nobody's campaign: by time alone.
  const other = of('', 50_002, 'email_open', { client: 's', network: 'data_centre' })
  const unknown = of('autumn', 60_000, 'email_open', { client: 'p' })
  const stated = of('autumn', 70_000, 'email_open', {
    client: 'p',
    sent_at: new Date(SENT + 66_000_000).toISOString(),
  })
  const decided = grades([sent[0]!, sent[1]!, scan, open, sent[2]!, other, unknown, stated])
  expect(decided.get(open.position)?.because).toBe('opened 30 min after sending')
  expect(decided.get(scan.position)?.grade).toBe('machine')
  expect(decided.get(other.position)?.because).toBe('came from a data centre, 2 s after sending')
  expect(decided.get(unknown.position)).toBeUndefined()
  expect(decided.get(stated.position)?.because).toBe('opened 67 min after sending')
})

test('memory stays bounded and hostile input is survived', () => {
  const state = emptyGrader()
  for (let i = 0; i < 3000; i++) {
    const type = (['email_sent', 'email_open', 'email_click', 'page_visit'] as const)[i % 4]!
    const odd = [null, 'x'.repeat(500), i, { a: 1 }][i % 3] as Json
    gradeEngagement(
      state,
      entry(i, type, { email_id: odd, client: `c${i}`, link: odd, sent_at: odd }),
    )
  }
  expect(JSON.stringify(state).length).toBeLessThan(20_000)
  expect(state.emails.length).toBeLessThanOrEqual(8)
})

test('a scanner that takes its time in this mailbox is known by it after some e-mails', () => {
  const state = emptyGrader()
  const usual = DEFAULT_MAILBOXES.scannerMedian
  modelOfMailbox(DEFAULT_MAILBOXES, state.scans).scannerMedian.forEach((median, kind) => {
    expect(median).toBeCloseTo(usual[kind]!, 9)
  })
  for (let week = 0; week < 12; week++) {
    const id = { email_id: `m${week}` }
    const start = week * 7 * 86_400
    for (const each of [
      entry(start, 'email_sent', id),
      entry(start + 4_000, 'email_open', { ...id, client: `s${week}`, network: 'data_centre' }),
      entry(start + 40_000, 'email_open', { ...id, client: `h${week}` }),
    ])
      gradeEngagement(state, each)
  }
  const [, , late] = state.scans
  expect(late!.count).toBeGreaterThan(8)
  expect(late!.count).toBeLessThan(12)
  const { scannerMedian } = modelOfMailbox(DEFAULT_MAILBOXES, state.scans)
  // Five e-mails' worth of what is known of others, and what these eleven showed.
  const { count } = late!
  expect(scannerMedian[2]).toBeGreaterThan(
    500 ** (5 / (5 + count)) * 3_000 ** (count / (5 + count)),
  )
  expect(scannerMedian[2]).toBeLessThan(500 ** (5 / (5 + count)) * 5_000 ** (count / (5 + count)))
})

test('entries of other types leave everything as it was, time too', () => {
  const state = emptyGrader()
  for (const each of [entry(0, 'email_sent'), entry(60, 'email_open')]) gradeEngagement(state, each)
  const before = structuredClone(state)
  expect(gradeEngagement(state, entry(500_000, 'property_view'))).toEqual([])
  expect(state).toEqual(before)
})

test('what is said to decide nothing decides nothing', () => {
  const opens: EventType[] = ['email_open', 'email_click', 'link_click']
  const drafts = fc.array(
    fc.record({
      seconds: fc.nat(200_000),
      type: fc.constantFrom<EventType>(...GRADED_BY, ...opens, 'property_view'),
      email: fc.constantFrom(undefined, 'm1', 'm2'),
      sentAt: fc.constantFrom(undefined, undefined, '2026-04-01T08:00:00Z'),
    }),
    { maxLength: 6 },
  )
  let left = 0
  let decided = 0
  fc.assert(
    fc.property(drafts, fc.nat(3), (all, later) => {
      const whole = emptyGrader()
      const entries = all.map(({ seconds, type, email, sentAt }) =>
        entry(seconds, type, { email_id: email!, ...(sentAt && { sent_at: sentAt }) }),
      )
      entries.forEach((each, i) => {
        const decisions = gradeEngagement(whole, each)
        decided += decisions.length
        // Folded with its slice: what comes soon after it, too.
        const known = foldEntries(entries.slice(0, i + 1 + later))
        if (!opens.includes(each.type) || mayHaveEmail(known, each)) return
        left++
        expect(decisions).toEqual([])
      })
      expect(isBlank(whole)).toBe(JSON.stringify(whole) === JSON.stringify(emptyGrader()))
    }),
    { numRuns: 2_000, seed: 3, endOnFailure: true },
  )
  expect([left > 100, decided > 100]).toEqual([true, true])
})
