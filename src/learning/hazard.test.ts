/**
 * A market with one constant hazard, retrained every night for 120 nights: the mean prediction must
 * stay at the true rate. Rows are used only when their horizon has passed; the same learner fed with
 * young successes drifts away, which the last test shows.
 */
import { expect, test } from 'vitest'
import type { LogEntry } from '../core/index.ts'
import { trainLogistic } from '../learners/index.ts'
import { labelAt, labelRule, outcomesOf } from '../outcomes/index.ts'
import { createMarket, drawParameters, leadLogs, withConstantHazard } from '../simulation/index.ts'
import { momentsOf } from './moments.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 0, 1)
const PER_DAY = 0.006
const HORIZON_DAYS = 30
const DAYS = 330
const NIGHTS = 120
const TRUE_RATE = 1 - (1 - PER_DAY) ** HORIZON_DAYS

const parameters = withConstantHazard(drawParameters(31), PER_DAY)
const market = createMarket({ seed: 31, leads: 700, days: DAYS, startMs: START, parameters })

interface Row {
  readonly time: number
  readonly lead: number
  readonly entries: readonly LogEntry[]
  /** When the first offer came; Infinity if none did. */
  readonly until: number
  readonly segment: string
  /** When the lead became known. */
  readonly known: number
}

/** Rows of leads up to their first offer: there the hazard is the constant one. */
const rows: Row[] = leadLogs(market).flatMap(({ personId, entries, record }) => {
  if (record === null) return []
  const rule = labelRule(record.segment, HORIZON_DAYS)
  const hit = outcomesOf(entries).find(({ type }) => rule.positive.has(type))
  // The simulated day of an offer is drawn at its end: a row of that day still has it ahead.
  const until = hit === undefined ? Infinity : Math.floor(hit.at / DAY) * DAY
  const from = Math.ceil(Date.parse(record.created_at) / DAY) * DAY
  return momentsOf(personId, from, START + DAYS * DAY, { everyDays: 10, seed: 1 })
    .map((time) => Math.floor(time / DAY) * DAY)
    .filter((time) => time >= from && time <= until)
    .map((time) => ({ time, lead: personId, entries, until, segment: record.segment, known: from }))
})

const cached = new Map<readonly LogEntry[], ReturnType<typeof outcomesOf>>()
function finalLabel(row: Row, now: number): ReturnType<typeof labelAt> {
  let outcomes = cached.get(row.entries)
  if (outcomes === undefined) cached.set(row.entries, (outcomes = outcomesOf(row.entries)))
  return labelAt(labelRule(row.segment, HORIZON_DAYS), outcomes, row.time, now)
}

type Labelled = { readonly row: Row; readonly label: 0 | 1 }

const segments = [...new Set(rows.map(({ segment }) => segment))]

function frameOf(own: readonly Row[]) {
  const age = Float64Array.from(own, ({ time, known }) => (time - known) / DAY)
  const codes = Int32Array.from(own, ({ segment }) => segments.indexOf(segment))
  return {
    rows: own.length,
    columns: [
      { kind: 'numeric' as const, name: 'age', values: age },
      { kind: 'categorical' as const, name: 'segment', levels: segments, codes },
    ],
  }
}

/** Trains on labelled rows (inputs: how long the lead is known, segment) and scores open leads. */
function meanPrediction(labelled: readonly Labelled[], now: number): number {
  const labels = labelled.map(({ label }) => label)
  const model = trainLogistic(frameOf(labelled.map(({ row }) => row)), labels)
  const open = rows.filter(({ time, until }) => time > now - 10 * DAY && time <= now && until > now)
  const answers = model.predict(frameOf(open))
  return answers.reduce((sum, p) => sum + p, 0) / answers.length
}

const finalRows = (now: number): Labelled[] =>
  rows.flatMap((row): Labelled[] => {
    const label = finalLabel(row, now)
    return label === 0 || label === 1 ? [{ row, label }] : []
  })

const nights = Array.from({ length: NIGHTS }, (_, i) => START + (DAYS - NIGHTS + i) * DAY)

/** 99.9 % interval of a rate over leads, whose rows hang together. */
function interval(labelled: readonly Labelled[]): number {
  const byLead = Map.groupBy(labelled, ({ row }) => row.lead)
  let squares = 0
  for (const own of byLead.values())
    squares += own.reduce((sum, { label }) => sum + label - TRUE_RATE, 0) ** 2
  return (3.29 * Math.sqrt(squares)) / labelled.length
}

test('120 nightly retrainings keep the mean prediction at the true rate', () => {
  for (const now of nights) {
    const labelled = finalRows(now)
    const early = labelled.filter(({ row }) => row.time + HORIZON_DAYS * DAY > now)
    expect(early).toEqual([])
    const mean = meanPrediction(labelled, now)
    expect(Math.abs(mean - TRUE_RATE)).toBeLessThan(interval(labelled))
  }
}, 30_000)

test('successes that count before their horizon is over inflate the same learner', () => {
  const now = nights[0]!
  const final = finalRows(now)
  const early = rows.flatMap((row): Labelled[] => {
    const isOver = row.time + HORIZON_DAYS * DAY <= now
    return !isOver && row.until < now ? [{ row, label: 1 }] : []
  })
  const honest = meanPrediction(final, now)
  expect(meanPrediction([...final, ...early], now)).toBeGreaterThan(honest + 0.02)
})
